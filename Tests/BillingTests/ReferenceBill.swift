import Foundation

/// Bills of Southern California Edison's plans of 2015 in region 10, in integers, written from the
/// utility's page and the rules alone: nothing here comes from the package.
struct ReferenceBill {
  enum Plan: String, CaseIterable {
    case d = "D"
    case a = "TOU-D-A"
    case b = "TOU-D-B"
    case t = "TOU-D-T"
  }

  /// Days since 1970 and watt-hours by elapsed hour with the hour of the wall clock.
  typealias Day = [(hour: Int, wattHours: Int)]

  private(set) var cents = 0
  private(set) var lines = 0

  /// - Parameter cycle: its first day and the day after its last, as days since 1970.
  init(_ plan: Plan, _ cycle: Range<Int>, _ usage: [Int: Day]) {
    let cuts = ["2015-03-02", "2015-06-01", "2015-10-01"].map(civil)
      .filter { cycle.lowerBound < $0 && $0 < cycle.upperBound }
    for (from, to) in zip([cycle.lowerBound] + cuts, cuts + [cycle.upperBound]) {
      add(plan, from..<to, usage)
    }
    add(thousandths: cycle.count * (plan == .b ? 53_000 : 3100))
  }

  private mutating func add(_ plan: Plan, _ days: Range<Int>, _ usage: [Int: Day]) {
    let isSummer = (civil("2015-06-01")..<civil("2015-10-01")).contains(days.lowerBound)
    let allowance = days.count * (isSummer ? 15_500 : 11_000)
    var byPeriod = [0, 0, 0]
    for day in days {
      for (hour, wattHours) in usage[day] ?? [] {
        byPeriod[period(plan, day, hour)] += wattHours
      }
    }
    let total = byPeriod.reduce(0, +)
    switch plan {
    case .d:
      let prices =
        days.lowerBound >= civil("2015-03-02") ? [15, 19, 25, 31] : [15, 19, 28, 32]
      let limits = [allowance, (allowance * 13 + 5) / 10, allowance * 2, .max]
      for (tier, price) in prices.enumerated() {
        let from = tier == 0 ? 0 : limits[tier - 1]
        add(max(0, min(total, limits[tier]) - from), price)
      }
    case .a:
      for (energy, price) in zip(byPeriod, isSummer ? [46, 30, 11] : [36, 26, 11]) {
        add(energy, price)
      }
      add(min(total, allowance), -10)
    case .b:
      for (energy, price) in zip(byPeriod, isSummer ? [35, 18, 11] : [25, 14, 11]) {
        add(energy, price)
      }
    case .t:
      let level = min(total, (allowance * 13 + 5) / 10)
      var on = byPeriod[0] * level / total
      // Largest remainder; of equal ones the earlier period's.
      let remainder = byPeriod[0] * level % total
      if remainder > 0, remainder * 2 >= total { on += 1 }
      add(on, isSummer ? 34 : 22)
      add(level - on, isSummer ? 14 : 13)
      add(byPeriod[0] - on, isSummer ? 47 : 35)
      add(byPeriod[1] - (level - on), isSummer ? 26 : 25)
    }
  }

  /// Watt-hours times cents, rounded half away from zero to a cent.
  private mutating func add(_ wattHours: Int, _ price: Int) { add(thousandths: wattHours * price) }

  /// Thousandths of a cent, as a line of its own.
  private mutating func add(thousandths: Int) {
    guard thousandths != 0 else { return }
    lines += 1
    let magnitude = Int((thousandths.magnitude + 500) / 1000)
    cents += thousandths < 0 ? -magnitude : magnitude
  }

  private func period(_ plan: Plan, _ day: Int, _ hour: Int) -> Int {
    switch plan {
    case .d: 0
    case .a, .b:
      hour < 8 || hour >= 22 ? 2 : isWorkday(day) && (14..<20).contains(hour) ? 0 : 1
    case .t: isWorkday(day) && (12..<18).contains(hour) ? 0 : 1
    }
  }

  private func isWorkday(_ day: Int) -> Bool {
    // 1970-01-01 was a Thursday.
    let weekday = (day + 3) % 7
    return weekday < 5 && !ReferenceBill.holidays.contains(day)
  }

  private static let holidays = Set(
    [
      "2015-01-01", "2015-02-16", "2015-05-25", "2015-07-04", "2015-09-07", "2015-11-11",
      "2015-11-26", "2015-12-25",
    ].map(civil))
}

/// Days since 1970 by Foundation.
func civil(_ text: String) -> Int {
  let style = Date.ISO8601FormatStyle().year().month().day()
  guard let date = try? style.parse(text) else { return .min }
  return Int(date.timeIntervalSince1970) / 86_400
}

/// The hours of a file of elapsed hours in California's 2015, by local day.
func hours2015(_ text: String) -> [Int: ReferenceBill.Day] {
  let first = civil("2015-01-01") * 24
  // Clocks are an hour ahead from 2 a.m. on 8 March until 2 a.m. on 1 November.
  let summer =
    (civil("2015-03-08") * 24 + 2 - first)..<(civil("2015-11-01") * 24 + 1 - first)
  var days: [Int: ReferenceBill.Day] = [:]
  for (elapsed, line) in text.split(whereSeparator: \.isNewline).dropFirst().enumerated() {
    let digits = line.split(separator: ",")[1].split(separator: ".")
    let decimals = digits.count > 1 ? digits[1] : ""
    let thousandths = String(decimals + String(repeating: "0", count: 3 - decimals.count))
    let local = first + elapsed + (summer.contains(elapsed) ? 1 : 0)
    days[local / 24, default: []].append(
      (local % 24, (Int(digits[0]) ?? 0) * 1000 + (Int(thousandths) ?? 0)))
  }
  return days
}
