import Journal
import Quantities
import Tariff
import Testing

@testable import Billing

/// How a run goes through accounts that have many cycles open.
struct BillRunTests {
  /// Six homes with some months unbilled, in one partition: three of them net metered, one with a
  /// day missing, one that has switched its plan.
  private func books() throws -> Books {
    let plan = try ShortYear.domestic("2015-03-02")
    let other = try RateSchedule.parse(
      plan.text.replacing("schedule: D\n", with: "schedule: D2\n"), file: "other.yaml")
    let books = try Books(partitions: 1, [plan] + other)
    for place in 1...6 {
      let number = "\(place)"
      try books.enroll(number, on: "2015-04-02", readDay: place)
      let missing = try day("2015-05-20")
      try books.ingest(
        days(number, from: "2015-04-02", 270, wattHours: Int32(500 + place)).filter {
          place != 2 || $0.date != missing
        })
    }
    for number in ["2", "3", "5"] {
      _ = try books.engine.changeTerms(
        TermsRequest(number: number, on: day("2015-04-07"), change: .startNetMetering),
        at: books.clock)
    }
    _ = try books.engine.switchPlan(
      PlanSwitchRequest(number: "4", to: "D2", start: .on(day("2015-06-10"))), at: books.clock)
    return books
  }

  private func bill(
    _ books: Books, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> BillRunReport {
    let through = try day("2015-12-20")
    return try books.engine.bill(
      through: through, dated: through, at: books.clock, progress: progress)
  }

  @Test(arguments: [1, 2, 5, 9])
  func `a run of many small commits issues the bills of a run of few`(cyclesPerWork: Int) throws {
    let (whole, parts) = (try books(), try books())
    parts.engine.cyclesPerWork = cyclesPerWork
    let first = try parts.reader.commit
    let (expected, found) = (try bill(whole), try bill(parts))
    #expect(expected.billCount == found.billCount && found.billCount > 40)
    let lines = found.facts.mapValues { $0.lines.map(\.withoutEvidence) }
    #expect(lines == expected.facts.mapValues { $0.lines.map(\.withoutEvidence) })
    func told(_ report: BillRunReport) -> [String] {
      report.exceptions.map { "\($0.account) \($0.period.start) \($0.exception)" }.sorted()
    }
    #expect(told(found) == told(expected) && !told(found).isEmpty)
    // Each home has a read day of its own, so no two cycles but the last ones end on one day.
    #expect(try parts.reader.commit - first >= UInt64(found.billCount / (cyclesPerWork + 1)))
    #expect(try parts.audits().allSatisfy(\.isIdentical))
    #expect(try parts.replayed(threads: 2).digest == parts.state.digest)
    #expect(try bill(parts).billCount == 0)
  }

  @Test(arguments: [3, 8192])
  func `progress only grows, over all rounds of a run, and ends with every account`(
    cyclesPerWork: Int
  ) throws {
    let books = try books()
    books.engine.cyclesPerWork = cyclesPerWork
    var told: [Int] = []
    _ = try bill(books) { done, total in
      told.append(done)
      #expect(total == 6)
    }
    #expect(told.count > 1 && told.last == 6)
    #expect(zip(told, told.dropFirst()).allSatisfy { $0 <= $1 }, "\(told)")
  }

  @Test func `late charges are counted against the accounts that are gone through`() throws {
    let books = try books()
    let date = try day("2016-03-01")
    try books.bill(through: "2015-05-02", account: "1")
    for (account, count) in [(nil, 6), ("1", 1)] {
      var told: [[Int]] = []
      let report = try books.engine.assessLateCharges(
        on: date, account: account, isDryRun: true, at: books.clock,
        progress: { done, total in told.append([done, total]) })
      #expect(told.last == [count, count])
      #expect(report.assessed == 1)
    }
  }

  @Test func `what is planned for one account alone is kept for its part of a run alone`() throws {
    let books = try books()
    let reader = try books.reader
    let through = try day("2015-12-20")
    var maker = BillMaker(
      through: through, dated: through, isDryRun: true, keepsDrafts: false, cyclesPerWork: 100,
      reader, [try reader.locations { $0.kind == .reads }], books.state.system)
    var shared = 0
    for (partition, indices) in books.state.parts(of: nil, upTo: 1) {
      let work = BillWork(
        partition: partition, accounts: indices.map { .init(index: $0) }, weight: 1)
      let made = try maker.make(work, books.state)
      // Cycles of different read days are not shared, but might be with the next account.
      if books.state.partitions[0].agreements.number(indices.lowerBound) != "4" {
        shared += made.billCount + made.exceptions.count
      }
      #expect(maker.plans.count == shared)
    }
  }
}
