import Foundation
import Testing

/// The real executable, as `swift test` builds it beside the tests.
enum Wattbook {
  struct Result {
    let status: Int32
    let output: String
    let errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The one object on standard output.
    func object(_ location: SourceLocation = #_sourceLocation) throws -> [String: Any] {
      try #require(lines.count == 1, "\(output)\(errors)", sourceLocation: location)
      return try #require(objects().first, sourceLocation: location)
    }

    /// JSON Lines on standard output.
    func objects() throws -> [[String: Any]] {
      try lines.map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
    }

    /// The code of a failure under `--json`, with nothing else printed.
    func errorCode(_ location: SourceLocation = #_sourceLocation) throws -> String {
      let object = try object(location)
      #expect(Array(object.keys) == ["error"], sourceLocation: location)
      let error = try #require(object["error"] as? [String: String], sourceLocation: location)
      #expect(Set(error.keys) == ["code", "message"], sourceLocation: location)
      #expect(errors.contains(error["message"] ?? "-"), sourceLocation: location)
      return error["code"] ?? ""
    }
  }

  static let executable: URL = {
    let test = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
    let binary = test ?? URL(fileURLWithPath: CommandLine.arguments[0])
    return binary.resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent("wattbook")
  }()

  /// Runs `wattbook` with arguments divided by spaces; `"..."` keeps spaces together.
  static func run(_ line: String) throws -> Result { try run(words(line)) }

  static func run(_ arguments: [String]) throws -> Result {
    try run(executable, arguments)
  }

  static func run(
    _ executable: URL, _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> Result {
    let folder = try Folder()
    let process = try start(executable, arguments, folder, environment)
    process.waitUntilExit()
    return Result(
      status: process.terminationReason == .exit ? process.terminationStatus : -1,
      output: try folder.text("output"), errors: try folder.text("errors"))
  }

  /// Starts a command whose output goes to files of a folder.
  static func start(
    _ executable: URL, _ arguments: [String], _ folder: Folder,
    _ environment: [String: String] = [:]
  ) throws -> Process {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = environment.merging(["USER": "tester", "TMPDIR": folder.path]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try folder.handle("output")
    process.standardError = try folder.handle("errors")
    try process.run()
    return process
  }

  static func words(_ line: String) -> [String] {
    line.split(separator: "\"", omittingEmptySubsequences: false).enumerated().flatMap {
      index, part in
      index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
    }
  }
}

/// A directory of its own, gone when the last reference goes.
final class Folder: Sendable {
  let path: String

  init() throws {
    // In memory where there is a file system for that: syncs cost nothing there.
    let memory = "/dev/shm"
    let base =
      FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
    path = "\(base)/wattbook-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws -> String {
    let file = "\(path)/\(name)"
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    return file
  }

  func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
  }

  func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  func handle(_ name: String) throws -> FileHandle {
    _ = try write("", to: name)
    return try #require(FileHandle(forWritingAtPath: "\(path)/\(name)"))
  }
}

/// The keys of a JSON object; empty where it is none.
func keys(_ object: Any?) -> Set<String> { Set((object as? [String: Any] ?? [:]).keys) }

/// The objects of a JSON array; empty where it is none.
func list(_ object: Any?) -> [[String: Any]] { object as? [[String: Any]] ?? [] }
