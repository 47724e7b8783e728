import Billing
import Quantities
import TestSupport
import Testing

@testable import Interchange

@Suite("Long CSV")
struct LongCSVTests {
  let gap = MeterRows.gap

  /// A line per interval of some local days, `value` counting from 1.
  func lines(_ account: String, from date: String, days: Int, minutes: Int, _ zone: ZoneTable)
    -> [String]
  {
    let first = ServiceDate(date)!
    let start = zone.day(first).start
    let end = zone.day(first.adding(days: days)).start
    return stride(from: start, to: end, by: minutes * 60).enumerated().map { index, second in
      "\(account),\(Instant(seconds: second)),0.\(String(1001 + index).dropFirst())"
    }
  }

  @Test func `rows in any order give the same days`() throws {
    var rows = lines("A", from: "2015-03-07", days: 3, minutes: 60, losAngeles)
    rows += lines("B", from: "2015-10-31", days: 3, minutes: 15, losAngeles)
    let header = "account,start,kwh\n"
    let sorted = try content(header + rows.joined(separator: "\n"))
    #expect(sorted.malformed.isEmpty)
    #expect(sorted.days.map(\.values.count) == [24, 23, 24, 96, 100, 96])
    #expect(sorted.days.map(\.line) == [2, 26, 49, 73, 169, 269])
    var generator = SeededRandom(7)
    for _ in 0..<20 {
      rows.shuffle(using: &generator)
      let shuffled = try content(header + rows.joined(separator: "\n"))
      #expect(Set(shuffled.days.map(\.content)) == Set(sorted.days.map(\.content)))
    }
  }

  @Test func `a missing interval is a gap, and so is an empty or nan value`() throws {
    let file = try content(
      """
      start,kwh
      2015-01-01T00:00:00-08:00,1
      2015-01-01T01:00:00-08:00,nan
      2015-01-01T02:00:00-08:00,
      2015-01-01T04:00:00-08:00,0.002
      """, account: "A")
    #expect(file.days.count == 1)
    #expect(file.days.first?.values == [1000, gap, gap, gap, 2] + Array(repeating: gap, count: 19))
  }

  @Test func `a shift of half an hour makes a day of 47 half hours`() throws {
    let island = zone("Australia/Lord_Howe")
    let rows =
      lines("A", from: "2015-10-03", days: 3, minutes: 30, island)
      + lines("A", from: "2015-04-04", days: 3, minutes: 30, island)
    let file = try content("account,start,kwh\n" + rows.joined(separator: "\n"), zone: island)
    #expect(file.malformed.isEmpty)
    #expect(file.days.map(\.values.count) == [48, 47, 48, 48, 49, 48])
    let hourly = lines("A", from: "2015-10-04", days: 1, minutes: 60, island)
    let refused = try content(
      "account,start,kwh\n" + hourly.joined(separator: "\n"), zone: island)
    #expect(refused.days.isEmpty)
    #expect(refused.malformed.first?.reason.contains("1410 minutes") == true)
  }

  @Test func `the same row twice counts once, another value is malformed`() throws {
    let file = try content(
      """
      account,start,kwh
      A,2015-01-01T00:00:00-08:00,1
      A,2015-01-01T00:00:00-08:00,1.0
      A,2015-01-01T08:00:00Z,2
      A,2015-01-01T01:00:00-08:00,3
      """)
    #expect(file.days.first?.values.prefix(2) == [1000, 3000])
    #expect(file.lines == [4])
    #expect(file.malformed.first?.reason.contains("line 2") == true)
  }

  @Test func `a start off the grid of its day is malformed`() throws {
    let file = try content(
      """
      account,start,kwh
      A,2015-01-01T00:00:00-08:00,1
      A,2015-01-01T01:00:00-08:00,1
      A,2015-01-01T03:20:00-08:00,1
      """)
    #expect(file.lines == [4])
    #expect(file.days.count == 1)
  }

  @Test func `channel and quality columns are read in any place`() throws {
    let file = try content(
      """
      quality,start,channel,account,value
      actual,2015-01-01T00:00:00-08:00,delivered,A,1
      estimated,2015-01-01T01:00:00-08:00,delivered,A,1
      edited,2015-01-01T00:00:00-08:00,received,A,5
      guessed,2015-01-01T02:00:00-08:00,received,A,5
      actual,2015-01-01T02:00:00-08:00,sideways,A,5
      """)
    #expect(file.days.map(\.channel) == [.delivered, .received])
    #expect(file.days.map(\.quality) == [.estimated, .edited])
    #expect(file.lines == [5, 6])
  }

  @Test(arguments: [
    "A,2015-01-01T00:00:00,1", "A,2015-01-01,1", "A,2015-01-01T00:00:00Z,0.0001",
    "A,2015-01-01T00:00:00Z,1e3", "A,2015-01-01T00:00:00Z,9999999", "A,1969-01-01T00:00:00Z,1",
    "A,2041-01-01T00:00:00Z,1", "A,2015-01-01T00:00:00Z", "A,2015-01-01T00:00:00.5Z,1",
    ",2015-01-01T00:00:00Z,1", "\"A,2015-01-01T00:00:00Z,1", "A,9999-12-31T23:59:59Z,1",
  ])
  func `a line that gives no reading is malformed`(line: String) throws {
    let file = try content("account,start,kwh\n\(line)\n\"B\",\"2015-01-01T00:00:00Z\",\"1\"\n")
    #expect(file.lines == [2])
    #expect(file.days.map(\.account) == ["B"])
  }

  @Test func `intervals of part of a minute are malformed`() throws {
    let file = try content(
      "account,start,kwh\nA,2015-01-01T00:00:00Z,1\nA,2015-01-01T00:00:30Z,1\n")
    #expect(file.lines == [2, 3])
    #expect(file.malformed.first?.reason.contains("30 seconds") == true)
  }

  @Test func `an unknown account still reaches the judge, in days of Universal Time`() throws {
    let file = try content("account,start,kwh\nX,2015-01-01T23:00:00Z,1\n", zone: nil)
    #expect(file.days.map(\.date) == ["2015-01-01"])
    #expect(file.days.first?.values.last == 1000)
  }

  @Test func `days are handed out in bounded chunks`() throws {
    let rows = lines("A", from: "2015-01-01", days: 40, minutes: 60, losAngeles)
    let file = try content("account,start,kwh\n" + rows.joined(separator: "\n"), chunkRows: 7)
    #expect(file.chunks == 6)
    #expect(file.days.count == 40)
  }

  @Test func `a file without accounts needs one`() {
    #expect(throws: MeterFileError.accountNeeded(layout: "a file with the header start,kwh")) {
      try content("start,kwh\n")
    }
  }

  @Test func `a file of every second hour has hours that are missing`() throws {
    let rows = lines("A", from: "2015-01-01", days: 1, minutes: 120, losAngeles)
    let file = try content("account,start,kwh\n" + rows.joined(separator: "\n"))
    #expect(file.days.first?.values.count == 24)
    #expect(file.days.first?.values.filter { $0 == gap }.count == 12)
  }

  @Test func `days before and after a change of meter have their own intervals`() throws {
    let rows =
      lines("A", from: "2015-01-01", days: 3, minutes: 60, losAngeles)
      + lines("A", from: "2015-01-04", days: 2, minutes: 15, losAngeles)
    let file = try content("account,start,kwh\n" + rows.joined(separator: "\n"))
    #expect(file.days.map(\.values.count) == [24, 24, 24, 96, 96])
    #expect(file.malformed.isEmpty)
  }

  @Test func `a stray start costs itself and not its day`() throws {
    var rows = lines("A", from: "2015-01-01", days: 2, minutes: 60, losAngeles)
    rows.append("A,2015-01-01T13:59:00Z,0.1")
    let file = try content("account,start,kwh\n" + rows.joined(separator: "\n"))
    #expect(file.days.map(\.values.count) == [24, 24])
    #expect(file.days.allSatisfy { !$0.values.contains(gap) })
    #expect(file.lines == [50])
  }

  @Test func `one value a day has no length that could be told`() throws {
    let file = try content(
      "account,start,kwh\nA,2015-01-01T08:00:00Z,9\nA,2015-01-02T08:00:00Z,9\n")
    #expect(file.days.isEmpty && file.lines == [2, 3])
  }
}
