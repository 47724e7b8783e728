import Journal
import Quantities
import Testing

@testable import Billing

/// Estimates in the journal: how they are held, billed and made again.
struct EstimationTests {
  @Test func `a cycle is billed from estimates, marked, and its audit is identical`() throws {
    let (books, _) = try Books.ofGaps(without: [20, 21])
    #expect(try books.bill(through: "2015-02-01").billCount == 0)
    let dry = try books.estimate(through: "2015-02-01", isDryRun: true)
    let position = books.position
    #expect(dry.estimates.map(\.method) == [.sameDayType, .sameDayType])
    #expect(dry.estimates.allSatisfy { $0.position == nil } && books.position == position)
    let report = try books.estimate(through: "2015-02-01")
    #expect(report.estimates.map(\.position) == [position, position + 1])
    #expect(report.estimates.map(\.date.description) == ["2015-01-21", "2015-01-22"])
    #expect(try books.estimate(through: "2015-02-01").estimates.isEmpty)
    let bill = try #require(try books.bill(through: "2015-02-01").bills.first)
    #expect(bill.draft.fact.estimated)
    #expect(bill.draft.estimatedDays.map(\.description) == ["2015-01-21", "2015-01-22"])
    #expect(
      bill.draft.fact.evidence.contains {
        $0.kind == "ReadEstimated" && $0.first == position && $0.last == position + 1
      })
    let audit = try books.audit("1-20150201")
    #expect(audit.isIdentical)
    #expect(try AccountSummary(books.view("1")).bills.map(\.isEstimated) == [true])
    #expect(try NextBill(books.view("1"), asOf: day("2015-01-25")).estimatedReads.count == 2)
  }

  @Test func `a bill that hides its estimates is found`() throws {
    let (books, _) = try Books.ofGaps(without: [20, 21])
    try books.estimate(through: "2015-02-01")
    var fact = try #require(
      try books.bill(through: "2015-02-01", isDryRun: true).facts["1-20150201"])
    fact.estimated = false
    let account = try #require(books.state.account("1"))
    try books.engine.commit(
      [Event(.billIssuedV2(fact), account: account, effective: fact.dated)], at: books.clock)
    #expect(try books.audit("1-20150201").differences.map(\.field) == ["estimated"])
  }

  @Test func `energy sent out is estimated as energy taken is`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    try books.ingest(days("1", from: "2015-01-01", 31, wattHours: 500))
    let out = try days("1", from: "2015-01-01", 31, wattHours: 120, channel: .received)
    try books.ingest(out.enumerated().filter { $0.offset != 25 }.map(\.element))
    let made = try #require(try books.estimate(through: "2015-02-01").estimates.first)
    #expect(made.channel == .received && made.energy.wattHours == 24 * 120)
    let bill = try #require(try books.bill(through: "2015-02-01").bills.first)
    #expect(bill.draft.fact.estimated)
    let all = try Books()
    try all.enroll("1", on: "2015-01-01")
    try all.ingest(days("1", from: "2015-01-01", 31, wattHours: 500) + out)
    #expect(try all.bill(through: "2015-02-01").facts["1-20150201"]?.total == bill.draft.fact.total)
  }

  @Test func `a named method is the only one that is tried, and says why it cannot`() throws {
    let (books, _) = try Books.ofGaps(without: [20])
    let report = try books.estimate(through: "2015-02-01", .yearAgo)
    #expect(report.estimates.isEmpty)
    #expect(
      report.missing.map(\.reason) == ["year-ago: no measured day of the same weeks a year ago"])
    let all = try Books()
    try all.enroll("1", on: "2015-01-01")
    try all.ingest(days("1", from: "2015-01-30", 2, wattHours: 500))
    let none = try #require(try all.estimate(through: "2015-02-01").missing.first)
    #expect(none.days.count == 29 && none.reason.contains("same-day-type: 0 measured days"))
  }

  @Test func `the tier position counts an estimate as it counts a read`() throws {
    let (with, rows) = try Books.ofGaps(28, without: [20, 24])
    try with.estimate(through: "2015-02-01")
    let (state, index, _) = try #require(with.state.find("1"))
    let held = try with.view("1").reads(in: period("2015-01-01", "2015-02-01"))
    #expect(held.count == 31)
    #expect(
      state.tiers[index].wattHours == held.reduce(0) { $0 + $1.energy.wattHours })
    try with.ingest([rows[20]])
    let later = try with.view("1").reads(in: period("2015-01-01", "2015-02-01"))
    let (after, _, _) = try #require(with.state.find("1"))
    #expect(after.tiers[index].wattHours == later.reduce(0) { $0 + $1.energy.wattHours })
  }

  @Test func `what is estimated again is what all that is known makes, and its bill is proposed`()
    throws
  {
    // Both days are made of the weekdays before them; then the first is measured.
    let (books, rows) = try Books.ofGaps(without: [19, 20])
    try books.estimate(through: "2015-02-01")
    try books.bill(through: "2015-02-01")
    try books.ingest([rows[19]])
    #expect(try books.estimate(through: "2015-02-01").estimates.isEmpty)
    let position = books.position
    let dry = try books.estimate(through: "2015-02-01", isAgain: true, isDryRun: true)
    #expect(dry.estimates.count == 1 && books.position == position)
    let again = try books.estimate(through: "2015-02-01", isAgain: true)
    #expect(again.estimates.map(\.date.description) == ["2015-01-21"] && again.missing.isEmpty)
    // What cannot be made by a method stays as it is, and so does what comes to the same.
    for method in [nil, ReadEstimated.Method.yearAgo] {
      let none = try books.estimate(through: "2015-02-01", method, isAgain: true)
      #expect(none.estimates.isEmpty && none.missing.isEmpty && books.position == position + 1)
    }
    #expect(try books.propose().proposed == 1)
    #expect(try books.rebill("1-20150201").rebilled.count == 1)
    let (straight, _) = try Books.ofGaps(without: [20])
    try straight.estimate(through: "2015-02-01")
    let wanted = try #require(try straight.bill(through: "2015-02-01").facts["1-20150201"])
    let found = try books.audit("1-20150201-2")
    #expect(found.isIdentical && found.bill.estimated && found.bill.table == wanted.table)
    #expect(try books.worklist().isEmpty)
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }
}
