import Foundation

/// A file that was not there before, written piece by piece: nothing that may be evidence is
/// overwritten, and half a file, which would pass for a whole one, does not stay.
final class NewFile {
  private let path: String
  private let handle: FileHandle
  private var pending: [UInt8] = []

  /// - Parameter mode: 0o600 for what nobody else may read.
  init(_ path: String, mode: mode_t = 0o644) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else {
      if errno == EEXIST {
        throw Failure(
          .refused, "fileExists",
          "\(path) exists already and was not overwritten; choose another name")
      }
      throw Failure(.usage, "cannotWrite", "\(path): \(String(cString: strerror(errno)))")
    }
    self.path = path
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  func write(_ text: String) throws { try write(Array(text.utf8)) }

  func write(_ bytes: [UInt8]) throws {
    pending += bytes
    if pending.count >= 1 << 16 { try flush() }
  }

  private func flush(synced: Bool = false) throws {
    do {
      try handle.write(contentsOf: Data(pending))
      if synced { try handle.synchronize() }
    } catch {
      remove()
      throw Failure(.usage, "cannotWrite", "\(path): \(error.localizedDescription)")
    }
    pending.removeAll(keepingCapacity: true)
  }

  func finish(synced: Bool = false) throws { try flush(synced: synced) }

  func remove() { unlink(path) }
}
