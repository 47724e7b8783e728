import Foundation
import Quantities

@testable import Billing
@testable import Journal

/// A copy of the golden journal whose parts are exchanged for a fuzzer's bytes, in a folder of this
/// process's own.
final class FuzzedJournal {
  nonisolated(unsafe) static let shared: FuzzedJournal = {
    do { return try FuzzedJournal() } catch { fatalError("no golden journal: \(error)") }
  }()

  static let golden = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Journal/Golden/v1").path

  private let path: String
  private let reader: JournalReader
  private let state: BillingState
  private let segmentBytes: [UInt8]
  private var segmentName: String { SegmentName.file(firstPosition: 0) }

  private init() throws {
    let base = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
    path = "\(base)/wattbook-fuzz-\(getpid())"
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.copyItem(atPath: Self.golden, toPath: path)
    reader = try JournalReader(path: path)
    state = try Replay(reader).run()
    segmentBytes = try reader.directory.contents(SegmentName.file(firstPosition: 0))
  }

  private func write(_ bytes: [UInt8], to name: String) {
    guard let file = fopen("\(path)/\(name)", "w") else { return }
    _ = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    fclose(file)
  }

  // MARK: Bytes under the journal's own checks

  func take(segment bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    var segment = Array(bytes.dropFirst())
    var forgery = Forgery(reader.identity, after: reader.boundary)
    if first % 2 == 1 { forgery.seal(&segment, of: 0) }
    var boundary = forgery.boundary
    (boundary.segment, boundary.offset) = (0, UInt64(segment.count))
    // Bytes after the boundary are what a crash left.
    if first % 4 >= 2 { boundary.offset = UInt64(segment.count / 2) }
    write(segment, to: segmentName)
    write(Array(repeatElement(boundary.encoded, count: 4).joined()), to: Boundary.fileName)
    readAll(folding: first % 16 == 1)
    _ = try? JournalWriter(path: path)
    removeBroken()
  }

  /// Every way to the bytes; none may trap, all may throw.
  private func readAll(folding: Bool) {
    guard let reader = try? JournalReader(path: path) else { return }
    _ = try? reader.verify(deep: true)
    let decoder = BatchDecoder()
    try? reader.forEachSegment { segment in
      for location in segment.batches { _ = try decoder.content(of: location, in: segment) }
      return true
    }
    var opener = BatchOpener(reader)
    for location in (try? reader.locations { _ in true }) ?? [] {
      _ = try? opener.open(location, hashing: true) { $0.count }
    }
    _ = try? reader.chain(before: 7)
    guard folding else { return }
    _ = try? Replay(reader).run().digest
    var listing = EventListing(reader)
    try? listing.run(positions: 0...UInt64.max) { _ in }
  }

  private func removeBroken() {
    for name in (try? reader.directory.names()) ?? [] where name.hasSuffix(".broken") {
      try? reader.directory.remove(name)
    }
  }

  func take(boundary bytes: [UInt8]) {
    write(segmentBytes, to: segmentName)
    var slots = reader.boundary.encoded
    for (index, byte) in bytes.prefix(Boundary.slotBytes - 12).enumerated() {
      slots[8 + index] = byte
    }
    let crc = crc32c(Array(slots.dropLast(4)))
    withUnsafeBytes(of: crc.littleEndian) {
      slots.replaceSubrange(Boundary.slotBytes - 4..<Boundary.slotBytes, with: $0)
    }
    write(slots, to: Boundary.fileName)
    readAll(folding: false)
    _ = try? JournalWriter(path: path)
    removeBroken()
    _ = try? JournalIdentity(json: bytes)
    _ = try? Boundary.newest(in: bytes)
  }

  // MARK: Bytes that the checksums vouch for

  private func header(
    _ kind: BatchKind, _ partition: UInt16, count: UInt32, _ content: ArraySlice<UInt8>
  ) -> BatchHeader {
    BatchHeader(
      kind: kind, isLastOfCommit: true, partition: partition, count: count,
      firstPosition: state.position, commit: reader.commit + 1,
      recordedAt: reader.recordedAt, epoch: 1, accounts: 0...UInt32.max,
      dates: Int32.min...Int32.max, storedBytes: 0, contentBytes: UInt32(content.count),
      storedCRC: 0, storedSHA: Digest(of: []), previousChain: reader.head, actor: "", source: "")
  }

  func take(events bytes: [UInt8]) {
    guard bytes.count > 2 else { return }
    let partition = bytes[0] % 8 == 7 ? JournalIdentity.system : UInt16(bytes[0] % 8)
    let content = Array(bytes.dropFirst(2))
    content.withUnsafeBytes { content in
      // The count that the messages have, so that they are believed.
      let counted = header(.events, partition, count: 1 << 20, bytes[2...])
      var count: UInt32 = 1
      do throws(EventFault) { _ = try EventCodec.decode(content, header: counted) } catch {
        count = UInt32(clamping: error.position - state.position)
      }
      let header = header(.events, partition, count: max(count, 1), bytes[2...])
      _ = try? EventCodec.decode(content, header: header, account: UInt32(bytes[1]))
      _ = try? EventCodec.decode(content, header: header, passing: EventCodec.fileFacts)
      var copy = state
      guard (try? copy.apply(content, header: header, known: Int(header.count))) != nil else {
        return
      }
      _ = copy.digest
    }
  }

  func take(reads bytes: [UInt8]) {
    guard bytes.count > 36 else { return }
    let content = Array(bytes.dropFirst())
    content.withUnsafeBytes { content in
      let rows = content.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
      let header = header(
        .reads, UInt16(bytes[0] % 8), count: UInt32(littleEndian: rows), bytes[1...])
      if let view = try? ReadBatchView(
        content, header: header, partitions: reader.identity.partitions)
      {
        var values: [Int32] = []
        for row in 0..<view.rows {
          _ = (view.slot(row), view.date(row), view.sum(row), view.quality(row))
          values.removeAll(keepingCapacity: true)
          view.copy(row: row, into: &values)
        }
      }
      var copy = state
      guard (try? copy.apply(content, header: header, known: Int(header.count))) != nil else {
        return
      }
      _ = copy.digest
    }
  }

  func take(snapshot bytes: [UInt8]) {
    var body = Array(Snapshot.encode(state, chain: reader.head).prefix(76))
    body += bytes
    write(body + Digest(of: body).bytes, to: Snapshot.fileName)
    guard let state = Snapshot(reader)?.state(identity: reader.identity) else { return }
    _ = state.digest
    for seed in goldenBatches.suffix(3) {
      var copy = state
      try? seed.content.withUnsafeBytes {
        try copy.apply(
          $0, header: header(seed.kind, seed.partition, count: seed.count, seed.content[...]),
          known: Int(seed.count))
      }
    }
  }

  // MARK: Seeds

  struct Batch {
    var kind: BatchKind
    var partition: UInt16
    var count: UInt32
    var content: [UInt8]
  }

  lazy var goldenBatches: [Batch] = {
    var batches: [Batch] = []
    let decoder = BatchDecoder()
    try? JournalReader(path: Self.golden).forEachSegment { segment in
      for location in segment.batches {
        batches.append(
          Batch(
            kind: location.header.kind, partition: location.header.partition,
            count: location.header.count,
            content: Array(try decoder.content(of: location, in: segment))))
      }
      return true
    }
    return batches
  }()

  var snapshotSeed: [UInt8] {
    Array(Snapshot.encode(state, chain: reader.head).dropFirst(76).dropLast(32))
  }

  var boundarySeed: [UInt8] { Array(reader.boundary.encoded[8..<128]) }

  /// The golden segment, and the starts of it that end with a commit.
  var segmentSeeds: [[UInt8]] {
    let ends = ((try? reader.locations { _ in true }) ?? [])
      .filter(\.header.isLastOfCommit).map(\.end)
    return ends.flatMap { end in
      [0, 1, 2, 3].map { [UInt8($0)] + segmentBytes[..<end] }
    } + [segmentBytes[...]].map { [1] + $0 }
  }
}
