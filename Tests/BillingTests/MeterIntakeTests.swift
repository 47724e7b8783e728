import Journal
import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// What becomes of each line of a meter file.
struct MeterIntakeTests {
  private func books() throws -> Books {
    let books = try Books()
    try books.enroll("1", on: "2015-03-02")
    return books
  }

  private func row(
    _ account: String = "1", _ date: String, count: Int = 24, minutes: Int = 60,
    _ value: Int32 = 500, channel: Channel = .delivered, quality: ReadQuality = .actual
  ) throws -> Row {
    Row(
      account: account, date: try day(date), channel: channel, minutes: minutes,
      values: Array(repeating: value, count: count), quality: quality)
  }

  @Test func `each refused line is named with its reason, and the rest goes on`() throws {
    let books = try books()
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
    let books = try books()
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

  @Test func `each refused register line is named with its reason`() throws {
    let books = try books()
    try books.enroll("tou", "TOU-D-A", on: "2015-03-02")
    try books.enroll("gone", on: "2015-03-02")
    try books.moveOut("gone", on: "2015-03-05")
    try books.ingest(
      [index("1", "2015-03-02", "5000"), index("1", "2015-03-10", "5100")], name: "first.csv")
    func held(_ day: String) -> String {
      ", against the index held of \(day); where that one is wrong, send the right one of its day "
        + "and this line again, in one file"
    }
    let report = try books.ingest([
      index("nobody", "2015-03-02", "1"),
      index("1", "2015-03-01", "4990"),
      index("gone", "2015-03-06", "1"),
      index("tou", "2015-03-02", "1"),
      index("1", "2015-03-03", "-1"),
      index("1", "2015-03-20", "5099"),
      index("1", "2015-03-05", "5101"),
      index("1", "2015-03-11", "7501"),
      index("1", "2015-03-12", "9900"),
      index("gone", "2015-03-05", "1"),
    ])
    #expect(
      report.rejected.map { "\($0.line) \($0.account): \($0.reason)" } == [
        "2 nobody: unknown account nobody: enroll it first",
        "3 1: day before service: it starts on 2015-03-02",
        "4 gone: day after service: it ended on 2015-03-05",
        "5 tou: unfit meter: plan TOU-D-A needs intervals, this is an index",
        "6 1: negative index: -1000 Wh",
        "7 1: register ran backwards: from 9900 to 5099 kWh" + held("2015-03-12"),
        "8 1: register ran backwards: from 5101 to 5100 kWh" + held("2015-03-10"),
        "9 1: absurd value: from 5100 to 7501 kWh in 1 days" + held("2015-03-10"),
      ])
    // Indices are judged by date, whatever their lines. 5,100 to 9,900 in two days is 100 kW all the time: the limit itself.
    #expect(report.reads == 2)
  }

  @Test func `the same file again adds nothing`() throws {
    let books = try books()
    let rows = try days("1", from: "2015-03-02", 5, wattHours: 500)
    #expect(try books.ingest(rows).reads == 5)
    let (position, digest) = (books.position, books.state.digest)
    let again = try books.ingest(rows)
    #expect(again.reads == 0 && again.corrected == 0 && again.duplicates == 5)
    #expect(books.position == position)
    #expect(books.state.digest == digest)
  }

  @Test func `a file with refused lines again adds nothing, and once they fit only those`() throws {
    let books = try books()
    let rows =
      try days("1", from: "2015-03-02", 3, wattHours: 500)
      + days("2", from: "2015-03-02", 3, wattHours: 700)
    let first = try books.ingest(rows)
    #expect(first.reads == 3)
    #expect(first.rejected.map(\.line) == [5, 6, 7])
    let position = books.position
    let second = try books.ingest(rows)
    #expect(second.rejected == first.rejected)
    #expect(second.duplicates == 3)
    #expect(books.position == position)
    try books.enroll("2", on: "2015-03-02")
    let third = try books.ingest(rows)
    #expect(third.reads == 3 && third.duplicates == 3 && third.rejected.isEmpty)
    let last = books.position
    #expect(try books.ingest(rows).duplicates == 6)
    #expect(books.position == last)
  }

  @Test func `a file whose ingestion died is simply sent again`() throws {
    let books = try books()
    let rows = try days("1", from: "2015-03-09", 40, wattHours: 500)
    #expect(throws: Died.self) { try books.ingest(rows, rowsPerChunk: 10, dyingAfter: 2) }
    #expect(books.state.reads == 20)
    #expect(books.state.system.files.isEmpty)
    let report = try books.ingest(rows, rowsPerChunk: 10)
    #expect(report.reads == 20 && report.duplicates == 20 && report.rejected.isEmpty)
    #expect(books.state.system.files.count == 1)
    let position = books.position
    try books.ingest(rows, rowsPerChunk: 7)
    #expect(books.position == position)

    let whole = try self.books()
    try whole.ingest(rows)
    #expect(
      try whole.bill(through: "2015-04-01").exceptions.map(\.exception)
        == books.bill(through: "2015-04-01").exceptions.map(\.exception))
    #expect(try whole.bill(through: "2015-04-18").bills.isEmpty)
  }

  @Test func `another value supersedes the one held`() throws {
    let books = try books()
    try books.ingest(days("1", from: "2015-03-02", 2, wattHours: 500))
    let held = try #require(
      try books.view("1").reads(in: period("2015-03-03", "2015-03-04")).first)
    let report = try books.ingest([row("1", "2015-03-03", 600)])
    #expect(report.corrected == 1 && report.reads == 0)
    let read = try #require(
      try books.view("1").reads(in: period("2015-03-03", "2015-03-04")).first)
    #expect(read.energy == Energy(wattHours: 14_400))
    #expect(read.source == .corrected)
    let fact = try #require(
      try books.events().first { $0.event.kind == "ReadCorrected" }?.event.readCorrected)
    #expect(fact.supersedes == held.position)
    #expect(fact.previousValues == Array(repeating: 500, count: 24))
  }

  @Test func `a value held before is a duplicate unless it is sent as a correction`() throws {
    let books = try books()
    let (first, second) = (try row("1", "2015-03-03", 500), try row("1", "2015-03-03", 600))
    try books.ingest([first])
    try books.ingest([second])
    #expect(try books.ingest([first]).duplicates == 1)
    func energy() throws -> Int64? {
      try books.view("1").reads(in: period("2015-03-03", "2015-03-04")).first?.energy.wattHours
    }
    #expect(try energy() == 14_400)
    let back = try books.ingest([first], isCorrection: true)
    #expect(back.corrected == 1)
    #expect(try energy() == 12_000)
    // The one held now is a duplicate also as a correction.
    let position = books.position
    #expect(try books.ingest([first], isCorrection: true).duplicates == 1)
    #expect(books.position == position)
  }

  @Test func `a value of lower quality never replaces one held`() throws {
    let books = try books()
    try books.ingest([row("1", "2015-03-03", 500, quality: .edited)])
    let refused = try books.ingest([row("1", "2015-03-03", 400, quality: .estimated)])
    #expect(refused.rejected.map(\.reason) == ["lower quality: the value held is edited"])
    #expect(try books.ingest([row("1", "2015-03-03", 450, quality: .edited)]).corrected == 1)
    #expect(try books.ingest([row("1", "2015-03-03", 460, quality: .actual)]).corrected == 1)
    #expect(try books.ingest([row("1", "2015-03-03", 470, quality: .edited)]).rejected.count == 1)
    let read = try #require(
      try books.view("1").reads(in: period("2015-03-03", "2015-03-04")).first)
    #expect(read.quality == .actual)
    #expect(read.energy == Energy(wattHours: 460 * 24))
  }

  @Test func `a gap is never a zero, and a later file fills it`() throws {
    let books = try books()
    var rows = try days("1", from: "2015-03-02", 6, wattHours: 500)
    rows[2].values[7] = nil
    rows.remove(at: 4)
    try books.ingest(rows)
    try books.moveOut("1", on: "2015-03-08")
    let report = try books.bill(through: "2015-03-08")
    #expect(report.bills.isEmpty)
    #expect(
      report.exceptions.map(\.exception) == [
        .missingDays(try ["2015-03-04", "2015-03-06"].map(day))
      ])
    // The file that fills the hour knows no other.
    var filling = rows[2]
    filling.values = Array(repeating: nil, count: 24)
    filling.values[7] = 800
    #expect(try books.ingest([filling]).corrected == 1)
    let read = try #require(
      try books.view("1").reads(in: period("2015-03-04", "2015-03-05")).first)
    #expect(read.energy == Energy(wattHours: 23 * 500 + 800))
    // A gap where a value is held takes nothing away.
    #expect(try books.ingest([rows[2]]).duplicates == 1)
    try books.ingest([row("1", "2015-03-06")])
    let bill = try #require(try books.bill(through: "2015-03-08").bills.first)
    #expect(bill.draft.segments[0].netUsage == Energy(wattHours: 6 * 12_000 + 300))
  }

  @Test func `an estimate fills a gap of a day that was metered`() throws {
    let books = try books()
    var metered = try row("1", "2015-03-03")
    metered.values[7] = nil
    try books.ingest([metered])
    var estimate = try row("1", "2015-03-03", quality: .estimated)
    estimate.values[8] = 501
    #expect(try books.ingest([estimate]).rejected.count == 1)
    estimate.values[8] = 500
    #expect(try books.ingest([estimate], name: "other.csv").corrected == 1)
    let read = try #require(
      try books.view("1").reads(in: period("2015-03-03", "2015-03-04")).first)
    #expect(read.quality == .estimated && !read.hasGap)
  }

  @Test func `of two values for a day in one file the later line holds`() throws {
    let books = try books()
    let report = try books.ingest([
      row("1", "2015-03-03", 500), row("1", "2015-03-03", 600), row("1", "2015-03-03", 500),
      row("1", "2015-03-03", 700),
    ])
    #expect(report.reads == 1 && report.corrected == 2 && report.duplicates == 1)
    let view = try books.view("1")
    #expect(
      try view.reads(in: period("2015-03-03", "2015-03-04")).map(\.energy.wattHours) == [16_800])
    let supersedes = view.events.compactMap { recorded -> (UInt64, UInt64)? in
      guard case .readCorrected(let fact) = recorded.event.fact else { return nil }
      return (recorded.position, fact.supersedes)
    }
    #expect(supersedes.count == 2)
    #expect(supersedes[1].1 == supersedes[0].0)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `received energy is a channel of its own and is netted on the bill`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(
      days("1", from: "2015-04-01", 30, wattHours: 500)
        + days("1", from: "2015-04-01", 30, wattHours: 200, channel: .received))
    // 30 days of 24 x 0.3 kWh: 216 kWh, all in the first tier of 330.
    let bill = try #require(try books.bill(through: "2015-05-01").facts["1-20150501"])
    #expect(bill.table == ["216 kWh x 0.15 = 32.40", "30 day x 0.031 = 0.93"])
    #expect(try books.audit("1-20150501").isIdentical)
    #expect(
      try books.view("1").reads(.received, in: period("2015-04-01", "2015-05-01")).count == 30)
  }

  @Test func `a gap in the received channel is not a zero either`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    var received = try days("1", from: "2015-04-03", 20, wattHours: 200, channel: .received)
    received[4].values[12] = nil
    received.remove(at: 9)
    try books.ingest(days("1", from: "2015-04-01", 30, wattHours: 500) + received)
    #expect(
      try books.bill(through: "2015-05-01").exceptions.map(\.exception) == [
        .missingReceived(
          try ["2015-04-07", "2015-04-12"].map(day)
            + period("2015-04-23", "2015-05-01").dates.map { $0 })
      ])
  }

  @Test func `who has sent energy out is not billed for a month without a word of it`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(
      days("1", from: "2015-04-01", 61, wattHours: 500)
        + days("1", from: "2015-04-01", 30, wattHours: 200, channel: .received))
    let report = try books.bill(through: "2015-06-01")
    #expect(report.bills.map(\.draft.fact.bill) == ["1-20150501"])
    #expect(report.exceptions.map(\.exception.missing.count) == [31])
    try books.ingest(days("1", from: "2015-05-01", 31, wattHours: 0, channel: .received))
    #expect(try books.bill(through: "2015-06-01").bills.count == 1)
    #expect(try books.audit("1-20150601").isIdentical)
  }

  @Test func `rejections tell the customer once`() throws {
    let books = try books()
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

  @Test(arguments: [1, 7, 1000])
  func `chunks of any size give the same bills`(rowsPerChunk: Int) throws {
    var random = SeededRandom(11)
    let books = try Books(partitions: 3)
    var rows: [Row] = []
    for account in 0..<6 {
      try books.enroll("\(account)", on: "2015-03-02", readDay: 5 * account + 1)
      rows += try period("2015-03-09", "2015-05-01").dates.map { date in
        Row(
          account: "\(account)", date: date,
          values: (0..<24).map { _ in Int32.random(in: 0...3000, using: &random) })
      }
    }
    try books.ingest(rows.shuffled(using: &random), rowsPerChunk: rowsPerChunk)
    #expect(books.state.reads == UInt64(rows.count))
    let report = try books.bill(through: "2015-05-01")
    let totals = report.bills.map { "\($0.draft.fact.bill) \($0.draft.fact.total)" }.sorted()
    let reference = try Books(partitions: 1)
    for account in 0..<6 {
      try reference.enroll("\(account)", on: "2015-03-02", readDay: 5 * account + 1)
    }
    try reference.ingest(rows)
    let expected = try reference.bill(through: "2015-05-01")
    #expect(
      totals == expected.bills.map { "\($0.draft.fact.bill) \($0.draft.fact.total)" }.sorted())
    #expect(report.exceptions.count == expected.exceptions.count)
    #expect(!totals.isEmpty)
  }

  @Test func `positions are dense`() throws {
    let books = try books()
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

  @Test func `the same file for another account is another file`() throws {
    let books = try Books()
    for account in ["1", "2"] { try books.enroll(account, on: "2015-04-01") }
    let text =
      "start,kwh\n"
      + (0..<24).map { "2015-04-01T\($0 < 10 ? "0" : "")\($0):00:00-07:00,0.5\n" }.joined()
    #expect(try books.ingest(text: text, account: "1").reads == 1)
    #expect(try books.ingest(text: text, account: "2").reads == 1)
    #expect(try books.ingest(text: text, account: "2").wasKnown)
    #expect(try books.view("2").lastReadDay() == day("2015-04-01"))
  }

  @Test func `part of a day in other intervals does not take a whole day's place`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(days("1", from: "2015-04-01", 1, wattHours: 500))
    var quarters = Row(
      account: "1", date: try day("2015-04-01"), minutes: 15,
      values: Array(repeating: 120, count: 96))
    quarters.values[5] = nil
    #expect(
      try books.ingest([quarters]).rejected.map(\.reason) == [
        MeterReadRejection.incomplete(minutes: 60).description
      ])
    quarters.values[5] = 120
    #expect(try books.ingest([quarters]).corrected == 1)
  }

  @Test func `days that no zone table speaks for are refused`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    let report = try books.ingest(days("1", from: "2105-04-01", 1, wattHours: 500))
    #expect(report.rejected.map(\.reason) == [MeterReadRejection.dayOutsideZoneTable.description])
  }

  @Test func `a register that the plan is not billed from is refused`() throws {
    let books = try Books()
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    let report = try books.ingest([index("V", "2024-01-01", "10", .registerNormal)])
    #expect(report.rejected.count == 1 && report.reads == 0)
  }
}
