import Quantities

/// What a bill adds to energy and fixed charges, and takes off.
extension BillInProgress {
  /// A part of the segment's lines of energy.
  ///
  /// - Parameter first: the index of the first of them.
  mutating func addReactivePower(
    of segment: BillSegment, _ index: Int, to first: Int
  ) throws(PricingError) {
    guard let rule = segment.schedule.reactivePower, let reactive = segment.reactive,
      let cosPhi = ReactivePower.cosPhi(active: segment.netUsage, reactive: reactive)
    else { return }
    let (part, base) = (rule.part(cosPhi: cosPhi), sum { $0 >= first })
    guard part != 0, base != .zero else { return }
    try add(
      .reactive, "\(rule.name), cos phi \(DecimalText.format(Int128(cosPhi), scale: 2))", part,
      of: base, segment.schedule, segment: index, isDeferred: segment.isDeferred)
  }

  /// The rounded sum of the lines at some places.
  private func sum(where isWanted: (Int) -> Bool) -> Money {
    lines.indices.reduce(.zero) { isWanted($1) ? $0 + lines[$1].amount : $0 }
  }

  /// One line per percent discount and rate, which is that of a segment's first day; fixed charges
  /// go with the last segment, and the part of deferred lines is deferred too.
  mutating func addDiscounts(of segments: [BillSegment]) throws(PricingError) {
    struct Part {
      let name: String
      let rate: Int64
      let isDeferred: Bool
      let schedule: RateSchedule
      var base = Money.zero
    }
    var parts: [Part] = []
    for index in segments.indices where !segments[index].terms.discounts.isEmpty {
      let segment = segments[index]
      for discount in segment.discounts {
        guard case .percent(let rates) = discount.effect else { continue }
        let rate = rates.inForce(on: segment.period.start)
        let isLast = index == segments.count - 1
        for isDeferred in [false, true] {
          let base = sum {
            let line = lines[$0]
            return line.isDeferred == isDeferred
              && (line.segment == index || (line.segment == nil && isLast))
          }
          let known = parts.firstIndex {
            $0.name == discount.name && $0.rate == rate && $0.isDeferred == isDeferred
          }
          if known == nil {
            parts.append(
              Part(
                name: discount.name, rate: rate, isDeferred: isDeferred, schedule: segment.schedule)
            )
          }
          parts[known ?? parts.count - 1].base += base
        }
      }
    }
    for part in parts where part.base != .zero && part.rate != 0 {
      try add(
        .discount(name: part.name), "\(part.name) discount", -part.rate, of: part.base,
        part.schedule, isDeferred: part.isDeferred)
    }
  }

  /// What is missing to the minimum of the cycle's days. Deferred lines count as if they were due,
  /// but a deferred credit is not made up.
  mutating func addMinimum(of segments: [BillSegment]) throws(PricingError) {
    var minimum = ExactCharge.zero
    var first: (name: String, schedule: RateSchedule)?
    for index in segments.indices {
      let schedule = segments[index].schedule
      guard let charge = schedule.dailyMinimum else { continue }
      first = first ?? (charge.name, schedule)
      let price = charge.price(isMultiFamily: segments[index].terms.multiFamily)
      minimum += ExactCharge(count: Int64(segments[index].period.days), at: price)
    }
    guard let first else { return }
    let shortfall = minimum.rounded(to: currency) - due - max(deferred, .zero)
    guard shortfall > .zero else { return }
    try add(.minimum, first.name, 1_000_000, of: shortfall, first.schedule)
  }

  /// What the whole relevant period deferred, this cycle included; a sum below zero is not paid out
  /// but expires, so that nothing stays deferred.
  mutating func addTrueUp(
    _ carried: RelevantPeriod, of segments: [BillSegment]
  ) throws(PricingError) {
    let settled = carried.deferred + deferred
    let schedule = segments[segments.count - 1].schedule
    try add(
      .trueUp, "True-up of the relevant period", 1_000_000, of: max(settled, .zero), schedule)
    guard settled < .zero else { return }
    try add(
      .trueUp, "Credits that expire with the relevant period", 1_000_000, of: -settled, schedule,
      isDeferred: true)
  }

  /// The net export of the whole relevant period, at the surplus price of its last day.
  mutating func addNetSurplus(
    _ carried: RelevantPeriod, of segments: [BillSegment]
  ) throws(PricingError) {
    let last = segments[segments.count - 1]
    let surplus = -segments.reduce(carried.net) { $0 + $1.netUsage }
    guard surplus > .zero, let rule = last.schedule.netMetering else { return }
    let price = Price(millionthsPerUnit: -rule.surplusPrices.inForce(on: last.cycle.lastDay))
    try add(
      .netSurplus, "Net surplus of the relevant period", Quantity(surplus), "kWh", at: price,
      ExactCharge(surplus, at: price), last.schedule)
  }

  /// On net kilowatt-hours, never below zero, at the rate of the cycle's first day; one line per
  /// name and rate over all segments.
  mutating func addSurcharges(of segments: [BillSegment]) throws(PricingError) {
    var parts: [(surcharge: Surcharge, price: Price, net: Energy, schedule: RateSchedule)] = []
    for index in segments.indices where !segments[index].schedule.surcharges.isEmpty {
      let segment = segments[index]
      for surcharge in segment.schedule.surcharges
      where surcharge.exempt.isDisjoint(with: segment.terms.discounts) {
        let price = Price(
          millionthsPerUnit: surcharge.rates.inForce(on: segment.cycle.start))
        if let known = parts.firstIndex(where: {
          $0.surcharge.name == surcharge.name && $0.price == price
        }) {
          parts[known].net += segment.netUsage
        } else {
          parts.append((surcharge, price, segment.netUsage, segment.schedule))
        }
      }
    }
    for part in parts where part.net > .zero && part.price.millionthsPerUnit != 0 {
      try add(
        .surcharge(name: part.surcharge.name), part.surcharge.name, Quantity(part.net), "kWh",
        at: part.price, ExactCharge(part.net, at: part.price), part.schedule,
        authority: part.surcharge.authority)
    }
  }

  /// The credits whose dates the cycle holds, by the version of their day; their sum is returned.
  mutating func addCredits(of segments: [BillSegment]) throws(PricingError) -> Money {
    let before = due
    for index in segments.indices {
      let (schedule, period) = (segments[index].schedule, segments[index].period)
      for credit in schedule.credits {
        for dated in credit.amounts where period.contains(dated.on) {
          let price = Price(millionthsPerUnit: -dated.amount.millionthsPerUnit)
          try add(
            .credit(name: credit.name), credit.name, Quantity(count: 1), "household", at: price,
            ExactCharge(count: 1, at: price), schedule)
        }
      }
    }
    return due - before
  }

  mutating func addTaxes(
    of segments: [BillSegment], on taxable: Money, _ credits: Money
  ) throws(PricingError) {
    guard let last = segments.indices.last, !segments[last].schedule.taxes.isEmpty else { return }
    let segment = segments[last]
    for tax in segment.schedule.taxes {
      guard let (rate, authority) = tax.due(under: segment.terms, on: segment.cycle.lastDay)
      else { continue }
      let base = tax.base == .afterCredits ? taxable + credits : taxable
      // What a city is paid is never negative; a state's tax of a credit note is.
      guard base > .zero || (base < .zero && tax.cities.isEmpty) else { continue }
      let name = tax.cities.isEmpty ? tax.name : "\(tax.name), \(authority)"
      try add(
        .tax(name: tax.name), name, rate, of: base, segment.schedule, authority: authority)
    }
  }
}

extension BillingPeriod {
  /// The day before the first without.
  fileprivate var lastDay: ServiceDate { end.adding(days: -1) }
}
