/// What a journal's footers, and the headers of its last segment, say of every batch: read once,
/// and asked as often as one likes.
public struct BatchIndex: Sendable {
  private let directory: JournalDirectory
  /// Every batch, in the order of the journal.
  private var entries: [Footer.Entry] = []
  /// Segments, where each one's entries start, and the chain value after its last batch.
  private var starts: [(entry: Int, segment: UInt64, chain: Digest)] = []
  /// The last segment's batches, whose headers have been read.
  private var last: [BatchLocation] = []

  fileprivate init(_ reader: JournalReader) throws(JournalError) {
    directory = reader.directory
    for (index, segment) in reader.segments.enumerated() {
      let file = try directory.open(SegmentName.file(firstPosition: segment))
      let end = try reader.durableBytes(of: segment, in: file)
      if segment == reader.boundary.segment {
        starts.append((entries.count, segment, reader.boundary.chain))
        try scan(file, segment, end, reader.boundary)
      } else {
        try read(file, segment, end, next: reader.segments[index + 1]) { next in
          reader.missing(next, before: reader.segments[index + 1])
        }
      }
    }
  }

  /// The last segment, header by header.
  private mutating func scan(
    _ file: borrowing JournalFile, _ segment: UInt64, _ end: Int, _ boundary: Boundary
  ) throws(JournalError) {
    var window = FileWindow(segment: segment, end: end)
    var position = segment
    var chain: Digest?
    var offset = Frame.empty.count
    while offset < end {
      let location = try window.batch(at: offset, in: file)
      guard location.header.firstPosition == position else {
        throw location.damage("positions are not dense: \(position) should come next")
      }
      guard location.header.previousChain == chain ?? location.header.previousChain else {
        throw location.damage(Self.chainBroken)
      }
      entries.append(Footer.Entry(location))
      last.append(location)
      offset = location.end
      position += UInt64(location.header.count)
      chain = location.chain
    }
    guard position == boundary.nextPosition, chain ?? boundary.chain == boundary.chain else {
      throw window.damage(file, offset, "the last batch is not the one that the boundary names")
    }
  }

  /// A sealed segment, by its footer.
  private mutating func read(
    _ file: borrowing JournalFile, _ segment: UInt64, _ end: Int, next: UInt64,
    missing: (UInt64) -> Damage
  ) throws(JournalError) {
    var window = FileWindow(segment: segment, end: end)
    let footer = try window.footer(in: file)
    guard footer.entries.first?.firstPosition == segment else {
      throw window.damage(file, 0, "the file holds another segment than its name says")
    }
    guard footer.nextPosition == next else { throw .damaged(missing(footer.nextPosition)) }
    starts.append((entries.count, segment, footer.chain))
    entries += footer.entries
  }

  /// Every batch, in the order of the journal.
  public var summaries: some RandomAccessCollection<BatchSummary> {
    entries.lazy.map { BatchSummary($0) }
  }

  /// The place among the summaries of the batch that holds a position, and the positions up to the
  /// batch after it; nil before the first.
  public func batch(holding position: UInt64) -> (place: Int, before: UInt64)? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].firstPosition <= position { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    return (low - 1, low < entries.count ? entries[low].firstPosition : .max)
  }

  /// What the index tells of the batch at a place.
  public subscript(_ place: Int) -> BatchSummary { BatchSummary(entries[place]) }

  /// Where the batches are whose summaries are `wanted`, in the order of the journal.
  public func locations(
    where wanted: (BatchSummary) -> Bool
  ) throws(JournalError) -> [BatchLocation] {
    var found: [BatchLocation] = []
    for index in entries.indices where wanted(BatchSummary(entries[index])) {
      found.append(try location(index))
    }
    return found
  }

  /// Where the batch of a summary is, its header checked against what the footer says.
  public func location(_ index: Int) throws(JournalError) -> BatchLocation {
    let entry = entries[index]
    if index >= entries.count - last.count { return last[index - (entries.count - last.count)] }
    guard let place = starts.lastIndex(where: { $0.entry <= index }) else {
      preconditionFailure("the first segment starts with the first entry")
    }
    let segment = starts[place].segment
    let file = try directory.open(SegmentName.file(firstPosition: segment))
    var window = FileWindow(
      segment: segment, end: try file.size(), ahead: BatchHeader.maximumBytes + 8)
    let location = try window.batch(at: Int(clamping: entry.offset), in: file)
    guard Footer.Entry(location) == entry else {
      throw location.damage("the batch is not the one that the footer names")
    }
    // Another batch may fit the footer, one that was cut once and has come back: what comes after
    // it knows which one it was.
    var follower = starts[place].chain
    if index + 1 < starts[place + 1].entry {
      let next = Int(clamping: entries[index + 1].offset)
      follower = try window.batch(at: next, in: file).header.previousChain
    }
    guard location.chain == follower else { throw location.damage(Self.chainBroken) }
    return location
  }

  private static let chainBroken =
    "the batch is not the one that the next one follows: the hash chain is broken"
}

extension JournalReader {
  /// Reads the index: sealed segments are asked through their footers, the last one through its
  /// headers.
  public func index() throws(JournalError) -> BatchIndex { try BatchIndex(self) }

  /// The locations of the batches that `wanted` picks by what the index says of them.
  public func locations(
    where wanted: (BatchSummary) -> Bool
  ) throws(JournalError) -> [BatchLocation] {
    try index().locations(where: wanted)
  }
}

/// What the index tells of a batch without opening it.
public struct BatchSummary: Hashable, Sendable {
  public let partition: UInt16
  public internal(set) var kind: BatchKind
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
    kind = entry.kind
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
struct FileWindow {
  let segment: UInt64
  let end: Int
  private var bytes: [UInt8]
  private var base = 0
  private var filled = 0

  /// - Parameter ahead: how much is read at a time, where no more is asked for.
  init(segment: UInt64, end: Int, ahead: Int = 16_384) {
    self.segment = segment
    self.end = end
    bytes = [UInt8](repeating: 0, count: ahead)
  }

  func damage(_ file: borrowing JournalFile, _ offset: Int, _ reason: String)
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
        fileEnd: end
      ).item(at: offset)
    }
    switch item {
    case .batch(let location): return location
    case .footer: throw damage(file, offset, "a footer stands where a batch is expected")
    case .damage(let reason): throw damage(file, offset, reason)
    }
  }

  /// The header's bytes of the batch that was last asked for.
  func header(of location: BatchLocation) -> [UInt8] {
    Array(bytes[(location.offset + 8 - base)..<(location.frameOffset - base)])
  }

  mutating func startsWell(in file: borrowing JournalFile) throws(JournalError) -> Bool {
    try load(Frame.empty.count, at: 0, in: file)
    return bytes[..<filled].starts(with: Frame.empty)
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
