/// Reads a journal up to its durable boundary. Any number of readers may run beside the one
/// writer; they repair nothing and see nothing that was not acknowledged.
public struct JournalReader: Sendable {
  public let identity: JournalIdentity
  let directory: JournalDirectory
  let boundary: Boundary
  /// First positions of the segments, ascending; the last one is where the boundary lies.
  let segments: [UInt64]

  public init(path: String) throws(JournalError) {
    try self.init(storage: FileSystem(path: path))
  }

  package init(storage: any Storage) throws(JournalError) {
    let directory = JournalDirectory(storage)
    guard directory.exists(JournalIdentity.fileName) else {
      throw .notAJournal(path: directory.path)
    }
    let identity = try JournalIdentity(
      json: directory.contents(JournalIdentity.fileName, limit: 4096))
    let boundary = try Boundary.current(in: directory)
    try self.init(directory: directory, identity: identity, boundary: boundary)
  }

  init(
    directory: JournalDirectory, identity: JournalIdentity, boundary: Boundary
  ) throws(JournalError) {
    self.directory = directory
    self.identity = identity
    self.boundary = boundary
    guard boundary.journal == identity.chainStart, boundary.offset <= Int.max else {
      throw .damaged(
        Damage(
          file: JournalIdentity.fileName, offset: 0,
          reason: "it and the boundary are not of the same journal"))
    }
    segments = try directory.names().compactMap(SegmentName.firstPosition)
      .filter { $0 <= boundary.segment }
    guard segments.first == 0, segments.last == boundary.segment else {
      let missing = segments.first == 0 ? boundary.segment : 0
      throw .damaged(
        Damage(
          file: SegmentName.file(firstPosition: missing), offset: 0, reason: "the file is missing"))
    }
  }

  /// The position after the last durable one.
  public var nextPosition: UInt64 { boundary.nextPosition }
  /// When the last commit was recorded, in milliseconds since 1970 UTC.
  public var recordedAt: Int64 { boundary.recordedAt }
  /// The chain value of the last durable batch.
  public var head: Digest { boundary.chain }
  public var segmentCount: Int { segments.count }
  /// Commits so far.
  public var commit: UInt64 { boundary.commit }
  public var path: String { directory.path }

  /// The chain value before the batch that starts at a position; nil where no batch starts there.
  public func chain(before position: UInt64) throws(JournalError) -> Digest? {
    if position == nextPosition { return head }
    return try locations { $0.firstPosition == position }.first?.header.previousChain
  }

  /// A small file beside the segments, such as a snapshot; nil when there is none.
  public func companion(_ name: String) throws(JournalError) -> [UInt8]? {
    directory.exists(name) ? try directory.contents(name) : nil
  }

  /// The durable bytes of a segment: all of a sealed one, the part before the boundary of the last.
  func durableBytes(of segment: UInt64, in file: borrowing JournalFile) throws(JournalError) -> Int
  {
    let size = try file.size()
    guard segment == boundary.segment else { return size }
    guard size >= Int(boundary.offset) else {
      throw .damaged(
        Damage(
          file: file.name, offset: size,
          reason: "the file ends \(Int(boundary.offset) - size) bytes before the durable boundary"))
    }
    return Int(boundary.offset)
  }
}

/// Opens single batches of a journal, one after the other.
public struct BatchOpener: ~Copyable {
  private let directory: JournalDirectory
  private let decoder = FrameDecoder()
  private var frame: [UInt8] = []

  public init(_ reader: JournalReader) { directory = reader.directory }

  /// Opens what is intact in a damaged journal.
  public init(_ survey: Survey) { directory = survey.directory }

  /// Hands the batch's content to `body`; its CRC is checked, and its SHA-256 when `hashing`.
  public mutating func open<Result>(
    _ location: BatchLocation, hashing: Bool = false,
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let name = SegmentName.file(firstPosition: location.segment)
    let file = try directory.open(name)
    let count = Int(location.header.storedBytes)
    if frame.count < count { frame = [UInt8](repeating: 0, count: count) }
    return try frame.withUnsafeMutableBytes { buffer in
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
      let found = try file.read(into: part, at: location.frameOffset)
      let stored = UnsafeRawBufferPointer(rebasing: part[..<found])
      return try body(
        try location.content(of: stored, with: decoder, hashing: hashing))
    }
  }
}

extension BatchLocation {
  func damage(_ reason: String) -> JournalError {
    .damaged(
      Damage(
        file: SegmentName.file(firstPosition: segment), offset: frameOffset,
        positions: header.positions, reason: reason))
  }

  /// Checks a stored frame's bytes.
  func check(_ stored: UnsafeRawBufferPointer, hashing: Bool) throws(JournalError) {
    guard stored.count == Int(header.storedBytes) else {
      throw damage("the file ends inside a data frame")
    }
    guard crc32c(stored) == header.storedCRC else {
      throw damage("the data frame's checksum differs")
    }
    guard !hashing || Digest(of: stored) == header.storedSHA else {
      throw damage("the data frame's SHA-256 differs")
    }
  }

  /// Checks a stored frame and decodes it.
  func content(
    of stored: UnsafeRawBufferPointer, with decoder: FrameDecoder, hashing: Bool
  ) throws(JournalError) -> UnsafeRawBufferPointer {
    try check(stored, hashing: hashing)
    guard let content = decoder.decode(stored, contentBytes: Int(header.contentBytes)) else {
      throw damage("the data frame does not decode")
    }
    return content
  }
}
