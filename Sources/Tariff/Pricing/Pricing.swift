import Quantities

/// Prices the segments of one billing cycle.
///
/// Rules, each the public tariff's unless the schedule says otherwise:
/// - energy is priced segment by segment, one line per tier and time-of-use period;
/// - the baseline credit is one line per segment, on its net kilowatt-hours up to its cap, and so is
///   the charge for reactive power, a part of the segment's energy lines;
/// - a daily charge is one line per name and price over all segments, and so is a monthly one,
///   whose quantity is days over scheduled days to a thousandth of a month;
/// - a percent discount is one line per name and rate, on the rounded lines above;
/// - the daily minimum is made up by one line, over the whole cycle;
/// - with net metering the lines of energy are deferred, with their part of a discount; the last
///   bill of the relevant period settles what was;
/// - surcharges go by the net kilowatt-hours of the cycle, credits by the days it holds;
/// - taxes are taken from the rounded sum of what is due but for surcharges and paid surplus, at the
///   last segment's rate on the cycle's last day;
/// - lines of quantity zero are left out, but a bill without usage shows its first price.
///
/// - Parameter carried: what the relevant period's earlier bills left, for an account with net
///   metering.
public func price(
  _ segments: [BillSegment], carried: RelevantPeriod? = nil
) throws(PricingError) -> PricedBill {
  guard let first = segments.first else { preconditionFailure("a bill has a segment") }
  if let carried {
    // Far more than any account's; sums with it stay within 64 bits.
    guard carried.deferred.millionths.magnitude <= 4_000_000_000_000_000_000,
      carried.net.wattHours.magnitude <= 1_000_000_000_000_000_000
    else { throw .outOfRange(version: first.schedule.versionID) }
  }
  var bill = BillInProgress(currency: first.schedule.currency)
  for index in segments.indices { try bill.addEnergy(of: segments[index], index) }
  if bill.lines.isEmpty { try bill.addUnusedEnergy(of: first) }
  try bill.addFixedCharges(\.dailyCharges, .daily, of: segments)
  try bill.addFixedCharges(\.monthlyCharges, .monthly, of: segments)
  try bill.addDiscounts(of: segments)
  try bill.addMinimum(of: segments)
  if let carried, carried.endsHere { try bill.addTrueUp(carried, of: segments) }
  let taxable = bill.due
  if let carried, carried.endsHere { try bill.addNetSurplus(carried, of: segments) }
  try bill.addSurcharges(of: segments)
  let credits = try bill.addCredits(of: segments)
  let subtotal = bill.due
  try bill.addTaxes(of: segments, on: taxable, credits)
  return PricedBill(
    lines: bill.lines, subtotal: subtotal, tax: bill.due - subtotal, total: bill.due,
    deferred: bill.deferred, currency: bill.currency)
}

/// The lines so far; what follows energy and fixed charges is in `Adjustments`.
struct BillInProgress {
  let currency: Currency
  private(set) var lines: [ChargeLine] = []
  /// The sum of the lines that are not deferred, and of those that are.
  private(set) var due = Money.zero
  private(set) var deferred = Money.zero

  init(currency: Currency) {
    self.currency = currency
    lines.reserveCapacity(8)
  }

  mutating func add(
    _ kind: ChargeLine.Kind, _ description: String, _ quantity: Quantity, _ unit: String,
    at price: Price, _ exact: ExactCharge, _ schedule: RateSchedule, segment: Int? = nil,
    authority: String? = nil, isDeferred: Bool = false
  ) throws(PricingError) {
    // Nine lines of this size are the most that 64 bits hold; a bill with one is no bill.
    guard exact.billionths.magnitude <= 1_000_000_000_000_000_000_000,
      due.millionths.magnitude <= 4_000_000_000_000_000_000,
      deferred.millionths.magnitude <= 4_000_000_000_000_000_000
    else { throw .outOfRange(version: schedule.versionID) }
    let amount = exact.rounded(to: currency)
    if isDeferred { deferred += amount } else { due += amount }
    lines.append(
      ChargeLine(
        segment: segment, kind: kind, description: description, quantity: quantity, unit: unit,
        price: price, exact: exact, amount: amount, schedule: schedule.versionID,
        authority: authority, isDeferred: isDeferred))
  }

  /// A line that is a part, in millionths, of rounded lines.
  mutating func add(
    _ kind: ChargeLine.Kind, _ description: String, _ part: Int64, of base: Money,
    _ schedule: RateSchedule, segment: Int? = nil, authority: String? = nil,
    isDeferred: Bool = false
  ) throws(PricingError) {
    try add(
      kind, description, Quantity(base), currency.code, at: Price(millionthsPerUnit: part),
      ExactCharge(millionths: part, of: base), schedule, segment: segment, authority: authority,
      isDeferred: isDeferred)
  }

  mutating func addEnergy(of segment: BillSegment, _ index: Int) throws(PricingError) {
    let schedule = segment.schedule
    guard schedule.currency == currency else {
      throw .currenciesDiffer(version: schedule.versionID, currency: schedule.currency.code)
    }
    let (isDeferred, before) = (segment.isDeferred, lines.count)
    let first = try segment.firstPrice()
    try segment.checkRange()
    let ladder = TierLadder(limits: try segment.tierLimits())
    let steps = ladder.steps(of: segment.usage.map(\.wattHours))
    let periods = segment.usage.count
    for (step, wattHours) in steps.enumerated() where wattHours != 0 {
      let (row, period) = step.quotientAndRemainder(dividingBy: periods)
      let energy = Energy(wattHours: wattHours)
      let (tier, name, price) = segment.energy(row: row, period: period, first)
      try add(
        .energy(period: period, tier: tier), name, Quantity(energy), "kWh", at: price,
        ExactCharge(energy, at: price), schedule, segment: index, isDeferred: isDeferred)
    }
    if let credit = schedule.baselineCredit {
      let cap = try segment.creditCap().wattHours
      let credited = Energy(
        wattHours: creditedUsage(net: segment.netUsage.wattHours, cap: cap))
      if credited != .zero {
        let price = Price(millionthsPerUnit: -credit.price.millionthsPerUnit)
        try add(
          .baselineCredit, segment.creditName(first), Quantity(credited), "kWh", at: price,
          ExactCharge(credited, at: price), schedule, segment: index, isDeferred: isDeferred)
      }
    }
    try addReactivePower(of: segment, index, to: before)
  }

  mutating func addUnusedEnergy(of segment: BillSegment) throws(PricingError) {
    let (tier, name, price) = segment.energy(row: 0, period: 0, try segment.firstPrice())
    try add(
      .energy(period: 0, tier: tier), name, Quantity(Energy.zero), "kWh", at: price, .zero,
      segment.schedule, segment: 0, isDeferred: segment.isDeferred)
  }

  /// The first segment with a charge of a name and price makes the line of all that have it.
  mutating func addFixedCharges(
    _ charges: (RateSchedule) -> [FixedCharge], _ kind: ChargeLine.Kind,
    of segments: [BillSegment]
  ) throws(PricingError) {
    for index in segments.indices {
      let schedule = segments[index].schedule
      let own = charges(schedule)
      for place in own.indices {
        let price = own[place].price(isMultiFamily: segments[index].terms.multiFamily)
        guard price.millionthsPerUnit != 0 else { continue }
        let name = own[place].name
        /// Days of the charges of this name and price in a segment, but for those from `end` on.
        func days(_ index: Int, before end: Int = .max) -> Int {
          let (isMultiFamily, days) = (
            segments[index].terms.multiFamily, segments[index].period.days
          )
          return charges(segments[index].schedule).prefix(end).reduce(0) {
            $1.price(isMultiFamily: isMultiFamily) == price && $1.name == name ? $0 + days : $0
          }
        }
        guard days(index, before: place) == 0, !(0..<index).contains(where: { days($0) > 0 })
        else { continue }
        let count = (index..<segments.count).reduce(0) { $0 + days($1) }
        if kind == .daily {
          let exact = ExactCharge(count: Int64(count), at: price)
          try add(kind, name, Quantity(count: count), "day", at: price, exact, schedule)
        } else {
          let months = dividedHalfAwayFromZero(
            Int128(count) * 1000, by: Int128(segments[index].scheduledDays))
          let exact = ExactCharge(billionths: months * Int128(price.millionthsPerUnit))
          let quantity = Quantity(value: Int64(months), decimals: 3)
          try add(kind, name, quantity, "month", at: price, exact, schedule)
        }
      }
    }
  }
}

extension BillSegment {
  /// Where the prices of the segment's voltage class and season begin.
  func firstPrice() throws(PricingError) -> Int {
    schedule.energyPrices.index(
      voltageClass: try priceClass(), season: schedule.season(on: period.start))
  }

  /// The tier of a row of the ladder, what its energy is called on the bill, and its price.
  fileprivate func energy(
    row: Int, period: Int, _ first: Int
  ) -> (tier: Int, name: String, price: Price) {
    let tier = onlyTier ?? row
    let index = first + period * schedule.energyPrices.tiers + tier
    let name = schedule.energyNames[index]
    guard let other = substitution(of: tier) else {
      return (tier, name, schedule.energyPrices[index])
    }
    let billedAt = schedule.tiers?.names[other.tier] ?? ""
    return (
      tier, "\(name), at the price of \(billedAt) (\(other.discount))",
      schedule.energyPrices[index - tier + other.tier]
    )
  }

  fileprivate func creditName(_ first: Int) -> String {
    schedule.creditNames[first / (schedule.periods.count * schedule.energyPrices.tiers)]
  }
}
