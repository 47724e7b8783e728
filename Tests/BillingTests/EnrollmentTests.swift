import Quantities
import Testing

@testable import Billing

/// Who is served from when to when, and who is refused.
struct EnrollmentTests {
  @Test func `each refusal of an enrolment, in order of precedence`() throws {
    let books = try Books()
    try books.enroll("known", on: "2015-01-01")
    let position = books.position
    func refusal(
      _ number: String = "1", _ plan: String = "D", on: String = "2015-06-01",
      _ change: (inout Enrollment) -> Void = { _ in }
    ) throws -> EnrollmentRefusal? {
      do {
        try books.enroll(number, plan, on: on, change)
        return nil
      } catch let refusal as EnrollmentRefusal { return refusal }
    }
    for number in ["", String(repeating: "1", count: 33), "1 2", "1,2", "1\"", "1\n"] {
      #expect(try refusal(number) == .badNumber(number))
    }
    #expect(try refusal { $0.readDay = 0 } == .badReadDay(0))
    #expect(try refusal { $0.readDay = 32 } == .badReadDay(32))
    #expect(try refusal { $0.households = 0 } == .badHouseholds(0))
    #expect(try refusal { $0.multiplier = 0 } == .badMultiplier(0))
    #expect(
      try refusal(on: "2013-03-31")
        == .noPrice(plan: "D", on: day("2013-03-31"), firstDay: day("2013-04-01")))
    #expect(
      try refusal("1", "E") == .noPrice(plan: "E", on: day("2015-06-01"), firstDay: nil))
    #expect(try refusal { $0.allElectric = true } == .allElectric(plan: "D"))
    #expect(try refusal { $0.region = nil } == .regionNeeded(plan: "D"))
    #expect(try refusal { $0.region = "7" } == .unknownRegion("7", plan: "D"))
    #expect(try refusal("1", "EVN-KD", on: "2025-06-01") == .voltageNeeded(plan: "EVN-KD"))
    #expect(try refusal { $0.zone = "Mars/Olympus" } == .unknownZone("Mars/Olympus"))
    #expect(try refusal("known") == .alreadyEnrolled(number: "known"))
    #expect(try refusal("known", on: "2015-01-01") { $0.medical = true } != nil)
    #expect(books.position == position)
    #expect(try books.enroll("known", on: "2015-01-01") == .repeated)
    #expect(books.position == position)
  }

  @Test func `a list of accounts is decided one after the other`() throws {
    let books = try Books()
    let on = try day("2015-06-01")
    var requests = (0..<300).map { Enrollment(number: "\($0)", plan: "D", on: on, region: "10") }
    requests.append(requests[7])
    requests.append(Enrollment(number: "8", plan: "D", on: on, region: "5"))
    requests.append(Enrollment(number: "last", plan: "EVN-SH", on: on))
    let results = try books.engine.enroll(requests, zone: { _ in nil }, at: books.clock)
    let positions = results.prefix(300).map { try? $0.get() }
    for (number, outcome) in positions.enumerated() {
      guard case .recorded(let position) = outcome else {
        Issue.record("\(number) is not enrolled")
        continue
      }
      let enrolled = try #require(books.state.find("\(number)")?.agreement.enrolledAt)
      #expect(enrolled == position)
    }
    #expect(try results[300].get() == .repeated)
    #expect(results[301] == .failure(.alreadyEnrolled(number: "8")))
    #expect(books.state.accountCount == 301)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a zone of one's own comes into the journal once`() throws {
    let books = try Books()
    for number in ["1", "2"] {
      try books.enroll(number, on: "2015-06-01") { $0.zone = "America/Chicago" }
    }
    let zones = try books.events().filter { $0.event.kind == "ZoneTablePublished" }
    #expect(
      zones.map(\.event.zoneTablePublished.name).sorted() == [
        "America/Chicago", "America/Los_Angeles", "Asia/Ho_Chi_Minh",
      ])
  }

  @Test func `cycles end on the read day, the month's last where it has fewer days`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-01-20", readDay: 31)
    let agreement = try #require(try books.view("1").agreement)
    #expect(
      agreement.cycles(endingThrough: try day("2015-05-31")).map(\.description) == [
        "2015-01-20..<2015-01-31", "2015-01-31..<2015-02-28", "2015-02-28..<2015-03-31",
        "2015-03-31..<2015-04-30", "2015-04-30..<2015-05-31",
      ])
    // A start on the read day opens no cycle of its own.
    try books.enroll("2", on: "2015-01-17", readDay: 17)
    let second = try #require(try books.view("2").agreement)
    #expect(
      second.cycles(endingThrough: try day("2015-03-16")).map(\.description) == [
        "2015-01-17..<2015-02-17"
      ])
  }

  @Test func `moving out closes the cycle on the day before`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-03-20", readDay: 15)
    try books.ingest(days("1", from: "2015-03-20", 40, wattHours: 500))
    try books.moveOut("1", on: "2015-04-20")
    let report = try books.bill(through: "2015-12-31")
    #expect(report.exceptions.isEmpty)
    // 26 days of 12 kWh of 286; 5 days of 60.
    #expect(report.facts["1-20150415"]?.table.first == "286 kWh x 0.15 = 42.90")
    #expect(
      report.facts["1-20150420"]?.table == [
        "55 kWh x 0.15 = 8.25", "5 kWh x 0.19 = 0.95", "5 day x 0.031 = 0.16",
      ])
    #expect(report.bills.count == 2)
    let closing = try books.audit("1-20150420")
    #expect(closing.isIdentical)
    #expect(closing.bill.evidence.contains { $0.kind == "AccountMovedOut" })
    #expect(try AccountSummary(books.view("1")).nextStatement == nil)
  }

  @Test func `each refusal of a move-out`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-06-01")
    try books.ingest(days("1", from: "2015-06-01", 30, wattHours: 500))
    #expect(throws: MoveOutRefusal.unknownAccount("2")) {
      try books.moveOut("2", on: "2015-07-01")
    }
    #expect(throws: MoveOutRefusal.beforeService(firstDay: try day("2015-06-01"))) {
      try books.moveOut("1", on: "2015-06-01")
    }
    try books.bill(through: "2015-07-01")
    #expect(throws: MoveOutRefusal.alreadyBilled(firstOpen: try day("2015-07-01"))) {
      try books.moveOut("1", on: "2015-06-30")
    }
    try books.change("1", to: "TOU-D-A", on: "2015-08-01")
    #expect(throws: MoveOutRefusal.beforeAcceptedSwitch(try day("2015-08-01"))) {
      try books.moveOut("1", on: "2015-08-01")
    }
    try books.moveOut("1", on: "2015-08-02")
    let position = books.position
    #expect(try books.moveOut("1", on: "2015-08-02") == .repeated)
    #expect(throws: MoveOutRefusal.movedOutBefore(on: try day("2015-08-02"))) {
      try books.moveOut("1", on: "2015-08-03")
    }
    #expect(books.position == position)
  }

  @Test func `medical baseline widens every tier, multi-family pays the smaller charge`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01") {
      $0.medical = true
      $0.multiFamily = true
    }
    try books.ingest(days("1", from: "2015-04-01", 30, wattHours: 1500))
    // (11 + 16.5) kWh x 30 = 825; 1,080 kWh.
    #expect(
      try books.bill(through: "2015-05-01").facts["1-20150501"]?.table == [
        "825 kWh x 0.15 = 123.75", "247.5 kWh x 0.19 = 47.03", "7.5 kWh x 0.25 = 1.88",
        "30 day x 0.024 = 0.72",
      ])
  }
}
