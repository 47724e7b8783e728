/// A rate schedule's document that nobody would publish: any mix of seasons, windows, tiers,
/// credits, charges and taxes that the schema allows.
public struct RandomSchedule {
  public static let regions = ["5", "10", "15", "16"]
  public private(set) var text = ""

  private let seasons: [String]
  private let periods: [String]
  private let classes: [String]
  private let tiers: Int

  /// - Parameters:
  ///   - effective: the first day of its prices.
  ///   - currency: USD or VND.
  public init(
    _ random: inout SeededRandom, code: String = "R", effective: String = "2014-01-01",
    zone: String = "America/Los_Angeles", currency: String = "USD"
  ) {
    func isTrue(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    func number(_ most: Int, decimals: Int) -> String {
      let value = Int.random(in: 0...most, using: &random)
      let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
      let part = String(value % scale + scale).dropFirst()
      return decimals == 0 ? "\(value)" : "\(value / scale).\(part)"
    }
    func price() -> String {
      currency == "VND" ? number(5000, decimals: 0) : number(900_000, decimals: 6)
    }

    let days = Self.daysOfYear
    let starts =
      isTrue(30)
      ? [] : days.indices.shuffled(using: &random).prefix(random.pick([2, 2, 3])).sorted()
    seasons = starts.indices.map { "season \($0)" }
    periods = (0..<random.pick([0, 2, 2, 3])).map { "period \($0)" }
    classes = isTrue(25) ? ["high", "low"] : []
    let inPercent = isTrue(50)
    let tiers = isTrue(30) ? 0 : Int.random(in: 2...5, using: &random)
    self.tiers = tiers
    let hasCredit = isTrue(30)
    let bySeason = !seasons.isEmpty && isTrue(70)

    text = """
      schedule: \(code)
      name: Random
      utility: Nobody
      currency: \(currency)
      zone: \(zone)
      effective: \(effective)
      source: A seed.
      due-days: 10
      register-meters: refused
      price-change: \(random.pick(["segmented", "segmented", "pooled"]))
      split-rounding: \(random.pick(["kWh", "Wh"]))

      """
    if !seasons.isEmpty {
      text += "season-change: \(bySeason ? "segmented" : random.pick(["segmented", "pooled"]))\n"
      text += "seasons:\n"
      for (index, start) in starts.enumerated() {
        let next = starts[(index + 1) % starts.count]
        let end = days[(next + days.count - 1) % days.count]
        text += "  \(seasons[index]): { from: \(days[start]), to: \(end) }\n"
      }
    }
    if isTrue(60) {
      text += """
        holidays:
          sunday: \(random.pick(["monday", "stays"]))
          days: { one: \(random.pick(days)), two: third monday of march, three: last friday of june }

        """
    }
    if !periods.isEmpty {
      // Half-hours of the day; what is before the first is left to the last period.
      let marks = (1..<48).shuffled(using: &random).prefix(2 * (periods.count - 1)).sorted()
      text += "periods:\n"
      for (index, name) in periods.dropLast().enumerated() {
        let (from, to) = (Self.clock(marks[2 * index]), Self.clock(marks[2 * index + 1]))
        let ends = periods.count == 2 && isTrue(40) ? (to, from) : (from, to)
        let dayTypes = random.pick([
          "weekdays", "monday to saturday", "sundays", "weekends and holidays", "every day",
        ])
        text += "  \(name): { windows: [{ days: \(dayTypes), from: \"\(ends.0)\", "
        text += "to: \"\(ends.1)\" }] }\n"
      }
      text += "  \(periods[periods.count - 1]): { hours: all other }\n"
    }
    if !classes.isEmpty { text += "voltage-classes: { high: 6000, low: 0 }\n" }
    if tiers > 0 {
      text += "tiers:\n"
      var limit = 0
      for tier in 0..<tiers - 1 {
        limit += Int.random(in: 1...90, using: &random)
        text += "  - { name: tier \(tier), "
        text += inPercent ? "to-percent: \(limit).5 }\n" : "width-kWh: \(limit) }\n"
      }
      text += "  - { name: tier \(tiers - 1) }\n"
      if !inPercent { text += "odd-cycle: \(random.pick(["by days", "full"]))\n" }
    }
    if tiers > 0 && inPercent || hasCredit {
      text += "baseline:\n  medical: \(number(20_000, decimals: 3))\n  regions:\n"
      for region in Self.regions {
        let allotments = seasons.map { "\($0): \(number(30_000, decimals: 3))" }
        text += "    \"\(region)\": "
        text +=
          seasons.isEmpty
          ? "\(number(30_000, decimals: 3))\n" : "{ \(allotments.joined(separator: ", ")) }\n"
      }
    }
    if hasCredit {
      text +=
        "baseline-credit: { price: \(price()), cap-percent: \(random.pick([50, 100, 130])) }\n"
    }
    text += "energy: \(energy(bySeason, price))\n"
    if isTrue(60) {
      text += "daily: [{ name: a, amount: \(price()) }, "
      text += "{ name: b, single-family: \(price()), multi-family: \(price()) }]\n"
    }
    if isTrue(30) { text += "monthly: [{ name: c, amount: \(price()) }]\n" }
    if isTrue(30) { text += "daily-minimum: { name: d, amount: \(price()) }\n" }
    if isTrue(40) {
      text += """
        taxes:
          - { name: one, rates: [{ from: \(effective), percent: \(number(150_000, decimals: 4)) }] }
          - { name: two, rates: [{ from: \(effective), percent: 8 }, { from: 2040-01-01, percent: 9 }] }

        """
    }
  }

  /// Prices by class, season, period and tier, those of the tiers ascending.
  private func energy(_ bySeason: Bool, _ price: () -> String) -> String {
    let levels = [classes, bySeason ? seasons : [], periods]
    func table(_ level: Int) -> String {
      guard level < levels.count else {
        guard tiers > 0 else { return price() }
        // Of one length, so that texts ascend as the numbers do.
        let prices = (0..<tiers).map { _ in price() }
        return "[\(prices.sorted { ($0.count, $0) < ($1.count, $1) }.joined(separator: ", "))]"
      }
      guard !levels[level].isEmpty else { return table(level + 1) }
      return "{ \(levels[level].map { "\($0): \(table(level + 1))" }.joined(separator: ", ")) }"
    }
    return table(0)
  }

  private static let daysOfYear = zip(
    1..., [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  ).flatMap { month, days in
    (1...days).map { day in "\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)" }
  }

  private static func clock(_ halfHour: Int) -> String {
    let hour = halfHour / 2
    return "\(hour < 10 ? "0" : "")\(hour):\(halfHour % 2 == 0 ? "00" : "30")"
  }
}
