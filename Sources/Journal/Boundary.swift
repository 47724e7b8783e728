/// The end of what is durable: nothing after it was ever acknowledged or shown to a reader.
///
/// The file `boundary` is four slots of 4 KiB. Generation n is written over both copies of pair
/// n mod 2, so that a torn write leaves the previous generation whole; one valid copy suffices.
struct Boundary: Hashable, Sendable {
  static let fileName = "boundary"
  static let slotBytes = 4096
  static let slots = 4

  var generation: UInt64
  var commit: UInt64
  /// First position of the segment that the boundary lies in.
  var segment: UInt64
  /// Bytes of that segment that are durable.
  var offset: UInt64
  var nextPosition: UInt64
  var chain: Digest
  /// SHA-256 of `journal.json`: a boundary belongs to one journal.
  var journal: Digest
  var epoch: UInt64
  var recordedAt: Int64

  private static let magic: [UInt8] = Array("WBBOUND1".utf8)
  /// Far above what any journal counts, and far enough below 64 bits to go on counting from.
  static let limit: UInt64 = 1 << 62
  /// Years 1 to 9999 in milliseconds since 1970 UTC.
  static let moments: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999
  /// The CRC ends the slot, so that a flipped bit of the padding counts as well.
  private static let bodyBytes = slotBytes - 4

  var encoded: [UInt8] {
    var writer = ByteWriter(capacity: Self.slotBytes)
    writer.put(Self.magic)
    for value in [generation, commit, segment, offset, nextPosition] { writer.put(value) }
    writer.put(chain.bytes)
    writer.put(journal.bytes)
    writer.put(epoch)
    writer.put(recordedAt)
    writer.put(repeatElement(0, count: Self.bodyBytes - writer.bytes.count))
    writer.put(crc32c(writer.bytes))
    return writer.bytes
  }

  init(
    generation: UInt64, commit: UInt64, segment: UInt64, offset: UInt64, nextPosition: UInt64,
    chain: Digest, journal: Digest, epoch: UInt64, recordedAt: Int64
  ) {
    self.generation = generation
    self.commit = commit
    self.segment = segment
    self.offset = offset
    self.nextPosition = nextPosition
    self.chain = chain
    self.journal = journal
    self.epoch = epoch
    self.recordedAt = recordedAt
  }

  private init?(slot: UnsafeRawBufferPointer) {
    let body = UnsafeRawBufferPointer(rebasing: slot[..<Self.bodyBytes])
    let stored = slot.loadUnaligned(fromByteOffset: body.count, as: UInt32.self)
    guard body.starts(with: Self.magic), crc32c(body) == UInt32(littleEndian: stored) else {
      return nil
    }
    func value(_ offset: Int) -> UInt64 {
      UInt64(littleEndian: body.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    guard let chain = Digest(bytes: UnsafeRawBufferPointer(rebasing: body[48..<80])),
      let journal = Digest(bytes: UnsafeRawBufferPointer(rebasing: body[80..<112]))
    else { return nil }
    self.init(
      generation: value(8), commit: value(16), segment: value(24), offset: value(32),
      nextPosition: value(40), chain: chain, journal: journal, epoch: value(112),
      recordedAt: Int64(bitPattern: value(120)))
  }

  /// The newest valid copy, while a writer may be at work.
  static func current(in directory: JournalDirectory) throws(JournalError) -> Boundary {
    // A writer that overtakes a read leaves it with slots of different times, of which the newest
    // may be torn. Two reads that agree are of one moment.
    var bytes = try directory.contents(fileName, limit: slots * slotBytes + 1)
    for _ in 0..<1000 {
      let again = try directory.contents(fileName, limit: slots * slotBytes + 1)
      defer { bytes = again }
      if isSame(again, bytes) { break }
    }
    guard bytes.count == slots * slotBytes else {
      throw .damaged(
        Damage(
          file: fileName, offset: bytes.count,
          reason: "it does not have \(slots * slotBytes) bytes"))
    }
    return try newest(in: bytes)
  }

  /// The four copies, nil where one is not valid.
  private static func copies(in bytes: [UInt8]) -> [Boundary?] {
    bytes.withUnsafeBytes { buffer in
      (0..<slots).map { slot -> Boundary? in
        guard (slot + 1) * slotBytes <= buffer.count else { return nil }
        return Boundary(
          slot: UnsafeRawBufferPointer(rebasing: buffer[slot * slotBytes..<(slot + 1) * slotBytes]))
      }
    }
  }

  /// Which of the four copies are not valid.
  static func invalidSlots(in bytes: [UInt8]) -> [Int] {
    copies(in: bytes).enumerated().filter { $0.element == nil }.map(\.offset)
  }

  /// The newest valid copy in the file's bytes.
  static func newest(in bytes: [UInt8]) throws(JournalError) -> Boundary {
    let found = copies(in: bytes).compactMap { $0 }
    guard let newest = found.max(by: { $0.generation < $1.generation }) else {
      throw .damaged(
        Damage(file: fileName, offset: 0, reason: "none of its four copies is valid"))
    }
    let fields = [
      newest.generation, newest.commit, newest.segment, newest.offset, newest.nextPosition,
      newest.epoch,
    ]
    guard fields.allSatisfy({ $0 <= limit }), moments.contains(newest.recordedAt) else {
      throw .damaged(
        Damage(file: fileName, offset: 0, reason: "its fields are not as they are written"))
    }
    return newest
  }

  /// Overwrites both copies of this generation's pair and waits until they are durable.
  func write(to file: borrowing JournalFile) throws(JournalError) {
    let pair = Int(generation % 2) * 2 * Self.slotBytes
    try file.write(encoded + encoded, at: pair)
    try file.sync()
  }
}
