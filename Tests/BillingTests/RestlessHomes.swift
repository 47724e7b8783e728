import Quantities
import TestSupport

@testable import Billing

/// Days of hours that differ from each other, as those of homes do.
func restlessDays(
  _ account: String, _ count: Int, _ random: inout SeededRandom, from: String = "2015-01-01"
) throws -> [Row] {
  let first = try day(from)
  return (0..<count).map { number in
    Row(
      account: account, date: first.adding(days: number),
      values: (0..<24).map { _ in Int32.random(in: 50...1_500, using: &random) })
  }
}

/// The same restless day again and again: 8,400 Wh, the highest hour 700, the third highest 600.
func usualDays(_ account: String, _ from: String, _ count: Int) throws -> [Row] {
  let first = try day(from)
  return (0..<count).map { number in
    var hours = (0..<24).map { Int32?(Int32(250 + ($0 * 7 + number * 5) % 24 * 5)) }
    (hours[7], hours[18], hours[19]) = (600, 700, 650)
    return Row(account: account, date: first.adding(days: number), values: hours)
  }
}

extension Books {
  /// Account 1 with restless days since 1 January 2015, some of them not read.
  static func ofGaps(
    _ count: Int = 31, without gaps: Set<Int> = []
  ) throws -> (books: Books, rows: [Row]) {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    var random = SeededRandom(3, "restless days")
    let rows = try restlessDays("1", count, &random)
    try books.ingest(rows.enumerated().filter { !gaps.contains($0.offset) }.map(\.element))
    return (books, rows)
  }

  /// Account 1 with 60 usual days since 1 January 2015, once something in them is changed.
  static func usual(_ change: (inout [Row]) -> Void = { _ in }) throws -> Books {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    var rows = try usualDays("1", "2015-01-01", 60)
    change(&rows)
    try books.ingest(rows)
    return books
  }

  @discardableResult
  func estimate(
    through: String, _ method: ReadEstimated.Method? = nil, isAgain: Bool = false,
    isDryRun: Bool = false
  ) throws -> EstimationReport {
    try engine.estimate(
      through: day(through), method: method, isAgain: isAgain, isDryRun: isDryRun, at: clock)
  }

  /// What validation doubts of some days, or of all.
  func doubts(from: String? = nil, through: String? = nil) throws -> [ReadFlag] {
    try engine.validate(from: from.map(day), through: through.map(day), at: clock).flags
      .map(\.flag)
  }

  /// Every flag there has been.
  var flags: [ReadFlag] { state.partitions.flatMap { $0.flags.flags.values.joined() } }
}

extension [ReadFlag] {
  var told: [String] {
    map { "\($0.rule.name) \($0.firstDay) \($0.lastDay) \($0.found) \($0.limit) \($0.holds)" }
  }
}
