import Foundation

/// Whole commands, from the start of the process to its end.
struct ProcessTiming {
  let executable: String

  /// The `wattbook` beside the sources, or the one that is named.
  init?(named path: String?) {
    let candidates = path.map { [$0] } ?? ["../.build/release/wattbook", ".build/release/wattbook"]
    guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else { return nil }
    executable = found
  }

  /// The median of several runs, in milliseconds; fails when the command does.
  func milliseconds(_ runs: Int, arguments: (Int) -> [String]) throws -> Double {
    var times: [Double] = []
    for run in 0..<runs {
      let process = Process()
      process.executableURL = URL(filePath: executable)
      process.arguments = arguments(run)
      process.standardOutput = FileHandle.nullDevice
      let start = ContinuousClock.now
      try process.run()
      process.waitUntilExit()
      times.append((ContinuousClock.now - start) / .milliseconds(1))
      try require(
        process.terminationStatus == 0,
        "\(executable) \(arguments(run).joined(separator: " ")) "
          + "ended with \(process.terminationStatus)")
    }
    return times.quantile(0.5)
  }
}
