import Foundation
import Testing

/// `cat --json` and `Journal/read_journal.py`, which shares no code with it, print the same bytes
/// of a journal with every kind of event. Skipped where there is no Python with its `lz4` package.
@Suite(.enabled(if: Python.isThere)) struct PythonReaderTests {
  @Test func `the script and cat print the same bytes`() throws {
    let full = try Books.whole.get()
    let golden = ["v1", "v2", "v3"].map { Python.script("Golden/\($0)") }
    let small = try full.inSmallSegments()
    for path in [full.path, small.path] + golden {
      let python = try Python.read(path)
      let cat = try Wattbook.run(["cat", path, "--json"])
      #expect(python.status == 0 && python.errors.isEmpty, "\(python.errors)")
      #expect(python.lines.count == cat.lines.count)
      for (ours, theirs) in zip(cat.lines, python.lines) where ours != theirs {
        Issue.record("cat: \(ours)\nscript: \(theirs)")
      }
      #expect(python.output == cat.output)
    }
  }
}

enum Python {
  static let isThere = (try? run(["-c", "import lz4.frame"]).status) == 0

  /// A file of the folder `Journal`.
  static func script(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("../../Journal/\(name)").path
  }

  static func run(_ arguments: [String]) throws -> Wattbook.Result {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return try Wattbook.run(
      URL(fileURLWithPath: "/usr/bin/env"), ["PATH=\(path)", "python3"] + arguments)
  }
}
