/// One whole segment in memory with its structure checked: frames in their places, headers,
/// dense positions, chain and footer. The data frames themselves are checked by who decodes them.
public struct LoadedSegment {
  public let batches: [BatchLocation]
  private let bytes: UnsafeRawBufferPointer

  fileprivate init(batches: [BatchLocation], bytes: UnsafeRawBufferPointer) {
    self.batches = batches
    self.bytes = bytes
  }

  func stored(_ location: BatchLocation) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[location.frameOffset..<location.end])
  }
}

/// Decodes batches of loaded segments; each thread has its own.
public final class BatchDecoder {
  private let decoder = FrameDecoder()

  public init() {}

  /// The batch's content, its CRC checked; valid until the next call.
  public func content(
    of location: BatchLocation, in segment: LoadedSegment
  ) throws(JournalError) -> UnsafeRawBufferPointer {
    try location.content(of: segment.stored(location), with: decoder, hashing: false)
  }
}

/// What the journal should look like at the next batch.
struct ChainState {
  var position: UInt64 = 0
  var commit: UInt64 = 0
  var commitIsOpen = false
  var recordedAt = Int64.min
  var chain: Digest

  mutating func advance(over location: BatchLocation) -> String? {
    let header = location.header
    guard header.previousChain == chain else {
      return "the batch does not follow the one before it: the hash chain is broken"
    }
    guard header.firstPosition == position else {
      return "positions are not dense: \(header.firstPosition) follows \(position) - 1"
    }
    guard header.commit == (commitIsOpen ? commit : commit + 1), header.recordedAt >= recordedAt
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
  /// Loads every segment in order, checks its structure and hands it to `body`, until that
  /// returns false.
  public func forEachSegment(_ body: (LoadedSegment) throws -> Bool) throws {
    let buffer = SegmentBuffer()
    var state = ChainState(chain: identity.chainStart)
    for segment in segments {
      let file = try directory.open(SegmentName.file(firstPosition: segment))
      let bytes = try buffer.load(file, count: durableBytes(of: segment, in: file))
      var batches: [BatchLocation] = []
      if let damage = check(segment, bytes, &state, into: &batches) {
        throw JournalError.damaged(damage)
      }
      guard try body(LoadedSegment(batches: batches, bytes: bytes)) else { return }
    }
  }

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
    guard state.position == segment else {
      return damage(0, "a segment is missing: this one should start at position \(state.position)")
    }
    let scanner = SegmentScanner(segment: segment, bytes: bytes, base: 0, fileEnd: bytes.count)
    let isSealed = segment != boundary.segment
    var offset = Frame.empty.count
    while offset < bytes.count {
      switch scanner.item(at: offset) {
      case .damage(let reason): return damage(offset, reason)
      case .batch(let location):
        if let reason = state.advance(over: location) { return damage(offset, reason) }
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
}

/// One buffer for segment after segment.
final class SegmentBuffer {
  private var buffer: UnsafeMutableRawBufferPointer = .allocate(byteCount: 0, alignment: 64)

  deinit { buffer.deallocate() }

  func load(
    _ file: borrowing JournalFile, count: Int
  ) throws(JournalError) -> UnsafeRawBufferPointer {
    if buffer.count < count {
      buffer.deallocate()
      buffer = .allocate(byteCount: count, alignment: 64)
    }
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    let found = try file.read(into: part, at: 0)
    return UnsafeRawBufferPointer(rebasing: part[..<found])
  }
}
