/// Reads one segment front to back through a window that stays in the processor's cache, and
/// checks every byte of it: frames, headers, SHA-256 of each data frame, positions, chain, footer.
///
/// It starts from what the first header says of the batch before; whoever has checked the segments
/// puts them together.
struct SegmentStream: ~Copyable {
  /// What one segment holds, and what it starts from and ends with by its own word.
  struct Outcome: Sendable {
    var start: ChainState
    var end: ChainState
    var batches = 0
    var lost: UInt64 = 0
  }

  /// Measured: from 128 KiB to 1 MiB it makes no difference, beyond the cache it does.
  private static let windowBytes = 256 << 10

  private let window = UnsafeMutableRawBufferPointer.allocate(
    byteCount: SegmentStream.windowBytes, alignment: 4096)
  private let decoder: FrameDecoder?
  private var base = 0
  private var filled = 0

  /// - Parameter deep: whether each frame is decoded as well.
  init(deep: Bool) { decoder = deep ? FrameDecoder() : nil }

  deinit { window.deallocate() }

  mutating func check(_ segment: UInt64, of reader: JournalReader) throws(JournalError) -> Outcome {
    let file = try reader.directory.open(SegmentName.file(firstPosition: segment))
    let end = try reader.durableBytes(of: segment, in: file)
    let isSealed = segment != reader.boundary.segment
    (base, filled) = (0, 0)
    func damage(_ offset: Int, _ reason: String) -> JournalError {
      .damaged(Damage(file: file.name, offset: offset, reason: reason))
    }
    try load(Frame.empty.count, at: 0, of: file, end)
    guard SegmentScanner.startsWell(bytes) else {
      throw damage(0, "the file does not start with an empty LZ4 frame")
    }
    var state =
      segment == 0 ? ChainState(chain: reader.identity.chainStart) : ChainState(reader.boundary)
    var outcome = Outcome(start: state, end: state)
    var entries: [Footer.Entry] = []
    var offset = Frame.empty.count
    while offset < end {
      try load(BatchHeader.maximumBytes + 8, at: offset, of: file, end)
      let scanner = SegmentScanner(segment: segment, bytes: bytes, base: base, fileEnd: end)
      if isSealed, scanner.isFooter(at: offset) {
        let footer = try file.bytes(offset..<end)
        guard case .footer(let found, end: end) = scanner.footer(footer, at: offset),
          found == Footer(entries: entries, nextPosition: state.position, chain: state.chain)
        else { throw damage(offset, Footer.faultReason) }
        outcome.end = state
        return outcome
      }
      guard case .batch(let location) = scanner.item(at: offset) else {
        throw damage(offset, "no batch header starts here")
      }
      let header = location.header
      if outcome.batches == 0, segment > 0 {
        state = ChainState(before: header, at: segment)
        outcome.start = state
        outcome.start.recordedAt = header.recordedAt
      }
      if let reason = state.advance(over: location) { throw damage(offset, reason) }
      guard reader.identity.has(header.partition) else {
        throw damage(offset, "the journal has no partition \(header.partition)")
      }
      try check(location, of: file, end)
      outcome.batches += 1
      if header.kind == .lost { outcome.lost += UInt64(header.count) }
      if isSealed { entries.append(Footer.Entry(location)) }
      offset = location.end
    }
    guard !isSealed else { throw damage(offset, "the sealed segment has no footer") }
    outcome.end = state
    return outcome
  }

  private var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: window[..<filled]) }

  /// Makes sure that the window has `count` bytes from an offset, or what there is before the end.
  private mutating func load(
    _ count: Int, at offset: Int, of file: borrowing JournalFile, _ end: Int
  ) throws(JournalError) {
    guard offset + min(count, end - offset) > base + filled || offset < base else { return }
    let part = UnsafeMutableRawBufferPointer(rebasing: window[..<min(window.count, end - offset)])
    filled = try file.read(into: part, at: offset)
    base = offset
  }

  /// Hashes a data frame as it comes.
  private mutating func check(
    _ location: BatchLocation, of file: borrowing JournalFile, _ end: Int
  ) throws(JournalError) {
    var hash = RunningDigest()
    var offset = location.frameOffset
    while offset < location.end {
      try load(1, at: offset, of: file, end)
      let part = bytes[(offset - base)..<min(filled, location.end - base)]
      guard !part.isEmpty else { throw location.damage("the file ends inside a data frame") }
      hash.update(UnsafeRawBufferPointer(rebasing: part))
      offset += part.count
    }
    guard hash.finish() == location.header.storedSHA else {
      throw location.damage("the data frame's SHA-256 differs")
    }
    guard let decoder else { return }
    let stored = try file.bytes(location.frameOffset..<location.end)
    let isSound = stored.withUnsafeBytes {
      crc32c($0) == location.header.storedCRC
        && decoder.decode($0, contentBytes: Int(location.header.contentBytes)) != nil
    }
    guard isSound else { throw location.damage("the data frame does not decode") }
  }
}

extension SegmentScanner {
  fileprivate func isFooter(at offset: Int) -> Bool {
    let rest = bytes[(offset - base)...]
    return rest.count >= 4
      && UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset - base, as: UInt32.self))
        == Frame.footerMagic
  }

  /// The footer in some bytes that stand at an offset.
  fileprivate func footer(_ bytes: [UInt8], at offset: Int) -> SegmentItem {
    bytes.withUnsafeBytes {
      SegmentScanner(segment: segment, bytes: $0, base: offset, fileEnd: fileEnd).item(at: offset)
    }
  }
}
