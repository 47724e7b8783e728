import Quantities
import Tariff
import Testing

@testable import Billing

/// Net metering that ends, or should not have begun, leaves no money behind.
@Suite struct NetMeteringEndTests {
  /// What is deferred and no bill that stands will ever settle.
  private func stranded(_ books: Books) -> Int128 { books.cents(.deferredNetMetering) }

  @Test(arguments: ["2015-09-02", "2015-08-20", "2015-08-02"])
  func `net metering that ends when its days are billed leaves nothing deferred for ever`(
    end: String
  ) throws {
    let books = try ShortYear.books()
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
    let books = try ShortYear.books()
    try books.moveOut("1", on: "2015-09-02")
    try books.propose()
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(stranded(books) == 0)
  }

  @Test
  func `net metering that is told of late is proposed, though the year will come to the same`()
    throws
  {
    let books = try Books([ShortYear.domestic("2015-03-02")])
    try books.enroll("1", on: "2015-04-02", readDay: 2)
    try books.ingest(days("1", from: "2015-04-02", 61, wattHours: 666))
    try books.bill(through: "2015-06-02")
    _ = try books.engine.changeTerms(
      TermsRequest(number: "1", on: day("2015-04-02"), change: .startNetMetering), at: books.clock)
    try books.propose()
    let worklist = try books.worklist()
    #expect(worklist.count == 2 && worklist.allSatisfy { ($0.difference ?? .zero) < .zero })
  }

  private func change(
    _ books: Books, _ change: TermsRequest.Change, on date: String
  ) throws -> Outcome {
    try books.engine.changeTerms(
      TermsRequest(number: "1", on: day(date), change: change), at: books.clock)
  }

  private func plain(_ code: String, _ effective: String = "2015-03-02") throws -> RateSchedule {
    let text = try ShortYear.domestic(effective).text
    let from = try #require(text.range(of: "net-metering:")?.lowerBound)
    let lines = text[from...].split(separator: "\n", omittingEmptySubsequences: false)
    let rest = lines.dropFirst().drop { $0.hasPrefix(" ") }
    let plain = (String(text[..<from]) + rest.joined(separator: "\n"))
      .replacing("schedule: D\n", with: "schedule: \(code)\n")
    return try #require(try RateSchedule.parse(plain, file: "plain.yaml").first)
  }

  @Test func `nobody switches to a plan that would never settle what is deferred`() throws {
    let books = try ShortYear.books()
    _ = try books.engine.publish([plain("PLAIN")], zone: zoneTable, at: books.clock)
    func move(_ date: String) throws {
      _ = try books.engine.switchPlan(
        PlanSwitchRequest(number: "1", to: "PLAIN", start: .on(day(date))), at: books.clock)
    }
    let since = try day("2015-04-02")
    #expect(
      throws: PlanSwitchRefusal.netMetered(
        plan: "PLAIN", since: since, endBy: try day("2015-09-02"))
    ) { try move("2015-09-12") }
    _ = try change(books, .endNetMetering, on: "2015-09-12")
    // The cycle of that day is still net metered as a whole.
    #expect(throws: PlanSwitchRefusal.self) { try move("2015-09-12") }
    _ = try change(books, .endNetMetering, on: "2015-09-02")
    try move("2015-09-12")
    #expect(throws: TermsRefusal.noNetMetering(plan: "PLAIN")) {
      _ = try change(books, .startNetMetering, on: "2015-09-02")
    }
    try books.propose()
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(stranded(books) == 0)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a price version without net metering bills nobody who still has it`() throws {
    let books = try ShortYear.books()
    _ = try books.engine.publish([plain("D", "2015-09-15")], zone: zoneTable, at: books.clock)
    for channel in [Channel.delivered, .received] {
      try books.ingest(days("1", from: "2015-09-02", 30, wattHours: 100, channel: channel))
    }
    let last = try day("2015-10-01")
    let report = try books.engine.bill(
      through: day("2015-10-02"), dated: day("2015-10-02"), at: books.clock)
    #expect(report.billCount == 0)
    #expect(report.exceptions.map(\.exception) == [.noNetMetering(plan: "D", on: last)])
    _ = try change(books, .endNetMetering, on: "2015-09-02")
    try books.propose()
    try books.engine.rebill(.all(within: nil), at: books.clock)
    try books.bill(through: "2015-10-02")
    #expect(try books.view("1").bills.filter { !$0.isCancelled }.count == 6)
    #expect(stranded(books) == 0)
  }

  @Test func `net metering begun by mistake ends on its first day, and may begin again`() throws {
    let books = try ShortYear.books()
    let recorded = books.position
    _ = try change(books, .endNetMetering, on: "2015-04-02")
    let ended = books.position
    #expect(ended == recorded + 1)
    _ = try change(books, .endNetMetering, on: "2015-04-02")
    #expect(books.position == ended, "the same again is recorded once")
    try books.propose()
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(stranded(books) == 0)
    #expect(try books.view("1").bills.allSatisfy { $0.isCancelled || $0.deferred == .zero })
    _ = try change(books, .startNetMetering, on: "2015-04-02")
    try books.propose()
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(stranded(books) > 0)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a first day in the far future can be taken back`() throws {
    let books = try Books([ShortYear.domestic("2015-03-02")])
    try books.enroll("1", on: "2015-04-02", readDay: 2)
    _ = try change(books, .startNetMetering, on: "2051-05-02")
    #expect(throws: TermsRefusal.netMeteredAlready(since: try day("2051-05-02"))) {
      _ = try change(books, .startNetMetering, on: "2015-05-02")
    }
    _ = try change(books, .endNetMetering, on: "2051-05-02")
    _ = try change(books, .startNetMetering, on: "2015-05-02")
    let agreement = try #require(books.view("1").agreement)
    #expect(try !agreement.terms(on: day("2015-05-01")).netMetering)
    #expect(try agreement.terms(on: day("2015-05-02")).netMetering)
    #expect(try agreement.terms(on: day("2051-06-02")).netMetering)
  }

  @Test func `a settlement that waits for a bill of its year is looked at when that is issued`()
    throws
  {
    let books = try ShortYear.books()
    let numbers = try books.view("1").bills
    func number(_ place: Int) -> String { "\(numbers.number(place, of: "1"))" }
    try books.cancel(number(2))
    try books.cancel(number(1))
    try books.ingest(days("1", from: "2015-05-10", 1, wattHours: 3000), isCorrection: true)
    try books.reinstate(number(2))
    try books.propose()
    #expect(try books.worklist().map(\.state) == [.unpriced])
    try books.bill(through: "2015-06-02")
    try books.propose()
    #expect(try books.worklist().map(\.state) == [.proposed])
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(try books.worklist().isEmpty)
    let open = numbers[3].deferred + numbers[4].deferred
    #expect(stranded(books) * 10_000 == Int128(open.millionths))
  }

  @Test func `a run over years of cycles settles each of them, in a commit for each year`() throws {
    let books = try Books([ShortYear.domestic("2015-03-02")])
    let zone = try zoneTable("America/Los_Angeles")
    for number in ["1", "2", "3"] {
      try books.enroll(number, on: "2015-04-02", readDay: 2)
      _ = try books.engine.changeTerms(
        TermsRequest(number: number, on: day("2015-04-02"), change: .startNetMetering),
        at: books.clock)
      for (channel, wattHours) in [(Channel.delivered, Int32(666)), (.received, 166)] {
        try books.ingest(
          days(
            number, from: "2015-04-02", to: "2016-04-02", in: zone, wattHours: wattHours,
            channel: channel))
      }
    }
    let before = books.position
    let report = try books.engine.bill(
      through: day("2016-04-02"), dated: day("2016-04-02"), at: books.clock)
    #expect(report.exceptions.map { "\($0.exception)" } == [])
    for number in ["1", "2", "3"] { #expect(try books.view(number).bills.count == 12) }
    let commits = Set(
      try books.reader.locations { $0.kind == .events && $0.firstPosition >= before }
        .map(\.header.commit))
    #expect(stranded(books) == 0)
    #expect(commits.count <= 6, "a round for each year, and the notices of what is past due")
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a declined obstacle is no decision about the year that a bill of it changes`() throws
  {
    let books = try ShortYear.books()
    let bills = try books.view("1").bills
    func number(_ place: Int) -> String { "\(bills.number(place, of: "1"))" }
    try books.cancel(number(2))
    try books.cancel(number(1))
    try books.reinstate(number(2))
    try books.propose()
    let obstacle = try #require(try books.worklist().first?.proposal)
    try books.engine.correct(.decline(proposal: obstacle, note: ""), at: books.clock)
    try books.ingest(days("1", from: "2015-05-10", 1, wattHours: 3000), isCorrection: true)
    try books.bill(through: "2015-06-02")
    try books.propose()
    #expect(try books.worklist().map(\.bill) == [number(2)])
  }

  @Test func `who starts net metering again that has an end is told how to take the end back`()
    throws
  {
    let books = try ShortYear.books()
    _ = try change(books, .endNetMetering, on: "2015-10-02")
    let refusal = TermsRefusal.netMeteringEnds(
      since: try day("2015-04-02"), on: try day("2015-10-02"))
    #expect(throws: refusal) { _ = try change(books, .startNetMetering, on: "2015-04-02") }
    _ = try change(books, .endNetMetering, on: "2015-04-02")
    _ = try change(books, .startNetMetering, on: "2015-04-02")
    try books.propose()
    #expect(try books.worklist().isEmpty)
    #expect(try books.view("1").agreement?.terms(on: day("2016-01-01")).netMetering == true)
  }

  /// A plan of `months` from a day on, after one of three.
  private func lengthened(_ months: Int, from date: String) throws -> [RateSchedule] {
    let later = try ShortYear.domestic(date).text
      .replacing("period-months: 3", with: "period-months: \(months)")
    return try [ShortYear.domestic("2015-03-02")] + RateSchedule.parse(later, file: "later.yaml")
  }

  @Test(arguments: [1, 2, 6, 12])
  func `a year that has begun keeps its months, whatever a later version says`(_ months: Int) throws
  {
    let books = try Books(lengthened(months, from: "2015-08-02"))
    try books.enroll("1", on: "2015-04-02", readDay: 2)
    _ = try change(books, .startNetMetering, on: "2015-04-02")
    let zone = try zoneTable("America/Los_Angeles")
    for (channel, wattHours) in [(Channel.delivered, Int32(666)), (.received, 166)] {
      try books.ingest(
        days(
          "1", from: "2015-04-02", to: "2016-10-02", in: zone, wattHours: wattHours,
          channel: channel))
    }
    var ends: [String] = []
    for cycle in try #require(try books.view("1").agreement)
      .cycles(endingThrough: day("2016-10-02"))
    {
      try books.bill(through: "\(cycle.end)")
      if stranded(books) == 0 { ends.append("\(cycle.end)") }
    }
    // Two years of three months, then as long as the version says that the next one starts on.
    let first = try day("2015-10-02")
    let later = stride(from: months, through: 12, by: months).map {
      "\(first.dayOfMonth(2, addingMonths: $0))"
    }
    #expect(ends == ["2015-07-02", "2015-10-02"] + later)
  }

  @Test(arguments: [28, 31, 15, 5])
  func `a year of one month settles each cycle once, an opening part too`(_ readDay: Int) throws {
    let text = try ShortYear.domestic("2015-03-02").text
      .replacing("period-months: 3", with: "period-months: 1")
    let books = try Books(RateSchedule.parse(text, file: "one.yaml"))
    try books.enroll("1", on: "2015-04-06", readDay: readDay)
    _ = try change(books, .startNetMetering, on: "2015-04-06")
    try books.ingest(days("1", from: "2015-04-06", 120, wattHours: 666))
    for cycle in try #require(try books.view("1").agreement)
      .cycles(endingThrough: day("2015-08-01"))
    {
      try books.bill(through: "\(cycle.end)")
      #expect(stranded(books) == 0, "\(cycle.end)")
    }
    let lines = try books.events().compactMap { recorded -> [BillLine]? in
      guard case .billIssuedV2(let bill) = recorded.event.fact else { return nil }
      return bill.lines
    }.joined()
    let energy = lines.filter(\.deferred).reduce(0) { $0 + $1.amount }
    #expect(lines.filter { $0.kind == .trueUp }.reduce(0) { $0 + $1.amount } == energy)
  }
}
