import Foundation
import TestSupport
import Testing

@testable import Billing
@testable import Journal

/// The decoders of both kinds of batch, called alone: what they give is never larger than what they
/// were given, and what they refuse they refuse by a position of the batch.
@Suite struct DecoderMutationTests {
  private struct Batch {
    let header: BatchHeader
    let content: [UInt8]
  }

  private func goldenBatches(_ kind: BatchKind) throws -> [Batch] {
    try GoldenJournal.versions.flatMap { version in
      let reader = try JournalReader(path: GoldenJournal.folder(version))
      var opener = BatchOpener(reader)
      return try reader.locations { $0.kind == kind }.map { location in
        Batch(header: location.header, content: try opener.open(location) { Array($0) })
      }
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard !bytes.isEmpty else { return }
      // The numbers of a reads batch stand in its first bytes.
      let limit = Bool.random(using: &random) ? min(bytes.count, 40) : bytes.count
      let at = Int.random(in: 0..<limit, using: &random)
      let value: UInt8 = random.pick([0, 1, 0x7F, 0x80, 0xFF])
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[at] = UInt8.random(in: .min ... .max, using: &random)
      case 1:
        for index in at..<min(at + random.pick([2, 4, 8]), bytes.count) { bytes[index] = value }
      case 2: bytes.removeLast(bytes.count - at)
      default: bytes.insert(contentsOf: Array(bytes[at..<min(at + 9, bytes.count)]), at: at)
      }
    }
  }

  /// How many of the golden batches of a kind are read and how many refused, each with other bytes
  /// exchanged again and again.
  private func outcomes(
    of kind: BatchKind, times: Int, seed: UInt64,
    _ isRead: (UnsafeRawBufferPointer, BatchHeader, inout SeededRandom) -> Bool
  ) throws -> (read: Int, refused: Int) {
    var random = SeededRandom(seed)
    var outcomes = (read: 0, refused: 0)
    for batch in try goldenBatches(kind) {
      for _ in 0..<times {
        var content = batch.content
        mutate(&content, &random)
        if content.withUnsafeBytes({ isRead($0, batch.header, &random) }) {
          outcomes.read += 1
        } else {
          outcomes.refused += 1
        }
      }
    }
    return outcomes
  }

  @Test(arguments: [11, 12])
  func `no bytes make the event codec trap or give more than they hold`(seed: UInt64) throws {
    let outcomes = try outcomes(of: .events, times: 60, seed: seed) { bytes, golden, random in
      var header = golden
      if Bool.random(using: &random) { header.count = random.pick([0, 1, .max]) }
      let passing = random.pick([[], EventCodec.fileFacts])
      let account = random.pick([nil, golden.firstAccount])
      let first = header.firstPosition
      do throws(EventFault) {
        let events = try EventCodec.decode(
          bytes, header: header, account: account, passing: passing)
        #expect(events.count <= bytes.count)
        return true
      } catch {
        #expect((first...first + UInt64(bytes.count)).contains(error.position))
        return false
      }
    }
    #expect(outcomes.read > 20 && outcomes.refused > 100, "\(outcomes)")
  }

  @Test(arguments: [13, 14])
  func `no bytes make a view of reads trap or look beyond its planes`(seed: UInt64) throws {
    let outcomes = try outcomes(of: .reads, times: 150, seed: seed) { bytes, golden, random in
      var header = golden
      (header.firstAccount, header.lastAccount) = (0, .max)
      (header.firstDate, header.lastDate) = (.min, .max)
      // The count that the columns have, so that they are looked at.
      if bytes.count > 16 {
        header.count = UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
      }
      guard
        let view = try? ReadBatchView(
          bytes, header: header, partitions: 3, known: random.pick([0, 1, .max]))
      else { return false }
      #expect(view.rows * view.count <= bytes.count)
      #expect(view.exceptions.count + view.qualities.count <= bytes.count)
      var values: [Int32] = []
      view.forEachRow { row, _, _ in
        _ = (view.count == 24 ? view.words(row).sum : 0, view.quality(row))
        view.copy(row: row, into: &values)
      }
      #expect(values.count == view.rows * view.count)
      return true
    }
    #expect(outcomes.read > 100 && outcomes.refused > 100, "\(outcomes)")
  }

  @Test func `a file of refused lines without end is refused before it fills the journal`() throws {
    let books = try Books()
    let position = books.position
    var chunk: MeterFileChunk? = MeterFileChunk()
    chunk?.malformed = (1...UInt32(TooManyRefusals.limit + 1)).map {
      MalformedLine(line: $0, reason: "no row")
    }
    #expect(throws: TooManyRefusals.self) {
      try books.engine.ingest(
        file: "endless.csv", identity: MeterFileIdentity(sha256: "e"), at: books.clock
      ) {
        defer { chunk = nil }
        return chunk
      }
    }
    #expect(books.position == position)
  }

  @Test func `a snapshot with more households than a meter serves is ignored`() throws {
    let books = try Books()
    try books.enroll("4711", on: "2015-01-01")
    try books.engine.saveSnapshot(always: true)
    let reader = try books.reader
    #expect(Snapshot(reader)?.state(identity: reader.identity)?.accountCount == 1)
    var body = Array(try #require(try reader.companion(Snapshot.fileName)).dropLast(32))
    // Number, region, no flags, one household; what is found last is the agreement.
    let written: [UInt8] = [4, 0] + "4711".utf8 + [2, 0] + "10".utf8 + [0]
    let starts = body.indices.dropLast(16).filter { body[$0...].starts(with: written) }
    let at = try #require(starts.last) + written.count
    #expect(Array(body[at..<at + 4]) == [1, 0, 0, 0])
    for households in [[0, 0, 76, 0], [0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]] {
      body.replaceSubrange(at..<at + 4, with: households)
      try Data(body + Digest(of: body).bytes).write(
        to: URL(filePath: "\(books.path)/\(Snapshot.fileName)"))
      #expect(Snapshot(reader)?.state(identity: reader.identity) == nil)
    }
  }
}
