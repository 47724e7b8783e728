import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing
@testable import Journal

/// Both layouts of reads batches: what goes in comes out, and folds to the same.
struct ReadLayoutTests {
  /// A day of one account, as a batch holds it.
  struct DayRow: Equatable {
    var slot: UInt32
    var date: Int32
    var quality: UInt8
    var values: [Int32]
  }

  private static let partition: UInt16 = 0

  /// Rows sorted by account and date, in runs and on their own, of homes, of shops and of gaps.
  static func rows(_ count: Int, perRow: Int, _ random: inout SeededRandom) -> [DayRow] {
    let unit = random.pick([Int32(1), 1, 10, 100, 1000])
    let most = random.pick([Int32(200), 300, 3000, 5000, 60_000, 200_000])
    let gaps = random.pick([0, 0, 1, 20])
    var found: [DayRow] = []
    for slot in UInt32(0)..<3 {
      var date: Int32 = 16_500 + Int32.random(in: 0...2, using: &random)
      while found.count < count * Int(slot + 1) / 3 {
        let values = (0..<perRow).map { _ -> Int32 in
          if Int.random(in: 0..<100, using: &random) < gaps { return MeterRows.gap }
          return Int32.random(in: 0...most, using: &random) / unit * unit
        }
        found.append(
          DayRow(
            slot: slot, date: date, quality: UInt8.random(in: 0..<9, using: &random) == 0 ? 1 : 3,
            values: values))
        date += Int.random(in: 0..<6, using: &random) == 0 ? 3 : 1
      }
    }
    // As a daily file has them, too.
    if Bool.random(using: &random) {
      for index in found.indices { found[index].date = 16_500 + Int32(index % 4) }
      found.sort { ($0.slot, $0.date) < ($1.slot, $1.date) }
    }
    return found
  }

  static func second(
    _ rows: [DayRow], minutes: Int, channel: Channel = .delivered
  ) -> (content: [UInt8], header: BatchHeader) {
    var columns = ReadColumns(
      channel: channel, intervalMinutes: minutes, count: rows[0].values.count,
      partition: partition, partitions: 1, expected: rows.count)
    for row in rows {
      columns.append(
        slot: row.slot, date: row.date, quality: row.quality, row: row.values.span)
    }
    return (columns.batch().content, header(rows))
  }

  /// The same rows as `WBR1`, one watt-hour a count.
  static func first(
    _ rows: [DayRow], minutes: Int, channel: Channel = .delivered
  ) -> (content: [UInt8], header: BatchHeader) {
    let values = rows.flatMap(\.values)
    let isWide = values.map { $0 < 0 || $0 >= 0xFFFF }
    let (slot, date) = (rows.map(\.slot).min() ?? 0, rows.map(\.date).min() ?? 0)
    let marked = rows.indices.filter { rows[$0].quality != 3 }
    var writer = ByteWriter()
    writer.put("WBR1".utf8)
    writer.put([channel.rawValue, 0])
    for field in [UInt16(minutes), UInt16(rows[0].values.count), 0] { writer.put(field) }
    for field in [UInt32(rows.count), 1, slot] { writer.put(field) }
    writer.put(date)
    writer.put(UInt32(marked.count))
    writer.put(UInt32(isWide.filter { $0 }.count))
    for row in rows { writer.put(UInt16(row.slot - slot)) }
    for row in rows { writer.put(UInt16(row.date - date)) }
    for shift in [Int32(0), 8] {
      let plane = zip(values, isWide).map { (value: Int32, isWide: Bool) -> UInt8 in
        isWide ? 0xFF : UInt8(truncatingIfNeeded: value >> shift)
      }
      writer.put(plane)
    }
    for row in marked {
      writer.put(UInt32(row))
      writer.put(rows[row].quality)
    }
    for cell in values.indices where isWide[cell] {
      writer.put(UInt32(cell))
      writer.put(values[cell] < 0 ? -1 : Int64(values[cell]))
    }
    return (writer.bytes, header(rows))
  }

  private static func header(_ rows: [DayRow]) -> BatchHeader {
    BatchHeader(
      kind: .reads, isLastOfCommit: true, partition: partition, count: UInt32(rows.count),
      firstPosition: 100, commit: 1, recordedAt: 0, epoch: 1, accounts: 0...1000,
      dates: 0...30_000, storedBytes: 0, contentBytes: 0, storedCRC: 0, storedSHA: Digest(of: []),
      previousChain: Digest(of: []), actor: "", source: "")
  }

  static func view<Result>(
    _ batch: (content: [UInt8], header: BatchHeader), known: Int = .max,
    _ body: (ReadBatchView) throws -> Result
  ) throws -> Result {
    try batch.content.withUnsafeBytes {
      try body(ReadBatchView($0, header: batch.header, partitions: 1, known: known))
    }
  }

  private func rows(of view: ReadBatchView) -> [DayRow] {
    var found: [DayRow] = []
    view.forEachRow { row, slot, date in
      var values: [Int32] = []
      view.copy(row: row, into: &values)
      found.append(
        DayRow(slot: slot, date: date, quality: view.quality(row).rawValue, values: values))
    }
    return found
  }

  @Test(arguments: [24, 23, 25, 48, 96, 1])
  func `what goes into a batch comes out of either layout`(perRow: Int) throws {
    var random = SeededRandom(UInt64(perRow))
    for _ in 0..<60 {
      let count = Int.random(in: 3...200, using: &random)
      let rows = Self.rows(count, perRow: perRow, &random)
      let minutes = 1440 / max(24, perRow)
      let known = Int.random(in: 1...rows.count, using: &random)
      for batch in [Self.second(rows, minutes: minutes), Self.first(rows, minutes: minutes)] {
        let all = try Self.view(batch) { self.rows(of: $0) }
        #expect(all == rows)
        let part = try Self.view(batch, known: known) { self.rows(of: $0) }
        #expect(part == Array(rows.prefix(known)))
      }
    }
  }

  @Test(arguments: [1, 2]) func `no bytes of a batch trap`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    var accepted = 0
    for _ in 0..<400 {
      let rows = Self.rows(30, perRow: random.pick([24, 25, 96]), &random)
      let (content, header) = Self.second(rows, minutes: 15)
      for _ in 0..<20 {
        var mutant = content
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          // The fields and runs more often than the planes.
          let end = Bool.random(using: &random) ? 60 : mutant.count
          mutant[Int.random(in: 4..<end, using: &random)] = random.pick([0, 1, 0x7F, 0x80, 0xFF])
        }
        guard let found = try? Self.view((mutant, header), { self.rows(of: $0) }) else { continue }
        #expect(found.count == rows.count)
        accepted += 1
      }
    }
    #expect(accepted > 1000)
  }

  @Test func `counts are as narrow as their values allow`() throws {
    var random = SeededRandom(3)
    for (most, bits, perRow) in [(254, 8, 24), (4094, 12, 36), (60_000, 16, 48)] {
      let rows = (0..<64).map { row in
        DayRow(
          slot: UInt32(row), date: 16_500, quality: 3,
          values: (0..<24).map { _ in Int32.random(in: 0..<Int32(most), using: &random) | 1 })
      }
      let content = Self.second(rows, minutes: 60).content
      #expect(Int(content[5]) == bits)
      // A header, one run of a daily file, and the planes.
      #expect(content.count == 40 + 6 + 64 * perRow)
    }
  }

  @Test func `sums by words are sums by hours`() {
    var random = SeededRandom(4)
    for bits in [8, 12, 16] {
      for _ in 0..<200 {
        let counts = (0..<24).map { _ in
          Int64(random.next() >> UInt64(64 - bits)) | (Bool.random(using: &random) ? 0xF : 0)
        }
        let mask = HourMask { _ in Bool.random(using: &random) }
        let low = counts.map { UInt8(truncatingIfNeeded: $0) }
        let above = counts.map { UInt8(truncatingIfNeeded: $0 >> 8) }
        var high = above
        if bits == 12 {
          high = (0..<12).map { (pair: Int) -> UInt8 in
            above[pair * 2] | (above[pair * 2 + 1] << 4)
          }
        }
        let words = low.withUnsafeBufferPointer { low in
          high.withUnsafeBufferPointer { high in
            DayWords(low: low.baseAddress!, high: high.baseAddress!, bits: bits)
          }
        }
        #expect(words.sum == counts.reduce(0, +))
        let masked = counts.indices.filter { mask.has(hour: $0) }.map { counts[$0] }
        #expect(words.sum(in: mask) == masked.reduce(0, +), "\(bits) bits")
      }
    }
  }

  @Test(arguments: [1, 2, 3]) func `rows fold by runs as one by one`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let books = try Books(partitions: 1)
    for (account, plan) in ["D", "TOU-D-A", "TOU-D-B"].enumerated() {
      try books.enroll("\(account)", plan, on: "2015-03-02", readDay: account * 9 + 3)
    }
    try books.change("1", to: "D", on: "2015-04-20")
    let state = books.state.partitions[0]
    for perRow in [24, 24, 24, 96, 23] {
      for channel in [Channel.delivered, .received] {
        let rows = Self.rows(150, perRow: perRow, &random)
        let minutes = 1440 / max(24, perRow)
        func fold(_ batches: [(content: [UInt8], header: BatchHeader)]) throws -> [UInt8] {
          var (tiers, usage) = (TierPositions(), UsageHistory())
          for batch in batches {
            try Self.view(batch) { view in
              tiers.apply(view, state.slots, state.agreements, books.state.system)
              usage.apply(view, header: batch.header, state.slots)
            }
          }
          var writer = ByteWriter()
          tiers.write(to: &writer)
          for index in 0..<3 {
            usage.days(index, channel).write(to: &writer)
            writer.put(usage.interval(index))
          }
          return writer.bytes
        }
        let whole = try fold([Self.second(rows, minutes: minutes, channel: channel)])
        let old = try fold([Self.first(rows, minutes: minutes, channel: channel)])
        #expect(old == whole)
        let single = rows.map { Self.second([$0], minutes: minutes, channel: channel) }
        let oneByOne = try fold(single)
        #expect(oneByOne == whole)
      }
    }
  }

  @Test func `a set of days is what was put in, run by run`() {
    var random = SeededRandom(5)
    for _ in 0..<300 {
      var (runs, days): (DayRuns, Set<Int32>) = (DayRuns(), [])
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        let first = Int32.random(in: 0...120, using: &random)
        let last = first + Int32.random(in: 0...30, using: &random)
        runs.insert(first...last)
        days.formUnion(first...last)
      }
      #expect(runs.days == days.sorted())
      #expect((-1...160).allSatisfy { runs.contains($0) == days.contains($0) })
      var again = DayRuns()
      for day in days.shuffled(using: &random) { again.insert(day...day) }
      #expect(again == runs)
    }
  }
}
