import Billing
import Quantities
import Tariff

extension PlanComparison {
  /// Where a plan's total comes from, and how each part differs from what the account pays now.
  func reasons(for offer: Offer) -> [String] {
    let charges = offer.charges
    var reasons: [String] = []
    if charges.periods.contains(where: { !$0.name.isEmpty }) {
      let parts = charges.periods.map { part in
        "\(share(part.energy, charges.energy)) in \(part.name) (\(part.energy.kWh) kWh"
          + "\(average(part)))"
      }
      reasons.append("hours: " + parts.joined(separator: ", "))
    }
    if let above = charges.aboveFirstTier {
      reasons.append(
        above.energy == .zero
          ? "tiers: all use stays in \(charges.tiers[0].name)\(average(charges.tiers[0], ", "))"
          : "tiers: \(share(above.energy, charges.energy)) \(above.name) "
            + "(\(above.energy.kWh) kWh\(average(above)))")
    }
    if let unsettled = offer.unsettled, let from = netMetering?.openFrom {
      reasons.append("deferred from \(from) on and not settled: \(moneyWords(unsettled, currency))")
    }
    guard !offer.isOwn || hasSwitched else { return reasons }
    let kinds = Set(charges.kinds.map(\.kind)).union(own.kinds.map(\.kind))
      .sorted { $0.rawValue < $1.rawValue }
    let differences = kinds.compactMap { kind -> String? in
      let difference = charges.amount(of: kind) - own.amount(of: kind)
      guard difference != .zero else { return nil }
      return "\(kind.words) \(difference > .zero ? "+" : "")\(moneyWords(difference, currency))"
    }
    let base = hasSwitched ? "what it was" : plan
    reasons.append(
      differences.isEmpty
        ? "no part differs from \(base)"
        : "against \(base): " + differences.joined(separator: ", "))
    return reasons
  }

  private func share(_ part: Energy, _ whole: Energy) -> String {
    guard whole > .zero else { return part.kWh + " kWh" }
    let percent = dividedHalfAwayFromZero(
      Int128(part.wattHours) * 100, by: Int128(whole.wattHours))
    return "\(percent) %"
  }

  /// What a kilowatt-hour of a part cost on average; nothing for a part without energy.
  private func average(_ part: ChargeBreakdown.Part, _ before: String = " at ") -> String {
    guard part.energy > .zero else { return "" }
    let step = currency.decimals == 0 ? 1_000_000 : 10_000
    let exact = dividedHalfAwayFromZero(
      Int128(part.amount.millionths) * 1000, by: Int128(part.energy.wattHours) * Int128(step))
    let price = Price(millionthsPerUnit: Int64(exact) * Int64(step))
    return "\(before)\(price.words(currency)) a kWh on average"
  }
}

extension PlanComparison {
  var json: JSON {
    func money(_ amount: Money?) -> JSON { .optional(amount?.text(in: currency)) }
    func parts(_ parts: [ChargeBreakdown.Part]) -> JSON {
      .array(
        parts.filter { !$0.name.isEmpty }.map {
          .object([
            "name": .string($0.name), "kWh": .string($0.energy.kWh), "amount": money($0.amount),
          ])
        })
    }
    func plan(_ offer: Offer) -> JSON {
      let total = offer.total
      let totals = (try? offer.months.get()) ?? []
      var reason: String?
      if case .failure(let failure) = offer.months { reason = failure.description }
      let kinds = Set(offer.charges.kinds.map(\.kind)).union(own.kinds.map(\.kind))
        .sorted { $0.rawValue < $1.rawValue }
      return .object([
        "plan": .string(offer.plan), "name": .string(offer.name), "own": .bool(offer.isOwn),
        "total": money(total), "saving": money(total.map { self.total - $0 }),
        "unsettled": money(offer.unsettled), "reason": .optional(reason),
        "months": .array(
          zip(months, totals).map {
            .object(["start": .string("\($0.period.start)"), "total": money($1)])
          }),
        "hours": total == nil ? .array([]) : parts(offer.charges.periods),
        "tiers": total == nil ? .array([]) : parts(offer.charges.tiers),
        "differences": .array(
          total == nil
            ? []
            : kinds.map { kind in
              let amount = offer.charges.amount(of: kind)
              return .object([
                "kind": .string(kind.words), "amount": money(amount),
                "difference": money(amount - own.amount(of: kind)),
              ])
            }),
        "switch": .object([
          "from": .optional(offer.outlook.from.map { "\($0)" }),
          "lockedUntil": .optional(offer.outlook.lockedUntil.map { "\($0)" }),
          "refusal": .optional(offer.isOwn ? nil : offer.outlook.refusal?.description),
          "seats": offer.outlook.seats.map { .number($0) } ?? .null,
          "lockoutMonths": .number(offer.lockoutMonths),
        ]),
      ])
    }
    return .object([
      "account": .string(account), "plan": .string(self.plan), "asOf": .string("\(asOf)"),
      "currency": .string(currency.code), "monthsAsked": .number(wantedMonths),
      "atCurrentPrices": .bool(isAtCurrentPrices), "netMetered": .bool(netMetering != nil),
      "carriedFrom": .optional(netMetering?.carriedFrom.map { "\($0)" }),
      "openFrom": .optional(netMetering?.openFrom.map { "\($0)" }),
      "kWh": .string(usage.kWh),
      "total": money(total),
      "months": .array(
        months.map {
          .object([
            "period": BillCommand.json($0.period), "kWh": .string($0.usage.kWh),
            "total": money($0.total), "issued": money($0.issued),
            "estimatedDays": .number($0.estimatedDays),
          ])
        }),
      "leftOut": .array(
        skipped.map {
          .object(["period": BillCommand.json($0.period), "reason": .string("\($0.reason)")])
        }),
      "plans": .array(offers.map(plan)),
    ])
  }
}
