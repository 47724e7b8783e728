import Foundation

/// A command of the machine that some tests compare with, where it is installed.
struct Command {
  let path: String

  static let lz4 = Command("lz4")
  static let python = Command("python3")

  private init?(_ name: String) {
    let folders = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
    let found = folders.map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
    guard let found else { return nil }
    path = found
  }

  func run(_ arguments: [String]) throws -> (status: Int32, output: [UInt8], errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, Array(bytes), text)
  }
}
