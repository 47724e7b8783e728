import Foundation
import Journal
import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// The same facts give the same state, however they are folded.
struct ReplayTests {
  /// Accounts of all sorts, a life of some months.
  static func lived(
    partitions: Int = 8, seed: UInt64 = 20, rowsPerChunk: Int = .max
  ) throws -> Books {
    var random = SeededRandom(seed)
    let books = try Books(partitions: partitions)
    let zone = try zoneTable("America/Los_Angeles")
    var rows: [Row] = []
    for account in 0..<10 {
      let plan = ["D", "TOU-D-A", "TOU-D-B"][account % 3]
      try books.enroll("\(account)", plan, on: "2015-03-02", readDay: account * 3 + 1)
      rows += try period("2015-03-02", "2015-06-20").dates.map { date in
        let hours = zone.day(date).minutes / 60
        return Row(
          account: "\(account)", date: date,
          values: (0..<hours).map { _ in Int32.random(in: 0...3000, using: &random) })
      }
    }
    rows += try days("0", from: "2015-04-01", 60, wattHours: 70, channel: .received)
    for account in 0..<3 {
      try books.enroll("V\(account)", "EVN-SH", on: "2015-03-16", readDay: 16)
      for (month, kWh) in [("03", 100), ("04", 290), ("05", 460), ("06", 700)] {
        rows.append(try index("V\(account)", "2015-\(month)-16", "\(kWh + account)"))
      }
    }
    rows.append(try index("nobody", "2015-03-16", "1"))
    try books.ingest(rows, rowsPerChunk: rowsPerChunk)
    try books.bill(through: "2015-05-01")
    try books.change("0", to: "TOU-D-A", on: "2015-05-20")
    try books.change("1", to: "D", asked: "2015-05-10")
    for account in 0..<5 {
      try books.pay("\(account)", "70.00", on: "2015-05-05", key: "\(account)")
    }
    try books.pay("V0", "300000", on: "2015-05-06")
    try books.ingest(
      (0..<10).map { account in
        Row(
          account: "\(account)", date: try day("2015-05-\(10 + account)"),
          values: Array(repeating: 1234, count: 24))
      })
    try books.moveOut("7", on: "2015-06-03")
    try books.bill(through: "2015-06-16", on: "2015-06-20")
    try books.ingest(days("3", from: "2015-04-20", 2, wattHours: 4000))
    try books.ingest(days("4", from: "2015-04-20", 2, wattHours: 4000))
    _ = try books.engine.proposeRebills(at: books.clock)
    try books.ingest(days("4", from: "2015-04-22", 2, wattHours: 4000))
    return books
  }

  @Test func `the state is the same live, replayed, and on any number of threads`() throws {
    let books = try Self.lived()
    let digest = books.state.digest
    for threads in 1...8 {
      let state = try books.replayed(threads: threads)
      #expect(state.digest == digest, "\(threads) threads")
      #expect(state.events == books.state.events && state.reads == books.state.reads)
      #expect(state.position == books.position)
      #expect(state.accountCount == books.state.accountCount)
    }
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `the state at a position is the fold up to it`() throws {
    let books = try Self.lived(partitions: 3)
    let reader = try books.reader
    // A fold that stops in the middle of a batch, and again at the end.
    var positions: Set<UInt64> = [0, books.position - 1]
    for location in try reader.locations(where: { _ in true }) {
      positions.insert(location.header.firstPosition)
      positions.insert(location.header.firstPosition + UInt64(location.header.count / 2))
    }
    var live = BillingState(identity: reader.identity)
    var opener = BatchOpener(reader)
    let locations = try reader.locations { _ in true }
    for position in positions.sorted() {
      let known = KnownAt.position(position)
      live = BillingState(identity: reader.identity)
      for location in locations {
        let count = known.count(of: location.header)
        guard count > 0 else { break }
        try opener.open(location) {
          try live.apply($0, header: location.header, known: count)
        }
      }
      let replayed = try books.replayed(known, threads: Int(position % 3) + 1)
      #expect(replayed.digest == live.digest, "position \(position)")
      #expect(replayed.position == position + 1)
      #expect(replayed.events == position + 1)
    }
    #expect(live.digest == books.state.digest)
    // A position far behind the last asks for everything, and does not trap.
    #expect(try books.replayed(.position(.max)).digest == books.state.digest)
  }

  @Test func `what was known at an instant is what was recorded until then`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-05-01")
    let enrolled = (books.position, books.state.digest, books.clock)
    books.clock = Instant(milliseconds: books.clock.milliseconds + 60_000)
    try books.pay("1", "10.00", on: "2015-05-02")
    #expect(try books.replayed(.instant(enrolled.2)).digest == enrolled.1)
    let later = Instant(milliseconds: books.clock.milliseconds - 1)
    #expect(try books.replayed(.instant(later)).digest == enrolled.1)
    #expect(try books.replayed(.instant(books.clock)).digest == books.state.digest)
    #expect(try books.replayed(.position(enrolled.0 - 1)).digest == enrolled.1)
    #expect(try books.view("1", knownAt: .instant(later)).balance.credit == 0)
    #expect(try books.view("1").balance.credit == 10_000_000)
  }

  @Test func `an account's view is its slice of a full replay`() throws {
    let books = try Self.lived(partitions: 3)
    let last = books.position - 1
    for position in [last, last / 2, last - 7, last - 40] {
      let known = KnownAt.position(position)
      let state = try books.replayed(known)
      for number in ["0", "1", "4", "7", "V0", "V2"] {
        let view = try books.view(number, knownAt: known)
        guard let (partition, index, agreement) = state.find(number) else {
          #expect(view.agreement == nil)
          continue
        }
        #expect(view.balance == partition.balances[index], "\(number) at \(position)")
        #expect(view.bills == partition.bills[index])
        #expect(view.agreement?.plans == agreement.plans)
        #expect(view.agreement?.end == agreement.end)
        #expect(view.state.usage.registers[0] == partition.usage.registers[index])
        let mine = partition.usage.corrections[index] ?? [:]
        #expect(view.state.usage.corrections[0]?.count ?? 0 == mine.count)
        let span = try period("2015-03-02", "2015-06-20")
        let days = try view.reads(in: span).map(\.date.day)
        #expect(days == span.dates.map(\.day).filter { partition.usage.days(index).contains($0) })
      }
    }
  }

  @Test func `any number of partitions gives the same bills`() throws {
    func bills(_ books: Books) throws -> [String] {
      try books.events().compactMap { recorded -> String? in
        guard case .billIssuedV2(let bill) = recorded.event.fact else { return nil }
        return "\(bill.bill) \(bill.total) \(bill.table)"
      }.sorted()
    }
    let one = try bills(Self.lived(partitions: 1))
    #expect(one.count > 25)
    #expect(try bills(Self.lived(partitions: 3)) == one)
    #expect(try bills(Self.lived(partitions: 8)) == one)
    #expect(try bills(Self.lived(partitions: 8, rowsPerChunk: 100)) == one)
  }

  @Test func `a correction is another state`() throws {
    let (first, second) = (try Self.lived(), try Self.lived())
    #expect(first.state.digest == second.state.digest)
    try first.ingest([
      Row(account: "3", date: day("2015-04-03"), values: Array(repeating: 1, count: 24))
    ])
    try second.ingest([
      Row(account: "3", date: day("2015-04-03"), values: Array(repeating: 2, count: 24))
    ])
    #expect(first.position == second.position)
    #expect(first.state.digest != second.state.digest)
  }

  @Test func `a projection comes back from its canonical form`() throws {
    let books = try Self.lived(partitions: 1)
    var flag = ReadFlagged()
    (flag.rule, flag.lastDay, flag.found, flag.limit) = (.high, 16_500, 12, 11)
    let account = try #require(books.state.account("1"))
    try books.engine.commit(
      [Event(.readFlagged(flag), account: account, effective: 16_500)], at: books.clock)
    func returned<State: Projector>(_ state: State) throws {
      var writer = ByteWriter()
      state.write(to: &writer)
      var again = ByteWriter()
      try writer.bytes.withUnsafeBytes {
        var reader = ByteReader($0)
        try State(from: &reader).write(to: &again)
        #expect(reader.remaining == 0, "\(State.name)")
      }
      #expect(again.bytes == writer.bytes, "\(State.name)")
      #expect(writer.bytes.count >= 40)
    }
    try returned(books.state.system)
    for projector in books.state.partitions[0].projectors { try returned(projector) }
  }

  @Test func `a snapshot and what came after it give the state of a full replay`() throws {
    let books = try Self.lived(partitions: 3)
    try books.engine.saveSnapshot(always: true)
    try books.change("2", to: "D", on: "2015-06-19")
    try books.enroll("late", on: "2015-06-01")
    try books.ingest(days("late", from: "2015-06-01", 40, wattHours: 300))
    try books.pay("V1", "1000", on: "2015-07-01", key: "late")
    try books.bill(through: "2015-07-01")
    let digest = books.state.digest
    for threads in 1...3 {
      let state = try Replay(books.reader, threads: threads, usesSnapshot: true).run()
      #expect(state.digest == digest, "\(threads) threads")
      #expect(state.events == books.state.events && state.reads == books.state.reads)
      #expect(state.seats(on: "D") == books.state.seats(on: "D"))
    }
    #expect(try books.replayed().digest == digest)
    try books.reopen()
    #expect(books.state.digest == digest)
    #expect(books.state.seats(on: "D") == (try books.replayed().seats(on: "D")))
  }

  @Test func `a damaged snapshot is ignored`() throws {
    let books = try Self.lived(partitions: 1)
    let digest = books.state.digest
    try books.engine.saveSnapshot(always: true)
    let file = URL(filePath: "\(books.path)/\(Snapshot.fileName)")
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: file)
    #expect(Snapshot(try books.reader) == nil)
    try books.reopen()
    #expect(books.state.digest == digest)
  }

  @Test func `an engine that opens the journal again goes on where it stopped`() throws {
    let books = try Self.lived()
    let digest = books.state.digest
    try books.reopen()
    #expect(books.state.digest == digest)
    try books.pay("1", "1.00", on: "2015-07-01")
    #expect(try books.replayed().digest == books.state.digest)
  }
}
