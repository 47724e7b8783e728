import Quantities
import TestSupport
import Testing

@testable import Billing

/// Whatever the changes of a read day: each day is in one cycle, on one bill and in one tier position.
struct ReadDayPropertyTests {
  /// Random read-day changes of an account, accepted or refused as they come.
  private func live(
    _ books: Books, until end: ServiceDate, _ random: inout SeededRandom
  ) throws {
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let start = try books.agreement().start
      var on = start.adding(days: Int.random(in: 0...start.days(to: end), using: &random))
      if Int.random(in: 0..<4, using: &random) > 0 {
        on = try books.agreement().cycleStart(onOrAfter: on)
      }
      do {
        try books.change(readDayTo: Int.random(in: 1...31, using: &random), on: on)
      } catch TermsRefusal.readDayKept(_, let next) {
        try books.change(readDayTo: Int.random(in: 1...31, using: &random), on: next)
      }
    }
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `cycles tile service without gap or overlap, whatever the read days`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let books = try Books(partitions: 1, Books.builtin.filter { $0.code == "D" })
    let start = try day("2015-01-01").adding(days: Int.random(in: 0..<60, using: &random))
    try books.enroll("1", on: "\(start)", readDay: Int.random(in: 1...31, using: &random))
    try live(books, until: start.adding(days: 500), &random)
    let agreement = try books.agreement()
    var reached = start
    for cycle in agreement.cycles(endingThrough: start.adding(days: 700)) {
      #expect(cycle.start == reached && cycle.days > 0)
      #expect(cycle.days <= agreement.scheduledDays(of: cycle))
      // It ends on the read day that it goes by.
      let ends = agreement.readDay(on: cycle.start).day
      #expect(cycle.end == cycle.end.dayOfMonth(ends))
      for date in cycle.dates { #expect(agreement.cycle(containing: date) == cycle) }
      reached = cycle.end
    }
    #expect(reached > start.adding(days: 600))
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
    try books.engine.saveSnapshot(always: true)
    #expect(try Replay(books.reader, usesSnapshot: true).run().digest == books.state.digest)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `bills before and between changes stand, and each day is billed once`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let books = try Books(partitions: 1, Books.builtin.filter { $0.code == "D" })
    let zone = try zoneTable("America/Los_Angeles")
    try books.enroll("1", on: "2015-03-05", readDay: Int.random(in: 1...31, using: &random))
    try books.ingest(days("1", from: "2015-03-05", to: "2015-09-20", in: zone, wattHours: 500))
    for month in 4...9 {
      try books.bill(through: "2015-0\(month)-15")
      try live(books, until: day("2015-0\(month)-28"), &random)
    }
    try books.bill(through: "2015-09-20")
    var reached = try day("2015-03-05")
    for bill in try books.view("1").bills.sorted(by: { $0.period.start < $1.period.start }) {
      #expect(bill.period.start == reached)
      reached = bill.period.end
    }
    #expect(reached > (try day("2015-08-19")))
    #expect(try books.audits().allSatisfy { $0.isIdentical && $0.since.isEmpty })
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `the tier position is that of the cycle of the latest read, or of none`(seed: UInt64) throws
  {
    var random = SeededRandom(seed)
    let books = try Books(partitions: 1, Books.builtin.filter { $0.code == "TOU-D-A" })
    let zone = try zoneTable("America/Los_Angeles")
    try books.enroll(
      "1", "TOU-D-A", on: "2015-04-01", readDay: Int.random(in: 1...31, using: &random))
    var next = try day("2015-04-01")
    for _ in 0..<12 {
      let until = next.adding(days: Int.random(in: 1...25, using: &random))
      try books.ingest(
        days("1", from: "\(next)", to: "\(until)", in: zone, wattHours: 300))
      next = until
      if Bool.random(using: &random) { try live(books, until: until.adding(days: 20), &random) }
      let (state, index, agreement) = try #require(books.state.find("1"))
      let position = state.tiers[index]
      let held = BillingPeriod(
        start: ServiceDate(day: position.start), end: ServiceDate(day: position.end))
      let cycle = agreement.cycle(containing: until.adding(days: -1))
      if held.days > 0 {
        #expect(held == cycle)
      } else {
        // Nothing is told until the next cycle starts.
        #expect(
          held.start >= cycle.end && agreement.cycleStart(onOrAfter: held.start) == held.start)
      }
      let reads = try books.view("1").reads(in: held)
      #expect(position.wattHours == reads.reduce(0) { $0 + $1.energy.wattHours })
    }
    #expect(try books.replayed().digest == books.state.digest)
  }
}
