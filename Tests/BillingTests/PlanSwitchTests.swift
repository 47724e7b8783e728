import Quantities
import Tariff
import Testing

@testable import Billing

/// Plan changes: the lock-out after time-of-use plans, caps, and the order of refusals.
struct PlanSwitchTests {
  private func books(_ plan: String = "D", on: String = "2015-06-01") throws -> Books {
    let books = try Books()
    try books.enroll("1", plan, on: on)
    return books
  }

  private func lockedOut(
    _ left: String, on: String, until: String
  ) throws -> PlanSwitchRefusal {
    .lockedOut(left: left, on: try day(on), until: try day(until))
  }

  @Test func `joining TOU from D starts no lock-out`() throws {
    let books = try books()
    try books.change("1", to: "TOU-D-A", on: "2015-07-01")
    #expect(try books.change("1", to: "D", on: "2015-07-02") == "2015-07-02")
  }

  @Test func `leaving TOU locks the plan until the same date next year`() throws {
    let books = try books("TOU-D-A")
    try books.change("1", to: "D", on: "2015-08-10")
    let refusal = try lockedOut("TOU-D-A", on: "2015-08-10", until: "2016-08-10")
    #expect(throws: refusal) { try books.change("1", to: "TOU-D-A", on: "2015-08-11") }
    #expect(throws: refusal) { try books.change("1", to: "TOU-D-B", on: "2016-08-09") }
    #expect(refusal.description.contains("it is allowed from 2016-08-10"))
    #expect(try books.change("1", to: "TOU-D-B", on: "2016-08-10") == "2016-08-10")
  }

  @Test func `leaving one TOU plan for another starts a lock-out`() throws {
    let books = try books("TOU-D-A")
    try books.change("1", to: "TOU-D-B", on: "2015-08-10")
    let refusal = try lockedOut("TOU-D-A", on: "2015-08-10", until: "2016-08-10")
    #expect(throws: refusal) { try books.change("1", to: "D", on: "2016-08-09") }
    #expect(try books.change("1", to: "D", on: "2016-08-10") == "2016-08-10")
    // The second leaving counts from its own day.
    #expect(throws: try lockedOut("TOU-D-B", on: "2016-08-10", until: "2017-08-10")) {
      try books.change("1", to: "TOU-D-A", on: "2017-08-09")
    }
  }

  @Test func `a lock-out from 29 February ends on 1 March`() throws {
    let books = try books("TOU-D-A")
    try books.change("1", to: "D", on: "2016-02-29")
    #expect(throws: try lockedOut("TOU-D-A", on: "2016-02-29", until: "2017-03-01")) {
      try books.change("1", to: "TOU-D-B", on: "2017-02-28")
    }
    #expect(try books.change("1", to: "TOU-D-B", on: "2017-03-01") == "2017-03-01")
  }

  @Test func `a switch cancelled before its first day starts no lock-out`() throws {
    let books = try books("TOU-D-A")
    books.clock = try #require(Instant("2015-08-09T12:00:00Z"))
    try books.change("1", to: "D", on: "2015-08-10")
    _ = try books.engine.cancelSwitch("1", firstDay: day("2015-08-10"), at: books.clock)
    #expect(try books.view("1").agreement?.plan(on: day("2016-01-01")).code == "TOU-D-A")
    #expect(try books.change("1", to: "TOU-D-B", on: "2015-08-11") == "2015-08-11")
  }

  @Test func `a switch is cancelled until the evening before, by the local day`() throws {
    let books = try books()
    try books.change("1", to: "TOU-D-A", on: "2015-08-10")
    #expect(throws: SwitchCancellationRefusal.noSuchSwitch(try day("2015-08-09"))) {
      try books.engine.cancelSwitch("1", firstDay: day("2015-08-09"), at: books.clock)
    }
    #expect(throws: SwitchCancellationRefusal.unknownAccount("2")) {
      try books.engine.cancelSwitch("2", firstDay: day("2015-08-10"), at: books.clock)
    }
    // 11:59 p.m. of 9 August in California is 10 August in Greenwich.
    let midnight = try #require(Instant("2015-08-10T07:00:00Z"))
    let evening = Instant(milliseconds: midnight.milliseconds - 1000)
    let other = try self.books()
    try other.change("1", to: "TOU-D-A", on: "2015-08-10")
    _ = try books.engine.cancelSwitch("1", firstDay: day("2015-08-10"), at: evening)
    #expect(throws: SwitchCancellationRefusal.alreadyStarted(try day("2015-08-10"))) {
      try other.engine.cancelSwitch("1", firstDay: day("2015-08-10"), at: midnight)
    }
  }

  @Test func `a billed switch is not cancelled`() throws {
    let books = try books()
    try books.ingest(days("1", from: "2015-06-01", 30, wattHours: 500))
    try books.change("1", to: "TOU-D-A", on: "2015-06-10")
    try books.bill(through: "2015-07-01")
    #expect(throws: SwitchCancellationRefusal.alreadyBilled(try day("2015-06-10"))) {
      try books.engine.cancelSwitch("1", firstDay: day("2015-06-10"), at: books.clock)
    }
  }

  @Test func `staff override a lock-out and the reason is recorded`() throws {
    let books = try books("TOU-D-A")
    try books.change("1", to: "D", on: "2015-08-10")
    try books.change("1", to: "TOU-D-B", on: "2015-09-01", override: "medical equipment")
    let switches = try books.events().compactMap { recorded -> PlanSwitched? in
      guard case .planSwitched(let fact) = recorded.event.fact else { return nil }
      return fact
    }
    #expect(switches.map(\.overrideReason) == ["", "medical equipment"])
    #expect(switches.map(\.from) == ["TOU-D-A", "D"])
  }

  @Test func `an override that nothing called for is not recorded`() throws {
    let books = try books()
    try books.change("1", to: "TOU-D-A", on: "2015-08-10", override: "just in case")
    let reasons = try books.events().compactMap { recorded -> String? in
      guard case .planSwitched(let fact) = recorded.event.fact else { return nil }
      return fact.overrideReason
    }
    #expect(reasons == [""])
  }

  @Test func `an override lifts the lock-out alone`() throws {
    let books = try books("TOU-D-A")
    try books.change("1", to: "D", on: "2015-08-10")
    #expect(throws: PlanSwitchRefusal.samePlan("D")) {
      try books.change("1", to: "D", on: "2015-09-01", override: "asked nicely")
    }
  }

  @Test func `asked means the first cycle start after that day`() throws {
    let books = try Books()
    for (number, readDay) in [("a", 15), ("b", 15), ("c", 31), ("d", 15)] {
      try books.enroll(number, on: "2015-03-02", readDay: readDay)
    }
    #expect(try books.change("a", to: "TOU-D-A", asked: "2015-05-14") == "2015-05-15")
    #expect(try books.change("b", to: "TOU-D-A", asked: "2015-05-15") == "2015-06-15")
    // A read day past the month's end is its last day.
    #expect(try books.change("c", to: "TOU-D-A", asked: "2016-02-01") == "2016-02-29")
    #expect(try books.change("d", to: "TOU-D-A", asked: "2015-12-31") == "2016-01-15")
  }

  @Test func `the same switch again adds nothing`() throws {
    let books = try books()
    try books.change("1", to: "TOU-D-A", on: "2015-07-01")
    let position = books.position
    #expect(try books.change("1", to: "TOU-D-A", on: "2015-07-01") == "repeated")
    #expect(try books.change("1", to: "TOU-D-A", asked: "2015-06-15") == "repeated")
    #expect(books.position == position)
  }

  @Test func `a switch inside a cycle bills the cycle in segments`() throws {
    let books = try books()
    try books.ingest(days("1", from: "2015-06-01", 30, wattHours: 1000))
    try books.change("1", to: "TOU-D-B", on: "2015-06-16")
    let bill = try #require(try books.bill(through: "2015-07-01").facts["1-20150701"])
    // 15 days of 24 kWh on D: 232.5, 69.75 and 57.75 kWh. Then 15 days, 11 of them weekdays:
    // 66 hours on-peak, 150 super off-peak.
    #expect(
      bill.table == [
        "232.5 kWh x 0.15 = 34.88", "69.75 kWh x 0.19 = 13.25", "57.75 kWh x 0.25 = 14.44",
        "66 kWh x 0.35 = 23.10", "144 kWh x 0.18 = 25.92", "150 kWh x 0.11 = 16.50",
        "15 day x 0.031 = 0.47", "15 day x 0.53 = 7.95",
      ])
    #expect(bill.totalText == "136.51")
    #expect(bill.evidence.contains { $0.kind == "PlanSwitched" })
    #expect(try books.audit("1-20150701").isIdentical)
  }

  @Test func `a billed day keeps its plan`() throws {
    let books = try books()
    try books.ingest(days("1", from: "2015-06-01", 30, wattHours: 500))
    try books.bill(through: "2015-07-01")
    #expect(
      throws: PlanSwitchRefusal.alreadyBilled(
        try day("2015-06-30"), firstOpen: try day("2015-07-01"))
    ) { try books.change("1", to: "TOU-D-A", on: "2015-06-30") }
    #expect(try books.change("1", to: "TOU-D-A", on: "2015-07-01") == "2015-07-01")
  }

  @Test func `no switch goes before an accepted one`() throws {
    let books = try books()
    try books.change("1", to: "TOU-D-A", on: "2015-09-01")
    for date in ["2015-08-15", "2015-09-01"] {
      #expect(
        throws: PlanSwitchRefusal.beforeAcceptedSwitch(
          try day(date), accepted: try day("2015-09-01"))
      ) { try books.change("1", to: "TOU-D-B", on: date) }
    }
  }

  @Test func `TOU plans refuse register meters and long intervals`() throws {
    let books = try books()
    try books.ingest([index("1", "2015-06-01", "5"), index("1", "2015-07-01", "900")])
    #expect(
      throws: PlanSwitchRefusal.unfitMeter(
        plan: "TOU-D-A", reason: "needs a meter that reports intervals")
    ) { try books.change("1", to: "TOU-D-A", on: "2015-08-01") }

    try books.enroll("2", on: "2015-06-01")
    try books.ingest([
      Row(
        account: "2", date: day("2015-06-01"), minutes: 120,
        values: [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    ])
    #expect(
      throws: PlanSwitchRefusal.unfitMeter(
        plan: "TOU-D-A", reason: "needs intervals of 60 minutes, the meter reports 120")
    ) { try books.change("2", to: "TOU-D-A", on: "2015-08-01") }
  }

  @Test func `a plan in another currency or without its terms is unfit`() throws {
    let books = try books()
    #expect(throws: PlanSwitchRefusal.self) {
      try books.change("1", to: "EVN-SH", on: "2015-08-01")
    }
    try books.enroll("V", "EVN-SH", on: "2025-06-01")
    #expect(throws: PlanSwitchRefusal.self) {
      try books.change("V", to: "EVN-KD", on: "2025-08-01")
    }
    try books.enroll("W", "EVN-SH", on: "2025-06-01") { $0.voltage = 220 }
    #expect(try books.change("W", to: "EVN-KD", on: "2025-08-01") == "2025-08-01")
  }

  @Test func `no price names the first day of the plan`() throws {
    let books = try books("D", on: "2015-01-01")
    #expect(
      throws: PlanSwitchRefusal.noPrice(
        plan: "TOU-D-T", on: try day("2015-05-31"), firstDay: try day("2015-06-01"))
    ) { try books.change("1", to: "TOU-D-T", on: "2015-05-31") }
    #expect(
      throws: PlanSwitchRefusal.noPrice(
        plan: "TOU-D-X", on: try day("2015-05-31"), firstDay: nil)
    ) { try books.change("1", to: "TOU-D-X", on: "2015-05-31") }
    #expect(try books.change("1", to: "TOU-D-T", on: "2015-06-01") == "2015-06-01")
  }

  @Test func `there is no switch without service`() throws {
    let books = try books()
    try books.moveOut("1", on: "2015-07-10")
    for date in ["2015-05-31", "2015-07-10"] {
      #expect(throws: PlanSwitchRefusal.notServed(on: try day(date))) {
        try books.change("1", to: "TOU-D-A", on: date)
      }
    }
    #expect(throws: PlanSwitchRefusal.unknownAccount("2")) {
      try books.change("2", to: "TOU-D-A", on: "2015-07-01")
    }
    #expect(try books.change("1", to: "TOU-D-A", on: "2015-07-09") == "2015-07-09")
  }

  /// Schedules with a cap of two on TOU-D-A.
  private func capped() throws -> Books {
    let rates = try BuiltinSchedules.sce.schedules().map { schedule in
      guard schedule.code == "TOU-D-A" else { return schedule }
      let text = schedule.text.replacing(
        "lockout-months: 12", with: "enrolment-cap: 2\nlockout-months: 12")
      return try #require(try RateSchedule.parse(text, file: "capped.yaml").first)
    }
    return try Books(rates)
  }

  @Test func `a plan at its cap takes nobody, and a seat is freed by leaving or moving out`() throws
  {
    let books = try capped()
    for number in ["a", "b", "c", "d"] { try books.enroll(number, on: "2015-06-01") }
    try books.change("a", to: "TOU-D-A", on: "2015-07-01")
    // Acceptance takes the seat, long before the first day.
    try books.change("b", to: "TOU-D-A", on: "2016-07-01")
    let full = PlanSwitchRefusal.capReached(plan: "TOU-D-A", cap: 2)
    #expect(throws: full) { try books.change("c", to: "TOU-D-A", on: "2015-07-01") }
    #expect(throws: EnrollmentRefusal.capReached(plan: "TOU-D-A", cap: 2)) {
      try books.enroll("e", "TOU-D-A", on: "2015-06-01")
    }
    try books.change("a", to: "D", on: "2015-08-01")
    try books.change("c", to: "TOU-D-A", on: "2015-07-01")
    #expect(throws: full) { try books.change("d", to: "TOU-D-A", on: "2015-07-01") }
    try books.moveOut("c", on: "2015-09-01")
    try books.change("d", to: "TOU-D-A", on: "2015-07-01")
    #expect(books.state.seats(on: "TOU-D-A") == 2)
    #expect(try books.replayed().seats(on: "TOU-D-A") == 2)
    // A cancelled switch gives its seat back.
    _ = try books.engine.cancelSwitch("d", firstDay: day("2015-07-01"), at: books.clock)
    #expect(books.state.seats(on: "TOU-D-A") == 1)
    #expect(try books.enroll("e", "TOU-D-A", on: "2015-06-01") != .repeated)
    // Existing customers stay, also when the same enrolment is sent again.
    #expect(try books.enroll("e", "TOU-D-A", on: "2015-06-01") == .repeated)
  }

  @Test func `who cancels a switch after giving notice to move out frees one seat`() throws {
    let books = try capped()
    try books.enroll("a", on: "2015-06-01")
    try books.change("a", to: "TOU-D-A", on: "2015-07-01")
    try books.moveOut("a", on: "2015-08-01")
    #expect(books.state.seats(on: "TOU-D-A") == 0)
    _ = try books.engine.cancelSwitch("a", firstDay: day("2015-07-01"), at: books.clock)
    #expect(books.state.seats(on: "TOU-D-A") == 0)
    #expect(books.state.seats(on: "D") == 0)
  }

  /// Every refusal holds at once, and falls away one after the other.
  @Test func `refusals are decided in their order`() throws {
    let books = try capped()
    for number in ["x", "y"] { try books.enroll(number, "TOU-D-A", on: "2015-03-02") }
    try books.enroll("1", "TOU-D-B", on: "2015-03-02")
    try books.change("1", to: "D", on: "2015-04-01")
    try books.change("1", to: "TOU-D-B", on: "2015-05-10", override: "test")
    try books.ingest(
      days(
        "1", from: "2015-03-02", to: "2015-05-01", in: zoneTable("America/Los_Angeles"),
        wattHours: 100))
    try books.bill(through: "2015-05-01")
    func refusal(_ plan: String, _ date: String) throws -> PlanSwitchRefusal? {
      do {
        try books.change("1", to: plan, on: date)
        return nil
      } catch let refusal as PlanSwitchRefusal { return refusal }
    }
    // No price comes before already billed.
    #expect(
      try refusal("TOU-D-T", "2015-04-15")
        == .noPrice(
          plan: "TOU-D-T", on: day("2015-04-15"), firstDay: day("2015-06-01")))
    // Same plan comes before already billed and lock-out.
    #expect(try refusal("D", "2015-04-15") == .samePlan("D"))
    // Already billed comes before the accepted switch, the lock-out and the cap.
    #expect(
      try refusal("TOU-D-A", "2015-04-15")
        == .alreadyBilled(day("2015-04-15"), firstOpen: day("2015-05-01")))
    // The accepted switch comes before the lock-out and the cap.
    #expect(
      try refusal("TOU-D-A", "2015-05-05")
        == .beforeAcceptedSwitch(day("2015-05-05"), accepted: day("2015-05-10")))
    // The lock-out comes before the cap.
    #expect(
      try refusal("TOU-D-A", "2015-05-11")
        == lockedOut("TOU-D-B", on: "2015-04-01", until: "2016-04-01"))
    #expect(try refusal("TOU-D-A", "2016-04-01") == .capReached(plan: "TOU-D-A", cap: 2))
    try books.moveOut("x", on: "2016-01-01")
    #expect(try refusal("TOU-D-A", "2016-04-01") == nil)
  }

  @Test func `an unfit meter is told before the lock-out`() throws {
    let books = try capped()
    try books.enroll("1", "TOU-D-B", on: "2015-03-02")
    try books.change("1", to: "D", on: "2015-04-01")
    try books.ingest([index("1", "2015-04-01", "5"), index("1", "2015-05-01", "900")])
    #expect(
      throws: PlanSwitchRefusal.unfitMeter(
        plan: "TOU-D-A", reason: "needs a meter that reports intervals")
    ) { try books.change("1", to: "TOU-D-A", on: "2015-06-01") }
  }
}
