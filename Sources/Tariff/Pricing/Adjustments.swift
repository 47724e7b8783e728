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
      .reactive(cosPhi: Int32(cosPhi)), part, of: base, index, isDeferred: segment.isDeferred)
  }

  /// The rounded sum of the lines at some places.
  private func sum(where isWanted: (Int) -> Bool) -> Money {
    entries.indices.reduce(.zero) { isWanted($1) ? $0 + entries[$1].amount : $0 }
  }

  /// One line per percent discount and rate, which is that of a segment's first day; fixed charges
  /// go with the last segment, and the part of deferred lines is deferred too.
  mutating func addDiscounts() throws(PricingError) {
    struct Part {
      let name: String
      /// The first segment with it, and its place among the schedule's discounts.
      let segment: Int
      let place: Int
      let rate: Int64
      let isDeferred: Bool
      var base = Money.zero
    }
    var parts: [Part] = []
    for index in segments.indices where !segments[index].terms.discounts.isEmpty {
      let (schedule, terms) = (segments[index].schedule, segments[index].terms)
      for (place, discount) in schedule.discounts.enumerated()
      where terms.discounts.contains(discount.name) {
        guard case .percent(let rates) = discount.effect else { continue }
        let rate = rates.inForce(on: segments[index].period.start)
        let isLast = index == segments.count - 1
        for isDeferred in [false, true] {
          let base = sum {
            let entry = entries[$0]
            return entry.isDeferred == isDeferred
              && (entry.source.isOfSegment ? Int(entry.segment) == index : isLast)
          }
          let known = parts.firstIndex {
            $0.name == discount.name && $0.rate == rate && $0.isDeferred == isDeferred
          }
          if known == nil {
            parts.append(
              Part(
                name: discount.name, segment: index, place: place, rate: rate,
                isDeferred: isDeferred))
          }
          parts[known ?? parts.count - 1].base += base
        }
      }
    }
    for part in parts where part.base != .zero && part.rate != 0 {
      try add(
        .discount(Int32(part.place)), -part.rate, of: part.base, part.segment,
        isDeferred: part.isDeferred)
    }
  }

  /// What is missing to the minimum of the cycle's days. Deferred lines count as if they were due,
  /// but a deferred credit is not made up.
  mutating func addMinimum() throws(PricingError) {
    var minimum = ExactCharge.zero
    var first: Int?
    for index in segments.indices {
      let isMultiFamily = segments[index].terms.multiFamily
      guard
        let price = segments[index].schedule.dailyMinimum?.price(isMultiFamily: isMultiFamily)
      else { continue }
      first = first ?? index
      minimum += ExactCharge(count: Int64(segments[index].period.days), at: price)
    }
    guard let first else { return }
    let shortfall = minimum.rounded(to: currency) - due - max(deferred, .zero)
    guard shortfall > .zero else { return }
    try add(.minimum, 1_000_000, of: shortfall, first)
  }

  /// What the whole relevant period deferred, this cycle included; a sum below zero is not paid out
  /// but expires, so that nothing stays deferred. A line of nothing says that the period is settled
  /// where no other one does.
  mutating func addTrueUp(_ carried: RelevantPeriod) throws(PricingError) {
    let settled = carried.deferred + deferred
    let last = segments.count - 1
    if settled < .zero {
      try add(.expiredCredits, 1_000_000, of: -settled, last, isDeferred: true)
    } else if settled > .zero || surplus(carried) == .zero {
      try add(.trueUp, 1_000_000, of: settled, last)
    }
  }

  /// The net export of the whole relevant period where it is paid for, else nothing.
  private func surplus(_ carried: RelevantPeriod) -> Energy {
    guard segments[segments.count - 1].schedule.netMetering != nil else { return .zero }
    var net = carried.net
    for index in segments.indices { net += segments[index].netUsage }
    return max(-net, .zero)
  }

  /// The net export of the whole relevant period, at the surplus price of its last day.
  mutating func addNetSurplus(_ carried: RelevantPeriod) throws(PricingError) {
    let last = segments.count - 1
    let surplus = surplus(carried)
    guard surplus > .zero, let rule = segments[last].schedule.netMetering else { return }
    let price = -rule.surplusPrices.inForce(on: segments[last].cycle.lastDay)
    try add(
      .netSurplus, Quantity(surplus), at: Price(millionthsPerUnit: price), of: last)
  }

  /// On net kilowatt-hours, never below zero, at the rate of the cycle's first day; one line per
  /// name and rate over all segments, which the first one with them makes.
  mutating func addSurcharges() throws(PricingError) {
    for index in segments.indices {
      let own = segments[index].schedule.surcharges
      for place in own.indices {
        guard let rate = segments[index].surchargeRate(place), rate != 0 else { continue }
        var (net, isKnown) = (Energy.zero, false)
        for other in segments.indices {
          let others = segments[other].schedule.surcharges
          for peer in others.indices where others[peer].name == own[place].name {
            guard segments[other].surchargeRate(peer) == rate else { continue }
            if (other, peer) < (index, place) { isKnown = true }
            net += segments[other].netUsage
          }
        }
        guard !isKnown, net > .zero else { continue }
        try add(
          .surcharge(Int32(place)), Quantity(net), at: Price(millionthsPerUnit: rate),
          of: index)
      }
    }
  }

  /// The credits whose dates the cycle holds, by the version of their day; their sum is returned.
  mutating func addCredits() throws(PricingError) -> Money {
    let before = due
    for index in segments.indices where !segments[index].schedule.credits.isEmpty {
      let credits = segments[index].schedule.credits
      for place in credits.indices {
        for dated in credits[place].amounts where segments[index].period.contains(dated.on) {
          let price = Price(millionthsPerUnit: -dated.amount.millionthsPerUnit)
          try add(
            .credit(Int32(place)), Quantity(count: 1), at: price, of: index)
        }
      }
    }
    return due - before
  }

  mutating func addTaxes(on taxable: Money, _ credits: Money) throws(PricingError) {
    let last = segments.count - 1
    let taxes = segments[last].schedule.taxes
    for place in taxes.indices {
      guard
        let rate = taxes.span[place].rate(
          under: segments[last].terms, on: segments[last].cycle.lastDay)
      else { continue }
      let base = taxes[place].base == .afterCredits ? taxable + credits : taxable
      // What a city is paid is never negative; a state's tax of a credit note is.
      guard base > .zero || (base < .zero && taxes[place].cities.isEmpty) else { continue }
      try add(.tax(Int32(place)), rate, of: base, last)
    }
  }
}

extension BillSegment {
  /// In millionths a kilowatt-hour; nil for who pays none.
  fileprivate func surchargeRate(_ place: Int) -> Int64? {
    let surcharges = schedule.surcharges
    guard
      terms.discounts.isEmpty || surcharges[place].exempt.isDisjoint(with: terms.discounts)
    else { return nil }
    return surcharges[place].rates.inForce(on: cycle.start)
  }
}

extension BillingPeriod {
  /// The day before the first without.
  fileprivate var lastDay: ServiceDate { end.adding(days: -1) }
}
