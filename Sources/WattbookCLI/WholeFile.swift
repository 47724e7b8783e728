import Foundation

/// A file that is read as a whole; one of a size that nobody's is refused before it is read.
enum WholeFile {
  /// Accounts at 60 bytes a line: eight million of them.
  static let accountsBytes = 512 << 20
  /// Rate schedules, of which none may have more than 256 KiB.
  static let schedulesBytes = 64 << 20

  static func read(_ path: String, atMost limit: Int) throws -> Data {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let size = (attributes?[.size] as? NSNumber)?.intValue ?? 0
    guard size <= limit else {
      throw Failure(
        .usage, "tooLarge", "\(path) is larger than \(limit >> 20) MiB; send it in parts")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(.usage, "cannotOpen", "cannot open \(path)")
    }
    return data
  }
}
