@testable import Journal

/// A journal's directory in which one file, and no other, finds the disk full.
struct FullDisk: Storage {
  private let files: FileSystem
  private let name: String

  init(path: String, for name: String) {
    files = FileSystem(path: path)
    self.name = name
  }

  var path: String { files.path }
  func make() throws(StorageFault) { try files.make() }
  func exists(_ name: String) -> Bool { files.exists(name) }
  func names() throws(StorageFault) -> [String] { try files.names() }
  func rename(_ name: String, to other: String) throws(StorageFault) {
    try files.rename(name, to: other)
  }
  func remove(_ name: String) throws(StorageFault) { try files.remove(name) }
  func sync() throws(StorageFault) { try files.sync() }

  func open(
    _ name: String, writing: Bool, creating: Bool
  ) throws(StorageFault) -> any StorageFile {
    let file = try files.open(name, writing: writing, creating: creating)
    return name == self.name ? FullFile(file) : file
  }
}

private final class FullFile: StorageFile {
  private let file: any StorageFile

  init(_ file: any StorageFile) { self.file = file }

  func size() throws(StorageFault) -> Int { try file.size() }
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StorageFault) -> Int { try file.read(into: buffer, at: offset) }
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageFault) -> Int {
    // Some bytes find room.
    guard offset == 0, bytes.count > 1 else { throw StorageFault(code: 28) }
    return try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]), at: 0)
  }
  func sync() throws(StorageFault) { try file.sync() }
  func truncate(to size: Int) throws(StorageFault) { try file.truncate(to: size) }
  func lock() throws(StorageFault) -> Bool { try file.lock() }
  func unlock() { file.unlock() }
}
