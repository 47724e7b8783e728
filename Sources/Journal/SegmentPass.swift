import Dispatch
import Synchronization

/// One whole segment in memory with its structure checked: frames in their places, headers,
/// dense positions, chain and footer. The data frames themselves are checked by who decodes them.
/// Its bytes are valid only inside the call that it was handed to.
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

extension JournalReader {
  /// Loads every segment in order, checks its structure and hands it to `body`, until that
  /// returns false.
  ///
  /// - Parameters:
  ///   - position: segments that end before it are left out; what they hold is then taken on the
  ///     word of the first segment that is looked at.
  ///   - threads: that load a segment together.
  public func forEachSegment(
    from position: UInt64 = 0, threads: Int = 1, _ body: (LoadedSegment) throws -> Bool
  ) throws {
    let buffer = SegmentBuffer()
    var state = ChainState(chain: identity.chainStart)
    let first = segments.last { $0 <= position } ?? 0
    for segment in segments where segment >= first {
      let file = try directory.open(SegmentName.file(firstPosition: segment))
      let bytes = try buffer.load(
        file, count: durableBytes(of: segment, in: file), threads: threads)
      if segment == first, first > 0 { state = ownStart(of: segment, bytes) }
      var batches: [BatchLocation] = []
      if let damage = check(segment, bytes, &state, into: &batches) {
        throw JournalError.damaged(damage)
      }
      guard try body(LoadedSegment(batches: batches, bytes: bytes)) else { return }
    }
  }
}

/// One buffer for segment after segment.
final class SegmentBuffer {
  private var buffer: UnsafeMutableRawBufferPointer = .allocate(byteCount: 0, alignment: 64)

  deinit { buffer.deallocate() }

  func load(
    _ file: borrowing JournalFile, count: Int, threads: Int = 1
  ) throws(JournalError) -> UnsafeRawBufferPointer {
    if buffer.count < count {
      buffer.deallocate()
      // Segments differ a little in length: with some room, one allocation serves them all. Where
      // most of a large page would stay empty, to clear it costs more than it saves.
      let isLarge = count > 1 << 20
      let room = isLarge ? 1 << 23 : 1 << 16
      buffer = .allocate(
        byteCount: (count | room - 1) + 1, alignment: isLarge ? 1 << 21 : 1 << 12)
      if isLarge { buffer.useHugePages() }
    }
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    if threads > 1, count > 1 << 22, Self.loadTogether(file, into: part, threads) {
      return UnsafeRawBufferPointer(part)
    }
    let found = try file.read(into: part, at: 0)
    guard found == count else { throw .damaged(endingEarly(file.name, found, of: count)) }
    return UnsafeRawBufferPointer(part)
  }

  /// Whether the threads have read the whole of it, each a part.
  private static func loadTogether(
    _ file: borrowing JournalFile, into buffer: UnsafeMutableRawBufferPointer, _ threads: Int
  ) -> Bool {
    let whole = Mutex(0)
    let share = (buffer.count / threads | 4095) + 1
    // Each thread writes a part of its own.
    nonisolated(unsafe) let buffer = buffer
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      let start = min(thread * share, buffer.count)
      let part = UnsafeMutableRawBufferPointer(
        rebasing: buffer[start..<min(start + share, buffer.count)])
      if (try? file.read(into: part, at: start)) == part.count { whole.withLock { $0 += 1 } }
    }
    return whole.withLock { $0 } == threads
  }
}
