/// Room that a writer of many small commits makes after its last one.
///
/// A sync that finds the file no longer than before waits for its bytes alone; one that finds it
/// grown waits for the file system's own journal too, and on a busy machine for what others have
/// written into it. The room is a skippable frame of zeros, so that `lz4` reads the segment at any
/// moment. It lies after the boundary, where nothing exists for a reader, and goes when the writer
/// closes or the segment is sealed.
struct Filler {
  /// The most room that is made at a time.
  static let bytes = 1 << 20
  private static let leastBytes = 1 << 12
  /// Commits of a writer before it is taken for one of many.
  private static let patience = 4
  private static let headerBytes = 8

  /// Where the file ends; 0 while that is not known to be after the last commit.
  private(set) var end = 0
  private var commits = 0
  /// Bytes of this writer's commits: as much again is expected of it.
  private var written = 0

  /// Makes room where a commit of some bytes leaves too little.
  ///
  /// - Returns: what is to be written right behind the commit, in the same write, so that no crash
  ///   leaves room without its header.
  mutating func follow(_ count: Int, at offset: Int) -> [UInt8] {
    let next = offset + count
    commits += 1
    written += count
    let isWorthwhile = commits > Self.patience && count <= Self.bytes / 8
    if next + Self.headerBytes > end, isWorthwhile || next < end {
      let room = min(Self.bytes, max(Self.leastBytes, written))
      end = next + room
      return Self.header(of: room) + repeatElement(0, count: room - Self.headerBytes)
    }
    end = max(end, next)
    return next + Self.headerBytes <= end ? Self.header(of: end - next) : []
  }

  /// Another segment has begun.
  mutating func startAgain() { end = 0 }

  private static func header(of count: Int) -> [UInt8] {
    var writer = ByteWriter(capacity: headerBytes)
    writer.put(Frame.fillerMagic)
    writer.put(UInt32(count - headerBytes))
    return writer.bytes
  }

  /// Whether bytes are one filler and nothing else, whole or torn while it was written: zeros tell
  /// nothing that a copy would keep, and a disk that its room has filled has no place for a copy.
  static func isAll(of bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= headerBytes, bytes.count <= Self.bytes,
      UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == Frame.fillerMagic
    else { return false }
    let count = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    return (bytes.count - headerBytes...Self.bytes - headerBytes).contains(Int(count))
      && bytes[headerBytes...].allSatisfy { $0 == 0 }
  }
}
