#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

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

  /// Takes the exclusive lock that dies with this process; false when another holds it.
  func lock() throws(JournalError) -> Bool {
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw fault("cannot lock") }
    return false
  }
}

/// The files of one journal: the only place that talks to the file system.
struct JournalDirectory: Sendable {
  let path: String

  private func fault(_ operation: String, _ name: String) -> JournalError {
    .unavailable(operation: operation, file: name, reason: String(cString: strerror(errno)))
  }

  func make() throws(JournalError) {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw fault("cannot make", path) }
  }

  func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

  func open(_ name: String, writing: Bool = false, creating: Bool = false) throws(JournalError)
    -> JournalFile
  {
    let flags = (writing ? O_RDWR : O_RDONLY) | (creating ? O_CREAT : 0) | O_CLOEXEC
    let descriptor = Glibc.open("\(path)/\(name)", flags, 0o644)
    guard descriptor >= 0 else { throw fault("cannot open", name) }
    return JournalFile(name: name, descriptor: descriptor)
  }

  /// A whole small file.
  func contents(_ name: String, limit: Int = 1 << 30) throws(JournalError) -> [UInt8] {
    let file = try open(name)
    let size = min(try file.size(), limit)
    var bytes = [UInt8](repeating: 0, count: size)
    let result = bytes.withUnsafeMutableBytes { buffer -> Result<Int, JournalError> in
      do throws(JournalError) { return .success(try file.read(into: buffer, at: 0)) } catch {
        return .failure(error)
      }
    }
    bytes.removeLast(size - (try result.get()))
    return bytes
  }

  /// Writes a file that is there whole or not at all, and is there after a crash.
  func publish(_ bytes: [UInt8], as name: String) throws(JournalError) {
    let temporary = name + ".new"
    do {
      let file = try open(temporary, writing: true, creating: true)
      try file.truncate(to: 0)
      try file.write(bytes, at: 0)
      try file.sync()
    }
    guard rename("\(path)/\(temporary)", "\(path)/\(name)") == 0 else {
      throw fault("cannot rename", temporary)
    }
    try sync()
  }

  func remove(_ name: String) throws(JournalError) {
    guard unlink("\(path)/\(name)") == 0 else { throw fault("cannot remove", name) }
  }

  /// Makes new names last.
  func sync() throws(JournalError) {
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw fault("cannot open", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw fault("cannot sync", path) }
  }

  /// Every name in the directory, sorted.
  func names() throws(JournalError) -> [String] {
    guard let directory = opendir(path) else { throw fault("cannot list", path) }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
