import Foundation

/// A folder on disk that goes when the work in it is done.
struct TemporaryFolder {
  let path: String

  static func use<Result>(in parent: String?, _ body: (TemporaryFolder) throws -> Result) throws
    -> Result
  {
    let parent = parent ?? NSTemporaryDirectory()
    let path = "\(parent)/wattbook-bench-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(TemporaryFolder(path: path))
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func remove(_ name: String) { try? FileManager.default.removeItem(atPath: file(name)) }

  /// The copy takes the place of what had its name.
  func copy(_ name: String, to copy: String) throws {
    remove(copy)
    try FileManager.default.copyItem(atPath: file(name), toPath: file(copy))
  }

  /// Bytes of the file, or of all files of the folder, of that name.
  func bytes(of name: String) -> Int {
    let path = file(name)
    let inside = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    guard inside.isEmpty else { return inside.reduce(0) { $0 + bytes(of: "\(name)/\($1)") } }
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }
}

/// What makes a run worthless, in words.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Fails unless something holds that any sane run has.
func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
  guard condition else { throw BenchFailure(what()) }
}
