import Quantities
import Yams

/// Discounts, credits, surcharges, taxes and the rules of net metering, arrears and corrections.
extension ScheduleReader {
  /// Rates by date, percentages or prices, that hold from the schedule's first day on.
  private func rates(
    _ node: Node?, of what: String, _ kind: String, effective: ServiceDate?,
    _ key: String = "percent"
  ) -> [DatedRate] {
    var rates: [DatedRate] = []
    for item in list(node, "rates of \(what)") {
      let rate = table(item, "a rate of \(what)", required: ["from", key])
      let value =
        key == "percent"
        ? percent(rate[key], key) : price(rate[key], "\(key) of \(what)")?.millionthsPerUnit
      guard let from = date(rate["from"], "from"), let value else { continue }
      if let last = rates.last, from <= last.from {
        refuse(item, "\(kind) rates must ascend by date")
      }
      if rates.isEmpty, let effective, from > effective {
        refuse(item, "\(what) has no rate on \(effective)")
      }
      rates.append(DatedRate(from: from, millionths: value))
    }
    if let trial = asIfEffective, let first = rates.first, first.from > trial {
      rates[0] = DatedRate(from: trial, millionths: first.millionths)
    }
    return rates
  }

  /// Discounts by name, each of which the document has.
  private func exempt(_ node: Node?, of what: String, discounts: Set<String>) -> Set<String> {
    let names = list(node, "exempt of \(what)").compactMap { item in
      value(item, "who is exempt from \(what)", "a discount of this document") {
        discounts.contains($0) ? $0 : nil
      }
    }
    return Set(names)
  }

  /// The index of a tier by its name.
  func tier(_ node: Node?, _ what: String, of tiers: Tiers?) -> Int? {
    value(node, what, "a tier of this document") { tiers?.names.firstIndex(of: $0) }
  }

  func discounts(_ node: Node?, tiers: Tiers?, effective: ServiceDate?) -> [Discount] {
    var discounts: [Discount] = []
    for item in list(node, "discounts") {
      let keys = table(
        item, "a discount", required: ["name"],
        optional: ["rates", "tier", "billed-at", "excludes"])
      let name = text(keys["name"], "name of a discount", atMost: Self.termBytes) ?? ""
      if discounts.contains(where: { $0.name == name }) {
        refuse(item, "two discounts are named \(name)")
      }
      if item.mapping != nil,
        keys["rates"] == nil
          ? keys["tier"] == nil || keys["billed-at"] == nil
          : keys["tier"] != nil || keys["billed-at"] != nil
      {
        refuse(item, "discount \(name) needs either rates or both tier and billed-at")
      }
      let rates = self.rates(
        keys["rates"], of: "discount \(name)", "discount", effective: effective)
      for (rate, item) in zip(rates, keys["rates"]?.sequence ?? [])
      where rate.millionths > 1_000_000 {
        refuse(item, "discount \(name) takes off more than 100 percent")
      }
      let tier = self.tier(keys["tier"], "tier of discount \(name)", of: tiers)
      let billedAt = self.tier(keys["billed-at"], "billed-at of discount \(name)", of: tiers)
      var excludes: Set<String> = []
      for other in list(keys["excludes"], "excludes of discount \(name)") {
        let what = "a name in excludes of discount \(name)"
        guard let excluded = text(other, what, atMost: Self.termBytes) else { continue }
        if excluded == name { refuse(other, "discount \(name) excludes itself") }
        excludes.insert(excluded)
      }
      let effect: Discount.Effect =
        if let tier, let billedAt { .tier(tier, billedAt: billedAt) } else { .percent(rates) }
      discounts.append(Discount(name: name, effect: effect, excludes: excludes))
    }
    return discounts
  }

  func surcharge(_ node: Node, discounts: Set<String>, effective: ServiceDate?) -> Surcharge {
    let keys = table(
      node, "a surcharge", required: ["name", "authority", "rates"], optional: ["exempt"])
    let name = self.name(keys["name"], "name of a surcharge")
    return Surcharge(
      name: name, authority: self.name(keys["authority"], "authority of surcharge \(name)"),
      rates: rates(
        keys["rates"], of: "surcharge \(name)", "surcharge", effective: effective, "price"),
      exempt: exempt(keys["exempt"], of: "surcharge \(name)", discounts: discounts))
  }

  func credit(_ node: Node) -> DatedCredit {
    let keys = table(node, "a credit", required: ["name", "amounts"])
    let name = self.name(keys["name"], "name of a credit")
    var amounts: [DatedCredit.Amount] = []
    for item in list(keys["amounts"], "amounts of credit \(name)") {
      let amount = table(item, "an amount of credit \(name)", required: ["on", "amount"])
      guard let on = date(amount["on"], "on"),
        let price = price(amount["amount"], "amount of credit \(name)")
      else { continue }
      if let last = amounts.last, on <= last.on {
        refuse(item, "the amounts of a credit must ascend by date")
      }
      amounts.append(DatedCredit.Amount(on: on, amount: price))
    }
    return DatedCredit(name: name, amounts: amounts)
  }

  func tax(_ node: Node, discounts: Set<String>, effective: ServiceDate?) -> Tax {
    let keys = table(
      node, "a tax", required: ["name"], optional: ["rates", "cities", "base", "exempt"])
    let name = self.name(keys["name"], "name of a tax")
    if node.mapping != nil, (keys["rates"] == nil) == (keys["cities"] == nil) {
      refuse(node, "tax \(name) needs either rates or cities")
    }
    var cities: [String: Tax.CityRate] = [:]
    let named = entries(keys["cities"], "cities of tax \(name)", bytes: Self.termBytes)
    for (city, _, value) in named {
      let what = "\(city) of tax \(name)"
      let parts =
        value.scalar == nil
        ? table(value, what, required: ["percent"], optional: ["exempt"]) : ["percent": value]
      guard let rate = percent(parts["percent"], "percent of \(what)") else { continue }
      cities[city] = Tax.CityRate(
        millionths: rate, exempt: exempt(parts["exempt"], of: what, discounts: discounts))
    }
    return Tax(
      name: name,
      rates: rates(keys["rates"], of: "tax \(name)", "tax", effective: effective),
      cities: cities, base: choice(keys["base"], "base of tax \(name)") ?? .afterCredits,
      exempt: exempt(keys["exempt"], of: "tax \(name)", discounts: discounts))
  }

  func netMetering(_ node: Node?, effective: ServiceDate?) -> NetMetering? {
    guard let node else { return nil }
    let keys = table(node, "net-metering", required: ["period-months", "surplus-price"])
    return NetMetering(
      periodMonths: integer(keys["period-months"], "period-months", 1...60) ?? 12,
      surplusPrices: rates(
        keys["surplus-price"], of: "surplus-price", "surplus", effective: effective, "price"))
  }

  func lateCharge(_ node: Node?, discounts: Set<String>) -> LateCharge? {
    guard let node else { return nil }
    let keys = table(node, "late-charge", required: ["percent"], optional: ["exempt"])
    let rate = percent(keys["percent"], "percent of late-charge") ?? 0
    if rate > 1_000_000, !isPublished {
      refuse(keys["percent"], "late-charge asks for more than 100 percent")
    }
    return LateCharge(
      rate: rate,
      exempt: exempt(keys["exempt"], of: "late-charge", discounts: discounts))
  }

  func backBilling(_ node: Node?) -> BackBilling? {
    guard let node else { return nil }
    let keys = table(
      node, "back-billing", required: ["overcharge-months", "undercharge-months"])
    return BackBilling(
      overchargeMonths: integer(keys["overcharge-months"], "overcharge-months", 0...1200) ?? 0,
      underchargeMonths: integer(keys["undercharge-months"], "undercharge-months", 0...1200) ?? 0)
  }

  func reactivePower(_ node: Node?) -> ReactivePower? {
    guard let node else { return nil }
    let keys = table(node, "reactive-power", required: ["name", "below", "percent"])
    var parts: [Int: Int64] = [:]
    for (text, key, value) in entries(keys["percent"], "percent of reactive-power") {
      let cosPhi = self.value(key, "cos phi", "a number with 2 decimals from 0.01 to 0.99") {
        $0.utf8.count == 4
          ? DecimalText.parse($0, scale: 2).flatMap { 1...99 ~= $0 ? $0 : nil } : nil
      }
      let part = percent(value, "percent for cos phi \(text)")
      if let cosPhi { parts[Int(cosPhi)] = part ?? 0 }
    }
    let (lowest, highest) = (parts.keys.min() ?? 1, parts.keys.max() ?? 0)
    if let gap = (lowest..<highest + 1).first(where: { parts[$0] == nil }) {
      refuse(keys["percent"], "cos phi 0.\(gap < 10 ? "0" : "")\(gap) is missing")
    }
    return ReactivePower(
      name: name(keys["name"], "name of reactive-power"),
      parts: (lowest..<highest + 1).map { parts[$0] ?? 0 }, lowest: lowest,
      below: percent(keys["below"], "below of reactive-power") ?? 0)
  }
}
