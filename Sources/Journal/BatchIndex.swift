extension JournalReader {
  /// The locations of the batches that `wanted` picks by what the index says of them.
  ///
  /// Sealed segments are asked through their footers, the last one through its headers.
  public func locations(
    where wanted: (BatchSummary) -> Bool
  ) throws(JournalError) -> [BatchLocation] {
    var found: [BatchLocation] = []
    for (index, segment) in segments.enumerated() {
      let file = try directory.open(SegmentName.file(firstPosition: segment))
      let end = try durableBytes(of: segment, in: file)
      var window = FileWindow(segment: segment, end: end)
      if segment == boundary.segment {
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
          if wanted(BatchSummary(location.header)) { found.append(location) }
          offset = location.end
          position += UInt64(location.header.count)
          chain = location.chain
        }
        guard position == boundary.nextPosition, chain ?? boundary.chain == boundary.chain else {
          throw window.damage(file, offset, "the last batch is not the one that the boundary names")
        }
      } else {
        let footer = try window.footer(in: file)
        guard footer.entries.first?.firstPosition == segment else {
          throw window.damage(file, 0, "the file holds another segment than its name says")
        }
        guard footer.nextPosition == segments[index + 1] else {
          throw .damaged(missing(footer.nextPosition, before: segments[index + 1]))
        }
        for (place, entry) in footer.entries.enumerated() where wanted(BatchSummary(entry)) {
          let location = try window.batch(at: Int(clamping: entry.offset), in: file)
          guard Footer.Entry(location) == entry else {
            throw location.damage("the batch is not the one that the footer names")
          }
          // Another batch may fit the footer, one that was cut once and has come back: what comes
          // after it knows which one it was.
          var follower = footer.chain
          if place + 1 < footer.entries.count {
            let next = Int(clamping: footer.entries[place + 1].offset)
            follower = try window.batch(at: next, in: file).header.previousChain
          }
          guard location.chain == follower else { throw location.damage(Self.chainBroken) }
          found.append(location)
        }
      }
    }
    return found
  }

  private static var chainBroken: String {
    "the batch is not the one that the next one follows: the hash chain is broken"
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
  private var bytes = [UInt8](repeating: 0, count: 16_384)
  private var base = 0
  private var filled = 0

  init(segment: UInt64, end: Int) {
    self.segment = segment
    self.end = end
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
