import Journal
import Quantities
import Tariff
import Testing

@testable import Billing

/// Cycles billed out of their order, facts that arrive late, and what must not move by it.
struct LateFactTests {
  @Test(arguments: [["50", "100", "105", "200"], ["60", "100", "90", "200"]])
  func `a register cycle billed after the next closes where that one opened`(
    indices: [String]
  ) throws {
    let books = try Books()
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    try books.ingest([
      index("V", "2024-01-30", indices[1]), index("V", "2024-03-01", indices[3]),
    ])
    #expect(try books.bill(through: "2024-03-01").bills.map(\.draft.fact.bill) == ["V-20240301"])
    try books.ingest([index("V", "2024-01-01", indices[0])])
    let late = try #require(try books.bill(through: "2024-03-01").bills.first)
    #expect(late.draft.fact.bill == "V-20240201")
    let energy = try books.events().compactMap { recorded -> Int64? in
      guard case .billIssuedV2(let bill) = recorded.event.fact else { return nil }
      return bill.registers.reduce(0) { $0 + $1.closingIndex - $1.openingIndex }
    }
    // All that the register counted from its first index to its last, once.
    #expect(
      Energy(wattHours: energy.reduce(0, +))
        == Energy(kWh: indices[3])! - Energy(kWh: indices[0])!)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a late read before a plan change is folded under the plan of its day`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-03-01")
    try books.ingest(days("1", from: "2015-03-01", 5, wattHours: 100))
    try books.change("1", to: "TOU-D-A", on: "2015-03-15")
    try books.ingest(days("1", from: "2015-03-20", 1, wattHours: 100))
    try books.engine.saveSnapshot(always: true)
    try books.ingest(days("1", from: "2015-03-10", 1, wattHours: 100))
    let restored = try Replay(books.reader, usesSnapshot: true).run()
    #expect(restored.digest == books.state.digest)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `who has moved out takes no seat by a switch of the past`() throws {
    let rates = try Books.builtin.map { schedule in
      guard schedule.code == "TOU-D-B" else { return schedule }
      let text = schedule.text.replacing(
        "lockout-months: 12", with: "enrolment-cap: 1\nlockout-months: 12")
      return try #require(try RateSchedule.parse(text, file: "capped.yaml").first)
    }
    let books = try Books(rates)
    try books.enroll("1", on: "2015-04-01")
    try books.moveOut("1", on: "2015-09-01")
    try books.change("1", to: "TOU-D-B", on: "2015-08-01")
    #expect(books.state.seats(on: "TOU-D-B") == 0 && books.state.seats(on: "D") == 0)
    try books.enroll("2", "TOU-D-B", on: "2015-10-01")
    try books.engine.saveSnapshot(always: true)
    let restored = try Replay(books.reader, usesSnapshot: true).run()
    for plan in ["D", "TOU-D-B"] {
      #expect(restored.seats(on: plan) == books.state.seats(on: plan))
    }
  }

  @Test func `an audit tells a rate schedule that was published since, and what it would change`()
    throws
  {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(days("1", from: "2015-04-01", 30, wattHours: 500))
    try books.bill(through: "2015-05-01")
    let last = try #require(Books.builtin.last { $0.code == "D" })
    let text = last.text.replacing("effective: 2015-03-02", with: "effective: 2015-04-11")
      .replacing("0.15, 0.19", with: "0.35, 0.39")
    let added = try books.engine.publish(
      RateSchedule.parse(text, file: "april.yaml"), zone: zoneTable, at: books.clock)
    #expect(added.count == 1)
    let audit = try books.audit("1-20150501")
    #expect(audit.isIdentical)
    #expect(audit.since.map(\.kind) == ["RateSchedulePublished"])
    #expect(try #require(audit.totalNow).millionths > audit.bill.total)
  }

  @Test func `an audit tells nothing of another plan's rate schedule, nor of another zone`() throws
  {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(days("1", from: "2015-04-01", 30, wattHours: 500))
    try books.bill(through: "2015-05-01")
    let other = try #require(Books.builtin.last { $0.code == "TOU-D-A" })
    let text = other.text.replacing("effective: 2015-03-02", with: "effective: 2015-04-11")
    _ = try books.engine.publish(
      RateSchedule.parse(text, file: "april.yaml"), zone: zoneTable, at: books.clock)
    let chicago = try zoneTable("America/Chicago")
    try books.engine.commit([Event(.zoneTablePublished(chicago.fact))], at: books.clock)
    // A version of the own plan that another one follows before the cycle begins.
    let own = try #require(Books.builtin.last { $0.code == "D" })
    let earlier = own.text.replacing("effective: 2015-03-02", with: "effective: 2015-03-01")
    _ = try books.engine.publish(
      RateSchedule.parse(earlier, file: "march.yaml"), zone: zoneTable, at: books.clock)
    #expect(try books.worklist().isEmpty)
    let audit = try books.audit("1-20150501")
    #expect(audit.isIdentical && audit.since.isEmpty)
  }

  @Test func `a bill that leaves a published rate schedule out is found`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(days("1", from: "2015-04-01", 30, wattHours: 500))
    var fact = try #require(
      try books.bill(through: "2015-05-01", isDryRun: true).facts["1-20150501"])
    fact.knownBefore = books.position
    let last = try #require(Books.builtin.last { $0.code == "D" })
    let text = last.text.replacing("effective: 2015-03-02", with: "effective: 2015-04-11")
    _ = try books.engine.publish(
      RateSchedule.parse(text, file: "april.yaml"), zone: zoneTable, at: books.clock)
    let account = try #require(books.state.account("1"))
    try books.engine.commit(
      [Event(.billIssuedV2(fact), account: account, effective: fact.dated)], at: books.clock)
    #expect(try books.audit("1-20150501").differences.map(\.field) == ["known before"])
  }

  @Test func `a bill of days that are billed already is refused by its position`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(days("1", from: "2015-04-01", 30, wattHours: 500))
    let fact = try #require(try books.bill(through: "2015-05-01").facts["1-20150501"])
    let account = try #require(books.state.account("1"))
    let (first, second) = (books.position - 2, books.position)
    let reason = "days of it are on the bill at position \(first), which stands"
    let again = Event(.billIssuedV2(fact), account: account, effective: fact.dated)
    #expect(
      throws: UnrecordableEvent(kind: "BillIssuedV2", account: "1", reason: reason)
    ) { try books.engine.commit([again], at: books.clock) }
    // Another version of the engine may have done it.
    let partition = UInt16(books.state.partition(of: account))
    try books.engine.writer.append(
      [PendingBatch(of: [again], partition)], recordedAt: books.clock.milliseconds,
      origin: Books.origin)
    let fault = EventFault(position: second, reason: reason)
    #expect(throws: fault) { try books.replayed() }
    #expect(throws: fault) { try books.audit("1-20150501") }
  }
}
