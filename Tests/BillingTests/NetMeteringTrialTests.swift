import Quantities
import Tariff
import Testing

@testable import Billing

/// Comparison and repricing at the edges of a relevant period, here of three months.
@Suite struct NetMeteringTrialTests {
  private static func domestic(_ effective: String, _ energy: String = "[0.15,") throws
    -> RateSchedule
  {
    let version = try #require(
      try BuiltinSchedules.sceExtras.schedules().last { $0.versionID == "D 2015-03-02" })
    let text = version.text.replacing("effective: 2015-03-02", with: "effective: \(effective)")
      .replacing("period-months: 12", with: "period-months: 3").replacing("[0.15,", with: energy)
    return try #require(try RateSchedule.parse(text, file: "three.yaml").first)
  }

  /// 16 kWh in and 4 out a day since 2 April 2015: April to June are settled, July and August open.
  private func books() throws -> Books {
    let books = try Books([Self.domestic("2015-03-02")])
    try books.enroll("1", on: "2015-04-02", readDay: 2)
    _ = try books.engine.changeTerms(
      TermsRequest(number: "1", on: day("2015-04-02"), change: .startNetMetering), at: books.clock)
    for (channel, wattHours) in [(Channel.delivered, Int32(666)), (.received, 166)] {
      try books.ingest(
        days("1", from: "2015-04-02", 153, wattHours: wattHours, channel: channel))
    }
    try books.bill(through: "2015-07-02")
    try books.bill(through: "2015-08-02")
    try books.bill(through: "2015-09-02")
    #expect(try books.view("1").bills.count == 5)
    return books
  }

  @Test func `a comparison tells what is settled from before its months, and what is open`() throws
  {
    let books = try books()
    let view = try books.view("1")
    let bills = view.bills
    func edges(_ months: Int, _ asOf: String) throws -> PlanComparison {
      try PlanComparison(view, months: months, asOf: day(asOf))
    }
    let all = try edges(5, "2015-09-02")
    #expect(all.netMetering?.carriedFrom == nil)
    #expect(all.netMetering?.openFrom == (try day("2015-07-02")))
    #expect(all.offers[0].unsettled == bills[3].deferred + bills[4].deferred)
    let edge = try edges(3, "2015-09-02")
    #expect(edge.netMetering?.carriedFrom == (try day("2015-04-02")))
    #expect(edge.netMetering?.openFrom == (try day("2015-07-02")))
    let whole = try edges(3, "2015-07-02")
    #expect(whole.netMetering == PlanComparison.NetMetering())
    #expect(whole.offers[0].unsettled == nil)
    let open = try edges(1, "2015-08-02")
    #expect(open.netMetering?.carriedFrom == nil && open.offers[0].unsettled == bills[3].deferred)
    for comparison in [all, edge, whole, open] {
      #expect(comparison.months.allSatisfy { $0.total == $0.issued })
      // What is deferred is in no total, and in no part of it.
      let kinds = comparison.own.kinds
      #expect(kinds.reduce(.zero) { $0 + $1.amount } == comparison.total)
      #expect(kinds.allSatisfy { $0.kind != .energy })
    }
  }

  @Test func `a trial of prices settles what came before it as it was billed, and tells the rest`()
    throws
  {
    let books = try books()
    let trial = try Repricing(
      [Self.domestic("2016-01-01", "[0.25,")], books.state, books.reader, months: 3)
    #expect(trial.billCount == 3 && trial.netMetered == 1)
    // 12 kWh a day and all of them in tier 1: 10 cents each. June's 30 days are in the true-up,
    // July's and August's 62 are open.
    let daily = Money(millionths: 1_200_000)
    #expect(
      trial.after.amount(of: .trueUp) - trial.before.amount(of: .trueUp)
        == Money(millionths: daily.millionths * 30))
    #expect(
      trial.unsettled.after - trial.unsettled.before == Money(millionths: daily.millionths * 62))
    #expect(trial.after.total - trial.before.total == Money(millionths: daily.millionths * 30))
    let plain = try Repricing(
      [Self.domestic("2016-01-01", "[0.25,")], books.state, books.reader, months: 1)
    #expect(plain.after.total == plain.before.total)
  }

  /// What is deferred and no bill that stands will ever settle.
  private func stranded(_ books: Books) -> Int128 { books.cents(.deferredNetMetering) }

  @Test(arguments: ["2015-09-02", "2015-08-20", "2015-08-02"])
  func `net metering that ends when its days are billed leaves nothing deferred for ever`(
    end: String
  ) throws {
    let books = try books()
    #expect(stranded(books) > 0)
    _ = try books.engine.changeTerms(
      TermsRequest(number: "1", on: day(end), change: .endNetMetering), at: books.clock)
    try books.propose()
    #expect(try !books.worklist().isEmpty, "\(end)")
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(stranded(books) == 0, "\(end)")
    #expect(try books.worklist().isEmpty)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a move-out on the day after the last bill's days settles the year`() throws {
    let books = try books()
    try books.moveOut("1", on: "2015-09-02")
    try books.propose()
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(stranded(books) == 0)
  }

  @Test
  func `net metering that is told of late is proposed, though the year will come to the same`()
    throws
  {
    let books = try Books([Self.domestic("2015-03-02")])
    try books.enroll("1", on: "2015-04-02", readDay: 2)
    try books.ingest(days("1", from: "2015-04-02", 61, wattHours: 666))
    try books.bill(through: "2015-06-02")
    _ = try books.engine.changeTerms(
      TermsRequest(number: "1", on: day("2015-04-02"), change: .startNetMetering), at: books.clock)
    try books.propose()
    let worklist = try books.worklist()
    #expect(worklist.count == 2 && worklist.allSatisfy { ($0.difference ?? .zero) < .zero })
  }
}
