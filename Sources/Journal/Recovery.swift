/// What a crash may have left after the durable boundary, and what becomes of it.
///
/// One whole valid commit is kept: it was written before the boundary could be. More than one
/// means that the boundary is older than the journal (a copy of yesterday's), and is refused.
/// Anything else was never acknowledged: it is cut, after a synced copy named `.broken`.
struct Recovery {
  private let reader: JournalReader
  private var directory: JournalDirectory { reader.directory }
  private var boundary: Boundary { reader.boundary }

  init(_ reader: JournalReader) { self.reader = reader }

  /// The boundary to go on from.
  func run() throws(JournalError) -> Boundary {
    let next = try laterSegments()
    let name = SegmentName.file(firstPosition: boundary.segment)
    let file = try directory.open(name, writing: true)
    let start = try reader.durableBytes(of: boundary.segment, in: file)
    try checkLastBatch(file, name)
    let size = try file.size()
    guard size > start else {
      for name in next { try setAside(name) }
      return boundary
    }
    let buffer = SegmentBuffer()
    let bytes = try buffer.load(file, count: size)
    let scanner = SegmentScanner(
      segment: boundary.segment, bytes: bytes, base: 0, fileEnd: size)
    var state = ChainState(chain: boundary.chain)
    state.position = boundary.nextPosition
    state.commit = boundary.commit
    state.recordedAt = boundary.recordedAt
    let decoder = FrameDecoder()
    var kept: Boundary?
    var offset = start
    scan: while offset < size {
      guard case .batch(let location) = scanner.item(at: offset),
        state.advance(over: location) == nil
      else { break scan }
      let stored = UnsafeRawBufferPointer(rebasing: bytes[location.frameOffset..<location.end])
      guard (try? location.content(of: stored, with: decoder, hashing: true)) != nil else {
        break scan
      }
      offset = location.end
      guard location.header.isLastOfCommit else { continue }
      guard kept == nil else { throw stale(name, offset: start) }
      var advanced = boundary
      advanced.generation += 1
      advanced.commit = state.commit
      advanced.offset = UInt64(offset)
      advanced.nextPosition = state.position
      advanced.chain = state.chain
      advanced.epoch = location.header.epoch
      advanced.recordedAt = state.recordedAt
      kept = advanced
    }
    for name in next { try setAside(name) }
    let end = kept.map { Int($0.offset) } ?? start
    if end < size {
      let tail = Array(bytes[end..<size])
      try directory.publish(tail, as: "\(name).\(end).broken")
      try file.truncate(to: end)
    }
    guard let kept else {
      try file.sync()
      return boundary
    }
    // A failed sync may have left these bytes in memory only: written again, they are dirty again.
    try file.write(Array(bytes[start..<end]), at: start)
    try file.sync()
    try kept.write(to: directory.open(Boundary.fileName, writing: true))
    return kept
  }

  /// Files of segments after the boundary's: a roll that was not finished leaves an empty one.
  private func laterSegments() throws(JournalError) -> [String] {
    var later: [String] = []
    for name in try directory.names() {
      guard let first = SegmentName.firstPosition(name), first > boundary.segment else { continue }
      let file = try directory.open(name)
      let size = try file.size()
      if size > Frame.empty.count {
        let bytes = try SegmentBuffer.whole(file, count: size)
        let scanner = bytes.withUnsafeBytes { buffer in
          SegmentScanner(segment: first, bytes: buffer, base: 0, fileEnd: size)
            .item(at: min(Frame.empty.count, size))
        }
        if case .batch = scanner { throw stale(name, offset: 0) }
      }
      later.append(name)
    }
    return later
  }

  /// The header that the boundary's chain value stands for must be there.
  private func checkLastBatch(
    _ file: borrowing JournalFile, _ name: String
  ) throws(JournalError) {
    var last: BatchLocation?
    last = try reader.locations { $0.firstPosition >= boundary.segment }
      .last { $0.segment == boundary.segment }
    guard let last else { return }
    guard last.end == Int(boundary.offset), last.header.lastPosition + 1 == boundary.nextPosition
    else {
      throw .damaged(
        Damage(
          file: name, offset: last.offset, positions: last.header.positions,
          reason: "the last batch is not the one that the boundary names"))
    }
  }

  private func setAside(_ name: String) throws(JournalError) {
    let bytes = try directory.contents(name)
    if bytes != Frame.empty { try directory.publish(bytes, as: "\(name).0.broken") }
    try directory.remove(name)
    try directory.sync()
  }

  private func stale(_ name: String, offset: Int) -> JournalError {
    .damaged(
      Damage(
        file: Boundary.fileName, offset: 0,
        positions: boundary.nextPosition...boundary.nextPosition,
        reason: "it is older than \(name), which goes on at byte \(offset) with whole commits; "
          + "restore the boundary that belongs to this journal"))
  }
}

extension SegmentBuffer {
  static func whole(_ file: borrowing JournalFile, count: Int) throws(JournalError) -> [UInt8] {
    let buffer = SegmentBuffer()
    return Array(try buffer.load(file, count: count))
  }
}
