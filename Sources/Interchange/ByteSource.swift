import Glibc

/// The bytes of a file in blocks, unpacked by a `gzip` child when they begin with 1f 8b.
///
/// This file, `Bytes.swift` and `Unpacking.swift` are the only ones of the target with pointers.
final class ByteSource {
  /// Bytes of the file on disk; of a compressed file its compressed size.
  let size: Int
  /// The largest number of bytes handed out at once.
  let blockSize: Int

  private let file: Int32
  private var unpacking: Unpacking?
  private var consumed = 0
  /// Bytes read ahead to tell the layout; handed out first.
  private var head: [UInt8] = []
  private var headIndex = 0

  init(path: String, blockSize: Int) throws(MeterFileError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .cannotOpen(path: path, reason: ByteSource.lastError())
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .cannotOpen(path: path, reason: "it is not a file")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .cannotOpen(path: path, reason: ByteSource.lastError())
    }
    file = descriptor
    size = Int(status.st_size)
    self.blockSize = blockSize
    guard try peek(2) == [0x1F, 0x8B] else { return }
    head = []
    consumed = 0
    guard lseek(file, 0, SEEK_SET) == 0 else {
      throw .cannotOpen(path: path, reason: ByteSource.lastError())
    }
    unpacking = try Unpacking(file)
  }

  /// Bytes in memory, as if they were a file.
  init(_ bytes: [UInt8], blockSize: Int) {
    file = -1
    size = bytes.count
    head = bytes
    self.blockSize = blockSize
  }

  deinit {
    unpacking?.abandon()
    if file >= 0 { close(file) }
  }

  /// The process that unpacks, until it is collected.
  var child: pid_t? { unpacking?.child }

  /// How far the file on disk has been read, for a progress bar.
  var bytesRead: Int {
    // The child shares our open file, so the file's own position tells how far it has come.
    unpacking == nil ? consumed : max(0, Int(lseek(file, 0, SEEK_CUR)))
  }

  /// The first bytes, up to `count`, without taking them; only before the first `read`.
  func peek(_ count: Int) throws(MeterFileError) -> ArraySlice<UInt8> {
    while file >= 0, head.count < count {
      let filled = head.count
      head.append(contentsOf: repeatElement(0, count: count - filled))
      let read = try fetch(&head, at: filled, count: count - filled)
      head.removeLast(count - filled - read)
      if read == 0 { break }
    }
    return head.prefix(count)
  }

  /// Fills `buffer` from `index` on with up to `blockSize` bytes; 0 is the end of the file.
  func read(into buffer: inout [UInt8], at index: Int) throws(MeterFileError) -> Int {
    let wanted = min(blockSize, buffer.count - index)
    let kept = min(head.count - headIndex, wanted)
    guard kept > 0 else { return try fetch(&buffer, at: index, count: wanted) }
    for offset in 0..<kept { buffer[index + offset] = head[headIndex + offset] }
    headIndex += kept
    if file < 0 { consumed += kept }
    return kept
  }

  private func fetch(
    _ buffer: inout [UInt8], at index: Int, count: Int
  ) throws(MeterFileError) -> Int {
    guard file >= 0 else { return 0 }
    let descriptor = unpacking?.output ?? file
    var result = -1
    repeat {
      result = buffer.withUnsafeMutableBytes { bytes in
        Glibc.read(
          descriptor, UnsafeMutableRawBufferPointer(rebasing: bytes[index...]).baseAddress,
          count)
      }
    } while result < 0 && errno == EINTR
    guard result >= 0 else { throw .cannotRead(reason: ByteSource.lastError()) }
    if result == 0 { try unpacking?.finish() }
    if unpacking == nil { consumed += result }
    return result
  }

  static func lastError() -> String { String(cString: strerror(errno)) }
}
