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
      // Segments differ a little in length: with some room, one allocation serves them all.
      buffer = .allocate(byteCount: (count | (1 << 23) - 1) + 1, alignment: 1 << 21)
      buffer.useHugePages()
    }
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    let found = try file.read(into: part, at: 0)
    return UnsafeRawBufferPointer(rebasing: part[..<found])
  }
}
