import Foundation
import Testing

/// A program of the folder `Tests/Peers`, run by the Python that the environment's
/// WATTBOOK_PYTHON names, else by python3.
enum Peer {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Peers")

  /// Whether Python is there with a module; asked once for each, because some take a second.
  static let hasPySAM = has("PySAM.Utilityrate5")
  static let hasRatebook = has("ratebook")
  static let hasPython = has("zoneinfo")

  private static func has(_ module: String) -> Bool {
    (try? run(["-c", "import \(module)"], input: Data())) != nil
  }

  /// What a program prints.
  ///
  /// - Throws: a `Failure` with what it said, when it did not end well.
  static func run(
    _ program: String, _ arguments: [String] = [], input: Data = Data()
  ) throws -> Data {
    try run([folder.appending(path: program).path] + arguments, input: input)
  }

  struct Failure: Error { let said: String }

  private static func run(_ arguments: [String], input: Data) throws -> Data {
    let scratch = URL(filePath: Books.freshPath())
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    // Through files: a pipe that nobody reads while the other side writes stands still.
    let files = try ["in", "out", "error"].map { name in
      let file = scratch.appending(path: name)
      try (name == "in" ? input : Data()).write(to: file)
      return try name == "in"
        ? FileHandle(forReadingFrom: file) : FileHandle(forWritingTo: file)
    }
    let environment = ProcessInfo.processInfo.environment
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [environment["WATTBOOK_PYTHON"] ?? "python3"] + arguments
    process.environment = environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
    (process.standardInput, process.standardOutput) = (files[0], files[1])
    process.standardError = files[2]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(
        said: try String(contentsOf: scratch.appending(path: "error"), encoding: .utf8))
    }
    return try Data(contentsOf: scratch.appending(path: "out"))
  }
}
