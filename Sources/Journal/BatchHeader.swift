/// What a batch holds.
public enum BatchKind: UInt8, Sendable {
  /// Length-delimited Protocol Buffers messages.
  case events = 1
  /// Meter reads in columns.
  case reads = 2
  /// Positions that a salvage could not copy; the batch stands in their place.
  case lost = 3
}

/// The header of a batch, kept in a skippable frame before the batch's data frame.
///
/// All integers are little-endian; `Journal/FORMAT.md` has the table of offsets.
public struct BatchHeader: Hashable, Sendable {
  public var kind: BatchKind
  public var isLastOfCommit: Bool
  public var partition: UInt16
  public var count: UInt32
  public var firstPosition: UInt64
  public var commit: UInt64
  /// Milliseconds since 1970 UTC, never before the previous commit's.
  public var recordedAt: Int64
  public var epoch: UInt64
  /// Account integers in the batch; an empty range is written as 1...0.
  public var firstAccount: UInt32
  public var lastAccount: UInt32
  /// `ServiceDate.day`s in the batch.
  public var firstDate: Int32
  public var lastDate: Int32
  /// Bytes of the data frame and of what it decodes to.
  public var storedBytes: UInt32
  public var contentBytes: UInt32
  public var storedCRC: UInt32
  public var storedSHA: Digest
  public var previousChain: Digest
  public var actor: String
  public var source: String

  static let magic: [UInt8] = Array("WBB1".utf8)
  static let fixedBytes = 144
  /// Actor and source of 255 bytes each, their lengths and the header's own CRC.
  static let maximumBytes = fixedBytes + 2 * 257 + 4

  public var lastPosition: UInt64 { firstPosition + UInt64(count) - 1 }
  public var positions: ClosedRange<UInt64> { firstPosition...lastPosition }

  public func mayHold(account: UInt32) -> Bool { firstAccount <= account && account <= lastAccount }

  func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: Self.maximumBytes)
    writer.put(Self.magic)
    writer.put(kind.rawValue)
    writer.put(UInt8(isLastOfCommit ? 1 : 0))
    writer.put(partition)
    writer.put(count)
    writer.put(UInt32(0))
    writer.put(firstPosition)
    writer.put(commit)
    writer.put(recordedAt)
    writer.put(epoch)
    writer.put(firstAccount)
    writer.put(lastAccount)
    writer.put(firstDate)
    writer.put(lastDate)
    writer.put(storedBytes)
    writer.put(contentBytes)
    writer.put(storedCRC)
    writer.put(UInt32(0))
    writer.put(storedSHA.bytes)
    writer.put(previousChain.bytes)
    writer.put(text: actor)
    writer.put(text: source)
    writer.put(crc32c(writer.bytes))
    return writer.bytes
  }

  /// Nil with the reason when the bytes are not a header as it was written.
  static func decode(_ bytes: UnsafeRawBufferPointer) -> Result<BatchHeader, HeaderFault> {
    guard bytes.count >= fixedBytes + 8, bytes.count <= maximumBytes else {
      return .failure(.length(bytes.count))
    }
    let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
    let stored = bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self)
    guard crc32c(body) == UInt32(littleEndian: stored) else { return .failure(.checksum) }
    guard BatchKind(rawValue: bytes[4]) != nil || !body.starts(with: magic) else {
      return .failure(.kind(bytes[4]))
    }
    var reader = ByteReader(body)
    guard let header = try? BatchHeader(&reader), reader.remaining == 0, header.count > 0,
      [header.firstPosition, header.commit, header.epoch].allSatisfy({ $0 <= Boundary.limit }),
      Boundary.moments.contains(header.recordedAt)
    else { return .failure(.fields) }
    return .success(header)
  }

  private init(_ reader: inout ByteReader) throws {
    guard try reader.get(bytes: 4).elementsEqual(Self.magic),
      let kind = BatchKind(rawValue: try reader.get())
    else { throw HeaderFault.fields }
    self.kind = kind
    let flags = try reader.get(UInt8.self)
    guard flags <= 1 else { throw HeaderFault.fields }
    isLastOfCommit = flags == 1
    partition = try reader.get()
    count = try reader.get()
    guard try reader.get(UInt32.self) == 0 else { throw HeaderFault.fields }
    firstPosition = try reader.get()
    commit = try reader.get()
    recordedAt = try reader.get()
    epoch = try reader.get()
    firstAccount = try reader.get()
    lastAccount = try reader.get()
    firstDate = try reader.get()
    lastDate = try reader.get()
    storedBytes = try reader.get()
    contentBytes = try reader.get()
    storedCRC = try reader.get()
    guard try reader.get(UInt32.self) == 0 else { throw HeaderFault.fields }
    guard let sha = Digest(bytes: try reader.get(bytes: 32)),
      let chain = Digest(bytes: try reader.get(bytes: 32))
    else { throw HeaderFault.fields }
    storedSHA = sha
    previousChain = chain
    actor = try reader.getText()
    source = try reader.getText()
  }

  init(
    kind: BatchKind, isLastOfCommit: Bool, partition: UInt16, count: UInt32, firstPosition: UInt64,
    commit: UInt64, recordedAt: Int64, epoch: UInt64, accounts: ClosedRange<UInt32>?,
    dates: ClosedRange<Int32>?, storedBytes: UInt32, contentBytes: UInt32, storedCRC: UInt32,
    storedSHA: Digest, previousChain: Digest, actor: String, source: String
  ) {
    self.kind = kind
    self.isLastOfCommit = isLastOfCommit
    self.partition = partition
    self.count = count
    self.firstPosition = firstPosition
    self.commit = commit
    self.recordedAt = recordedAt
    self.epoch = epoch
    (firstAccount, lastAccount) = accounts.map { ($0.lowerBound, $0.upperBound) } ?? (1, 0)
    (firstDate, lastDate) = dates.map { ($0.lowerBound, $0.upperBound) } ?? (1, 0)
    self.storedBytes = storedBytes
    self.contentBytes = contentBytes
    self.storedCRC = storedCRC
    self.storedSHA = storedSHA
    self.previousChain = previousChain
    self.actor = actor
    self.source = source
  }
}

enum HeaderFault: Error {
  case length(Int)
  case checksum
  /// A later version's, for the checksum is right.
  case kind(UInt8)
  case fields

  var reason: String {
    switch self {
    case .length(let count): "a batch header cannot have \(count) bytes"
    case .checksum: "the batch header's checksum differs"
    case .kind(let kind):
      "a batch of kind \(kind), which this version does not know; use a newer version"
    case .fields: "the batch header's fields are not as they are written"
    }
  }
}
