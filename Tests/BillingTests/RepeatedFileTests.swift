import Journal
import Quantities
import TestSupport
import Testing

@testable import Billing

/// What is sent again, in whatever parts, adds nothing.
struct RepeatedFileTests {
  @Test func `the same file again adds nothing`() throws {
    let books = try Books.ofOneHome()
    let rows = try days("1", from: "2015-03-02", 5, wattHours: 500)
    #expect(try books.ingest(rows).reads == 5)
    let (position, digest) = (books.position, books.state.digest)
    let again = try books.ingest(rows)
    #expect(again.reads == 0 && again.corrected == 0 && again.duplicates == 5)
    #expect(books.position == position)
    #expect(books.state.digest == digest)
  }

  @Test func `a file with refused lines again adds nothing, and once they fit only those`() throws {
    let books = try Books.ofOneHome()
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
    let books = try Books.ofOneHome()
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

    let whole = try Books.ofOneHome()
    try whole.ingest(rows)
    #expect(
      try whole.bill(through: "2015-04-01").exceptions.map(\.exception)
        == books.bill(through: "2015-04-01").exceptions.map(\.exception))
    #expect(try whole.bill(through: "2015-04-18").bills.isEmpty)
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
}
