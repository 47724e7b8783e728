import Journal
import Quantities
import TestSupport
import Testing

@testable import Billing

/// Estimates in the journal: how they are held, billed, and give way to what is measured.
struct EstimationTests {
  /// Days from 1 January 2015 on, each of its own.
  private func measured(
    _ account: String, _ count: Int, _ random: inout SeededRandom, from: String = "2015-01-01"
  ) throws -> [Row] {
    let first = try day(from)
    return (0..<count).map { number in
      Row(
        account: account, date: first.adding(days: number),
        values: (0..<24).map { _ in Int32.random(in: 50...1_500, using: &random) })
    }
  }

  @discardableResult
  private func estimate(
    _ books: Books, through: String, _ method: ReadEstimated.Method? = nil, isAgain: Bool = false,
    isDryRun: Bool = false
  ) throws -> EstimationReport {
    try books.engine.estimate(
      through: day(through), method: method, isAgain: isAgain, isDryRun: isDryRun,
      at: books.clock)
  }

  private func books(_ count: Int = 31, without: Set<Int> = [], seed: UInt64 = 3) throws -> (
    books: Books, rows: [Row]
  ) {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    var random = SeededRandom(seed, "books")
    let rows = try measured("1", count, &random)
    try books.ingest(rows.enumerated().filter { !without.contains($0.offset) }.map(\.element))
    return (books, rows)
  }

  @Test func `a cycle is billed from estimates, marked, and its audit is identical`() throws {
    let (books, _) = try books(without: [20, 21])
    #expect(try books.bill(through: "2015-02-01").billCount == 0)
    let dry = try estimate(books, through: "2015-02-01", isDryRun: true)
    let position = books.position
    #expect(dry.estimates.map(\.method) == [.sameDayType, .sameDayType])
    #expect(dry.estimates.allSatisfy { $0.position == nil } && books.position == position)
    let report = try estimate(books, through: "2015-02-01")
    #expect(report.estimates.map(\.position) == [position, position + 1])
    #expect(report.estimates.map(\.date.description) == ["2015-01-21", "2015-01-22"])
    #expect(try estimate(books, through: "2015-02-01").estimates.isEmpty)
    let bill = try #require(try books.bill(through: "2015-02-01").bills.first)
    #expect(bill.draft.fact.estimated)
    #expect(bill.draft.estimatedDays.map(\.description) == ["2015-01-21", "2015-01-22"])
    #expect(
      bill.draft.fact.evidence.contains {
        $0.kind == "ReadEstimated" && $0.first == position && $0.last == position + 1
      })
    let audit = try books.audit("1-20150201")
    #expect(audit.isIdentical)
    #expect(try AccountSummary(books.view("1")).bills.map(\.isEstimated) == [true])
    #expect(try NextBill(books.view("1"), asOf: day("2015-01-25")).estimatedReads.count == 2)
  }

  @Test func `a bill that hides its estimates is found`() throws {
    let (books, _) = try books(without: [20, 21])
    try estimate(books, through: "2015-02-01")
    var fact = try #require(
      try books.bill(through: "2015-02-01", isDryRun: true).facts["1-20150201"])
    fact.estimated = false
    let account = try #require(books.state.account("1"))
    try books.engine.commit(
      [Event(.billIssuedV2(fact), account: account, effective: fact.dated)], at: books.clock)
    #expect(try books.audit("1-20150201").differences.map(\.field) == ["estimated"])
  }

  @Test func `a measured read takes an estimate's place without being sent as a correction`() throws
  {
    let (books, rows) = try books(without: [20])
    let report = try estimate(books, through: "2015-02-01")
    let position = try #require(report.estimates.first?.position)
    let ingested = try books.ingest([rows[20]])
    #expect(ingested.corrected == 1 && ingested.duplicates == 0 && ingested.reads == 0)
    let last = try #require(try books.events().last { $0.event.kind == "ReadCorrected" })
    guard case .readCorrected(let fact) = last.event.fact else { return }
    #expect(fact.supersedes == position)
    #expect(fact.quality == 3 && fact.values == rows[20].values.map { Int64($0!) })
    let bill = try #require(try books.bill(through: "2015-02-01").bills.first)
    #expect(!bill.draft.fact.estimated && bill.draft.estimatedDays.isEmpty)
    #expect(try books.ingest([rows[20]], name: "again.csv").duplicates == 1)
    #expect(try estimate(books, through: "2015-02-01").estimates.isEmpty)
  }

  @Test func `a read that is just what was estimated is measured all the same`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    let rows = try days("1", from: "2015-01-01", 31, wattHours: 400)
    try books.ingest(rows.enumerated().filter { $0.offset != 20 }.map(\.element))
    try estimate(books, through: "2015-02-01")
    #expect(try books.ingest([rows[20]]).corrected == 1)
    let bill = try #require(try books.bill(through: "2015-02-01").bills.first)
    #expect(!bill.draft.fact.estimated)
  }

  @Test func `gaps are estimated around what is measured, and gaps of a later read stay gaps`()
    throws
  {
    let (books, rows) = try books(without: [20])
    try estimate(books, through: "2015-02-01")
    var part = rows[20]
    part.values.replaceSubrange(3..<9, with: Array(repeating: nil, count: 6))
    #expect(try books.ingest([part]).corrected == 1)
    #expect(
      try books.bill(through: "2015-02-01").exceptions.map(\.exception)
        == [.missingDays([day("2015-01-21")])])
    let again = try #require(try estimate(books, through: "2015-02-01").estimates.first)
    #expect(again.intervals == 6)
    var rest = rows[20]
    rest.values.replaceSubrange(9..<24, with: Array(repeating: nil, count: 15))
    #expect(try books.ingest([rest]).corrected == 1)
    let read = try #require(
      try books.view("1").reads(in: period("2015-01-21", "2015-01-22")).first)
    #expect(read.source == .corrected && read.quality == .actual)
    #expect(read.values.elementsEqual(rows[20].values.map { $0! }))
  }

  @Test func `an estimate never takes the place of what was measured`() throws {
    let (books, rows) = try books()
    #expect(try estimate(books, through: "2015-02-01").estimates.isEmpty)
    let account = try #require(books.state.account("1"))
    var fact = ReadEstimated()
    (fact.method, fact.intervalMinutes) = (.sameDayType, 60)
    fact.values = rows[5].values.map { Int64($0!) }
    let event = Event(.readEstimated(fact), account: account, effective: rows[5].date.day)
    #expect(throws: EventFault.self) { try books.engine.commit([event], at: books.clock) }
  }

  @Test func `an index that is read takes an estimate's place, whatever it is`() throws {
    for actual in ["1412", "1390"] {
      let books = try Books()
      try books.enroll("V", "EVN-SH", on: "2024-01-01")
      try books.ingest([
        index("V", "2024-01-01", "1000"), index("V", "2024-02-01", "1100"),
        index("V", "2024-03-01", "1201"), index("V", "2024-04-01", "1310"),
      ])
      try books.bill(through: "2024-04-01")
      try estimate(books, through: "2024-05-01")
      let marked = try #require(
        try books.bill(through: "2024-05-01", isDryRun: true).bills.first)
      #expect(marked.draft.fact.estimated && marked.draft.estimatedDays.count == 30)
      #expect(marked.draft.fact.evidence.contains { $0.kind == "ReadEstimated" })
      #expect(try books.ingest([index("V", "2024-05-01", actual)]).corrected == 1)
      let bill = try #require(try books.bill(through: "2024-05-01").bills.first)
      #expect(!bill.draft.fact.estimated)
      #expect(
        bill.draft.fact.registers[0].closingIndex == (actual == "1412" ? 1_412_000 : 1_390_000))
      #expect(try books.audits().allSatisfy(\.isIdentical))
    }
  }

  @Test func `a bill that opens on an estimated index is marked too, and audits the same`() throws {
    let books = try Books()
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    try books.ingest([
      index("V", "2024-01-01", "1000"), index("V", "2024-02-01", "1100"),
      index("V", "2024-03-01", "1201"), index("V", "2024-04-01", "1310"),
    ])
    try estimate(books, through: "2024-05-01")
    try books.bill(through: "2024-05-01")
    try books.ingest([index("V", "2024-06-01", "1500")])
    try books.bill(through: "2024-06-01")
    try books.ingest([index("V", "2024-07-01", "1600")])
    try books.bill(through: "2024-07-01")
    #expect(
      try AccountSummary(books.view("V")).bills.map(\.isEstimated)
        == [false, false, false, true, true, false])
    #expect(try books.audits().allSatisfy(\.isIdentical))
    // A read index is nearer than an estimated one, however the days lie, and runs no register back.
    let other = try Books()
    try other.enroll("V", "EVN-SH", on: "2024-01-01")
    try other.ingest([
      index("V", "2024-01-01", "1000"), index("V", "2024-02-01", "1100"),
      index("V", "2024-03-01", "1201"), index("V", "2024-04-01", "1310"),
    ])
    try estimate(other, through: "2024-05-01")
    #expect(try other.ingest([index("V", "2024-05-02", "1320")]).rejected.isEmpty)
    let bill = try #require(try other.bill(through: "2024-05-01").bills.last)
    #expect(!bill.draft.fact.estimated && bill.draft.fact.registers[0].closingIndex == 1_320_000)
  }

  @Test func `what is estimated again is what all that is known makes, and its bill is proposed`()
    throws
  {
    // Both days are made of the weekdays before them; then the first is measured.
    let (books, rows) = try books(without: [19, 20])
    try estimate(books, through: "2015-02-01")
    try books.bill(through: "2015-02-01")
    try books.ingest([rows[19]])
    #expect(try estimate(books, through: "2015-02-01").estimates.isEmpty)
    let position = books.position
    let dry = try estimate(books, through: "2015-02-01", isAgain: true, isDryRun: true)
    #expect(dry.estimates.count == 1 && books.position == position)
    let again = try estimate(books, through: "2015-02-01", isAgain: true)
    #expect(again.estimates.map(\.date.description) == ["2015-01-21"] && again.missing.isEmpty)
    // What cannot be made by a method stays as it is, and so does what comes to the same.
    for method in [nil, ReadEstimated.Method.yearAgo] {
      let none = try estimate(books, through: "2015-02-01", method, isAgain: true)
      #expect(none.estimates.isEmpty && none.missing.isEmpty && books.position == position + 1)
    }
    #expect(try books.propose().proposed == 1)
    #expect(try books.rebill("1-20150201").rebilled.count == 1)
    let (straight, _) = try self.books(without: [20])
    try estimate(straight, through: "2015-02-01")
    let wanted = try #require(try straight.bill(through: "2015-02-01").facts["1-20150201"])
    let found = try books.audit("1-20150201-2")
    #expect(found.isIdentical && found.bill.estimated && found.bill.table == wanted.table)
    #expect(try books.worklist().isEmpty)
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }

  @Test func `an index is estimated again from the periods as they are now`() throws {
    let books = try Books()
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    try books.ingest([
      index("V", "2024-01-01", "1000"), index("V", "2024-02-01", "1100"),
      index("V", "2024-03-01", "1201"), index("V", "2024-04-01", "1310"),
    ])
    #expect(
      try estimate(books, through: "2024-05-01").estimates.map(\.index) == [Energy(kWh: "1412")])
    try books.bill(through: "2024-05-01")
    try books.ingest([index("V", "2024-04-01", "1340")])
    let again = try estimate(books, through: "2024-05-01", isAgain: true)
    #expect(again.estimates.map(\.index) == [Energy(kWh: "1452")])
    #expect(try estimate(books, through: "2024-05-01", isAgain: true).estimates.isEmpty)
    #expect(try books.propose().proposed == 2)
    try books.engine.rebill(.all(within: nil), at: books.clock)
    let standing = try books.view("V").bills.filter { !$0.isCancelled }
    #expect(standing.map { $0.closings[0].index / 1000 } == [1100, 1201, 1340, 1452])
    #expect(standing.map(\.isEstimated) == [false, false, false, true])
    #expect(try books.audits().allSatisfy(\.isIdentical))
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a meter that nothing was ever read of is not doubted, and is billed when it is`()
    throws
  {
    let books = try Books()
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    #expect(try estimate(books, through: "2024-05-01").missing.count == 4)
    try books.ingest([index("V", "2024-01-01", "1000"), index("V", "2024-02-01", "1100")])
    let report = try books.bill(through: "2024-02-01")
    #expect(report.bills.count == 1 && report.exceptions.isEmpty)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6])
  func `the order in which reads, parts of them and estimates come changes no bill`(
    _ seed: UInt64
  ) throws {
    var random = SeededRandom(seed)
    let rows = try measured("1", 61, &random, from: "2015-04-01")
    let reference = try Books()
    try reference.enroll("1", "TOU-D-A", on: "2015-04-01")
    try reference.ingest(rows)
    let wanted = try reference.bill(through: "2015-06-01").facts
    let books = try Books()
    try books.enroll("1", "TOU-D-A", on: "2015-04-01")
    // Each day whole, or in two or three parts.
    var parts: [Row] = rows.flatMap { row -> [Row] in
      let pieces = Int.random(in: 1...3, using: &random)
      guard pieces > 1 else { return [row] }
      let owner = row.values.map { _ in Int.random(in: 0..<pieces, using: &random) }
      return (0..<pieces).map { piece in
        var part = row
        for hour in row.values.indices where owner[hour] != piece { part.values[hour] = nil }
        return part
      }
    }
    parts.shuffle(using: &random)
    var estimates = 0
    while !parts.isEmpty {
      let count = Int.random(in: 1...25, using: &random)
      try books.ingest(Array(parts.prefix(count)))
      parts = Array(parts.dropFirst(count))
      if Bool.random(using: &random) {
        estimates += try estimate(books, through: "2015-06-01").estimates.count
      }
    }
    #expect(estimates > 0)
    let found = try books.bill(through: "2015-06-01").facts
    #expect(found.keys == wanted.keys && found.count == 2)
    for (number, bill) in found {
      #expect(bill.total == wanted[number]?.total && bill.table == wanted[number]?.table)
      #expect(!bill.estimated)
    }
    #expect(try books.audits().allSatisfy(\.isIdentical))
    #expect(try books.replayed(threads: 3).digest == books.state.digest)
    try books.engine.saveSnapshot(always: true)
    #expect(try Replay(books.reader, usesSnapshot: true).run().digest == books.state.digest)
    // The tier position too is what the reads alone give.
    func position(_ books: Books) throws -> TierPosition {
      let (state, index, _) = try #require(books.state.find("1"))
      var position = state.tiers[index]
      (position.windowSet, position.validFrom, position.validUntil) = (0, 0, 0)
      return position
    }
    let last = try measured("1", 1, &random, from: "2015-06-02")[0]
    try reference.ingest([last])
    try books.ingest([last])
    #expect(try position(books).wattHours == position(reference).wattHours)
  }

  @Test func `the tier position counts an estimate as it counts a read`() throws {
    let (with, rows) = try books(28, without: [20, 24])
    try estimate(with, through: "2015-02-01")
    let (state, index, _) = try #require(with.state.find("1"))
    let held = try with.view("1").reads(in: period("2015-01-01", "2015-02-01"))
    #expect(held.count == 31)
    #expect(
      state.tiers[index].wattHours == held.reduce(0) { $0 + $1.energy.wattHours })
    try with.ingest([rows[20]])
    let later = try with.view("1").reads(in: period("2015-01-01", "2015-02-01"))
    let (after, _, _) = try #require(with.state.find("1"))
    #expect(after.tiers[index].wattHours == later.reduce(0) { $0 + $1.energy.wattHours })
  }

  @Test func `more than 62 days in a row are flagged and not estimated until somebody has looked`()
    throws
  {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    var random = SeededRandom(11, "prolonged")
    try books.ingest(measured("1", 31, &random))
    try books.bill(through: "2015-02-01")
    // January stands for February; from March on it would be too long.
    #expect(try estimate(books, through: "2015-03-01").estimates.count == 28)
    let report = try estimate(books, through: "2015-05-01")
    #expect(report.estimates.isEmpty)
    #expect(report.missing.map(\.days.count) == [31, 30])
    #expect(report.missing[0].reason.hasPrefix("more than 62 days in a row would be estimated"))
    let flag = try #require(books.state.partitions.flatMap { $0.flags.flags.values.joined() }.first)
    #expect(flag.rule == .prolongedEstimation && flag.found == 89 && flag.limit == 62)
    let position = books.position
    try estimate(books, through: "2015-05-01")
    #expect(books.position == position)
    _ = try books.engine.settle(flag: flag.position, reason: "locked gate", at: books.clock)
    let after = try estimate(books, through: "2015-05-01")
    #expect(after.missing.allSatisfy { !$0.reason.contains("in a row") })
  }

  @Test func `reads that come after all end the doubt about a long estimation`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    var random = SeededRandom(12, "prolonged")
    let rows = try measured("1", 120, &random)
    try books.ingest(Array(rows[..<31]))
    try estimate(books, through: "2015-05-01")
    func standing() -> Int {
      books.state.partitions.flatMap { $0.flags.flags.values.joined() }.count(where: \.isStanding)
    }
    #expect(standing() == 1)
    try books.engine.saveSnapshot(always: true)
    try books.reopen()
    try books.ingest(Array(rows[31...]))
    #expect(standing() == 0)
    #expect(try books.bill(through: "2015-03-01").bills.count == 2)
    #expect(try books.audits().allSatisfy(\.isIdentical))
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `energy sent out is estimated as energy taken is`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    try books.ingest(days("1", from: "2015-01-01", 31, wattHours: 500))
    let out = try days("1", from: "2015-01-01", 31, wattHours: 120, channel: .received)
    try books.ingest(out.enumerated().filter { $0.offset != 25 }.map(\.element))
    let made = try #require(try estimate(books, through: "2015-02-01").estimates.first)
    #expect(made.channel == .received && made.energy.wattHours == 24 * 120)
    let bill = try #require(try books.bill(through: "2015-02-01").bills.first)
    #expect(bill.draft.fact.estimated)
    let all = try Books()
    try all.enroll("1", on: "2015-01-01")
    try all.ingest(days("1", from: "2015-01-01", 31, wattHours: 500) + out)
    #expect(try all.bill(through: "2015-02-01").facts["1-20150201"]?.total == bill.draft.fact.total)
  }

  @Test func `a named method is the only one that is tried, and says why it cannot`() throws {
    let (books, _) = try books(without: [20])
    let report = try estimate(books, through: "2015-02-01", .yearAgo)
    #expect(report.estimates.isEmpty)
    #expect(
      report.missing.map(\.reason) == ["year-ago: no measured day of the same weeks a year ago"])
    let all = try Books()
    try all.enroll("1", on: "2015-01-01")
    try all.ingest(days("1", from: "2015-01-30", 2, wattHours: 500))
    let none = try #require(try estimate(all, through: "2015-02-01").missing.first)
    #expect(none.days.count == 29 && none.reason.contains("same-day-type: 0 measured days"))
  }
}
