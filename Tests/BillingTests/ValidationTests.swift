import Journal
import TestSupport
import Testing

@testable import Billing

/// Runs of validation over many accounts.
struct ValidationTests {
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

  @Test func `any number of threads and any order of partitions finds the same`() throws {
    func found(_ threads: Int) throws -> [String] {
      let books = try Books()
      var random = SeededRandom(7, "threads")
      for account in 1...30 {
        try books.enroll("\(account)", on: "2015-01-01")
        var rows = try usualDays("\(account)", "2015-01-01", 60)
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
