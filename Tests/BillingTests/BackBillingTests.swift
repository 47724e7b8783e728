import Journal
import Quantities
import Tariff
import Testing

@testable import Billing

/// SCE's Rule 17: three years of what was charged too much, three months of what was too little.
struct BackBillingTests {
  private static let limits = "back-billing: { overcharge-months: 36, undercharge-months: 3 }\n"

  private static func rates() throws -> [RateSchedule] {
    try Books.builtin.filter { $0.code == "D" }.map { schedule in
      let text = schedule.text.replacing("due-days:", with: limits + "due-days:")
      return try #require(try RateSchedule.parse(text, file: "limited.yaml").first)
    }
  }

  /// A home with April billed at $54.76 under the limits.
  private func books() throws -> Books {
    let books = try Books(Self.rates())
    try books.set("2015-05-02")
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(days("1", from: "2015-04-01", 30, wattHours: 490))
    try books.bill(through: "2015-05-01")
    return books
  }

  private struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var wattHours: Int32
    var on: String
    var difference: String
    var lines: [String]
  }

  /// 12 kWh more on a day, or 2.4 fewer, at 19 cents.
  private static let cases = [
    Case(
      testDescription: "within three months", wattHours: 990, on: "2015-07-01", difference: "2.28",
      lines: []),
    Case(
      testDescription: "ten days before the limit", wattHours: 990, on: "2015-07-11",
      difference: "1.52", lines: ["Back-billing limit, 10 of 30 days before 2015-04-11"]),
    Case(
      testDescription: "the whole cycle before the limit", wattHours: 990, on: "2015-08-01",
      difference: "0.00", lines: ["Back-billing limit, 30 of 30 days before 2015-05-01"]),
    Case(
      testDescription: "too much for two years", wattHours: 390, on: "2017-04-30",
      difference: "-0.45", lines: []),
    Case(
      testDescription: "too much for more than three years", wattHours: 390, on: "2018-05-01",
      difference: "0.00", lines: ["Back-billing limit, 30 of 30 days before 2015-05-01"]),
  ]

  @Test(arguments: cases)
  private func `what is too old stays as it was billed`(_ item: Case) throws {
    let books = try books()
    let old = try books.audit("1-20150501").bill
    try books.ingest(
      days("1", from: "2015-04-10", 1, wattHours: item.wattHours), isCorrection: true)
    let report = try books.rebill("1-20150501", on: item.on)
    let rebilled = try #require(report.rebilled.first)
    let fact = rebilled.draft.fact
    #expect(rebilled.difference == Money(item.difference))
    let limits = fact.lines.filter { $0.kind == .backBilling }
    #expect(limits.map(\.text) == item.lines)
    #expect(fact.total == old.total + (Money(item.difference)?.millionths ?? 0))
    #expect(fact.lines.reduce(0) { $0 + $1.amount } == fact.total)
    let audit = try books.audit("1-20150501-2")
    #expect(audit.isIdentical, "\(audit.differences)")
    for line in limits {
      let kinds = line.evidence.map { fact.evidence[Int($0)].kind }
      #expect(Set(kinds) == ["BillIssued", "RateSchedulePublished"])
    }
  }

  @Test func `a difference that may not be charged any more is not proposed`() throws {
    let books = try books()
    try books.set("2015-09-01")
    try books.ingest(days("1", from: "2015-04-10", 1, wattHours: 990), isCorrection: true)
    #expect(try books.propose().unchanged == 1)
    #expect(try books.worklist().isEmpty)
  }

  @Test func `a bill that was limited is the measure of the next one`() throws {
    let books = try books()
    try books.ingest(days("1", from: "2015-04-10", 1, wattHours: 990), isCorrection: true)
    try books.rebill("1-20150501", on: "2015-08-01")
    try books.ingest(days("1", from: "2015-04-10", 1, wattHours: 1500), isCorrection: true)
    let again = try books.rebill("1-20150501-2", on: "2015-09-01")
    #expect(again.rebilled.map(\.difference) == [.zero])
    #expect(try books.owed("1") == "54.76")
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `taxes are limited with what they are on`() throws {
    var old = BillIssuedV2()
    (old.start, old.end, old.dated) = (0, 30, 40)
    func line(_ amount: Int64, _ kind: BillLine.Kind, _ authority: String = "") -> BillLine {
      var line = BillLine()
      (line.amount, line.kind, line.authority) = (amount * 10_000, kind, authority)
      return line
    }
    old.lines = [line(1000, .energy), line(100, .tax, "City")]
    (old.total, old.tax, old.currency) = (11_000_000, 1_000_000, "USD")
    var new = old
    new.lines = [line(1300, .energy), line(130, .tax, "City"), line(7, .surcharge, "State")]
    (new.total, new.tax) = (14_370_000, 1_300_000)
    // Ten days of thirty are three months old.
    new.dated = try day("1970-04-11").day
    new.limit(to: old, at: 5, try #require(try Self.rates().first))
    #expect(new.lines.dropFirst(3).map(\.amount) == [-1_000_000, -100_000, -20_000])
    #expect(new.lines.dropFirst(3).map(\.authority) == ["", "City", "State"])
    #expect(new.total == 14_370_000 - 1_120_000)
    #expect(new.tax == 1_200_000)
  }
}
