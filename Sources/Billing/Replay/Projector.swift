import Journal

/// An independent fold over the journal, with a canonical form for the state digest and for
/// snapshots: fixed-width little-endian, accounts by their integer, never by hash order.
///
/// `version` changes whenever the fold or its form does; a snapshot of another version is ignored.
protocol Projector: Sendable {
  static var name: String { get }
  static var version: UInt16 { get }
  init()
  func write(to writer: inout ByteWriter)
  init(from reader: inout ByteReader) throws
}

/// Which accounts a fold keeps, and where: all of its partition, or only one.
struct SlotMap: Sendable {
  let partition: UInt16
  let partitions: Int
  /// The only account that is folded; nil for all.
  let only: UInt32?

  /// The index of an account in the fold's arrays; nil when it is not kept.
  @inline(__always)
  func index(ofSlot slot: UInt32) -> Int? {
    guard let only else { return Int(slot) }
    return slot == AccountID(raw: only).slot(of: partitions) ? 0 : nil
  }

  func index(of account: UInt32) -> Int? {
    index(ofSlot: AccountID(raw: account).slot(of: partitions))
  }

  func account(at index: Int) -> UInt32 {
    only ?? AccountID(slot: UInt32(index), partition: partition, of: partitions).raw
  }
}

/// A count and a running hash: what a history contributes to the state digest.
struct HistoryDigest: Sendable, Hashable {
  private(set) var count: UInt64 = 0
  private(set) var hash = Digest(of: [])

  mutating func add(_ header: BatchHeader, known: Int) {
    count += UInt64(known)
    add(header.storedSHA.bytes)
  }

  mutating func add(_ bytes: [UInt8]) { hash = Digest(of: hash.bytes + bytes) }

  mutating func add(position: UInt64) {
    count += 1
    add(withUnsafeBytes(of: position.littleEndian) { Array($0) })
  }

  func write(to writer: inout ByteWriter) {
    writer.put(count)
    writer.put(hash.bytes)
  }

  init() {}

  init(from reader: inout ByteReader) throws {
    count = try reader.get()
    guard let digest = Digest(bytes: try reader.get(bytes: 32)) else {
      throw ByteReader.Failure.endOfBytes
    }
    hash = digest
  }
}
