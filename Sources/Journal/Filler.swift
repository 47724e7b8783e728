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
  /// - Returns: what is to be written right behind the commit, with it.
  mutating func follow(
    _ count: Int, at offset: Int, in file: borrowing JournalFile
  ) throws(JournalError) -> [UInt8] {
    let next = offset + count
    commits += 1
    written += count
    let isWorthwhile = commits > Self.patience && count <= Self.bytes / 8
    if next + Self.headerBytes > end, isWorthwhile || next < end {
      let start = max(next, end)
      let room = next + min(Self.bytes, max(Self.leastBytes, written))
      try file.write([UInt8](repeating: 0, count: room - start), at: start)
      end = room
    }
    end = max(end, next)
    guard next + Self.headerBytes <= end else { return [] }
    return Self.header(of: end - next)
  }

  /// Another segment has begun.
  mutating func startAgain() { end = 0 }

  private static func header(of count: Int) -> [UInt8] {
    var writer = ByteWriter(capacity: headerBytes)
    writer.put(Frame.fillerMagic)
    writer.put(UInt32(count - headerBytes))
    return writer.bytes
  }

  /// Whether bytes are one filler and nothing else.
  static func isAll(of bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= headerBytes, bytes.count <= Self.bytes,
      bytes.starts(with: header(of: bytes.count))
    else { return false }
    return bytes[headerBytes...].allSatisfy { $0 == 0 }
  }
}
