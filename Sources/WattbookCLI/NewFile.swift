import Foundation

/// A file that is written piece by piece and was not there before.
final class NewFile {
  private let path: String
  private let handle: FileHandle
  private var pending: [UInt8] = []

  init(_ path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
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

  func write(_ text: String) throws {
    pending += text.utf8
    if pending.count >= 1 << 16 { try flush() }
  }

  private func flush() throws {
    do { try handle.write(contentsOf: Data(pending)) } catch {
      throw Failure(.usage, "cannotWrite", "\(path): \(error.localizedDescription)")
    }
    pending.removeAll(keepingCapacity: true)
  }

  func finish() throws {
    do { try flush() } catch {
      remove()
      throw error
    }
  }

  /// Half a file would pass for a whole one.
  func remove() { unlink(path) }
}
