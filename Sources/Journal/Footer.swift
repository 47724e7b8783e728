/// The end of a sealed segment: where each batch lies and which accounts and dates it holds, so
/// that a question about one account opens only the batches it needs.
///
/// Batches are sorted by account inside, so the ranges are the index from account to batches;
/// a list of every (account, batch) pair would be as long as the reads themselves.
struct Footer: Hashable, Sendable {
  struct Entry: Hashable, Sendable {
    var offset: UInt64
    var firstPosition: UInt64
    var recordedAt: Int64
    var firstAccount: UInt32
    var lastAccount: UInt32
    var firstDate: Int32
    var lastDate: Int32
    var partition: UInt16
    var kind: BatchKind
    static let encodedBytes = 8 * 3 + 4 * 4 + 2 + 1

    init(_ location: BatchLocation) {
      let header = location.header
      offset = UInt64(location.offset)
      firstPosition = header.firstPosition
      recordedAt = header.recordedAt
      (firstAccount, lastAccount) = (header.firstAccount, header.lastAccount)
      (firstDate, lastDate) = (header.firstDate, header.lastDate)
      partition = header.partition
      kind = header.kind
    }

    /// Nil for a kind that is not known here.
    init?(_ reader: inout ByteReader) throws(ByteReader.Failure) {
      offset = try reader.get()
      firstPosition = try reader.get()
      recordedAt = try reader.get()
      firstAccount = try reader.get()
      lastAccount = try reader.get()
      firstDate = try reader.get()
      lastDate = try reader.get()
      partition = try reader.get()
      guard let kind = BatchKind(rawValue: try reader.get()) else { return nil }
      self.kind = kind
    }

    func write(to writer: inout ByteWriter) {
      writer.put(offset)
      writer.put(firstPosition)
      writer.put(recordedAt)
      writer.put(firstAccount)
      writer.put(lastAccount)
      writer.put(firstDate)
      writer.put(lastDate)
      writer.put(partition)
      writer.put(kind.rawValue)
    }
  }

  static let faultReason = "the footer is not as it was written"
  private static let magic: [UInt8] = Array("WBF1".utf8)
  /// Length of the whole skippable frame, CRC-32C of what is before, and the magic again.
  static let trailerBytes = 12

  var entries: [Entry]
  /// The position after the segment's last.
  var nextPosition: UInt64
  /// The chain value after the segment's last batch.
  var chain: Digest

  init(entries: [Entry], nextPosition: UInt64, chain: Digest) {
    self.entries = entries
    self.nextPosition = nextPosition
    self.chain = chain
  }

  var encoded: [UInt8] {
    var writer = ByteWriter(capacity: 64 + entries.count * Entry.encodedBytes)
    writer.put(Self.magic)
    writer.put(UInt32(entries.count))
    writer.put(nextPosition)
    writer.put(chain.bytes)
    for entry in entries { entry.write(to: &writer) }
    writer.put(UInt32(writer.bytes.count + Self.trailerBytes + 8))
    writer.put(crc32c(writer.bytes))
    writer.put(Self.magic)
    return writer.bytes
  }

  /// - Parameter content: what is inside the skippable frame.
  init?(_ content: UnsafeRawBufferPointer) {
    guard content.count >= 48 + Self.trailerBytes else { return nil }
    let body = UnsafeRawBufferPointer(rebasing: content[..<(content.count - 8)])
    let stored = content.loadUnaligned(fromByteOffset: body.count, as: UInt32.self)
    guard crc32c(body) == UInt32(littleEndian: stored), content.suffix(4).elementsEqual(Self.magic)
    else { return nil }
    var reader = ByteReader(body)
    do throws(ByteReader.Failure) {
      guard try reader.get(bytes: 4).elementsEqual(Self.magic) else { return nil }
      let count = Int(try reader.get(UInt32.self))
      guard count * Entry.encodedBytes == reader.remaining - 44 else { return nil }
      nextPosition = try reader.get()
      guard let chain = Digest(bytes: try reader.get(bytes: 32)) else { return nil }
      self.chain = chain
      entries = []
      entries.reserveCapacity(count)
      for _ in 0..<count {
        guard let entry = try Entry(&reader) else { return nil }
        entries.append(entry)
      }
      guard try reader.get(UInt32.self) == UInt32(content.count + 8) else { return nil }
    } catch { return nil }
  }

  /// The length of the footer's frame, read from a sealed file's last bytes.
  static func frameBytes(trailer: UnsafeRawBufferPointer) -> Int? {
    guard trailer.count == trailerBytes, trailer.suffix(4).elementsEqual(magic) else { return nil }
    return Int(UInt32(littleEndian: trailer.loadUnaligned(as: UInt32.self)))
  }
}
