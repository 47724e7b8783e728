/// The files of one journal, with what takes more than one call of the storage.
struct JournalDirectory: Sendable {
  let storage: any Storage

  init(_ storage: any Storage) { self.storage = storage }

  init(path: String) { storage = FileSystem(path: path) }

  var path: String { storage.path }

  func make() throws(JournalError) {
    do throws(StorageFault) { try storage.make() } catch { throw error.naming("cannot make", path) }
  }

  func exists(_ name: String) -> Bool { storage.exists(name) }

  func open(_ name: String, writing: Bool = false, creating: Bool = false) throws(JournalError)
    -> JournalFile
  {
    let file = try faulting("cannot open", name) { () throws(StorageFault) in
      try storage.open(name, writing: writing, creating: creating)
    }
    return JournalFile(name: name, file: file)
  }

  /// A whole small file.
  func contents(_ name: String, limit: Int = 1 << 30) throws(JournalError) -> [UInt8] {
    let file = try open(name)
    let size = min(try file.size(), limit)
    let bytes = try file.bytes(0..<size)
    guard bytes.count == size else { throw .damaged(endingEarly(name, bytes.count, of: size)) }
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
      // Not opened and cut: a crash may have left it as a second name of the file itself.
      if exists(temporary) { try remove(temporary) }
      let file = try open(temporary, writing: true, creating: true)
      try file.write(bytes, at: 0)
      try file.sync()
      try faulting("cannot rename", temporary) { () throws(StorageFault) in
        try storage.rename(temporary, to: name)
      }
    } catch {
      try? storage.remove(temporary)
      throw error
    }
    try sync()
  }

  func remove(_ name: String) throws(JournalError) {
    try faulting("cannot remove", name) { () throws(StorageFault) in try storage.remove(name) }
  }

  /// Makes new names last.
  func sync() throws(JournalError) {
    do throws(StorageFault) { try storage.sync() } catch { throw error.naming("cannot sync", path) }
  }

  /// Every name in the directory, sorted.
  func names() throws(JournalError) -> [String] {
    try faulting("cannot list", path) { () throws(StorageFault) in try storage.names() }.sorted()
  }
}

/// A file that gave fewer bytes than it has: to take them for all would be to believe a shorter
/// journal.
func endingEarly(_ name: String, _ found: Int, of size: Int) -> Damage {
  Damage(file: name, offset: found, reason: "only \(found) of its \(size) bytes could be read")
}

/// Does a call of the storage, again when it was interrupted; names what failed.
func faulting<Value>(
  _ operation: @autoclosure () -> String, _ file: String,
  _ call: () throws(StorageFault) -> Value
) throws(JournalError) -> Value {
  while true {
    do throws(StorageFault) { return try call() } catch {
      guard error.wasInterrupted else { throw error.naming(operation(), file) }
    }
  }
}

extension StorageFault {
  func naming(_ operation: String, _ file: String) -> JournalError {
    .unavailable(operation: operation, file: file, reason: reason)
  }
}
