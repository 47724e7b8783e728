/// Reads a journal up to its durable boundary. Any number of readers may run beside the one
/// writer; they repair nothing and see nothing that was not acknowledged.
public struct JournalReader: Sendable {
  public let identity: JournalIdentity
  let directory: JournalDirectory
  let boundary: Boundary
  /// First positions of the segments, ascending; the last one is where the boundary lies.
  let segments: [UInt64]

  public init(path: String) throws(JournalError) {
    let directory = JournalDirectory(path: path)
    guard directory.exists(JournalIdentity.fileName) else { throw .notAJournal(path: path) }
    let identity = try JournalIdentity(json: directory.contents(JournalIdentity.fileName))
    let boundary = try Boundary.newest(in: directory.contents(Boundary.fileName))
    try self.init(directory: directory, identity: identity, boundary: boundary)
  }

  init(
    directory: JournalDirectory, identity: JournalIdentity, boundary: Boundary
  ) throws(JournalError) {
    self.directory = directory
    self.identity = identity
    self.boundary = boundary
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

  /// The locations of the batches that `wanted` picks by what the index says of them.
  ///
  /// Sealed segments are asked through their footers, the last one through its headers.
  public func locations(
    where wanted: (BatchSummary) -> Bool
  ) throws(JournalError) -> [BatchLocation] {
    var found: [BatchLocation] = []
    for segment in segments {
      let file = try directory.open(SegmentName.file(firstPosition: segment))
      let end = try durableBytes(of: segment, in: file)
      var window = FileWindow(segment: segment, end: end)
      if segment == boundary.segment {
        var offset = Frame.empty.count
        while offset < end {
          let location = try window.batch(at: offset, in: file)
          if wanted(BatchSummary(location.header)) { found.append(location) }
          offset = location.end
        }
      } else {
        for entry in try window.footer(in: file).entries where wanted(BatchSummary(entry)) {
          found.append(try window.batch(at: Int(entry.offset), in: file))
        }
      }
    }
    return found
  }
}

/// What the index tells of a batch without opening it.
public struct BatchSummary: Sendable {
  public let partition: UInt16
  public let kind: BatchKind
  public let firstPosition: UInt64
  public let recordedAt: Int64
  /// Account integers; nil when the batch speaks of none.
  public let accounts: ClosedRange<UInt32>?
  public let dates: ClosedRange<Int32>?

  init(_ header: BatchHeader) {
    partition = header.partition
    kind = header.kind
    firstPosition = header.firstPosition
    recordedAt = header.recordedAt
    accounts = Self.range(header.firstAccount, header.lastAccount)
    dates = Self.range(header.firstDate, header.lastDate)
  }

  init(_ entry: Footer.Entry) {
    partition = entry.partition
    kind = BatchKind(rawValue: entry.kind) ?? .events
    firstPosition = entry.firstPosition
    recordedAt = entry.recordedAt
    accounts = Self.range(entry.firstAccount, entry.lastAccount)
    dates = Self.range(entry.firstDate, entry.lastDate)
  }

  private static func range<Value: Comparable>(_ low: Value, _ high: Value) -> ClosedRange<Value>? {
    low <= high ? low...high : nil
  }

  public func mayHold(account: UInt32) -> Bool { accounts?.contains(account) ?? false }
}

/// A moving view of a segment file for those who look at headers only.
private struct FileWindow {
  let segment: UInt64
  let end: Int
  private var bytes = [UInt8](repeating: 0, count: 16_384)
  private var base = 0
  private var filled = 0

  init(segment: UInt64, end: Int) {
    self.segment = segment
    self.end = end
  }

  private func damage(_ file: borrowing JournalFile, _ offset: Int, _ reason: String)
    -> JournalError
  {
    .damaged(Damage(file: file.name, offset: offset, reason: reason))
  }

  private mutating func load(
    _ count: Int, at offset: Int, in file: borrowing JournalFile
  ) throws(JournalError) {
    let wanted = min(count, end - offset)
    if offset >= base, offset + wanted <= base + filled { return }
    if bytes.count < count { bytes = [UInt8](repeating: 0, count: count) }
    base = offset
    let limit = min(bytes.count, end - offset)
    let result = bytes.withUnsafeMutableBytes { buffer -> Result<Int, JournalError> in
      do throws(JournalError) {
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<limit])
        return .success(try file.read(into: part, at: offset))
      } catch { return .failure(error) }
    }
    filled = try result.get()
  }

  mutating func batch(
    at offset: Int, in file: borrowing JournalFile
  ) throws(JournalError) -> BatchLocation {
    guard offset >= 0, offset < end else {
      throw damage(file, offset, "the footer points outside the file")
    }
    try load(BatchHeader.maximumBytes + 8, at: offset, in: file)
    let item = bytes.withUnsafeBytes { buffer in
      SegmentScanner(
        segment: segment, bytes: UnsafeRawBufferPointer(rebasing: buffer[..<filled]), base: base,
        fileEnd: end, chaining: false
      ).item(at: offset)
    }
    switch item {
    case .batch(let location): return location
    case .footer: throw damage(file, offset, "a footer stands where a batch is expected")
    case .damage(let reason): throw damage(file, offset, reason)
    }
  }

  mutating func footer(in file: borrowing JournalFile) throws(JournalError) -> Footer {
    let trailerAt = max(0, end - Footer.trailerBytes)
    try load(Footer.trailerBytes, at: trailerAt, in: file)
    let length = bytes.withUnsafeBytes { buffer in
      Footer.frameBytes(
        trailer: UnsafeRawBufferPointer(
          rebasing: buffer[(trailerAt - base)..<min(filled, end - base)]))
    }
    guard let length, length <= end else { throw damage(file, trailerAt, Footer.faultReason) }
    try load(length, at: end - length, in: file)
    let item = bytes.withUnsafeBytes { buffer in
      SegmentScanner(
        segment: segment, bytes: UnsafeRawBufferPointer(rebasing: buffer[..<filled]), base: base,
        fileEnd: end
      ).item(at: end - length)
    }
    guard case .footer(let footer, end: end) = item else {
      throw damage(file, end - length, Footer.faultReason)
    }
    return footer
  }
}

/// Opens single batches of a journal, one after the other.
public struct BatchOpener: ~Copyable {
  private let directory: JournalDirectory
  private let decoder = FrameDecoder()
  private var frame: [UInt8] = []

  public init(_ reader: JournalReader) { directory = reader.directory }

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

  /// Checks a stored frame and decodes it.
  func content(
    of stored: UnsafeRawBufferPointer, with decoder: FrameDecoder, hashing: Bool
  ) throws(JournalError) -> UnsafeRawBufferPointer {
    guard stored.count == Int(header.storedBytes) else {
      throw damage("the file ends inside a data frame")
    }
    guard crc32c(stored) == header.storedCRC else {
      throw damage("the data frame's checksum differs")
    }
    guard !hashing || Digest(of: stored) == header.storedSHA else {
      throw damage("the data frame's SHA-256 differs")
    }
    guard let content = decoder.decode(stored, contentBytes: Int(header.contentBytes)) else {
      throw damage("the data frame does not decode")
    }
    return content
  }
}
