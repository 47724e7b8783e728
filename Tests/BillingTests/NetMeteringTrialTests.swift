import Quantities
import Tariff
import Testing

@testable import Billing

/// Comparison and repricing at the edges of a relevant period, here of three months.
@Suite struct NetMeteringTrialTests {
  @Test func `a comparison tells what is settled from before its months, and what is open`() throws
  {
    let books = try ShortYear.books()
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
    let books = try ShortYear.books()
    let trial = try Repricing(
      [ShortYear.domestic("2016-01-01", "[0.25,")], books.state, books.reader, months: 3)
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
      [ShortYear.domestic("2016-01-01", "[0.25,")], books.state, books.reader, months: 1)
    #expect(plain.after.total == plain.before.total)
  }
}
