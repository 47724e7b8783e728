import Quantities
import Testing

@testable import Billing

/// Each rule of validation, just inside its limit and just past it.
struct ReadRuleTests {
  @Test func `a home as it always was raises no doubt`() throws {
    #expect(try Books.usual().doubts().isEmpty)
  }

  @Test func `an hour far above the day and all days before is a spike, and holds the bill`() throws
  {
    #expect(try Books.usual { $0[40].values[12] = 5_000 }.doubts().isEmpty)
    let books = try Books.usual { $0[40].values[12] = 5_001 }
    #expect(try books.doubts().told == ["spike 2015-02-10 2015-02-10 5001 5000 true"])
    let report = try books.bill(through: "2015-03-01")
    #expect(report.facts.keys.sorted() == ["1-20150201"])
    let flag = try #require(books.flags.first)
    #expect(report.exceptions.map(\.exception) == [.held(by: flag)])
    #expect(
      report.exceptions[0].exception.description
        == "held by spike on 2015-02-10: 5.001 kWh in an hour, more than 5 kWh: correct the read, "
        + "or settle it with wattbook settle --flag \(flag.position) --reason")
  }

  @Test func `a day over four times the mean is high, one below a tenth low; they advise`() throws {
    let books = try Books.usual {
      $0[30].values = Array(repeating: 2_000, count: 24)
      $0[45].values = Array(repeating: 10, count: 24)
    }
    let flags = try books.doubts()
    #expect(flags.map(\.rule) == [.high, .low] && flags.allSatisfy { !$0.holds })
    #expect(flags[0].found == 48_000)
    #expect(flags[0].limit == 33_680)
    #expect(flags[1].found == 240)
    #expect(try books.bill(through: "2015-03-01").exceptions.isEmpty)
  }

  @Test func `in the first two weeks nothing is compared with a history that is not there`() throws
  {
    #expect(try Books.usual { $0[13].values[12] = 60_000 }.doubts().isEmpty)
    #expect(try Books.usual { $0[14].values[12] = 60_000 }.doubts().map(\.rule) == [.spike])
  }

  @Test func `seven days without energy are a zero run, six are a holiday`() throws {
    func empty(_ days: Range<Int>) throws -> Books {
      try Books.usual { rows in
        for day in days { rows[day].values = Array(repeating: 0, count: 24) }
      }
    }
    #expect(try empty(20..<26).doubts().isEmpty)
    #expect(try empty(20..<27).doubts().told == ["zero-run 2015-01-21 2015-01-27 7 7 false"])
    // To the last day of all, too.
    #expect(try empty(50..<60).doubts().told == ["zero-run 2015-02-20 2015-03-01 10 7 false"])
  }

  @Test func `a day like the one before is a duplicate, one that starts as it ended an overlap`()
    throws
  {
    #expect(
      try Books.usual { $0[30].values = $0[29].values }.doubts().told
        == ["duplicate 2015-01-31 2015-01-31 24 23 false"])
    #expect(
      try Books.usual { $0[30].values.replaceSubrange(0..<7, with: $0[29].values[17...]) }.doubts()
        .told
        == ["overlap 2015-01-31 2015-01-31 7 5 true"])
    #expect(
      try Books.usual { $0[30].values.replaceSubrange(0..<5, with: $0[29].values[19...]) }.doubts()
        .isEmpty)
    // An even load repeats itself, and nothing follows from it.
    #expect(
      try Books.usual { rows in
        for day in 30..<33 { rows[day].values = Array(repeating: 300, count: 24) }
      }.doubts().isEmpty)
  }

  @Test func `quarter-hours are judged by their hours`() throws {
    let books = try Books.usual { rows in
      for day in rows.indices {
        rows[day].minutes = 15
        rows[day].values = rows[day].values.flatMap { hour in
          Array(repeating: Int32?(hour! / 4), count: 3) + [hour! - hour! / 4 * 3]
        }
      }
      rows[40].values[50] = 4_900
      rows[50].values = rows[49].values
    }
    #expect(try books.doubts().map(\.rule) == [.spike, .duplicate])
  }

  private func withIndices(_ to: String, multiplier: Int = 1) throws -> Books {
    let books = try Books.ofOneRegister { $0.multiplier = multiplier }
    // 30 days of 24 kWh: 720 kWh.
    try books.ingest(days("V", from: "2024-01-01", 30, wattHours: 1_000))
    try books.ingest([index("V", "2024-01-01", "100"), index("V", "2024-01-31", to)])
    return books
  }

  @Test func `intervals that miss the register by more than two kilowatt-hours hold the bill`()
    throws
  {
    #expect(try withIndices("818").doubts().isEmpty)
    #expect(
      try withIndices("817.9").doubts().told
        == ["sum-against-register 2024-01-01 2024-01-30 2100 2000 true"])
    #expect(
      try withIndices("900").doubts().told
        == ["sum-against-register 2024-01-01 2024-01-30 -80000 2000 true"])
  }

  @Test func `intervals that are the register times a whole factor tell a wrong multiplier`() throws
  {
    // 720 kWh are ten times 72, and the account says twenty, or one.
    #expect(
      try withIndices("172", multiplier: 20).doubts().told
        == ["multiplier 2024-01-01 2024-01-30 10 20 true"])
    #expect(
      try withIndices("172").doubts().told
        == ["multiplier 2024-01-01 2024-01-30 10 1 true"])
    #expect(try withIndices("172", multiplier: 10).doubts().isEmpty)
  }

  @Test func `a sum with a day missing is not told`() throws {
    let books = try Books.ofOneRegister()
    try books.ingest(days("V", from: "2024-01-01", 29, wattHours: 1_000))
    try books.ingest([index("V", "2024-01-01", "100"), index("V", "2024-01-31", "900")])
    #expect(try books.doubts().isEmpty)
  }

  @Test func `an index below the one before is negative use`() throws {
    let books = try Books.ofOneRegister()
    let account = try #require(books.state.account("V"))
    for (date, index) in [("2024-01-01", 500_000), ("2024-02-01", 400_000)] as [(String, Int64)] {
      var fact = RegisterRead()
      (fact.channel, fact.index, fact.quality) = (2, index, 3)
      try books.engine.commit(
        [Event(.registerRead(fact), account: account, effective: day(date).day)], at: books.clock)
    }
    #expect(try books.doubts().told == ["negative 2024-02-01 2024-02-01 -100000 0 true"])
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
}
