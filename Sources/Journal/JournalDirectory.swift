#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The files of one journal: the only place that talks to the file system.
struct JournalDirectory: Sendable {
  let path: String

  private func fault(_ operation: String, _ name: String) -> JournalError {
    .unavailable(operation: operation, file: name, reason: String(cString: strerror(errno)))
  }

  func make() throws(JournalError) {
    if mkdir(path, 0o755) == 0 { return try sync("\(path)/..") }
    guard errno == EEXIST else { throw fault("cannot make", path) }
  }

  func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

  func open(_ name: String, writing: Bool = false, creating: Bool = false) throws(JournalError)
    -> JournalFile
  {
    let flags = (writing ? O_RDWR : O_RDONLY) | (creating ? O_CREAT : 0)
    let descriptor = openDescriptor("\(path)/\(name)", flags)
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

  /// A segment as a roll or a new journal makes it, without any batch.
  func isEmptySegment(_ name: String) throws(JournalError) -> Bool {
    try contents(name, limit: Frame.empty.count + 1) == Frame.empty
  }

  /// Writes a file that is there whole or not at all, and is there after a crash.
  ///
  /// When it fails, on a full disk for instance, nothing is left of it.
  func publish(_ bytes: [UInt8], as name: String) throws(JournalError) {
    let temporary = name + ".new"
    do throws(JournalError) {
      let file = try open(temporary, writing: true, creating: true)
      try file.truncate(to: 0)
      try file.write(bytes, at: 0)
      try file.sync()
      guard rename("\(path)/\(temporary)", "\(path)/\(name)") == 0 else {
        throw fault("cannot rename", temporary)
      }
    } catch {
      unlink("\(path)/\(temporary)")
      throw error
    }
    try sync()
  }

  func remove(_ name: String) throws(JournalError) {
    guard unlink("\(path)/\(name)") == 0 else { throw fault("cannot remove", name) }
  }

  /// Makes new names last.
  func sync() throws(JournalError) {
    try sync(path)
  }

  private func sync(_ path: String) throws(JournalError) {
    let descriptor = openDescriptor(path, O_RDONLY | O_DIRECTORY)
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
      // The record is as long as its name, not as long as `dirent`: the tuple must not be copied.
      let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
      let name = String(
        cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
