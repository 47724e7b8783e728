/// What the journal should look like at the next batch.
struct ChainState {
  var position: UInt64 = 0
  var commit: UInt64 = 0
  var commitIsOpen = false
  var recordedAt = Int64.min
  var chain: Digest

  init(chain: Digest) { self.chain = chain }

  /// After the batch that the boundary names.
  init(_ boundary: Boundary) {
    position = boundary.nextPosition
    commit = boundary.commit
    recordedAt = boundary.recordedAt
    chain = boundary.chain
  }

  /// At the start of a segment, by what its first header says of the one before; the position is
  /// not taken on its word, for the file's name tells it.
  init(before first: BatchHeader, at segment: UInt64) {
    position = segment
    commit = first.commit &- 1
    chain = first.previousChain
  }

  /// Whether a segment that starts so stands behind one that ends with `before`.
  func follows(_ before: ChainState) -> Bool {
    chain == before.chain && position == before.position && commit == before.commit
      && !before.commitIsOpen && recordedAt >= before.recordedAt
  }

  mutating func advance(over location: BatchLocation) -> String? {
    let header = location.header
    guard header.previousChain == chain else {
      return "the batch does not follow the one before it: the hash chain is broken"
    }
    guard header.firstPosition == position else {
      return "positions are not dense: \(header.firstPosition) follows \(position) - 1"
    }
    guard header.commit == (commitIsOpen ? commit : commit &+ 1), header.recordedAt >= recordedAt
    else { return "the commit number or the time goes backwards" }
    position += UInt64(header.count)
    commit = header.commit
    commitIsOpen = !header.isLastOfCommit
    recordedAt = header.recordedAt
    chain = location.chain ?? chain
    return nil
  }
}

extension JournalReader {
  /// The first damage in the structure of a segment's durable bytes.
  func check(
    _ segment: UInt64, _ bytes: UnsafeRawBufferPointer, _ state: inout ChainState,
    into batches: inout [BatchLocation]
  ) -> Damage? {
    let name = SegmentName.file(firstPosition: segment)
    func damage(_ offset: Int, _ reason: String) -> Damage {
      let last = segments.first { $0 > segment } ?? nextPosition
      let touched = state.position < last ? state.position...(last - 1) : nil
      return Damage(file: name, offset: offset, positions: touched, reason: reason)
    }
    guard SegmentScanner.startsWell(bytes) else {
      return damage(0, "the file does not start with an empty LZ4 frame")
    }
    guard state.position == segment else { return missing(state.position, before: segment) }
    let scanner = SegmentScanner(segment: segment, bytes: bytes, base: 0, fileEnd: bytes.count)
    let isSealed = segment != boundary.segment
    var offset = Frame.empty.count
    while offset < bytes.count {
      switch scanner.item(at: offset) {
      case .damage(let reason): return damage(offset, reason)
      case .batch(let location):
        if let reason = state.advance(over: location) { return damage(offset, reason) }
        guard identity.has(location.header.partition) else {
          return damage(offset, "the journal has no partition \(location.header.partition)")
        }
        batches.append(location)
        offset = location.end
      case .footer(let footer, let end):
        guard isSealed, end == bytes.count, footer.nextPosition == state.position,
          footer.chain == state.chain, footer.entries == batches.map(Footer.Entry.init)
        else { return damage(offset, Footer.faultReason) }
        return nil
      }
    }
    guard !isSealed else { return damage(offset, "the sealed segment has no footer") }
    guard state.chain == boundary.chain, state.position == boundary.nextPosition else {
      return damage(offset, "the last batch is not the one that the boundary names")
    }
    return nil
  }

  /// The batches of the last segment, with every durable byte of it checked.
  func lastSegment(_ bytes: UnsafeRawBufferPointer) throws(JournalError) -> [BatchLocation] {
    var state = ownStart(of: boundary.segment, bytes)
    var batches: [BatchLocation] = []
    if let damage = check(boundary.segment, bytes, &state, into: &batches) {
      throw .damaged(damage)
    }
    for location in batches {
      let stored = UnsafeRawBufferPointer(rebasing: bytes[location.frameOffset..<location.end])
      try location.check(stored, hashing: false)
    }
    return batches
  }

  func missing(_ position: UInt64, before segment: UInt64) -> Damage {
    let lost = position < segment ? position...(segment - 1) : nil
    return Damage(
      file: SegmentName.file(firstPosition: position), offset: 0, positions: lost,
      reason: "the file is missing: \(SegmentName.file(firstPosition: segment)) comes instead")
  }

  /// What a segment starts from by its own word, when those before it cannot be asked.
  func ownStart(of segment: UInt64, _ bytes: UnsafeRawBufferPointer) -> ChainState {
    guard segment > 0 else { return ChainState(chain: identity.chainStart) }
    let scanner = SegmentScanner(segment: segment, bytes: bytes, base: 0, fileEnd: bytes.count)
    if SegmentScanner.startsWell(bytes),
      case .batch(let first) = scanner.item(at: Frame.empty.count)
    {
      return ChainState(before: first.header, at: segment)
    }
    var state = ChainState(boundary)
    state.position = segment
    return state
  }
}
