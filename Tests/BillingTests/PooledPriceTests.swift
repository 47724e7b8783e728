import Quantities
import Tariff
import Testing

@testable import Billing

/// A price change that is pooled leaves a cycle that is under way to the version before it.
@Suite struct PooledPriceTests {
  private func rates() throws -> [RateSchedule] {
    let old = try #require(Books.builtin.last { $0.code == "D" })
    let new = old.text.replacing("effective: 2015-03-02", with: "effective: 2015-05-20")
      .replacing("price-change: segmented", with: "price-change: pooled")
      .replacing("[0.15,", with: "[0.95,")
    return try [old] + RateSchedule.parse(new, file: "pooled.yaml")
      + Books.builtin.filter { $0.code == "TOU-D-A" }
  }

  @Test func `a season that begins in the same cycle is priced by the old version too`() throws {
    let books = try Books(rates())
    try books.enroll("1", on: "2015-05-15", readDay: 15)
    try books.ingest(days("1", from: "2015-05-15", 61, wattHours: 100))
    let facts = try books.bill(through: "2015-07-15").facts
    let schedules = ["1-20150615", "1-20150715"].map { number in
      Set(facts[number]?.lines.map(\.schedule) ?? []).subtracting([""])
    }
    #expect(schedules == [["D 2015-03-02"], ["D 2015-05-20"]])
    #expect(facts["1-20150615"]?.lines.count { $0.kind == .energy } == 2)
  }

  @Test func `who leaves the plan and comes back in the cycle finds the cycle's version`() throws {
    let books = try Books(rates())
    try books.enroll("1", on: "2015-05-15", readDay: 15)
    try books.ingest(days("1", from: "2015-05-15", 31, wattHours: 100))
    try books.change("1", to: "TOU-D-A", on: "2015-05-18")
    let back = PlanSwitchRequest(
      number: "1", to: "D", start: .on(try day("2015-05-25")), overrideReason: "asked back")
    _ = try books.engine.switchPlan(back, at: books.clock)
    let bill = try #require(try books.bill(through: "2015-06-15").facts["1-20150615"])
    #expect(!bill.lines.contains { $0.schedule == "D 2015-05-20" })
    #expect(bill.lines.contains { $0.schedule == "D 2015-03-02" })
  }
}
