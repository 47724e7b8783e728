import CLimit
import Foundation
import Journal

/// A journal's segments as plain bytes, for what the machine does with them when nothing else is
/// asked of it.
final class JournalBytes {
  /// Bytes of all segments.
  let count: Int
  private let segments: [(path: String, count: Int)]
  private let buffer: UnsafeMutableRawBufferPointer
  private let other: UnsafeMutableRawBufferPointer
  private static let room = 16 << 20

  init(journal path: String) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    segments = try names.filter { $0.hasSuffix(".lz4") }.sorted().map {
      var status = stat()
      let file = "\(path)/\($0)"
      try require(stat(file, &status) == 0, "cannot look at \(file)")
      return (file, Int(status.st_size))
    }
    count = segments.reduce(0) { $0 + $1.count }
    let largest = max(Self.room, segments.map(\.count).max() ?? 0)
    buffer = Self.allocate(largest)
    other = Self.allocate(largest)
  }

  deinit {
    buffer.deallocate()
    other.deallocate()
  }

  private static func allocate(_ count: Int) -> UnsafeMutableRawBufferPointer {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1 << 21)
    madvise(buffer.baseAddress, count, 14)  // MADV_HUGEPAGE
    _ = buffer.initializeMemory(as: UInt8.self, repeating: 0)
    return buffer
  }

  /// Reads each segment into memory.
  func read(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    for (path, count) in segments {
      let descriptor = open(path, O_RDONLY)
      try require(descriptor >= 0, "cannot open \(path)")
      defer { close(descriptor) }
      var done = 0
      while done < count {
        let found = pread(descriptor, buffer.baseAddress! + done, count - done, off_t(done))
        try require(found > 0, "cannot read \(path)")
        done += found
      }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// Runs over segments that lie in memory already; reading them is not counted.
  func measureInMemory(_ body: (UnsafeRawBufferPointer) -> Void) throws -> Measurement {
    var sum = Measurement(wall: 0, processor: 0, peakMemory: 0)
    try read { bytes in
      let (part, _) = Measurement.of { body(bytes) }
      sum.wall += part.wall
      sum.processor += part.processor
    }
    return sum
  }

  func hash() throws -> Measurement { try measureInMemory { _ = Digest(of: $0) } }

  func copyInMemory() throws -> Measurement {
    try measureInMemory { other.copyMemory(from: $0) }
  }

  /// - Returns: bytes that the frames decode to, and the sums of the reads where asked for.
  func decode(summing: Bool) throws -> (bytes: Int, sums: climit_sums) {
    var total = 0
    var sums = climit_sums()
    try withUnsafeMutablePointer(to: &sums) { sums in
      try read { bytes in
        let count = climit_decode(
          bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count,
          other.bindMemory(to: UInt8.self).baseAddress, other.count, summing ? sums : nil)
        try require(count >= 0, "the C loop cannot decode the journal's frames")
        total += Int(count)
      }
    }
    return (total, sums)
  }
}
