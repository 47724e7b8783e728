import Journal
import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// What becomes of each line of a meter file.
struct MeterIntakeTests {
  @Test func `each refused line is named with its reason, and the rest goes on`() throws {
    let books = try Books.ofOneHome()
    try books.enroll("tou", "TOU-D-A", on: "2015-03-02")
    try books.enroll("gone", on: "2015-03-02")
    try books.moveOut("gone", on: "2015-03-05")
    let report = try books.ingest([
      row("1", "2015-03-02"),
      row("nobody", "2015-03-02"),
      row("1", "2015-03-01"),
      row("gone", "2015-03-05"),
      row("1", "2015-03-03", count: 34, minutes: 42),
      row("1", "2015-03-08"),
      row("1", "2015-03-04", count: 23),
      row("tou", "2015-03-04", count: 12, minutes: 120),
      row("1", "2015-03-05", -1),
      row("1", "2015-03-06", 100_001),
      row("1", "2015-03-07", 100_000),
      row("gone", "2015-03-04"),
      row("1", "2015-03-08", count: 23),
    ])
    #expect(
      report.rejected.map { "\($0.line) \($0.account): \($0.reason)" } == [
        "3 nobody: unknown account nobody: enroll it first",
        "4 1: day before service: it starts on 2015-03-02",
        "5 gone: day after service: it ended on 2015-03-05",
        "6 1: interval length: 42 minutes do not divide a day of 1440 minutes",
        "7 1: interval count: 24 values on a day of 23",
        "8 1: interval count: 23 values on a day of 24",
        "9 tou: intervals too coarse: plan TOU-D-A needs 60 minutes, these have 120",
        "10 1: negative value: -1 Wh in interval 1",
        "11 1: absurd value: 100001 Wh in interval 1, the limit is 100000",
      ])
    #expect(report.rejected.allSatisfy { $0.file == "memory.csv" })
    #expect(report.reads == 4)
    #expect(try books.view("1").reads(in: period("2015-03-01", "2015-04-01")).count == 3)
  }

  @Test func `a malformed line is refused without an account`() throws {
    let books = try Books.ofOneHome()
    let report = try books.ingest(
      text: """
        account,start,kwh
        1,2015-03-02T00:00:00-08:00,0.5
        1,yesterday,0.5
        1,2015-03-02T01:00:00-08:00,0.5
        """)
    #expect(report.rejected.map(\.line) == [3])
    #expect(report.rejected.map(\.account) == [""])
    #expect(report.reads == 1)
  }

  @Test func `rejections tell the customer once`() throws {
    let books = try Books.ofOneHome()
    let rows = try [row("1", "2015-03-04", count: 23), row("1", "2015-03-05", count: 22)]
    try books.ingest(rows)
    try books.ingest(rows)
    let notices = try AccountSummary(books.view("1")).notices
    #expect(
      notices.map { $0.notice.text(in: .english) } == [
        "2 meter reads in memory.csv could not be used, the first for: "
          + "interval count: 23 values on a day of 24."
      ])
  }

  @Test func `positions are dense`() throws {
    let books = try Books.ofOneHome()
    try books.enroll("2", on: "2015-03-02")
    try books.ingest(
      days("1", from: "2015-03-09", 20, wattHours: 500)
        + days("2", from: "2015-03-09", 20, wattHours: 700) + [index("3", "2015-03-09", "7")])
    try books.ingest([row("1", "2015-03-10", 900)])
    try books.bill(through: "2015-04-01")
    var next: UInt64 = 0
    var listing = EventListing(try books.reader)
    try listing.run(positions: 0...UInt64.max) { event in
      #expect(event.position == next)
      next += 1
    }
    #expect(next == books.position)
    #expect(books.state.events == next)
  }

  @Test func `days that no zone table speaks for are refused`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    let report = try books.ingest(days("1", from: "2105-04-01", 1, wattHours: 500))
    #expect(report.rejected.map(\.reason) == [MeterReadRejection.dayOutsideZoneTable.description])
  }
}
