import Quantities
import Tariff
import Testing

@testable import Billing

/// A move-out that was none.
@Suite struct MoveOutCancellationTests {
  private func sameAgain(_ books: Books) throws {
    #expect(try books.replayed().digest == books.state.digest)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  /// 12 kWh a day from 2 March 2015 on.
  private func march(to end: String) throws -> [Row] {
    try days(
      "1", from: "2015-03-02", to: end, in: zoneTable("America/Los_Angeles"), wattHours: 500)
  }

  @Test func `service goes on as if nobody had moved out, and may end on another day`() throws {
    let books = try Books.ofOneHome()
    try books.ingest(march(to: "2015-05-01"))
    #expect(throws: MoveOutRefusal.notMovedOut("1")) { try books.cancelMoveOut("1") }
    #expect(throws: MoveOutRefusal.unknownAccount("2")) { try books.cancelMoveOut("2") }
    try books.moveOut("1", on: "2015-03-20")
    try books.cancelMoveOut("1")
    #expect(throws: MoveOutRefusal.notMovedOut("1")) { try books.cancelMoveOut("1") }
    let report = try books.bill(through: "2015-05-01")
    #expect(
      report.bills.map { "\($0.draft.fact.period)" } == [
        "2015-03-02..<2015-04-01", "2015-04-01..<2015-05-01",
      ])
    #expect(
      report.bills.allSatisfy { !$0.draft.fact.evidence.contains { $0.kind == "AccountMovedOut" } })
    try books.moveOut("1", on: "2015-05-10")
    #expect(try books.view("1").agreement?.end == day("2015-05-10"))
    try sameAgain(books)
  }

  @Test func `a last bill that was cut short is billed again over its whole cycle`() throws {
    let books = try Books.ofOneHome()
    try books.ingest(march(to: "2015-06-01"))
    try books.moveOut("1", on: "2015-04-11")
    try books.bill(through: "2015-05-01")
    try books.cancelMoveOut("1")
    try books.propose()
    let worklist = try books.worklist()
    #expect(worklist.map(\.bill) == ["1-20150411"])
    let rest = try books.bill(through: "2015-05-01")
    #expect(rest.bills.isEmpty)
    #expect(rest.exceptions.map(\.exception) == [.partlyBilled(by: "1-20150411")])
    // 20 more days of 12 kWh, and more.
    #expect((worklist.first?.difference ?? .zero) > Money(millionths: 20_000_000))
    let rebilled = try books.engine.rebill(.all(within: nil), at: books.clock).rebilled
    #expect(rebilled.map(\.draft.number.description) == ["1-20150501"])
    #expect(try books.worklist().isEmpty)
    let next = try books.bill(through: "2015-06-01")
    #expect(next.bills.map { "\($0.draft.fact.period)" } == ["2015-05-01..<2015-06-01"])
    // The same money as if it had never been.
    let straight = try Books.ofOneHome()
    try straight.ingest(march(to: "2015-06-01"))
    try straight.bill(through: "2015-06-01")
    #expect(try books.balance("1").owed == straight.balance("1").owed)
    try sameAgain(books)
  }

  @Test func `what a move-out has settled that was none is not settled again`() throws {
    let books = try ShortYear.books()
    try books.moveOut("1", on: "2015-09-02")
    try books.propose()
    try books.engine.rebill(.all(within: nil), at: books.clock)
    try books.cancelMoveOut("1")
    try books.propose()
    for proposal in try books.worklist().compactMap(\.proposal) {
      try books.engine.correct(.decline(proposal: proposal, note: ""), at: books.clock)
    }
    for (channel, wattHours) in [(Channel.delivered, Int32(666)), (.received, 166)] {
      try books.ingest(days("1", from: "2015-09-02", 30, wattHours: wattHours, channel: channel))
    }
    try books.bill(through: "2015-10-02")
    #expect(try books.view("1").bills.filter { !$0.isCancelled }.count == 6)
    #expect(books.cents(.deferredNetMetering) == 0)
    try sameAgain(books)
  }

  @Test func `net metering that the move-out has settled is unsettled`() throws {
    let straight = try ShortYear.books()
    let books = try ShortYear.books()
    try books.moveOut("1", on: "2015-09-02")
    try books.propose()
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(books.cents(.deferredNetMetering) == 0)
    try books.cancelMoveOut("1")
    try books.propose()
    #expect(try !books.worklist().isEmpty)
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(try books.worklist().isEmpty)
    #expect(books.cents(.deferredNetMetering) == straight.cents(.deferredNetMetering))
    #expect(try books.balance("1").owed == straight.balance("1").owed)
    try sameAgain(books)
  }

  @Test func `the seat is taken again, though the plan is full by now`() throws {
    let rates = try BuiltinSchedules.sce.schedules().map { schedule in
      guard schedule.code == "TOU-D-A" else { return schedule }
      let text = schedule.text.replacing(
        "lockout-months: 12", with: "enrolment-cap: 1\nlockout-months: 12")
      return try #require(try RateSchedule.parse(text, file: "capped.yaml").first)
    }
    let books = try Books(rates)
    for number in ["a", "b"] { try books.enroll(number, on: "2015-06-01") }
    try books.change("a", to: "TOU-D-A", on: "2015-07-01")
    try books.moveOut("a", on: "2015-08-01")
    try books.change("b", to: "TOU-D-A", on: "2015-08-01")
    try books.cancelMoveOut("a")
    #expect(books.state.seats(on: "TOU-D-A") == 2)
    #expect(try books.replayed().seats(on: "TOU-D-A") == 2)
  }
}
