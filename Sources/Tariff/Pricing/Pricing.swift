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
  precondition(!segments.isEmpty, "a bill has a segment")
  if let carried {
    // Far more than any account's; sums with it stay within 64 bits.
    guard carried.deferred.millionths.magnitude <= 4_000_000_000_000_000_000,
      carried.net.wattHours.magnitude <= 1_000_000_000_000_000_000
    else { throw .outOfRange(version: segments[0].schedule.versionID) }
  }
  var bill = BillInProgress(segments)
  for index in segments.indices { try bill.addEnergy(of: index) }
  if bill.entries.isEmpty { try bill.addUnusedEnergy() }
  try bill.addFixedCharges(areDaily: true)
  try bill.addFixedCharges(areDaily: false)
  try bill.addDiscounts()
  try bill.addMinimum()
  if let carried, carried.endsHere { try bill.addTrueUp(carried) }
  let taxable = bill.due
  if let carried, carried.endsHere { try bill.addNetSurplus(carried) }
  try bill.addSurcharges()
  let credits = try bill.addCredits()
  let subtotal = bill.due
  try bill.addTaxes(on: taxable, credits)
  return bill.finished(subtotal: subtotal)
}

/// The lines so far; what follows energy and fixed charges is in `Adjustments`.
struct BillInProgress {
  let segments: [BillSegment]
  let currency: Currency
  private(set) var entries: [ChargeEntry] = []
  /// The sum of the lines that are not deferred, and of those that are.
  private(set) var due = Money.zero
  private(set) var deferred = Money.zero

  init(_ segments: [BillSegment]) {
    self.segments = segments
    currency = segments[0].schedule.currency
    entries.reserveCapacity(8)
  }

  /// - Parameter segment: the index of the one whose schedule makes the line.
  mutating func add(
    _ source: ChargeEntry.Source, _ quantity: Quantity, at price: Price, of segment: Int,
    isDeferred: Bool = false
  ) throws(PricingError) {
    let exact = quantity.charge(at: price)
    // Nine lines of this size are the most that 64 bits hold; a bill with one is no bill.
    guard exact.billionths.magnitude <= 1_000_000_000_000_000_000_000,
      due.millionths.magnitude <= 4_000_000_000_000_000_000,
      deferred.millionths.magnitude <= 4_000_000_000_000_000_000
    else { throw .outOfRange(version: segments[segment].schedule.versionID) }
    let amount = exact.rounded(to: currency)
    if isDeferred { deferred += amount } else { due += amount }
    entries.append(
      ChargeEntry(
        source: source, segment: Int32(segment), isDeferred: isDeferred, quantity: quantity,
        price: price, amount: amount))
  }

  /// A line that is a part, in millionths, of rounded lines.
  mutating func add(
    _ source: ChargeEntry.Source, _ part: Int64, of base: Money, _ segment: Int,
    isDeferred: Bool = false
  ) throws(PricingError) {
    try add(
      source, Quantity(base), at: Price(millionthsPerUnit: part), of: segment,
      isDeferred: isDeferred)
  }

  /// - Parameter subtotal: what is due before taxes.
  consuming func finished(subtotal: Money) -> PricedBill {
    PricedBill(
      segments: segments, entries: entries, subtotal: subtotal, tax: due - subtotal, total: due,
      deferred: deferred)
  }

  mutating func addEnergy(of index: Int) throws(PricingError) {
    // No segment is copied: it would be counted in and out for every part that it holds.
    let schedule = segments[index].schedule
    guard schedule.currency == currency else {
      throw .currenciesDiffer(version: schedule.versionID, currency: schedule.currency.code)
    }
    let before = entries.count
    let first = try segments[index].firstPrice()
    try segments[index].checkRange()
    var limits = try segments[index].tierLimits()
    let periods = segments[index].usage.count
    if limits.count == 0 {
      for period in 0..<periods {
        try addEnergy(segments[index].usage[period].wattHours, row: 0, period, first, of: index)
      }
    } else if periods == 1 {
      var climb = TierClimb(used: segments[index].usage[0].wattHours)
      for row in 0..<limits.count {
        let energy = climb.energy(upTo: limits.next())
        try addEnergy(energy, row: row, 0, first, of: index)
      }
      try addEnergy(climb.rest, row: limits.count, 0, first, of: index)
    } else {
      let steps = TierLadder(limits: limits.all)
        .steps(of: segments[index].usage.map(\.wattHours))
      for (step, wattHours) in steps.enumerated() {
        let (row, period) = step.quotientAndRemainder(dividingBy: periods)
        try addEnergy(wattHours, row: row, period, first, of: index)
      }
    }
    if let credit = schedule.baselineCredit {
      let cap = limits.allowance.part(millionths: credit.cap).wattHours
      let net = segments[index].netUsage.wattHours
      let credited = Energy(wattHours: creditedUsage(net: net, cap: cap))
      if credited != .zero {
        let name = first / (periods * schedule.energyPrices.tiers)
        try add(
          .baselineCredit(name: Int32(name)), Quantity(credited),
          at: Price(millionthsPerUnit: -credit.price.millionthsPerUnit), of: index,
          isDeferred: segments[index].isDeferred)
      }
    }
    if segments[index].reactive != nil {
      try addReactivePower(of: segments[index], index, to: before)
    }
  }

  /// Energy of a row of the ladder in a period; a line of nothing only if it is asked for.
  ///
  /// - Parameter first: where the prices of the segment's voltage class and season begin.
  private mutating func addEnergy(
    _ wattHours: Int64, row: Int, _ period: Int, _ first: Int, of index: Int,
    isShownUnused: Bool = false
  ) throws(PricingError) {
    guard wattHours != 0 || isShownUnused else { return }
    let schedule = segments[index].schedule
    let tier = segments[index].onlyTier ?? row
    let start = first + period * schedule.energyPrices.tiers
    let billed = segments[index].billedTier(tier)
    try add(
      .energy(period: Int32(period), tier: Int32(tier), price: Int32(start + tier)),
      Quantity(Energy(wattHours: wattHours)), at: schedule.energyPrices[start + billed],
      of: index, isDeferred: segments[index].isDeferred)
  }

  mutating func addUnusedEnergy() throws(PricingError) {
    try addEnergy(0, row: 0, 0, try segments[0].firstPrice(), of: 0, isShownUnused: true)
  }

  /// The first segment with a charge of a name and price makes the line of all that have it.
  mutating func addFixedCharges(areDaily: Bool) throws(PricingError) {
    for index in segments.indices {
      let own = segments[index].schedule.charges(areDaily: areDaily)
      for place in own.indices {
        let price = own[place].price(isMultiFamily: segments[index].terms.multiFamily)
        guard price.millionthsPerUnit != 0 else { continue }
        var (days, isKnown) = (0, false)
        for other in segments.indices {
          let isMultiFamily = segments[other].terms.multiFamily
          let others = segments[other].schedule.charges(areDaily: areDaily)
          for peer in others.indices {
            guard others[peer].price(isMultiFamily: isMultiFamily) == price,
              (other, peer) == (index, place) || others[peer].name == own[place].name
            else { continue }
            if (other, peer) < (index, place) { isKnown = true }
            days += segments[other].period.days
          }
        }
        guard !isKnown else { continue }
        if areDaily {
          try add(.daily(Int32(place)), Quantity(count: days), at: price, of: index)
        } else {
          let months = dividedHalfAwayFromZero(
            Int128(days) * 1000, by: Int128(segments[index].scheduledDays))
          try add(
            .monthly(Int32(place)), Quantity(value: Int64(months), decimals: 3), at: price,
            of: index)
        }
      }
    }
  }
}

extension BillSegment {
  /// Where the prices of the segment's voltage class and season begin.
  @inline(__always)
  func firstPrice() throws(PricingError) -> Int {
    schedule.energyPrices.index(
      voltageClass: try priceClass(), season: schedule.season(on: period.start))
  }

  /// The tier at whose price energy of a tier is billed.
  @inline(__always)
  func billedTier(_ tier: Int) -> Int {
    terms.discounts.isEmpty ? tier : substitution(of: tier)?.tier ?? tier
  }
}

extension RateSchedule {
  fileprivate func charges(areDaily: Bool) -> [FixedCharge] {
    areDaily ? dailyCharges : monthlyCharges
  }
}
