import Quantities
import Yams

/// Tiers, baseline, prices and fixed charges of a document.
extension ScheduleReader {
  func voltageClasses(_ node: Node?) -> [VoltageClass] {
    guard let node else { return [] }
    var classes: [VoltageClass] = []
    for (name, _, value) in entries(node, "voltage-classes") {
      guard let volts = integer(value, "volts of \(name)", 0...10_000_000) else { continue }
      if let above = classes.last, volts >= above.fromVolts {
        refuse(value, "voltage class \(name) is not below \(above.name)")
      }
      classes.append(VoltageClass(name: name, fromVolts: volts))
    }
    if classes.count == node.mapping?.count, let lowest = classes.last, lowest.fromVolts != 0 {
      refuse(node, "the last voltage class, \(lowest.name), must begin at 0 volts")
    }
    return classes
  }

  func tiers(_ node: Node?, oddCycle: Node?) -> Tiers? {
    let rule = choice(oddCycle, "odd-cycle", Tiers.OddCycleRule.self)
    guard let node else {
      if oddCycle != nil { refuse(oddCycle, "odd-cycle says nothing without fixed tier widths") }
      return nil
    }
    let items = list(node, "tiers")
    let tables = items.map {
      table($0, "a tier", required: ["name"], optional: ["to-percent", "width-kWh"])
    }
    let names = tables.map { name($0["name"], "a tier's name") }
    for (index, name) in names.enumerated() where names[..<index].contains(name) && !name.isEmpty {
      refuse(items[index], "two tiers are named \(name)")
    }
    for (index, keys) in tables.enumerated() {
      let isLast = index == tables.count - 1
      let limits = keys["to-percent"] != nil || keys["width-kWh"] != nil
      if isLast, limits { refuse(items[index], "the last tier is open and has no limit") }
      if !isLast, !limits { refuse(items[index], "only the last tier may be open") }
    }
    let limited = zip(items, tables).dropLast()
    let isFixed = tables.contains { $0["width-kWh"] != nil }
    if isFixed, tables.contains(where: { $0["to-percent"] != nil }) {
      refuse(node, "tiers have either to-percent or width-kWh, not both")
    }
    if isFixed {
      if oddCycle == nil { refuse(node, "fixed tier widths need odd-cycle: by days or full") }
      let widths = limited.map { item, keys in
        let width = energy(keys["width-kWh"], "width-kWh") ?? .zero
        if keys["width-kWh"] != nil, width == .zero { refuse(item, "a tier is wider than 0 kWh") }
        return width
      }
      return Tiers(names: names, limits: .fixedWidths(widths, oddCycle: rule ?? .byDays))
    }
    if oddCycle != nil { refuse(oddCycle, "odd-cycle says nothing without fixed tier widths") }
    let limits = limited.map { _, keys in percent(keys["to-percent"], "to-percent") ?? 0 }
    for index in limits.indices.dropFirst() where limits[index] <= limits[index - 1] {
      if limits[index] != 0 { refuse(items[index], "tier limits must ascend") }
    }
    if limits.first == 0, tables[0]["to-percent"]?.string == "0" {
      refuse(items[0], "a tier is wider than 0 percent")
    }
    return Tiers(names: names, limits: .percentOfBaseline(limits))
  }

  func baseline(_ node: Node?, seasons: [Season]) -> BaselineAllotments? {
    guard let node else { return nil }
    let keys = table(node, "baseline", required: ["regions"], optional: ["medical"])
    var regions: [String: [Energy]] = [:]
    let named = entries(keys["regions"], "regions of baseline", bytes: Self.regionBytes)
    for (name, _, value) in named {
      let nodes = branches(value, seasons.map(\.name), "region \(name)")
      regions[name] = nodes.map { energy($0, "the allotment of region \(name)") ?? .zero }
    }
    return BaselineAllotments(
      regions: regions, medical: energy(keys["medical"], "medical of baseline") ?? .zero)
  }

  func baselineCredit(_ node: Node?) -> BaselineCredit? {
    guard let node else { return nil }
    let keys = table(node, "baseline-credit", required: ["price", "cap-percent"])
    guard let price = price(keys["price"], "price of baseline-credit"),
      let cap = percent(keys["cap-percent"], "cap-percent")
    else { return nil }
    return BaselineCredit(price: price, cap: cap)
  }

  /// The children of a node under each of some names, all required; the node itself when there is
  /// only the one unnamed.
  private func branches(_ node: Node?, _ names: [String], _ what: String) -> [Node?] {
    guard names != [""], !names.isEmpty else { return [node] }
    let keys = table(node, what, required: names)
    return names.map { keys[$0] }
  }

  func energyPrices(
    _ node: Node?, classes: [String], seasons: [String], periods: [String], tiers: Int
  ) -> EnergyPrices {
    // Names are kept for each of them, so that a small document cannot fill the memory.
    let count = max(classes.count, 1) * seasons.count * periods.count * max(tiers, 1)
    guard count <= 20_000 else {
      refuse(node, "energy has \(count) prices, more than 20000")
      return EnergyPrices(table: [[[[]]]])
    }
    let table = branches(node, classes, "energy").map { node in
      let isSeasonal = node?.mapping?.keys.contains { seasons.contains($0.string ?? "") } ?? false
      let bySeason = isSeasonal ? branches(node, seasons, "energy by season") : [node]
      let prices = bySeason.map { node in
        branches(node, periods, "energy by period").map { self.prices($0, tiers: tiers) }
      }
      return isSeasonal ? prices : Array(repeating: prices[0], count: seasons.count)
    }
    return EnergyPrices(table: table)
  }

  private func prices(_ node: Node?, tiers: Int) -> [Price] {
    let none = Price(millionthsPerUnit: 0)
    guard tiers > 0 else { return [price(node, "a price of energy") ?? none] }
    let items = list(node, "energy by tier")
    if !items.isEmpty, items.count != tiers {
      refuse(node, "there are \(items.count) prices for \(tiers) tiers")
    }
    return items.map { price($0, "a price of energy") ?? none }
  }

  func fixedCharge(_ node: Node, _ what: String) -> FixedCharge {
    let keys = table(
      node, what, required: ["name"], optional: ["amount", "single-family", "multi-family"])
    let split = ["single-family", "multi-family"]
    let fits = keys["amount"] == nil ? split : []
    if node.mapping != nil, split.filter({ keys[$0] != nil }) != fits {
      refuse(node, "\(what) needs either amount or both single-family and multi-family")
    }
    let none = Price(millionthsPerUnit: 0)
    let amount = price(keys["amount"], "amount")
    let amounts = split.map { price(keys[$0], $0) ?? amount ?? none }
    return FixedCharge(
      name: name(keys["name"], "name of \(what)"), singleFamily: amounts[0],
      multiFamily: amounts[1])
  }
}
