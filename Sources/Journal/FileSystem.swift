#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A journal in a directory: the only place that talks to the file system.
struct FileSystem: Storage {
  let path: String

  func make() throws(StorageFault) {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .last }
    // Even one that is there already: who made it may have crashed before this.
    try sync("\(path)/..")
  }

  func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

  func open(
    _ name: String, writing: Bool, creating: Bool
  ) throws(StorageFault) -> any StorageFile {
    let flags = (writing ? O_RDWR : O_RDONLY) | (creating ? O_CREAT : 0)
    return try DescriptorFile("\(path)/\(name)", flags)
  }

  func rename(_ name: String, to other: String) throws(StorageFault) {
    try renameFile("\(path)/\(name)", "\(path)/\(other)")
  }

  func remove(_ name: String) throws(StorageFault) {
    guard unlink("\(path)/\(name)") == 0 else { throw .last }
  }

  func sync() throws(StorageFault) { try sync(path) }

  private func sync(_ path: String) throws(StorageFault) {
    let directory = try DescriptorFile(path, O_RDONLY | O_DIRECTORY)
    guard fsync(directory.descriptor) == 0 else { throw .last }
  }

  func names() throws(StorageFault) -> [String] {
    guard let directory = opendir(path) else { throw .last }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      // The record is as long as its name, not as long as `dirent`: the tuple must not be copied.
      let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
      let name = String(
        cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}

/// Outside the type, where `rename` is the system's.
private func renameFile(_ path: String, _ other: String) throws(StorageFault) {
  guard rename(path, other) == 0 else { throw .last }
}

private final class DescriptorFile: StorageFile {
  let descriptor: Int32

  init(_ path: String, _ flags: Int32) throws(StorageFault) {
    // Without waiting: a pipe of that name has no other end.
    descriptor = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0o644)
    guard descriptor >= 0 else { throw .last }
  }

  deinit { close(descriptor) }

  func size() throws(StorageFault) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .last }
    return Int(status.st_size)
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StorageFault) -> Int {
    let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
    guard count >= 0 else { throw .last }
    return count
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageFault) -> Int {
    let count = pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
    guard count >= 0 else { throw .last }
    return count
  }

  func sync() throws(StorageFault) {
    guard fdatasync(descriptor) == 0 else { throw .last }
  }

  func truncate(to size: Int) throws(StorageFault) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw .last }
  }

  func lock() throws(StorageFault) -> Bool {
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
    guard errno == EWOULDBLOCK || errno == EINTR else { throw .last }
    return false
  }

  func unlock() { flock(descriptor, LOCK_UN) }
}

extension StorageFault {
  /// What `errno` says.
  fileprivate static var last: StorageFault { StorageFault(code: errno) }

  package var wasInterrupted: Bool { code == EINTR }
  package var reason: String { String(cString: strerror(code)) }
}

extension UnsafeMutableRawBufferPointer {
  /// Asks for large pages, of which a segment needs dozens and not thousands; a hint only.
  func useHugePages() { madvise(baseAddress, count, MADV_HUGEPAGE) }
}

/// Waits before a lock is tried again.
func pause() { usleep(20_000) }
