/// An open file of a journal, read and written whole however the storage breaks it up.
struct JournalFile: ~Copyable {
  let name: String
  fileprivate let file: any StorageFile

  init(name: String, file: any StorageFile) {
    self.name = name
    self.file = file
  }

  func size() throws(JournalError) -> Int {
    try faulting("cannot look at", name) { () throws(StorageFault) in try file.size() }
  }

  /// Fills `buffer` from `offset`; gives how many bytes there were before the file's end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(JournalError) -> Int
  {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = try faulting("cannot read", name) { () throws(StorageFault) in
        try file.read(into: rest, at: offset + done)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// The bytes of a range, fewer when the file ends before it does.
  func bytes(_ range: Range<Int>) throws(JournalError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    let result = bytes.withUnsafeMutableBytes { buffer -> Result<Int, JournalError> in
      do throws(JournalError) {
        return .success(try read(into: buffer, at: range.lowerBound))
      } catch { return .failure(error) }
    }
    bytes.removeLast(range.count - (try result.get()))
    return bytes
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(JournalError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      done += try faulting("cannot write", name) { () throws(StorageFault) in
        try file.write(rest, at: offset + done)
      }
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
    // Once only: after a sync that failed, another one says nothing of what was written before.
    do throws(StorageFault) { try file.sync() } catch { throw error.naming("cannot sync", name) }
  }

  func truncate(to size: Int) throws(JournalError) {
    try faulting("cannot cut", name) { () throws(StorageFault) in try file.truncate(to: size) }
  }
}

/// The lock of the one writer; it dies with its process.
struct JournalLock: ~Copyable {
  private let file: any StorageFile

  /// - Parameter wait: how long to try again while another holds it.
  init(_ directory: JournalDirectory, waiting wait: Duration = .zero) throws(JournalError) {
    let name = "lock"
    let file = try directory.open(name, writing: true, creating: true).file
    let deadline = ContinuousClock.now + wait
    while !(try faulting("cannot lock", name, { () throws(StorageFault) in try file.lock() })) {
      guard ContinuousClock.now < deadline else { throw .locked(path: directory.path) }
      pause()
    }
    self.file = file
  }

  // To close the file would not do: a child process that is just being started has a copy of the
  // descriptor, and with it the lock.
  deinit { file.unlock() }

  consuming func release() {}
}
