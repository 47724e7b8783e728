import Quantities
import Tariff
import Testing

@testable import Billing

extension Books {
  @discardableResult
  func change(
    _ number: String = "1", readDayTo readDay: Int, on: ServiceDate
  ) throws -> Outcome {
    var changed = ChangedTerms()
    changed.readDay = readDay
    return try engine.changeTerms(
      TermsRequest(number: number, on: on, change: .terms(changed)), at: clock)
  }

  /// As folded live.
  func agreement(_ number: String = "1") throws -> ServiceAgreement {
    try #require(state.find(number)?.agreement)
  }
}

/// A read day that changes: which cycles there are, and what the short one costs.
struct ReadDayTests {
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
    try books.change(readDayTo: 20, on: day("2015-06-06"))
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
    try books.change(readDayTo: 20, on: day("2015-06-06"))
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
    try books.change(readDayTo: 17, on: day("2015-06-03"))
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
      #expect(throws: refusal) { try books.change(readDayTo: readDay, on: day(on)) }
      #expect(books.position == position)
    }
    try refused(20, on: "2015-05-06", next: "2015-06-06")
    try refused(20, on: "2015-06-07", next: "2015-07-06")
    // What is cancelled may be billed again or reinstated, on its days.
    try books.cancel("1-20150606")
    try refused(20, on: "2015-05-06", next: "2015-06-06")
    // Inside a cycle after an accepted change, and before it.
    try books.change(readDayTo: 20, on: day("2015-07-06"))
    try refused(25, on: "2015-06-06", next: "2015-07-06")
    try refused(25, on: "2015-07-07", next: "2015-07-20")
    #expect(
      throws: TermsRefusal.badReadDay(32),
      performing: { try books.change(readDayTo: 32, on: day("2015-07-20")) })
    #expect(
      "\(TermsRefusal.readDayKept(on: try day("2015-07-07"), next: try day("2015-07-20")))"
        .contains("the next possible day is 2015-07-20"))
    try books.moveOut("1", on: "2015-07-12")
    #expect(throws: TermsRefusal.notServed(on: try day("2015-07-20"))) {
      try books.change(readDayTo: 25, on: day("2015-07-07"))
    }
  }

  @Test func `the same read day again is repeated, and another from the same day takes its place`()
    throws
  {
    let books = try vietnam()
    let first = try day("2015-06-06")
    #expect(try books.change(readDayTo: 6, on: first) == .repeated)
    try books.change(readDayTo: 20, on: first)
    #expect(try books.change(readDayTo: 20, on: first) == .repeated)
    #expect(try books.agreement().cycle(containing: first) == period("2015-06-06", "2015-06-20"))
    try books.change(readDayTo: 25, on: first)
    #expect(try books.agreement().cycle(containing: first) == period("2015-06-06", "2015-06-25"))
    #expect(try books.agreement().readDays.map(\.day) == [6, 25])
    try books.change(readDayTo: 6, on: first)
    #expect(try books.agreement().cycle(containing: first) == period("2015-06-06", "2015-07-06"))
    // Billed since: nothing is asked anew.
    try books.bill(through: "2015-06-06")
    #expect(try books.change(readDayTo: 6, on: day("2015-05-20")) == .repeated)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a read day of a mistyped year is taken back, and a nearer change goes over it`()
    throws
  {
    let books = try vietnam()
    try books.change(readDayTo: 20, on: day("2051-06-06"))
    let refusal = TermsRefusal.readDayKept(on: try day("2015-06-06"), next: try day("2051-06-06"))
    #expect(throws: refusal) { try books.change(readDayTo: 20, on: day("2015-06-06")) }
    try books.change(readDayTo: 6, on: day("2051-06-06"))
    #expect(try books.agreement().readDays.map(\.day) == [6])
    try books.change(readDayTo: 20, on: day("2015-06-06"))
    #expect(try books.agreement().readDay(on: day("2052-01-01")).day == 20)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `the read day that is held goes with another term`() throws {
    let books = try vietnam()
    var terms = ChangedTerms()
    (terms.readDay, terms.householdQuarters) = (6, 8)
    let request = TermsRequest(number: "1", on: try day("2015-05-20"), change: .terms(terms))
    _ = try books.engine.changeTerms(request, at: books.clock)
    #expect(try books.agreement().terms(on: day("2015-06-06")).householdQuarters == 8)
    #expect(try books.agreement().readDays.map(\.day) == [6])
  }

  @Test func `service may start with another read day, and a month's end counts as any day`() throws
  {
    let books = try Books()
    try books.enroll("1", on: "2015-01-10", readDay: 31)
    try books.change(readDayTo: 15, on: day("2015-01-10"))
    try books.change(readDayTo: 31, on: day("2015-02-15"))
    try books.change(readDayTo: 28, on: day("2015-02-28"))
    let cycles = try books.agreement().cycles(endingThrough: day("2015-04-28"))
    #expect(
      cycles.map { "\($0.end)" } == [
        "2015-01-15", "2015-02-15", "2015-02-28", "2015-03-28", "2015-04-28",
      ])
    let months = try books.agreement()
    #expect(cycles.map { months.scheduledDays(of: $0) } == [31, 31, 28, 28, 31])
  }

  @Test func `a change known before the reads of its cycle leaves a tier position at any time`()
    throws
  {
    let books = try Books(partitions: 1, Books.builtin.filter { $0.code == "D" })
    try books.enroll("1", on: "2015-06-03", readDay: 3)
    try books.ingest(days("1", from: "2015-06-03", 10, wattHours: 1000))
    try books.change(readDayTo: 20, on: day("2015-06-03"))
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
    try books.change(readDayTo: 25, on: day("2015-06-10"))
    try books.change(readDayTo: 5, on: day("2016-02-25"))
    let agreement = try books.agreement()
    var years: [(start: ServiceDate, bills: Int)] = []
    var open: RelevantYear?
    for cycle in agreement.cycles(endingThrough: try day("2018-03-05")) {
      guard let year = agreement.relevantYear(of: cycle, months: { _ in 12 }) else { continue }
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
    try books.change("2", readDayTo: 20, on: day("2015-06-06"))
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
    try books.change(readDayTo: 20, on: day("2015-05-06"))
    let report = try books.estimate(through: "2015-05-20")
    // 10 kWh a day over the 14 days.
    #expect(report.estimates.map(\.date) == [try day("2015-05-20")])
    #expect(report.estimates.first?.index == Energy(kWh: "1030"))
  }

  @Test func `a plan asked for starts with the next cycle, short or not`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-03-03", readDay: 3)
    try books.change(readDayTo: 20, on: day("2015-06-03"))
    #expect(try books.change("1", to: "TOU-D-A", asked: "2015-06-10") == "2015-06-20")
    try books.change(readDayTo: 25, on: day("2015-08-20"))
    #expect(try books.change("1", to: "D", asked: "2015-08-21") == "2015-08-25")
    // The lock-out ends inside a cycle that the first read day would start then.
    try books.change(readDayTo: 4, on: day("2016-08-25"))
    let offers = try PlanComparison(books.view("1"), asOf: day("2015-09-01")).offers
    let outlook = try #require(offers.first { $0.plan == "TOU-D-A" }).outlook
    #expect(outlook.lockedUntil == (try day("2016-08-25")) && outlook.from == outlook.lockedUntil)
  }
}
