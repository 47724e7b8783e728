#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Opens and gives the descriptor, or -1 with `errno`.
func openDescriptor(_ path: String, _ flags: Int32) -> Int32 {
  while true {
    let descriptor = open(path, flags | O_CLOEXEC, 0o644)
    if descriptor >= 0 || errno != EINTR { return descriptor }
  }
}

/// An open file; closed when the value goes.
struct JournalFile: ~Copyable {
  let name: String
  let descriptor: Int32

  deinit { close(descriptor) }

  func fault(_ operation: String) -> JournalError {
    .unavailable(operation: operation, file: name, reason: String(cString: strerror(errno)))
  }

  func size() throws(JournalError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw fault("cannot look at") }
    return Int(status.st_size)
  }

  /// Fills `buffer` from `offset`; gives how many bytes there were before the file's end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(JournalError) -> Int
  {
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw fault("cannot read") }
      if count == 0 { break }
      done += count
    }
    return done
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(JournalError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(
        descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw fault("cannot write") }
      done += count
    }
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(JournalError) {
    let result = bytes.withUnsafeBytes { buffer -> Result<Void, JournalError> in
      do throws(JournalError) { return .success(try write(buffer, at: offset)) } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Until this returns, nothing written is promised to anyone.
  func sync() throws(JournalError) {
    guard fdatasync(descriptor) == 0 else { throw fault("cannot sync") }
  }

  func truncate(to size: Int) throws(JournalError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw fault("cannot cut") }
  }
}

/// The lock of the one writer; it dies with its process.
struct JournalLock: ~Copyable {
  private let file: JournalFile

  /// - Parameter wait: how long to try again while another holds it.
  init(_ directory: JournalDirectory, waiting wait: Duration = .zero) throws(JournalError) {
    let file = try directory.open("lock", writing: true, creating: true)
    let deadline = ContinuousClock.now + wait
    while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else { throw file.fault("cannot lock") }
      guard ContinuousClock.now < deadline else { throw .locked(path: directory.path) }
      usleep(20_000)
    }
    self.file = file
  }

  // To close the file would not do: a child process that is just being started has a copy of the
  // descriptor, and with it the lock.
  deinit { flock(file.descriptor, LOCK_UN) }

  consuming func release() {}
}

extension UnsafeMutableRawBufferPointer {
  /// Asks for large pages, of which a segment needs dozens and not thousands; a hint only.
  func useHugePages() { madvise(baseAddress, count, MADV_HUGEPAGE) }
}
