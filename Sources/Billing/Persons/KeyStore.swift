#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Why a person's key cannot be kept, read or destroyed.
public enum KeyStoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Whoever copies the journal must not copy the keys with it.
  case insideJournal(path: String)
  case unavailable(operation: String, file: String, reason: String)
  case notAKey(file: String)

  public var description: String {
    switch self {
    case .insideJournal(let path):
      "keys are kept outside the journal, and \(path) is inside: give another directory (--keys)"
    case .unavailable(let operation, let file, let reason):
      "\(operation) \(file): \(reason); see to it and run the same command again"
    case .notAKey(let file):
      "\(file) is not a key: it has other than \(PersonKey.secretCount) bytes; restore it from a copy"
    }
  }
}

/// Persons' keys: a directory outside the journal, with a file for each that only its owner reads.
///
/// Who loses the directory has erased everybody; who copies it, in a backup for instance, keeps
/// everybody readable, the erased too.
public struct KeyStore: Sendable {
  public let path: String

  /// The directory need not be there yet.
  public init(path: String, journal: String) throws(KeyStoreError) {
    let place = Self.resolved(path) + "/"
    guard !place.hasPrefix(Self.resolved(journal) + "/") else { throw .insideJournal(path: path) }
    self.path = path
  }

  public func file(of key: KeyID) -> String { "\(path)/\(key).key" }

  func has(_ key: KeyID) throws(KeyStoreError) -> Bool {
    let name = file(of: key)
    guard access(name, F_OK) != 0 else { return true }
    guard errno == ENOENT else { throw fault("cannot look at", name) }
    return false
  }

  /// Nil where there is no such key.
  public func key(_ id: KeyID) throws(KeyStoreError) -> PersonKey? {
    let name = file(of: id)
    let descriptor = open(name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw fault("cannot open", name)
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: PersonKey.secretCount + 1)
    let count = read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw fault("cannot read", name) }
    guard let key = PersonKey(id: id, secret: Array(bytes.prefix(count))) else {
      throw .notAKey(file: name)
    }
    return key
  }

  /// Keeps a new key; when this returns it outlives a crash, and an event may be sealed with it.
  func keep(_ key: PersonKey) throws(KeyStoreError) {
    if mkdir(path, 0o700) == 0 {
      try sync("\(path)/..")
    } else if errno != EEXIST {
      throw fault("cannot make", path)
    }
    let name = file(of: key.id)
    try write(key.secret, to: name + ".new", O_CREAT | O_TRUNC)
    guard rename(name + ".new", name) == 0 else { throw fault("cannot rename", name + ".new") }
    try sync(path)
  }

  /// Destroys a key: overwritten, removed, and the removal made to last. What a file system or a
  /// disk keeps of overwritten bytes is beyond us.
  ///
  /// - Returns: whether there was one.
  func destroy(_ id: KeyID) throws(KeyStoreError) -> Bool {
    let name = file(of: id)
    let isThere = try has(id)
    if isThere {
      try write([UInt8](repeating: 0, count: PersonKey.secretCount), to: name)
      guard unlink(name) == 0 else { throw fault("cannot remove", name) }
    }
    // Also when it is gone: an earlier removal may not have been made to last.
    if isThere || access(path, F_OK) == 0 { try sync(path) }
    return isThere
  }

  private func write(
    _ bytes: [UInt8], to name: String, _ flags: Int32 = 0
  ) throws(KeyStoreError) {
    let descriptor = open(name, O_WRONLY | O_CLOEXEC | flags, 0o600)
    guard descriptor >= 0 else { throw fault("cannot open", name) }
    defer { close(descriptor) }
    guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
      throw fault("cannot write", name)
    }
    guard fsync(descriptor) == 0 else { throw fault("cannot sync", name) }
  }

  private func sync(_ directory: String) throws(KeyStoreError) {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw fault("cannot open", directory) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw fault("cannot sync", directory) }
  }

  private func fault(_ operation: String, _ file: String) -> KeyStoreError {
    .unavailable(operation: operation, file: file, reason: String(cString: strerror(errno)))
  }

  /// The path without links; of what is not there yet, its parent's.
  private static func resolved(_ path: String) -> String {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    let parts = path.split(separator: "/")
    guard let last = parts.last else { return path }
    let parent = (path.hasPrefix("/") ? "/" : "") + parts.dropLast().joined(separator: "/")
    guard !parent.isEmpty, parent != path else { return resolved(".") + "/\(last)" }
    return resolved(parent) + "/\(last)"
  }
}
