import Quantities
import Testing

@testable import Billing

/// Estimates of a register's index.
struct IndexEstimationTests {
  /// Three periods of 100, 101 and 109 kWh; the index of 1 May is not read.
  private func quarter() throws -> Books {
    let books = try Books.ofOneRegister()
    try books.ingest([
      index("V", "2024-01-01", "1000"), index("V", "2024-02-01", "1100"),
      index("V", "2024-03-01", "1201"), index("V", "2024-04-01", "1310"),
    ])
    return books
  }

  @Test func `an index that is read takes an estimate's place, whatever it is`() throws {
    for actual in ["1412", "1390"] {
      let books = try quarter()
      try books.bill(through: "2024-04-01")
      try books.estimate(through: "2024-05-01")
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
    let books = try quarter()
    try books.estimate(through: "2024-05-01")
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
    let other = try quarter()
    try other.estimate(through: "2024-05-01")
    #expect(try other.ingest([index("V", "2024-05-02", "1320")]).rejected.isEmpty)
    let bill = try #require(try other.bill(through: "2024-05-01").bills.last)
    #expect(!bill.draft.fact.estimated && bill.draft.fact.registers[0].closingIndex == 1_320_000)
  }

  @Test func `an index is estimated again from the periods as they are now`() throws {
    let books = try quarter()
    #expect(
      try books.estimate(through: "2024-05-01").estimates.map(\.index) == [Energy(kWh: "1412")])
    try books.bill(through: "2024-05-01")
    try books.ingest([index("V", "2024-04-01", "1340")])
    let again = try books.estimate(through: "2024-05-01", isAgain: true)
    #expect(again.estimates.map(\.index) == [Energy(kWh: "1452")])
    #expect(try books.estimate(through: "2024-05-01", isAgain: true).estimates.isEmpty)
    #expect(try books.propose().proposed == 2)
    try books.engine.rebill(.all(within: nil), at: books.clock)
    let standing = try books.view("V").bills.filter { !$0.isCancelled }
    #expect(standing.map { $0.closings[0].index / 1000 } == [1100, 1201, 1340, 1452])
    #expect(standing.map(\.isEstimated) == [false, false, false, true])
    #expect(try books.audits().allSatisfy(\.isIdentical))
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test(arguments: [1, 2, 3])
  func `the last cycle is estimated too, though it is as short as the reach of an index`(
    days: Int
  ) throws {
    let books = try quarter()
    try books.bill(through: "2024-04-01")
    let end = try day("2024-04-01").adding(days: days)
    try books.moveOut("V", on: "\(end)")
    #expect(try books.bill(through: "\(end)").exceptions.count == 1)
    let report = try books.estimate(through: "\(end)")
    // 310 kWh in 91 days.
    #expect(
      report.estimates.map(\.index) == [Energy(kWh: ["1313", "1317", "1320"][days - 1])])
    #expect(report.estimates.map(\.date) == [end] && report.missing.isEmpty)
    let bill = try #require(try books.bill(through: "\(end)").bills.first)
    #expect(bill.draft.fact.registers.map(\.openingIndex) == [1_310_000])
    #expect(bill.draft.fact.registers.map(\.closedOn) == [end.day])
    #expect(try books.audits().allSatisfy(\.isIdentical))
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a short cycle between two is estimated, and its bills are made again one by one`()
    throws
  {
    let books = try quarter()
    try books.bill(through: "2024-04-01")
    var changed = ChangedTerms()
    changed.readDay = 3
    _ = try books.engine.changeTerms(
      TermsRequest(number: "V", on: day("2024-04-01"), change: .terms(changed)), at: books.clock)
    #expect(try books.estimate(through: "2024-04-03").estimates.count == 1)
    #expect(try books.bill(through: "2024-04-03").bills.count == 1)
    try books.ingest([index("V", "2024-05-03", "1420")])
    try books.bill(through: "2024-05-03")
    // Of the three bills each shares with the next the index that lies at their edge.
    let edges = try books.view("V").bills.suffix(2).map { $0.closings[0].index }
    #expect(edges == [1_317_000, 1_420_000])
    let report = try books.rebill("V-20240403")
    #expect(report.unchanged == ["V-20240403"] && report.rebilled.isEmpty)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `more than any meter measures is not estimated`() throws {
    let books = try Books.ofOneRegister { $0.multiplier = 100_000 }
    let account = try #require(books.state.account("V"))
    let reads = try ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"].enumerated().map {
      place, date in
      var read = RegisterRead()
      read.channel = UInt32(Channel.registerTotal.rawValue)
      read.index = Int64(place) * 200_000_000_000_000
      read.quality = UInt32(ReadQuality.actual.rawValue)
      return Event(.registerRead(read), account: account, effective: try day(date).day)
    }
    try books.engine.commit(reads, at: books.clock)
    let missing = try books.estimate(through: "2024-05-01").missing
    #expect(
      missing.map(\.reason) == ["previous-periods: it would come to more than a meter measures"])
  }

  @Test func `an index of after the cycle's end opens no estimate`() throws {
    let books = try Books.ofOneRegister()
    try books.ingest([
      index("V", "2024-01-01", "1000"), index("V", "2024-02-01", "1100"),
      index("V", "2024-03-01", "1201"), index("V", "2024-04-03", "1310"),
    ])
    try books.bill(through: "2024-04-01")
    try books.moveOut("V", on: "2024-04-02")
    let report = try books.estimate(through: "2024-04-02")
    #expect(report.estimates.isEmpty)
    #expect(
      report.missing.map(\.reason)
        == ["previous-periods: it opens with an index of 2024-04-03, not of a day before"])
  }

  @Test func `a meter that nothing was ever read of is not doubted, and is billed when it is`()
    throws
  {
    let books = try Books.ofOneRegister()
    #expect(try books.estimate(through: "2024-05-01").missing.count == 4)
    try books.ingest([index("V", "2024-01-01", "1000"), index("V", "2024-02-01", "1100")])
    let report = try books.bill(through: "2024-02-01")
    #expect(report.bills.count == 1 && report.exceptions.isEmpty)
  }
}
