import Quantities
import Testing

@testable import Billing

/// What becomes of a flag: it holds its bill until the read is corrected or somebody settles it.
struct SettlementTests {
  @Test func `the same doubt is recorded once, and only about the days asked for`() throws {
    let books = try Books.usual {
      $0[40].values[12] = 6_000
      $0[50].values[12] = 60_000
    }
    #expect(try books.doubts(through: "2015-02-15").map(\.rule) == [.spike])
    let position = books.position
    #expect(try books.doubts(through: "2015-02-15").count == 1)
    #expect(books.position == position)
    #expect(try books.doubts(from: "2015-02-16").count == 1)
    #expect(try books.doubts().count == 2)
    let again = books.position
    let report = try books.engine.validate(account: "1", at: books.clock)
    #expect(report.recorded == 0 && report.reads == 60 && report.flags.allSatisfy { !$0.isNew })
    #expect(books.position == again)
  }

  @Test func `a flag that is settled holds nothing, and is not raised again`() throws {
    let books = try Books.usual { $0[40].values[12] = 6_000 }
    let flag = try #require(try books.doubts().first)
    #expect(throws: SettlementRefusal.noReason) {
      try books.engine.settle(flag: flag.position, reason: "", at: books.clock)
    }
    #expect(throws: SettlementRefusal.unknownFlag(1)) {
      try books.engine.settle(flag: 1, reason: "x", at: books.clock)
    }
    let outcome = try books.engine.settle(
      flag: flag.position, reason: "a kiln", at: books.clock)
    #expect(outcome == .recorded(position: flag.position + 1))
    #expect(
      try books.engine.settle(flag: flag.position, reason: "a kiln", at: books.clock) == .repeated)
    #expect(try books.doubts().isEmpty)
    #expect(try books.bill(through: "2015-03-01").billCount == 2)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a corrected read leaves nothing of the flag, a wrong correction is flagged anew`()
    throws
  {
    let books = try Books.usual { $0[40].values[12] = 6_000 }
    let flag = try #require(try books.doubts().first)
    var row = try usualDays("1", "2015-01-01", 60)[40]
    row.values[12] = 7_000
    try books.ingest([row])
    #expect(books.state.partitions.allSatisfy { $0.flags.holding(0, in: flag.cycle) == nil })
    #expect(throws: SettlementRefusal.overtaken(flag.position)) {
      try books.engine.settle(flag: flag.position, reason: "x", at: books.clock)
    }
    #expect(try books.doubts().told == ["spike 2015-02-10 2015-02-10 7000 5000 true"])
    row.values[12] = 300
    try books.ingest([row])
    #expect(try books.doubts().isEmpty)
    #expect(try books.bill(through: "2015-03-01").billCount == 2)
  }

  @Test func `a bill whose cycle a flag holds is not billed again until it is settled`() throws {
    let books = try Books.usual()
    try books.bill(through: "2015-03-01")
    var row = try usualDays("1", "2015-01-01", 60)[40]
    row.values[12] = 6_000
    try books.ingest([row])
    let flag = try #require(try books.doubts().first)
    #expect(try books.propose().unpriced == 1)
    let obstacle = try #require(try books.worklist().first?.obstacle)
    #expect(obstacle.hasPrefix("held by spike on 2015-02-10"))
    let refused = try books.rebill("1-20150301")
    #expect(refused.rebilled.isEmpty)
    #expect(refused.exceptions.map(\.exception) == [.held(by: flag)])
    _ = try books.engine.settle(flag: flag.position, reason: "a kiln", at: books.clock)
    #expect(try books.rebill("1-20150301").rebilled.count == 1)
    #expect(try books.worklist().isEmpty)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `an audit of a bill that passed over a flag tells it`() throws {
    let books = try Books.usual()
    var fact = try #require(
      try books.bill(through: "2015-02-01", isDryRun: true).facts["1-20150201"])
    let account = try #require(books.state.account("1"))
    var flag = ReadFlagged()
    (flag.rule, flag.holds, flag.lastDay) = (.spike, true, try day("2015-01-05").day)
    try books.engine.commit(
      [Event(.readFlagged(flag), account: account, effective: flag.lastDay)], at: books.clock)
    fact.knownBefore = books.position
    try books.engine.commit(
      [Event(.billIssuedV2(fact), account: account, effective: fact.dated)], at: books.clock)
    let audit = try books.audit("1-20150201")
    #expect(audit.differences.map(\.field) == ["bill"])
    #expect(audit.differences[0].recomputed.hasPrefix("held by spike on 2015-01-05"))
  }
}

extension ReadFlag {
  fileprivate var cycle: BillingPeriod {
    BillingPeriod(start: firstDay, end: lastDay.adding(days: 1))
  }
}
