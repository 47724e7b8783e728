import Foundation

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// `FUZZ_TARGET=zone wattbook-fuzz CORPUS [-option=value...]` gives libFuzzer's inputs to one
/// target; `wattbook-fuzz seeds FOLDER` writes the first corpus of each.
///
/// The target stands in the environment because libFuzzer starts itself again with its own
/// arguments.
@main
enum WattbookFuzz {
  static func main() throws {
    let words = CommandLine.arguments
    if words.count == 3, words[1] == "seeds" { return try writeSeeds(to: words[2]) }
    guard chosen != nil else {
      print("FUZZ_TARGET is one of: " + FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))
      exit(2)
    }
    var count = Int32(words.count)
    let texts = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
      capacity: words.count + 1)
    for (index, word) in words.enumerated() { texts[index] = strdup(word) }
    texts[words.count] = nil
    var arguments = texts
    exit(runDriver(&count, &arguments, takeInput))
  }

  static let chosen = ProcessInfo.processInfo.environment["FUZZ_TARGET"]
    .flatMap(FuzzTarget.init)

  private static func writeSeeds(to folder: String) throws {
    for target in FuzzTarget.allCases {
      let path = "\(folder)/\(target.rawValue)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      for (index, seed) in try target.seeds().enumerated() {
        try Data(seed).write(to: URL(filePath: "\(path)/seed-\(index)"))
      }
    }
  }
}

private func takeInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  WattbookFuzz.chosen?.take(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}
