import Quantities

/// Prices the segments of one billing cycle.
///
/// Rules, each the public tariff's unless the schedule says otherwise:
/// - energy is priced segment by segment, one line per tier and time-of-use period;
/// - the baseline credit is one line per segment, on its net kilowatt-hours up to its cap;
/// - a daily charge is one line per name and price over all segments, and so is a monthly one,
///   whose quantity is days over scheduled days to a thousandth of a month;
/// - the daily minimum is made up by one line, over the whole cycle;
/// - taxes are taken from the rounded sum of all that, at the last segment's rate on the cycle's
///   last day;
/// - lines of quantity zero are left out, but a bill without usage shows its first price.
///
/// - Parameter carried: what the relevant period's earlier bills left, for an account with net
///   metering.
public func price(
  _ segments: [BillSegment], carried: RelevantPeriod? = nil
) throws(PricingError) -> PricedBill {
  guard let first = segments.first, let last = segments.last else {
    preconditionFailure("a bill has a segment")
  }
  let currency = first.schedule.currency
  var bill = BillInProgress(currency: currency)
  for (index, segment) in segments.enumerated() {
    guard segment.schedule.currency == currency else {
      throw .currenciesDiffer(
        version: segment.schedule.versionID, currency: segment.schedule.currency.code)
    }
    try bill.addEnergy(of: segment, index)
  }
  if bill.lines.isEmpty { try bill.addUnusedEnergy(of: first) }
  try bill.addFixedCharges(\.dailyCharges, .daily, of: segments)
  try bill.addFixedCharges(\.monthlyCharges, .monthly, of: segments)
  try bill.addMinimum(of: segments)
  let subtotal = bill.sum
  try bill.addTaxes(of: last, on: subtotal)
  return PricedBill(
    lines: bill.lines, subtotal: subtotal, tax: bill.sum - subtotal, total: bill.sum,
    deferred: .zero, currency: currency)
}

private struct BillInProgress {
  let currency: Currency
  var lines: [ChargeLine] = []
  var sum = Money.zero

  mutating func add(
    _ kind: ChargeLine.Kind, _ description: String, _ quantity: Quantity, _ unit: String,
    at price: Price, _ exact: ExactCharge, _ schedule: RateSchedule, segment: Int? = nil,
    authority: String? = nil
  ) throws(PricingError) {
    // Nine lines of this size are the most that 64 bits hold; a bill with one is no bill.
    guard exact.billionths.magnitude <= 1_000_000_000_000_000_000_000,
      sum.millionths.magnitude <= 4_000_000_000_000_000_000
    else { throw .outOfRange(version: schedule.versionID) }
    let amount = exact.rounded(to: currency)
    sum += amount
    lines.append(
      ChargeLine(
        segment: segment, kind: kind, description: description, quantity: quantity, unit: unit,
        price: price, exact: exact, amount: amount, schedule: schedule.versionID,
        authority: authority, isDeferred: false))
  }

  mutating func addEnergy(of segment: BillSegment, _ index: Int) throws(PricingError) {
    let schedule = segment.schedule
    let prices = try segment.energyPrices()
    let ladder = TierLadder(limits: try segment.tierLimits()?.map { Int128($0.wattHours) } ?? [])
    let steps = ladder.steps(of: try segment.wattHours())
    for (tier, step) in steps.enumerated() {
      for (period, wattHours) in step.enumerated() where wattHours != 0 {
        let energy = Energy(wattHours: Int64(wattHours))
        let price = prices[period][tier]
        try add(
          .energy(period: period, tier: tier), segment.description(period: period, tier: tier),
          Quantity(energy), "kWh", at: price, ExactCharge(energy, at: price), schedule,
          segment: index)
      }
    }
    guard let credit = schedule.baselineCredit else { return }
    let cap = Int128(try segment.creditCap().wattHours)
    let net = Int128(segment.netUsage.wattHours)
    let credited = Energy(wattHours: Int64(segment.creditedUsage(net: net, cap: cap)))
    guard credited != .zero else { return }
    let price = Price(millionthsPerUnit: -credit.price.millionthsPerUnit)
    try add(
      .baselineCredit, segment.description(of: "Baseline credit"), Quantity(credited), "kWh",
      at: price, ExactCharge(credited, at: price), schedule, segment: index)
  }

  mutating func addUnusedEnergy(of segment: BillSegment) throws(PricingError) {
    try add(
      .energy(period: 0, tier: 0), segment.description(period: 0, tier: 0), Quantity(Energy.zero),
      "kWh",
      at: try segment.energyPrices()[0][0], .zero, segment.schedule, segment: 0)
  }

  mutating func addFixedCharges(
    _ charges: KeyPath<RateSchedule, [FixedCharge]>, _ kind: ChargeLine.Kind,
    of segments: [BillSegment]
  ) throws(PricingError) {
    struct Run {
      let name: String
      let price: Price
      let segment: BillSegment
      var days = 0
    }
    var runs: [Run] = []
    for segment in segments {
      for charge in segment.schedule[keyPath: charges] {
        let price = charge.price(for: segment.terms)
        guard price.millionthsPerUnit != 0 else { continue }
        let known = runs.firstIndex { $0.name == charge.name && $0.price == price }
        if known == nil { runs.append(Run(name: charge.name, price: price, segment: segment)) }
        runs[known ?? runs.count - 1].days += segment.period.days
      }
    }
    for run in runs {
      let schedule = run.segment.schedule
      if kind == .daily {
        let exact = ExactCharge(count: Int64(run.days), at: run.price)
        try add(kind, run.name, Quantity(count: run.days), "day", at: run.price, exact, schedule)
      } else {
        let months = dividedHalfAwayFromZero(
          Int128(run.days) * 1000, by: Int128(run.segment.scheduledDays))
        let exact = ExactCharge(billionths: months * Int128(run.price.millionthsPerUnit))
        let quantity = Quantity(value: Int64(months), decimals: 3)
        try add(kind, run.name, quantity, "month", at: run.price, exact, schedule)
      }
    }
  }

  mutating func addMinimum(of segments: [BillSegment]) throws(PricingError) {
    var minimum = ExactCharge.zero
    var first: (name: String, schedule: RateSchedule)?
    for segment in segments {
      guard let charge = segment.schedule.dailyMinimum else { continue }
      first = first ?? (charge.name, segment.schedule)
      let price = charge.price(for: segment.terms)
      minimum += ExactCharge(count: Int64(segment.period.days), at: price)
    }
    let shortfall = minimum.rounded(to: currency) - sum
    guard let first, shortfall > .zero else { return }
    let one = Price(millionthsPerUnit: 1_000_000)
    try add(
      .minimum, first.name, Quantity(shortfall), currency.code, at: one,
      ExactCharge(millionths: 1_000_000, of: shortfall), first.schedule)
  }

  mutating func addTaxes(of segment: BillSegment, on subtotal: Money) throws(PricingError) {
    guard subtotal != .zero else { return }
    for tax in segment.schedule.taxes {
      let rate = tax.rate(on: segment.cycle.end.adding(days: -1))
      try add(
        .tax(name: tax.name), tax.name, Quantity(subtotal), currency.code,
        at: Price(millionthsPerUnit: rate), ExactCharge(millionths: rate, of: subtotal),
        segment.schedule, authority: tax.name)
    }
  }
}

extension BillSegment {
  fileprivate func description(period: Int, tier: Int) -> String {
    description(of: [schedule.tiers?.names[tier] ?? "", schedule.periods[period].name])
  }

  fileprivate func description(of name: String) -> String { description(of: [name]) }

  /// `Level I, On-Peak, summer`: only what the schedule tells apart.
  private func description(of names: [String]) -> String {
    let pooled = schedule.seasonChange == .pooled
    let season = pooled ? "" : schedule.seasons[schedule.season(on: period.start)].name
    let voltage = terms.voltage.flatMap { schedule.priceClass(volts: $0) }
    let parts = names + [season, voltage.map { schedule.voltageClasses[$0].name } ?? ""]
    let known = parts.filter { !$0.isEmpty }
    return known.isEmpty ? "Energy" : known.joined(separator: ", ")
  }
}
