import Journal
import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// A read day that changes: which cycles there are, and what the short one costs.
struct ReadDayTests {
  @discardableResult
  private func change(_ books: Books, _ number: String = "1", to readDay: Int, on: ServiceDate)
    throws -> Outcome
  {
    var changed = ChangedTerms()
    changed.readDay = readDay
    return try books.engine.changeTerms(
      TermsRequest(number: number, on: on, change: .terms(changed)), at: books.clock)
  }

  private func agreement(_ books: Books, _ number: String = "1") throws -> ServiceAgreement {
    try #require(books.state.find(number)?.agreement)
  }

  /// A register account of EVN-SH, read on the 6th and from June 2015 on on the 20th.
  private func vietnam() throws -> Books {
    let books = try Books()
    try books.enroll("1", "EVN-SH", on: "2015-04-06", readDay: 6)
    try books.ingest([
      index("1", "2015-04-06", "100"), index("1", "2015-05-06", "350"),
      index("1", "2015-06-06", "600"), index("1", "2015-06-20", "750"),
      index("1", "2015-07-20", "1000"),
    ])
    return books
  }

  @Test func `the short cycle's tiers have the days' part of the month, and no other cycle's`()
    throws
  {
    let books = try vietnam()
    try change(books, to: 20, on: day("2015-06-06"))
    let bills = try books.bill(through: "2015-07-20").bills.map(\.draft.fact)
    #expect(
      bills.map(\.bill) == ["1-20150506", "1-20150606", "1-20150620", "1-20150720"])
    // 14 of the 31 days from 20 May to 20 June: 50 x 14/31 = 22.6, 100 x 14/31 = 45.2, in whole
    // kilowatt-hours 23, 23, 45, 45, and 14 of the 150 are left. 10 percent VAT of 285,693.
    #expect(
      bills[2].table == [
        "23 kWh x 1484 = 34132", "23 kWh x 1533 = 35259", "45 kWh x 1786 = 80370",
        "45 kWh x 2242 = 100890", "14 kWh x 2503 = 35042", "285693 VND x 0.1 = 28569",
      ])
    #expect(bills[2].totalText == "314262")
    // 250 kWh in a whole month: 50, 50, 100, 50.
    let whole = [
      "50 kWh x 1484 = 74200", "50 kWh x 1533 = 76650", "100 kWh x 1786 = 178600",
      "50 kWh x 2242 = 112100", "441550 VND x 0.1 = 44155",
    ]
    for bill in [bills[0], bills[1], bills[3]] { #expect(bill.table == whole) }
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `the change is among the evidence of the lines of the cycles that it shapes`() throws {
    let books = try vietnam()
    try change(books, to: 20, on: day("2015-06-06"))
    let position = books.position - 1
    let bills = try books.bill(through: "2015-07-20").bills.map(\.draft.fact)
    for (bill, isShaped) in zip(bills, [false, false, true, true]) {
      for line in bill.lines {
        let named = line.evidence.map { bill.evidence[Int($0)] }.contains {
          $0.kind == "TermsChanged" && $0.first == position
        }
        #expect(named == isShaped, "\(bill.bill): \(line.text)")
      }
    }
  }

  @Test func `a monthly charge of the short cycle is the days' part of it`() throws {
    let text = try #require(Books.builtin.first { $0.versionID == "D 2015-03-02" }).text
    let books = try Books(
      RateSchedule.parse(text + "\nmonthly: [{ name: Meter, amount: 3.10 }]\n", file: "m.yaml"))
    try books.enroll("1", on: "2015-05-03", readDay: 3)
    try books.ingest(days("1", from: "2015-05-03", 90, wattHours: 400))
    try change(books, to: 17, on: day("2015-06-03"))
    let bills = try books.bill(through: "2015-07-17").bills.map(\.draft.fact)
    // 14 of the 31 days from 17 May: 0.452 months of 3.10 are 1.4012.
    #expect(
      bills.map { bill in bill.table.filter { $0.contains("x 3.1 ") } } == [
        ["1 month x 3.1 = 3.10"], ["0.452 month x 3.1 = 1.40"], ["1 month x 3.1 = 3.10"],
      ])
    // SCE's tiers go by daily allotments anyway: 14 x 15.5 kWh.
    #expect(bills[1].table.first == "134.4 kWh x 0.15 = 20.16")
  }

  @Test
  func `a read day changes with a cycle that has never been billed, or the next day is named`()
    throws
  {
    let books = try vietnam()
    try books.bill(through: "2015-06-06")
    func refused(_ readDay: Int, on: String, next: String) throws {
      let position = books.position
      let refusal = TermsRefusal.readDayKept(on: try day(on), next: try day(next))
      #expect(throws: refusal) { try change(books, to: readDay, on: day(on)) }
      #expect(books.position == position)
    }
    try refused(20, on: "2015-05-06", next: "2015-06-06")
    try refused(20, on: "2015-06-07", next: "2015-07-06")
    // What is cancelled may be billed again or reinstated, on its days.
    try books.cancel("1-20150606")
    try refused(20, on: "2015-05-06", next: "2015-06-06")
    // Inside a cycle after an accepted change, and before it.
    try change(books, to: 20, on: day("2015-07-06"))
    try refused(25, on: "2015-06-06", next: "2015-07-06")
    try refused(25, on: "2015-07-07", next: "2015-07-20")
    #expect(
      throws: TermsRefusal.badReadDay(32),
      performing: { try change(books, to: 32, on: day("2015-07-20")) })
    #expect(
      "\(TermsRefusal.readDayKept(on: try day("2015-07-07"), next: try day("2015-07-20")))"
        .contains("the next possible day is 2015-07-20"))
    try books.moveOut("1", on: "2015-07-12")
    #expect(throws: TermsRefusal.notServed(on: try day("2015-07-20"))) {
      try change(books, to: 25, on: day("2015-07-07"))
    }
  }

  @Test func `the same read day again is repeated, and another from the same day takes its place`()
    throws
  {
    let books = try vietnam()
    let first = try day("2015-06-06")
    #expect(try change(books, to: 6, on: first) == .repeated)
    try change(books, to: 20, on: first)
    #expect(try change(books, to: 20, on: first) == .repeated)
    #expect(try agreement(books).cycle(containing: first) == period("2015-06-06", "2015-06-20"))
    try change(books, to: 25, on: first)
    #expect(try agreement(books).cycle(containing: first) == period("2015-06-06", "2015-06-25"))
    #expect(try agreement(books).readDays.map(\.day) == [6, 25])
    try change(books, to: 6, on: first)
    #expect(try agreement(books).cycle(containing: first) == period("2015-06-06", "2015-07-06"))
    // Billed since: nothing is asked anew.
    try books.bill(through: "2015-06-06")
    #expect(try change(books, to: 6, on: day("2015-05-20")) == .repeated)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a read day of a mistyped year is taken back, and a nearer change goes over it`()
    throws
  {
    let books = try vietnam()
    try change(books, to: 20, on: day("2051-06-06"))
    let refusal = TermsRefusal.readDayKept(on: try day("2015-06-06"), next: try day("2051-06-06"))
    #expect(throws: refusal) { try change(books, to: 20, on: day("2015-06-06")) }
    try change(books, to: 6, on: day("2051-06-06"))
    #expect(try agreement(books).readDays.map(\.day) == [6])
    try change(books, to: 20, on: day("2015-06-06"))
    #expect(try agreement(books).readDay(on: day("2052-01-01")).day == 20)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `the read day that is held goes with another term`() throws {
    let books = try vietnam()
    var terms = ChangedTerms()
    (terms.readDay, terms.householdQuarters) = (6, 8)
    let request = TermsRequest(number: "1", on: try day("2015-05-20"), change: .terms(terms))
    _ = try books.engine.changeTerms(request, at: books.clock)
    #expect(try agreement(books).terms(on: day("2015-06-06")).householdQuarters == 8)
    #expect(try agreement(books).readDays.map(\.day) == [6])
  }

  @Test func `service may start with another read day, and a month's end counts as any day`() throws
  {
    let books = try Books()
    try books.enroll("1", on: "2015-01-10", readDay: 31)
    try change(books, to: 15, on: day("2015-01-10"))
    try change(books, to: 31, on: day("2015-02-15"))
    try change(books, to: 28, on: day("2015-02-28"))
    let cycles = try agreement(books).cycles(endingThrough: day("2015-04-28"))
    #expect(
      cycles.map { "\($0.end)" } == [
        "2015-01-15", "2015-02-15", "2015-02-28", "2015-03-28", "2015-04-28",
      ])
    let months = try agreement(books)
    #expect(cycles.map { months.scheduledDays(of: $0) } == [31, 31, 28, 28, 31])
  }

  /// Random read-day changes of an account, accepted or refused as they come.
  private func live(
    _ books: Books, until end: ServiceDate, _ random: inout SeededRandom
  ) throws {
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let start = try agreement(books).start
      var on = start.adding(days: Int.random(in: 0...start.days(to: end), using: &random))
      if Int.random(in: 0..<4, using: &random) > 0 {
        on = try agreement(books).cycleStart(onOrAfter: on)
      }
      do {
        try change(books, to: Int.random(in: 1...31, using: &random), on: on)
      } catch TermsRefusal.readDayKept(_, let next) {
        try change(books, to: Int.random(in: 1...31, using: &random), on: next)
      }
    }
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `cycles tile service without gap or overlap, whatever the read days`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let books = try Books(partitions: 1, Books.builtin.filter { $0.code == "D" })
    let start = try day("2015-01-01").adding(days: Int.random(in: 0..<60, using: &random))
    try books.enroll("1", on: "\(start)", readDay: Int.random(in: 1...31, using: &random))
    try live(books, until: start.adding(days: 500), &random)
    let agreement = try agreement(books)
    var reached = start
    for cycle in agreement.cycles(endingThrough: start.adding(days: 700)) {
      #expect(cycle.start == reached && cycle.days > 0)
      #expect(cycle.days <= agreement.scheduledDays(of: cycle))
      // It ends on the read day that it goes by.
      let ends = agreement.readDay(on: cycle.start).day
      #expect(cycle.end == cycle.end.dayOfMonth(ends))
      for date in cycle.dates { #expect(agreement.cycle(containing: date) == cycle) }
      reached = cycle.end
    }
    #expect(reached > start.adding(days: 600))
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
    try books.engine.saveSnapshot(always: true)
    #expect(try Replay(books.reader, usesSnapshot: true).run().digest == books.state.digest)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `bills before and between changes stand, and each day is billed once`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let books = try Books(partitions: 1, Books.builtin.filter { $0.code == "D" })
    let zone = try zoneTable("America/Los_Angeles")
    try books.enroll("1", on: "2015-03-05", readDay: Int.random(in: 1...31, using: &random))
    try books.ingest(days("1", from: "2015-03-05", to: "2015-09-20", in: zone, wattHours: 500))
    for month in 4...9 {
      try books.bill(through: "2015-0\(month)-15")
      try live(books, until: day("2015-0\(month)-28"), &random)
    }
    try books.bill(through: "2015-09-20")
    var reached = try day("2015-03-05")
    for bill in try books.view("1").bills.sorted(by: { $0.period.start < $1.period.start }) {
      #expect(bill.period.start == reached)
      reached = bill.period.end
    }
    #expect(reached > (try day("2015-08-19")))
    #expect(try books.audits().allSatisfy { $0.isIdentical && $0.since.isEmpty })
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `the tier position is that of the cycle of the latest read, or of none`(seed: UInt64) throws
  {
    var random = SeededRandom(seed)
    let books = try Books(partitions: 1, Books.builtin.filter { $0.code == "TOU-D-A" })
    let zone = try zoneTable("America/Los_Angeles")
    try books.enroll(
      "1", "TOU-D-A", on: "2015-04-01", readDay: Int.random(in: 1...31, using: &random))
    var next = try day("2015-04-01")
    for _ in 0..<12 {
      let until = next.adding(days: Int.random(in: 1...25, using: &random))
      try books.ingest(
        days("1", from: "\(next)", to: "\(until)", in: zone, wattHours: 300))
      next = until
      if Bool.random(using: &random) { try live(books, until: until.adding(days: 20), &random) }
      let (state, index, agreement) = try #require(books.state.find("1"))
      let position = state.tiers[index]
      let held = BillingPeriod(
        start: ServiceDate(day: position.start), end: ServiceDate(day: position.end))
      let cycle = agreement.cycle(containing: until.adding(days: -1))
      if held.days > 0 {
        #expect(held == cycle)
      } else {
        // Nothing is told until the next cycle starts.
        #expect(
          held.start >= cycle.end && agreement.cycleStart(onOrAfter: held.start) == held.start)
      }
      let reads = try books.view("1").reads(in: held)
      #expect(position.wattHours == reads.reduce(0) { $0 + $1.energy.wattHours })
    }
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a change known before the reads of its cycle leaves a tier position at any time`()
    throws
  {
    let books = try Books(partitions: 1, Books.builtin.filter { $0.code == "D" })
    try books.enroll("1", on: "2015-06-03", readDay: 3)
    try books.ingest(days("1", from: "2015-06-03", 10, wattHours: 1000))
    try change(books, to: 20, on: day("2015-06-03"))
    func position() throws -> TierPosition {
      let (state, index, _) = try #require(books.state.find("1"))
      return state.tiers[index]
    }
    #expect(try position().end == day("2015-06-20").day && position().wattHours == 240_000)
    try books.ingest(days("1", from: "2015-06-13", 10, wattHours: 1000))
    #expect(try position().start == day("2015-06-20").day && position().wattHours == 72_000)
  }

  @Test func `a year of net metering keeps its twelve months when the read day changes`() throws {
    let books = try Books(BuiltinSchedules.sceExtras.schedules())
    try books.enroll("1", on: "2015-01-10", readDay: 10)
    _ = try books.engine.changeTerms(
      TermsRequest(number: "1", on: day("2015-02-10"), change: .startNetMetering), at: books.clock)
    try change(books, to: 25, on: day("2015-06-10"))
    try change(books, to: 5, on: day("2016-02-25"))
    let agreement = try agreement(books)
    var years: [(start: ServiceDate, bills: Int)] = []
    var open: RelevantYear?
    for cycle in agreement.cycles(endingThrough: try day("2018-03-05")) {
      guard let year = agreement.relevantYear(of: cycle, months: 12) else { continue }
      if let open { #expect(open.start == year.start) } else { years.append((year.start, 0)) }
      if open == nil { #expect(year.start == cycle.start) }
      years[years.count - 1].bills += 1
      open = year.endsHere ? nil : year
    }
    // A short cycle more in the first year; the second starts in the same month.
    #expect(
      years.map { "\($0.start)" } == ["2015-02-10", "2016-02-25", "2017-02-05", "2018-02-05"])
    #expect(years.map(\.bills) == [13, 12, 12, 1])
  }

  @Test func `the projected bill ends on the new read day and has the part of the month`() throws {
    let books = try vietnam()
    try books.enroll("2", "EVN-SH", on: "2015-04-06", readDay: 6)
    try books.ingest(days("2", from: "2015-04-06", 67, wattHours: 400))
    try change(books, "2", to: 20, on: day("2015-06-06"))
    let bill = try NextBill(books.view("2"))
    #expect(bill.cycle == (try period("2015-06-06", "2015-06-20")) && bill.day == 6)
    #expect(bill.tiers.map(\.band.from.kWh) == ["0", "23", "46", "91", "136", "181"])
    #expect(try AccountSummary(books.view("2")).nextStatement == day("2015-05-06"))
  }

  @Test func `an index is estimated by the days of the short cycle`() throws {
    let books = try Books()
    try books.enroll("1", "EVN-SH", on: "2015-02-06", readDay: 6)
    try books.ingest([
      index("1", "2015-02-06", "0"), index("1", "2015-03-06", "280"),
      index("1", "2015-04-06", "590"), index("1", "2015-05-06", "890"),
    ])
    try change(books, to: 20, on: day("2015-05-06"))
    let report = try books.estimate(through: "2015-05-20")
    // 10 kWh a day over the 14 days.
    #expect(report.estimates.map(\.date) == [try day("2015-05-20")])
    #expect(report.estimates.first?.index == Energy(kWh: "1030"))
  }

  @Test func `a plan asked for starts with the next cycle, short or not`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-03-03", readDay: 3)
    try change(books, to: 20, on: day("2015-06-03"))
    #expect(try books.change("1", to: "TOU-D-A", asked: "2015-06-10") == "2015-06-20")
    try change(books, to: 25, on: day("2015-08-20"))
    #expect(try books.change("1", to: "D", asked: "2015-08-21") == "2015-08-25")
    // The lock-out ends inside a cycle that the first read day would start then.
    try change(books, to: 4, on: day("2016-08-25"))
    let offers = try PlanComparison(books.view("1"), asOf: day("2015-09-01")).offers
    let outlook = try #require(offers.first { $0.plan == "TOU-D-A" }).outlook
    #expect(outlook.lockedUntil == (try day("2016-08-25")) && outlook.from == outlook.lockedUntil)
  }
}
