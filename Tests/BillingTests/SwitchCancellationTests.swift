import Quantities
import Testing

@testable import Billing

/// Accepted switches that are taken back, before their first day and after it.
@Suite struct SwitchCancellationTests {
  private func cancel(_ books: Books, _ date: String, _ reason: String? = nil) throws {
    _ = try books.engine.cancelSwitch(
      "1", firstDay: day(date), overrideReason: reason, at: books.clock)
  }

  private func reasons(_ books: Books) throws -> [String] {
    try books.events().compactMap {
      guard case .planSwitchCancelled(let fact) = $0.event.fact else { return nil }
      return fact.overrideReason
    }
  }

  /// 12 kWh a day from 2 March 2015 on.
  private func march(to end: String) throws -> [Row] {
    try days(
      "1", from: "2015-03-02", to: end, in: zoneTable("America/Los_Angeles"), wattHours: 500)
  }

  @Test func `a back-dated switch is taken back for a reason as long as nothing of it is billed`()
    throws
  {
    let books = try Books.ofOneHome()
    try books.ingest(march(to: "2015-05-01"))
    books.clock = try #require(Instant("2015-07-01T20:00:00Z"))
    try books.change("1", to: "TOU-D-A", on: "2015-03-10")
    try books.change("1", to: "D", on: "2015-06-01")
    #expect(
      throws: SwitchCancellationRefusal.notTheLast(
        try day("2015-03-10"), last: try day("2015-06-01"))
    ) { try cancel(books, "2015-03-10", "of another home") }
    #expect(throws: SwitchCancellationRefusal.alreadyStarted(try day("2015-06-01"))) {
      try cancel(books, "2015-06-01")
    }
    #expect(
      "\(SwitchCancellationRefusal.alreadyStarted(try day("2015-06-01")))".contains("--override"))
    try cancel(books, "2015-06-01", "of another home")
    try cancel(books, "2015-03-10", "of another home")
    #expect(try reasons(books) == ["of another home", "of another home"])
    let bills = try books.bill(through: "2015-05-01").bills.map(\.draft.fact)
    #expect(bills.allSatisfy { $0.lines.allSatisfy { !$0.schedule.hasPrefix("TOU") } })
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a reason is recorded only where it was needed, and none takes back what is billed`()
    throws
  {
    let books = try Books.ofOneHome()
    try books.ingest(march(to: "2015-05-01"))
    try books.change("1", to: "TOU-D-A", on: "2015-03-10")
    try books.bill(through: "2015-04-01")
    books.clock = try #require(Instant("2015-04-02T20:00:00Z"))
    #expect(throws: SwitchCancellationRefusal.alreadyBilled(try day("2015-03-10"))) {
      try cancel(books, "2015-03-10", "of another home")
    }
    // Days of a cancelled bill are not billed.
    try books.cancel("1-20150401", .wrongPlan)
    try cancel(books, "2015-03-10", "of another home")
    try books.change("1", to: "TOU-D-B", on: "2016-01-01")
    try cancel(books, "2016-01-01", "not needed")
    #expect(try reasons(books) == ["of another home", ""])
  }
}
