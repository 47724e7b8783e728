import Foundation
import TestSupport
import Testing

@testable import Billing
@testable import Journal

/// Bytes at random under right checksums.
struct HostileBytesTests {
  /// The golden journal's batches with some bytes exchanged, under right checksums.
  @Test(arguments: [1, 2]) func `no bytes under right checksums trap`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let folder = GoldenJournal.folder("v\(seed)")
    let golden = try JournalReader(path: folder)
    var state = BillingState(identity: golden.identity)
    var opener = BatchOpener(golden)
    var accepted: [PendingBatch] = []
    for location in try golden.locations(where: { _ in true }) {
      let header = location.header
      let content = try opener.open(location) { Array($0) }
      for _ in 0..<30 {
        var mutant = content
        mutate(&mutant, &random)
        var copy = state
        do {
          try mutant.withUnsafeBytes {
            try copy.apply($0, header: header, known: Int(header.count))
          }
        } catch is EventFault { continue }
        var writer = ByteWriter()
        if header.partition != JournalIdentity.system {
          let partition = copy.partitions[Int(header.partition)]
          for projector in partition.projectors { projector.write(to: &writer) }
        }
        accepted.append(
          PendingBatch(
            kind: header.kind, partition: header.partition, count: Int(header.count),
            accounts: header.firstAccount <= header.lastAccount
              ? header.firstAccount...header.lastAccount : nil,
            dates: header.firstDate <= header.lastDate
              ? header.firstDate...header.lastDate : nil, content: mutant))
      }
      try content.withUnsafeBytes {
        try state.apply($0, header: header, known: Int(header.count))
      }
    }
    #expect(accepted.count > 20)
    // Once more at the end of the whole journal, where all that asks questions meets them.
    var audits = 0
    for batch in accepted.shuffled(using: &random).prefix(40) {
      let reader = try batch.appended(toCopyOf: folder)
      defer { reader.removeFolder() }
      var listing = EventListing(reader)
      try? listing.run(positions: 0...UInt64.max) { _ in }
      _ = try? Replay(reader).run().digest
      for number in [GoldenJournal.home, GoldenJournal.medical, GoldenJournal.hanoi] {
        guard let view = try? AccountView(reader, number: number) else { continue }
        _ = try? AccountSummary(view)
        guard let bill = view.bills.last else { continue }
        _ = try? BillAudit(reader, .period(account: number, start: bill.period.start))
        audits += 1
      }
    }
    #expect(audits > 0)
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let at = Int.random(in: bytes.indices, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[at] = random.pick([0, 1, 0x7F, 0x80, 0xFF])
      case 2:
        // A longer number: every byte but the last says that another follows.
        for index in at..<min(at + 9, bytes.count) { bytes[index] |= 0x80 }
      default: bytes[at] = UInt8.random(in: 0...255, using: &random)
      }
    }
  }

  @Test func `a crafted snapshot is ignored or folded on, and never traps`() throws {
    var random = SeededRandom(7)
    let books = try Planted.sound()
    try books.engine.saveSnapshot(always: true)
    let file = URL(filePath: "\(books.path)/\(Snapshot.fileName)")
    let sound = [UInt8](try Data(contentsOf: file))
    // What comes after the schedules' texts, which are parsed again each time.
    let projections = sound.count - 2000
    var ignored = 0
    for _ in 0..<300 {
      var body = Array(sound.dropLast(32))
      let at = Int.random(in: projections..<body.count, using: &random)
      let value: UInt8 = random.pick([0, 1, 0x7F, 0x80, 0xFF])
      for index in at..<min(at + random.pick([1, 2, 4, 8]), body.count) { body[index] = value }
      try Data(body + Digest(of: body).bytes).write(to: file)
      let reader = try books.reader
      guard let state = Snapshot(reader)?.state(identity: reader.identity) else {
        ignored += 1
        continue
      }
      #expect(state.position <= reader.nextPosition)
      var folded = state
      let batch = try PendingBatch(of: [Planted.payment { _ in }])
      try? batch.content.withUnsafeBytes {
        try folded.apply($0, header: header(of: batch, at: reader.nextPosition), known: 1)
      }
      let columns = PlantedColumns().batch()
      try? columns.content.withUnsafeBytes {
        try folded.apply($0, header: header(of: columns, at: reader.nextPosition), known: 1)
      }
    }
    #expect(ignored > 0)
  }

  private func header(of batch: PendingBatch, at position: UInt64) -> BatchHeader {
    BatchHeader(
      kind: batch.kind, isLastOfCommit: true, partition: batch.partition,
      count: UInt32(batch.count), firstPosition: position, commit: 1, recordedAt: 0, epoch: 1,
      accounts: batch.accounts, dates: batch.dates, storedBytes: 0, contentBytes: 0, storedCRC: 0,
      storedSHA: Digest(of: []), previousChain: Digest(of: []), actor: "", source: "")
  }
}
