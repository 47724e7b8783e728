import Quantities
import TestSupport
import Testing

@testable import Billing

/// Estimates give way to what is measured, whichever comes first.
struct EstimateReplacementTests {
  @Test func `a measured read takes an estimate's place without being sent as a correction`() throws
  {
    let (books, rows) = try Books.ofGaps(without: [20])
    let report = try books.estimate(through: "2015-02-01")
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
    #expect(try books.estimate(through: "2015-02-01").estimates.isEmpty)
  }

  @Test func `a read that is just what was estimated is measured all the same`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    let rows = try days("1", from: "2015-01-01", 31, wattHours: 400)
    try books.ingest(rows.enumerated().filter { $0.offset != 20 }.map(\.element))
    try books.estimate(through: "2015-02-01")
    #expect(try books.ingest([rows[20]]).corrected == 1)
    let bill = try #require(try books.bill(through: "2015-02-01").bills.first)
    #expect(!bill.draft.fact.estimated)
  }

  @Test func `gaps are estimated around what is measured, and gaps of a later read stay gaps`()
    throws
  {
    let (books, rows) = try Books.ofGaps(without: [20])
    try books.estimate(through: "2015-02-01")
    var part = rows[20]
    part.values.replaceSubrange(3..<9, with: Array(repeating: nil, count: 6))
    #expect(try books.ingest([part]).corrected == 1)
    #expect(
      try books.bill(through: "2015-02-01").exceptions.map(\.exception)
        == [.missingDays([day("2015-01-21")])])
    let again = try #require(try books.estimate(through: "2015-02-01").estimates.first)
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
    let (books, rows) = try Books.ofGaps()
    #expect(try books.estimate(through: "2015-02-01").estimates.isEmpty)
    let account = try #require(books.state.account("1"))
    var fact = ReadEstimated()
    (fact.method, fact.intervalMinutes) = (.sameDayType, 60)
    fact.values = rows[5].values.map { Int64($0!) }
    let event = Event(.readEstimated(fact), account: account, effective: rows[5].date.day)
    #expect(throws: UnrecordableEvent.self) { try books.engine.commit([event], at: books.clock) }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6])
  func `the order in which reads, parts of them and estimates come changes no bill`(
    _ seed: UInt64
  ) throws {
    var random = SeededRandom(seed)
    let rows = try restlessDays("1", 61, &random, from: "2015-04-01")
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
        estimates += try books.estimate(through: "2015-06-01").estimates.count
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
    let last = try restlessDays("1", 1, &random, from: "2015-06-02")[0]
    try reference.ingest([last])
    try books.ingest([last])
    #expect(try position(books).wattHours == position(reference).wattHours)
  }
}
