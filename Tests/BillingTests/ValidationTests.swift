import Journal
import Quantities
import TestSupport
import Testing

@testable import Billing

/// Each rule of validation, just inside its limit and just past it.
struct ValidationTests {
  /// A month of the same restless day: 8,400 Wh, the highest hour 700, the third highest 600.
  private func usual(_ account: String, _ from: String, _ count: Int) throws -> [Row] {
    let first = try day(from)
    return (0..<count).map { number in
      var hours = (0..<24).map { Int32?(Int32(250 + ($0 * 7 + number * 5) % 24 * 5)) }
      (hours[7], hours[18], hours[19]) = (600, 700, 650)
      return Row(account: account, date: first.adding(days: number), values: hours)
    }
  }

  private func books(_ change: (inout [Row]) -> Void = { _ in }) throws -> Books {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    var rows = try usual("1", "2015-01-01", 60)
    change(&rows)
    try books.ingest(rows.filter { !$0.values.isEmpty })
    return books
  }

  @discardableResult
  private func flags(
    _ books: Books, from: String? = nil, through: String? = nil
  ) throws -> [ReadFlag] {
    try books.engine.validate(
      from: from.map { try day($0) }, through: through.map { try day($0) }, at: books.clock
    ).flags.map(\.flag)
  }

  private func told(_ flags: [ReadFlag]) -> [String] {
    flags.map { "\($0.rule.name) \($0.firstDay) \($0.lastDay) \($0.found) \($0.limit) \($0.holds)" }
  }

  @Test func `a home as it always was raises no doubt`() throws {
    #expect(try flags(books()).isEmpty)
  }

  @Test func `an hour far above the day and all days before is a spike, and holds the bill`() throws
  {
    #expect(try flags(books { $0[40].values[12] = 5_000 }).isEmpty)
    let books = try books { $0[40].values[12] = 5_001 }
    #expect(told(try flags(books)) == ["spike 2015-02-10 2015-02-10 5001 5000 true"])
    let report = try books.bill(through: "2015-03-01")
    #expect(report.facts.keys.sorted() == ["1-20150201"])
    let flag = try #require(books.state.partitions.flatMap { $0.flags.flags.values.joined() }.first)
    #expect(report.exceptions.map(\.exception) == [.held(by: flag)])
    #expect(
      report.exceptions[0].exception.description
        == "held by spike on 2015-02-10: 5.001 kWh in an hour, more than 5 kWh: correct the read, "
        + "or settle it with wattbook settle --flag \(flag.position) --reason")
  }

  @Test func `a day over four times the mean is high, one below a tenth low; they advise`() throws {
    let books = try books {
      $0[30].values = Array(repeating: 2_000, count: 24)
      $0[45].values = Array(repeating: 10, count: 24)
    }
    let flags = try flags(books)
    #expect(flags.map(\.rule) == [.high, .low] && flags.allSatisfy { !$0.holds })
    #expect(flags[0].found == 48_000)
    #expect(flags[0].limit == 33_680)
    #expect(flags[1].found == 240)
    #expect(try books.bill(through: "2015-03-01").exceptions.isEmpty)
  }

  @Test func `in the first two weeks nothing is compared with a history that is not there`() throws
  {
    #expect(try flags(books { $0[13].values[12] = 60_000 }).isEmpty)
    #expect(try flags(books { $0[14].values[12] = 60_000 }).map(\.rule) == [.spike])
  }

  @Test func `seven days without energy are a zero run, six are a holiday`() throws {
    func empty(_ days: Range<Int>) throws -> Books {
      try books { rows in for day in days { rows[day].values = Array(repeating: 0, count: 24) } }
    }
    #expect(try flags(empty(20..<26)).isEmpty)
    #expect(told(try flags(empty(20..<27))) == ["zero-run 2015-01-21 2015-01-27 7 7 false"])
    // To the last day of all, too.
    #expect(told(try flags(empty(50..<60))) == ["zero-run 2015-02-20 2015-03-01 10 7 false"])
  }

  @Test func `a day like the one before is a duplicate, one that starts as it ended an overlap`()
    throws
  {
    #expect(
      told(try flags(books { $0[30].values = $0[29].values }))
        == ["duplicate 2015-01-31 2015-01-31 24 23 false"])
    #expect(
      told(try flags(books { $0[30].values.replaceSubrange(0..<7, with: $0[29].values[17...]) }))
        == ["overlap 2015-01-31 2015-01-31 7 5 true"])
    #expect(
      try flags(books { $0[30].values.replaceSubrange(0..<5, with: $0[29].values[19...]) }).isEmpty)
    // An even load repeats itself, and nothing follows from it.
    #expect(
      try flags(
        books { rows in
          for day in 30..<33 { rows[day].values = Array(repeating: 300, count: 24) }
        }
      ).isEmpty)
  }

  @Test func `quarter-hours are judged by their hours`() throws {
    let books = try books { rows in
      for day in rows.indices {
        rows[day].minutes = 15
        rows[day].values = rows[day].values.flatMap { hour in
          Array(repeating: Int32?(hour! / 4), count: 3) + [hour! - hour! / 4 * 3]
        }
      }
      rows[40].values[50] = 4_900
      rows[50].values = rows[49].values
    }
    #expect(try flags(books).map(\.rule) == [.spike, .duplicate])
  }

  @Test func `flags are committed some thousands at a time, and a run that died is finished`()
    throws
  {
    /// One day in three has a hundredth of the energy of the others.
    func made() throws -> Books {
      let books = try Books(partitions: 3)
      var rows: [Row] = []
      for number in 0..<300 {
        try books.enroll("\(number)", on: "2015-01-01")
        rows += try days("\(number)", from: "2015-01-01", 60, wattHours: 1_000)
      }
      for row in rows.indices where row % 3 == 0 {
        rows[row].values = Array(repeating: 10, count: 24)
      }
      try books.ingest(rows)
      return books
    }
    func commits(_ books: Books) throws -> [[RecordedEvent]] {
      let reader = try books.reader
      var opener = BatchOpener(reader)
      var commits: [UInt64: [RecordedEvent]] = [:]
      for location in try reader.locations(where: { $0.kind == .events }) {
        let decoded = try opener.open(location) {
          try EventCodec.decode($0, header: location.header)
        }
        commits[location.header.commit, default: []] += decoded.filter {
          $0.event.kind == "ReadFlagged"
        }
      }
      return commits.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map(\.value)
    }
    func told(_ report: ValidationReport) -> [String] {
      report.flags.map { "\($0.account) \($0.flag.rule.name) \($0.flag.firstDay)" }
    }
    let whole = try made()
    let report = try whole.engine.validate(at: whole.clock)
    let recorded = try commits(whole)
    #expect(recorded.count == 2 && recorded.allSatisfy { $0.count <= 4096 })
    #expect(recorded.joined().count == report.recorded && report.recorded > 4096)
    // The same run, killed after its first commit.
    let died = try made()
    try died.engine.commit(recorded[0].map(\.event), at: died.clock)
    try died.reopen()
    let rest = try died.engine.validate(threads: 1, at: died.clock)
    #expect(rest.recorded == report.recorded - recorded[0].count)
    #expect(told(rest) == told(report))
    #expect(try died.engine.validate(at: died.clock).recorded == 0)
    #expect(try died.replayed(threads: 2).digest == died.state.digest)
  }

  private func withIndices(_ to: String, multiplier: Int = 1) throws -> Books {
    let books = try Books()
    try books.enroll("V", "EVN-SH", on: "2024-01-01") { $0.multiplier = multiplier }
    // 30 days of 24 kWh: 720 kWh.
    try books.ingest(days("V", from: "2024-01-01", 30, wattHours: 1_000))
    try books.ingest([index("V", "2024-01-01", "100"), index("V", "2024-01-31", to)])
    return books
  }

  @Test func `intervals that miss the register by more than two kilowatt-hours hold the bill`()
    throws
  {
    #expect(try flags(withIndices("818")).isEmpty)
    #expect(
      told(try flags(withIndices("817.9")))
        == ["sum-against-register 2024-01-01 2024-01-30 2100 2000 true"])
    #expect(
      told(try flags(withIndices("900")))
        == ["sum-against-register 2024-01-01 2024-01-30 -80000 2000 true"])
  }

  @Test func `intervals that are the register times a whole factor tell a wrong multiplier`() throws
  {
    // 720 kWh are ten times 72, and the account says twenty, or one.
    #expect(
      told(try flags(withIndices("172", multiplier: 20)))
        == ["multiplier 2024-01-01 2024-01-30 10 20 true"])
    #expect(
      told(try flags(withIndices("172")))
        == ["multiplier 2024-01-01 2024-01-30 10 1 true"])
    #expect(try flags(withIndices("172", multiplier: 10)).isEmpty)
  }

  @Test func `a sum with a day missing is not told`() throws {
    let books = try Books()
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    try books.ingest(days("V", from: "2024-01-01", 29, wattHours: 1_000))
    try books.ingest([index("V", "2024-01-01", "100"), index("V", "2024-01-31", "900")])
    #expect(try flags(books).isEmpty)
  }

  @Test func `an index below the one before is negative use`() throws {
    let books = try Books()
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    let account = try #require(books.state.account("V"))
    for (date, index) in [("2024-01-01", 500_000), ("2024-02-01", 400_000)] as [(String, Int64)] {
      var fact = RegisterRead()
      (fact.channel, fact.index, fact.quality) = (2, index, 3)
      try books.engine.commit(
        [Event(.registerRead(fact), account: account, effective: day(date).day)], at: books.clock)
    }
    #expect(told(try flags(books)) == ["negative 2024-02-01 2024-02-01 -100000 0 true"])
  }

  @Test func `62 estimated days in a row are the limit`() throws {
    func estimated(_ count: Int) throws -> Books {
      let books = try Books()
      try books.enroll("1", on: "2015-01-01")
      try books.ingest(
        usual("1", "2015-04-01", 90).enumerated().map { place, row in
          var row = row
          if (5..<5 + count).contains(place) { row.quality = .estimated }
          return row
        })
      return books
    }
    #expect(try flags(estimated(62)).isEmpty)
    let found = told(try flags(estimated(63)))
    #expect(
      found
        == ["prolonged-estimation 2015-04-06 2015-06-07 63 62 true"])
  }

  @Test func `one measured day ends a long estimation, and it holds no bill any more`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    let rows = try usual("1", "2015-04-01", 90)
    var estimated = rows
    for place in 5..<68 { estimated[place].quality = .estimated }
    try books.ingest(estimated)
    #expect(try flags(books).count == 1)
    #expect(try books.bill(through: "2015-06-01").exceptions.count == 2)
    // An estimate is no measurement, and a day beside the run is none of it.
    try books.ingest([rows[70]])
    #expect(try flags(books).count == 1)
    var measured = rows[40]
    measured.values[3] = 300
    try books.ingest([measured])
    #expect(try flags(books).isEmpty)
    #expect(try books.bill(through: "2015-06-01").bills.count == 2)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `what is refused at the door has the rule's name too`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    var rows = try days("1", from: "2015-01-01", 3, wattHours: 100)
    rows[0].values[3] = -1
    rows[1].values[3] = 100_001
    rows[2].values.removeLast()
    #expect(try books.ingest(rows).rejected.map(\.verdict) == [.negative, .high, nil])
  }

  @Test func `the same doubt is recorded once, and only about the days asked for`() throws {
    let books = try books {
      $0[40].values[12] = 6_000
      $0[50].values[12] = 60_000
    }
    #expect(try flags(books, through: "2015-02-15").map(\.rule) == [.spike])
    let position = books.position
    #expect(try flags(books, through: "2015-02-15").count == 1)
    #expect(books.position == position)
    #expect(try flags(books, from: "2015-02-16").count == 1)
    #expect(try flags(books).count == 2)
    let again = books.position
    let report = try books.engine.validate(account: "1", at: books.clock)
    #expect(report.recorded == 0 && report.reads == 60 && report.flags.allSatisfy { !$0.isNew })
    #expect(books.position == again)
  }

  @Test func `a flag that is settled holds nothing, and is not raised again`() throws {
    let books = try books { $0[40].values[12] = 6_000 }
    let flag = try #require(try flags(books).first)
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
    #expect(try flags(books).isEmpty)
    #expect(try books.bill(through: "2015-03-01").billCount == 2)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a corrected read leaves nothing of the flag, a wrong correction is flagged anew`()
    throws
  {
    let books = try books { $0[40].values[12] = 6_000 }
    let flag = try #require(try flags(books).first)
    var row = try usual("1", "2015-01-01", 60)[40]
    row.values[12] = 7_000
    try books.ingest([row])
    #expect(books.state.partitions.allSatisfy { $0.flags.holding(0, in: flag.cycle) == nil })
    #expect(throws: SettlementRefusal.overtaken(flag.position)) {
      try books.engine.settle(flag: flag.position, reason: "x", at: books.clock)
    }
    #expect(told(try flags(books)) == ["spike 2015-02-10 2015-02-10 7000 5000 true"])
    row.values[12] = 300
    try books.ingest([row])
    #expect(try flags(books).isEmpty)
    #expect(try books.bill(through: "2015-03-01").billCount == 2)
  }

  @Test func `a bill whose cycle a flag holds is not billed again until it is settled`() throws {
    let books = try books()
    try books.bill(through: "2015-03-01")
    var row = try usual("1", "2015-01-01", 60)[40]
    row.values[12] = 6_000
    try books.ingest([row])
    let flag = try #require(try flags(books).first)
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
    let books = try books()
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

  @Test func `any number of threads and any order of partitions finds the same`() throws {
    func found(_ threads: Int) throws -> [String] {
      let books = try Books()
      var random = SeededRandom(7, "threads")
      for account in 1...30 {
        try books.enroll("\(account)", on: "2015-01-01")
        var rows = try usual("\(account)", "2015-01-01", 60)
        rows[Int.random(in: 20..<60, using: &random)].values[12] = 9_000
        try books.ingest(rows)
      }
      let report = try books.engine.validate(threads: threads, at: books.clock)
      #expect(report.reads == 30 * 60 && report.recorded == 30)
      #expect(try books.replayed(threads: threads).digest == books.state.digest)
      try books.engine.saveSnapshot(always: true)
      #expect(try Replay(books.reader, usesSnapshot: true).run().digest == books.state.digest)
      return report.flags.map { "\($0.account) \($0.flag.firstDay) \($0.flag.position)" }
    }
    let one = try found(1)
    #expect(try one == found(3))
  }
}

extension ReadFlag {
  fileprivate var cycle: BillingPeriod {
    BillingPeriod(start: firstDay, end: lastDay.adding(days: 1))
  }
}
