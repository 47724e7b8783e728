import Quantities
import TestSupport
import Testing

@testable import Billing

/// Estimates of many days in a row, which somebody has to look at.
struct ProlongedEstimationTests {
  @Test func `more than 62 days in a row are flagged and not estimated until somebody has looked`()
    throws
  {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    var random = SeededRandom(11, "prolonged")
    try books.ingest(restlessDays("1", 31, &random))
    try books.bill(through: "2015-02-01")
    // January stands for February; from March on it would be too long.
    #expect(try books.estimate(through: "2015-03-01").estimates.count == 28)
    let report = try books.estimate(through: "2015-05-01")
    #expect(report.estimates.isEmpty)
    #expect(report.missing.map(\.days.count) == [31, 30])
    #expect(report.missing[0].reason.hasPrefix("more than 62 days in a row would be estimated"))
    let flag = try #require(books.flags.first)
    #expect(flag.rule == .prolongedEstimation && flag.found == 89 && flag.limit == 62)
    let position = books.position
    try books.estimate(through: "2015-05-01")
    #expect(books.position == position)
    _ = try books.engine.settle(flag: flag.position, reason: "locked gate", at: books.clock)
    let after = try books.estimate(through: "2015-05-01")
    #expect(after.missing.allSatisfy { !$0.reason.contains("in a row") })
  }

  @Test func `reads that come after all end the doubt about a long estimation`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    var random = SeededRandom(12, "prolonged")
    let rows = try restlessDays("1", 120, &random)
    try books.ingest(Array(rows[..<31]))
    try books.estimate(through: "2015-05-01")
    func standing() -> Int { books.flags.count(where: \.isStanding) }
    #expect(standing() == 1)
    try books.engine.saveSnapshot(always: true)
    try books.reopen()
    try books.ingest(Array(rows[31...]))
    #expect(standing() == 0)
    #expect(try books.bill(through: "2015-03-01").bills.count == 2)
    #expect(try books.audits().allSatisfy(\.isIdentical))
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `62 estimated days in a row are the limit`() throws {
    func estimated(_ count: Int) throws -> Books {
      let books = try Books()
      try books.enroll("1", on: "2015-01-01")
      try books.ingest(
        usualDays("1", "2015-04-01", 90).enumerated().map { place, row in
          var row = row
          if (5..<5 + count).contains(place) { row.quality = .estimated }
          return row
        })
      return books
    }
    #expect(try estimated(62).doubts().isEmpty)
    #expect(
      try estimated(63).doubts().told
        == ["prolonged-estimation 2015-04-06 2015-06-07 63 62 true"])
  }

  @Test func `one measured day ends a long estimation, and it holds no bill any more`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    let rows = try usualDays("1", "2015-04-01", 90)
    var estimated = rows
    for place in 5..<68 { estimated[place].quality = .estimated }
    try books.ingest(estimated)
    #expect(try books.doubts().count == 1)
    #expect(try books.bill(through: "2015-06-01").exceptions.count == 2)
    // An estimate is no measurement, and a day beside the run is none of it.
    try books.ingest([rows[70]])
    #expect(try books.doubts().count == 1)
    var measured = rows[40]
    measured.values[3] = 300
    try books.ingest([measured])
    #expect(try books.doubts().isEmpty)
    #expect(try books.bill(through: "2015-06-01").bills.count == 2)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a bill that a long estimation held is looked at when a first read ends it`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    var random = SeededRandom(13, "prolonged")
    let rows = try restlessDays("1", 120, &random)
    try books.ingest(Array(rows[..<31]))
    try books.estimate(through: "2015-03-01")
    for end in ["2015-02-01", "2015-03-01"] { try books.bill(through: end) }
    try books.estimate(through: "2015-05-01")
    var terms = ChangedTerms()
    terms.region = "15"
    let request = TermsRequest(number: "1", on: try day("2015-02-01"), change: .terms(terms))
    _ = try books.engine.changeTerms(request, at: books.clock)
    try books.propose()
    #expect(try books.worklist().map(\.state) == [.unpriced])
    // Of March, which nobody has billed.
    try books.ingest(Array(rows[60..<63]))
    #expect(books.flags.count(where: \.isStanding) == 0)
    try books.propose()
    #expect(try books.worklist().map(\.state) == [.proposed])
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }
}
