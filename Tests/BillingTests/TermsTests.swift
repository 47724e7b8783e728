import Journal
import Quantities
import Tariff
import Testing

@testable import Billing

/// Terms that change: what counts from which day, and what is refused.
struct TermsTests {
  private func change(
    _ books: Books, _ on: String, _ body: (inout ChangedTerms) -> Void
  ) throws -> Outcome {
    var changed = ChangedTerms()
    body(&changed)
    return try books.engine.changeTerms(
      TermsRequest(number: "1", on: day(on), change: .terms(changed)), at: books.clock)
  }

  /// 24 kWh a day in June 2015, 720 kWh in 30 days.
  private func june(_ plan: String = "D") throws -> Books {
    let books = try Books()
    try books.enroll("1", plan, on: "2015-06-01")
    try books.ingest(days("1", from: "2015-06-01", 61, wattHours: 1000))
    return books
  }

  @Test func `a change of region alters its own days' allotment and cuts nothing`() throws {
    let books = try june()
    _ = try change(books, "2015-06-11") { $0.region = "13" }
    let bill = try #require(books.bill(through: "2015-07-01").bills.first)
    #expect(bill.draft.segments.count == 1)
    // 10 x 15.5 + 20 x 18.4 = 523 kWh.
    #expect(try bill.draft.segments[0].allowance == Energy(kWh: "523"))
    #expect(
      bill.draft.fact.table.prefix(3) == [
        "523 kWh x 0.15 = 78.45", "156.9 kWh x 0.19 = 29.81", "40.1 kWh x 0.25 = 10.03",
      ])
    let kinds = bill.draft.fact.evidence.map(\.kind)
    #expect(kinds.contains("TermsChanged"))
    #expect(try books.audit(bill.draft.fact.bill).isIdentical)
    // The next cycle has the new region on all its days.
    let next = try #require(books.bill(through: "2015-08-01").bills.first)
    #expect(try next.draft.segments[0].allowance == Energy(kWh: "570.4"))
  }

  @Test func `a surcharge names the reads that it is on, and a city's tax the terms`() throws {
    let books = try Books(BuiltinSchedules.sceExtras.schedules())
    try books.enroll("1", on: "2015-06-01")
    try books.ingest(days("1", from: "2015-06-01", 30, wattHours: 1000))
    _ = try change(books, "2015-06-01") { $0.city = "Compton" }
    let bill = try #require(books.bill(through: "2015-07-01").bills.first).draft.fact
    func kinds(_ kind: BillLine.Kind) throws -> Set<String> {
      let line = try #require(bill.lines.first { $0.kind == kind })
      return Set(line.evidence.map { bill.evidence[Int($0)].kind })
    }
    #expect(try kinds(.surcharge).isSuperset(of: ["MeterReadRecorded", "RateSchedulePublished"]))
    #expect(try kinds(.tax) == ["RateSchedulePublished", "TermsChanged"])
  }

  @Test func `medical baseline adds to the days on which it is held`() throws {
    let books = try june()
    _ = try change(books, "2015-06-11") { $0.medical = true }
    _ = try change(books, "2015-06-21") { $0.medical = false }
    let bill = try #require(books.bill(through: "2015-07-01").bills.first)
    // 30 x 15.5 + 10 x 16.5.
    #expect(try bill.draft.segments[0].allowance == Energy(kWh: "630"))
  }

  @Test func `households count from the next period`() throws {
    let books = try Books()
    try books.enroll("1", "EVN-SH", on: "2015-04-06", readDay: 6)
    _ = try change(books, "2015-05-07") { $0.householdQuarters = 8 }
    try books.ingest([
      index("1", "2015-04-06", "100"), index("1", "2015-05-06", "350"),
      index("1", "2015-06-06", "600"), index("1", "2015-07-06", "850"),
    ])
    let bills = try books.bill(through: "2015-07-06").bills.map(\.draft.fact)
    #expect(
      bills.map { $0.table.first ?? "" } == [
        "50 kWh x 1484 = 74200", "50 kWh x 1484 = 74200", "100 kWh x 1484 = 148400",
      ])
    for bill in bills { #expect(try books.audit(bill.bill).isIdentical) }
  }

  @Test func `each change keeps what it does not name, whatever the order of arrival`() throws {
    let region: (inout ChangedTerms) -> Void = { $0.region = "13" }
    let medical: (inout ChangedTerms) -> Void = { $0.medical = true }
    for reversed in [false, true] {
      let books = try june()
      let changes = [("2015-06-11", region), ("2015-06-05", medical)]
      for (on, body) in reversed ? changes.reversed() : changes {
        _ = try change(books, on, body)
      }
      let terms = try #require(books.view("1").agreement).terms(on: day("2015-06-20"))
      #expect(terms.region == "13" && terms.medical)
      let before = try #require(books.view("1").agreement).terms(on: day("2015-06-07"))
      #expect(before.region == "10" && before.medical)
    }
  }

  @Test func `of two changes of one day the later recorded one holds`() throws {
    let books = try june()
    _ = try change(books, "2015-06-11") { $0.region = "13" }
    _ = try change(books, "2015-06-11") { $0.region = "15" }
    let agreement = try #require(books.view("1").agreement)
    #expect(agreement.terms(on: try day("2015-06-11")).region == "15")
    let period = try period("2015-06-01", "2015-07-01")
    #expect(agreement.allotmentChanges(in: period, of: period).map(\.region) == ["15"])
  }

  @Test func `what is so already is not recorded again`() throws {
    let books = try june()
    #expect(try change(books, "2015-06-11") { $0.region = "10" } == .repeated)
    guard case .recorded = try change(books, "2015-06-11", { $0.region = "13" }) else {
      Issue.record("the first change is recorded")
      return
    }
    let position = books.position
    #expect(try change(books, "2015-06-11") { $0.region = "13" } == .repeated)
    #expect(books.position == position)
  }

  @Test func `a change that cannot be is refused by its reason`() throws {
    let books = try june()
    #expect(throws: TermsRefusal.nothingToChange) { try change(books, "2015-06-11") { _ in } }
    #expect(throws: TermsRefusal.unknownRegion("99", plan: "D")) {
      try change(books, "2015-06-11") { $0.region = "99" }
    }
    #expect(throws: TermsRefusal.notServed(on: try day("2015-05-31"))) {
      try change(books, "2015-05-31") { $0.region = "13" }
    }
    #expect(throws: TermsRefusal.unknownCity("Nowhere", plan: "D")) {
      try change(books, "2015-06-11") { $0.city = "Nowhere" }
    }
    #expect(throws: TermsRefusal.unknownDiscount("CARE", plan: "D")) {
      try books.engine.changeTerms(
        TermsRequest(
          number: "1", on: day("2015-06-11"),
          change: .grantDiscount("CARE", through: day("2017-06-10"))), at: books.clock)
    }
    #expect(throws: TermsRefusal.noNetMetering(plan: "D")) {
      try books.engine.changeTerms(
        TermsRequest(number: "1", on: day("2015-06-11"), change: .startNetMetering),
        at: books.clock)
    }
    #expect(throws: TermsRefusal.unknownAccount("7")) {
      try books.engine.changeTerms(
        TermsRequest(number: "7", on: day("2015-06-11"), change: .startNetMetering),
        at: books.clock)
    }
  }

  @Test func `terms that no version from that day on asks for are refused`() throws {
    let books = try june()
    #expect(throws: TermsRefusal.noTenantsRule(plan: "D")) {
      try change(books, "2015-06-11") { $0.undeclaredTenants = true }
    }
    #expect(try change(books, "2015-06-11") { $0.undeclaredTenants = false } == .repeated)
    #expect(throws: TermsRefusal.voltageUnused(plan: "D")) {
      try change(books, "2015-06-11") { $0.voltage = 400 }
    }
    let home = try Books()
    try home.enroll("1", "EVN-SH", on: "2015-06-01")
    // Its version of 2026 has a tier for them.
    #expect(try change(home, "2015-06-11") { $0.undeclaredTenants = true } != .repeated)
    // EVN-KD takes nobody whose voltage is not known before the switch.
    #expect(try change(home, "2015-06-11") { $0.voltage = 400 } != .repeated)
    #expect(try home.change("1", to: "EVN-KD", on: "2015-07-01") == "2015-07-01")
    let prepaid = try Books()
    try prepaid.enroll("1", "EVN-SH-TT", on: "2015-06-01")
    #expect(throws: TermsRefusal.noTenantsRule(plan: "EVN-SH-TT")) {
      try change(prepaid, "2015-06-11") { $0.undeclaredTenants = true }
    }
  }

  @Test func `nobody has two discounts that exclude one another`() throws {
    let books = try Books(BuiltinSchedules.sceExtras.schedules())
    for (number, plan) in [("1", "D"), ("2", "TOU-D-A")] {
      try books.enroll(number, plan, on: "2015-03-02")
    }
    func grant(_ name: String, _ number: String, _ on: String, _ last: String) throws {
      _ = try books.engine.changeTerms(
        TermsRequest(number: number, on: day(on), change: .grantDiscount(name, through: day(last))),
        at: books.clock)
    }
    func refused(_ name: String, by held: String, _ from: String, _ last: String) throws
      -> TermsRefusal
    {
      .excluded(name, by: held, from: try day(from), through: try day(last))
    }
    try grant("CARE", "1", "2015-06-01", "2016-05-31")
    #expect(throws: try refused("FERA", by: "CARE", "2015-06-01", "2016-05-31")) {
      try grant("FERA", "1", "2016-05-31", "2017-05-30")
    }
    try grant("CARE", "1", "2016-06-01", "2017-05-31")
    _ = try books.engine.changeTerms(
      TermsRequest(
        number: "1", on: day("2016-06-01"), change: .endDiscount("CARE", reason: "income")),
      at: books.clock)
    try grant("FERA", "1", "2016-06-01", "2017-05-31")
    // Of a time-of-use plan FERA is from October 2015 on, and a version of then says so.
    try grant("FERA", "2", "2015-11-01", "2016-10-31")
    #expect(throws: try refused("CARE", by: "FERA", "2015-11-01", "2016-10-31")) {
      try grant("CARE", "2", "2015-04-01", "2017-03-31")
    }
    try grant("CARE", "2", "2015-04-01", "2015-10-31")
    let words = "\(try refused("FERA", by: "CARE", "2015-06-01", "2016-05-31"))"
    #expect(words.contains("end that first (wattbook discount --end CARE)"))
  }

  @Test func `a discount that ended on its first day excludes no other`() throws {
    let books = try Books(BuiltinSchedules.sceExtras.schedules())
    try books.enroll("1", on: "2015-03-02")
    for (on, change) in try [
      ("2015-06-01", .grantDiscount("CARE", through: day("2016-05-31"))),
      ("2015-06-01", .endDiscount("CARE", reason: "a mistake")),
      // Its days are around the one that CARE would have begun on.
      ("2015-05-01", .grantDiscount("FERA", through: day("2016-04-30"))),
    ] as [(String, TermsRequest.Change)] {
      let outcome = try books.engine.changeTerms(
        TermsRequest(number: "1", on: day(on), change: change), at: books.clock)
      #expect(outcome != .repeated)
    }
    #expect(
      try #require(books.view("1").agreement).terms(on: day("2015-06-01")).discounts == ["FERA"])
  }

  @Test func `the state with changed terms is the same live and replayed`() throws {
    let books = try june()
    _ = try change(books, "2015-06-11") {
      $0.region = "13"
      $0.medical = true
      $0.householdQuarters = 3
    }
    #expect(try books.replayed().digest == books.state.digest)
    var writer = ByteWriter()
    let agreements = books.state.partitions.map(\.agreements)
    for projection in agreements { projection.write(to: &writer) }
    try writer.bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes)
      for projection in agreements {
        var (again, wanted) = (ByteWriter(), ByteWriter())
        try AgreementProjection(from: &reader).write(to: &again)
        projection.write(to: &wanted)
        #expect(again.bytes == wanted.bytes)
      }
    }
  }

  @Test(arguments: [
    ("2015-03-10", "2015-04-03", "2015-04-03", false),
    ("2015-03-10", "2016-02-03", "2015-04-03", false),
    ("2015-03-10", "2016-03-03", "2015-04-03", true),
    ("2015-03-10", "2016-04-03", "2016-04-03", false),
    ("2015-04-03", "2015-04-03", "2015-04-03", false),
    ("2015-04-03", "2017-03-03", "2016-04-03", true),
  ])
  func `twelve cycles from the first whole one make a relevant period`(
    _ from: String, _ cycle: String, _ start: String, _ ends: Bool
  ) throws {
    let books = try Books()
    try books.enroll("1", "D", on: "2015-01-01", readDay: 3)
    var agreement = try #require(books.view("1").agreement)
    var history = TermsHistory()
    history.startNetMetering(on: try day(from), at: 9)
    agreement.history = history
    let year = agreement.relevantYear(of: agreement.cycle(containing: try day(cycle))) { _ in 12 }
    #expect(year == RelevantYear(start: try day(start), endsHere: ends))
    #expect(
      agreement.relevantYear(of: agreement.cycle(containing: try day("2015-03-03"))) { _ in 12 }
        == nil)
  }
}
