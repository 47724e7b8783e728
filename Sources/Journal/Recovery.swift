/// What a crash may have left after the durable boundary, and what becomes of it.
///
/// One whole valid commit is kept: it was written before the boundary could be. More than that
/// means that the boundary is older than the journal (a copy of yesterday's), and is refused.
/// Anything else was never acknowledged: it is cut, after a synced copy named `.broken`.
struct Recovery {
  private let reader: JournalReader
  private var directory: JournalDirectory { reader.directory }
  private var boundary: Boundary { reader.boundary }
  private var name: String { SegmentName.file(firstPosition: boundary.segment) }

  init(_ reader: JournalReader) { self.reader = reader }

  /// The boundary to go on from and the batches of its segment, all of whose bytes are checked.
  func run(
    on file: borrowing JournalFile, _ boundaryFile: borrowing JournalFile
  ) throws(JournalError) -> (Boundary, [Footer.Entry]) {
    let abandoned = try unfinishedRoll()
    let start = try reader.durableBytes(of: boundary.segment, in: file)
    let buffer = SegmentBuffer()
    let bytes = try buffer.load(file, count: file.size())
    var batches = try reader.lastSegment(UnsafeRawBufferPointer(rebasing: bytes[..<start]))
    let next = try nextCommit(in: bytes, from: start)
    batches += next
    let end = next.last?.end ?? start
    let rest = UnsafeRawBufferPointer(rebasing: bytes[end...])
    let isFiller = Filler.isAll(of: rest)
    if !isFiller { try refuseLaterCommits(bytes, from: end) }
    if !rest.isEmpty {
      if !isFiller { try directory.publish(Array(rest), as: "\(name).\(end).broken") }
      try file.truncate(to: end)
      try file.sync()
    }
    for name in abandoned { try directory.remove(name) }
    // Always: who made the journal, or the boundary's segment, may have been killed before this.
    try directory.sync()
    // What a sync failed on may be in memory only, and would not be written by another sync:
    // written again, it is.
    var kept = boundary
    if let last = next.last {
      kept = boundary.advanced(over: last)
      try file.write(Array(bytes[start..<end]), at: start)
      try file.sync()
    }
    try kept.write(to: boundaryFile)
    return (kept, batches.map(Footer.Entry.init))
  }

  /// The batches of the one whole commit that starts at the boundary; none if it is not whole.
  private func nextCommit(
    in bytes: UnsafeRawBufferPointer, from start: Int
  ) throws(JournalError) -> [BatchLocation] {
    let scanner = SegmentScanner(
      segment: boundary.segment, bytes: bytes, base: 0, fileEnd: bytes.count)
    let decoder = FrameDecoder()
    var state = ChainState(boundary)
    var batches: [BatchLocation] = []
    var offset = start
    while offset < bytes.count {
      guard case .batch(let location) = scanner.item(at: offset),
        state.advance(over: location) == nil
      else { return [] }
      let stored = UnsafeRawBufferPointer(rebasing: bytes[location.frameOffset..<location.end])
      guard (try? location.content(of: stored, with: decoder, hashing: true)) != nil else {
        return []
      }
      batches.append(location)
      if location.header.isLastOfCommit { return batches }
      offset = location.end
    }
    return []
  }

  /// A commit starts only when the one before it is durable, so a header of a later one, whole
  /// or not, tells that the boundary is not the newest.
  private func refuseLaterCommits(
    _ bytes: UnsafeRawBufferPointer, from start: Int
  ) throws(JournalError) {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
    if let offset = Self.laterCommit(
      than: boundary.commit + 1, in: rest, of: boundary.segment, base: start)
    {
      throw stale(name, offset: offset)
    }
  }

  /// Where the header of a commit above a number stands in bytes that start at `base`.
  static func laterCommit(
    than commit: UInt64, in bytes: UnsafeRawBufferPointer, of segment: UInt64, base: Int
  ) -> Int? {
    let scanner = SegmentScanner(
      segment: segment, bytes: bytes, base: base, fileEnd: .max, chaining: false)
    var offset = base
    while let found = scanner.nextMagic(from: offset) {
      if case .batch(let location) = scanner.item(at: found), location.header.commit > commit {
        return found
      }
      offset = found + 1
    }
    return nil
  }

  /// The file of a segment that a roll made but that the boundary does not name yet.
  private func unfinishedRoll() throws(JournalError) -> [String] {
    var later: [String] = []
    for name in try directory.names() {
      guard let first = SegmentName.firstPosition(name), first > boundary.segment else { continue }
      guard later.isEmpty, try directory.isEmptySegment(name) else { throw stale(name, offset: 0) }
      later.append(name)
    }
    return later
  }

  private func stale(_ name: String, offset: Int) -> JournalError {
    .damaged(
      Damage(
        file: Boundary.fileName, offset: 0,
        reason: Self.staleReason(name, offset: offset)))
  }

  static func staleReason(_ name: String, offset: Int) -> String {
    "it is older than \(name), which has a later commit at byte \(offset); "
      + "restore the boundary that belongs to this journal"
  }
}

extension Boundary {
  /// The boundary after the last batch of a commit.
  func advanced(over last: BatchLocation) -> Boundary {
    var next = self
    next.generation += 1
    next.commit = last.header.commit
    next.offset = UInt64(last.end)
    next.nextPosition = last.header.lastPosition + 1
    next.chain = last.chain ?? chain
    next.epoch = last.header.epoch
    next.recordedAt = last.header.recordedAt
    return next
  }
}
