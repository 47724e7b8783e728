import Billing
import Foundation
import Testing

@testable import Interchange

@Suite("Meter files")
struct MeterFileTests {
  /// A file in a directory of its own, gone after `body`.
  @discardableResult
  func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let path = directory.appending(path: "reads.csv").path
    try Data(bytes).write(to: URL(filePath: path))
    return try body(path)
  }

  func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
    try withFile(bytes) { path in
      let gzip = Process()
      gzip.executableURL = URL(filePath: "/usr/bin/env")
      gzip.arguments = ["gzip", path]
      try gzip.run()
      gzip.waitUntilExit()
      return [UInt8](try Data(contentsOf: URL(filePath: path + ".gz")))
    }
  }

  var text: String {
    (0..<20_000).reduce(into: "account,date,interval_minutes,wh_1,...\n") {
      $0 += "A\($1),2015-01-01,60,\($1),2,3\n"
    }
  }

  @Test func `a file on disk is read to its end, and its progress too`() throws {
    let bytes = Array(text.utf8)
    try withFile(bytes) { path in
      var file = try MeterFile(path: path)
      #expect(file.size == bytes.count)
      var rows = 0
      while let chunk = try file.nextChunk(zone: { _ in nil }) { rows += chunk.rows }
      #expect(rows == 20_000)
      #expect(file.bytesRead == bytes.count)
      #expect(try file.nextChunk(zone: { _ in nil }) == nil)
    }
  }

  @Test func `a compressed file gives the same rows`() throws {
    let packed = try compressed(Array(text.utf8))
    try withFile(packed) { path in
      #expect(try content(path: path) == (try content(text, chunkRows: MeterFile.chunkRows)))
      var file = try MeterFile(path: path)
      while try file.nextChunk(zone: { _ in nil }) != nil {}
      #expect(file.bytesRead == packed.count)
    }
  }

  @Test func `a damaged compressed file is an error`() throws {
    let packed = try compressed(Array(text.utf8))
    for bytes in [Array(packed.dropLast(20)), [0x1F, 0x8B, 0, 0], [0x1F, 0x8B]] {
      try withFile(bytes) { path in
        #expect(
          throws: MeterFileError.cannotUnpack(reason: "gzip found it damaged or cut short")
        ) {
          try content(path: path)
        }
      }
    }
  }

  @Test func `a compressed file may be left before its end, and its unpacking ends with it`() throws
  {
    let packed = try compressed(Array(text.utf8))
    try withFile(packed) { path in
      func startedAndLeft() throws -> pid_t? {
        let source = try ByteSource(path: path, blockSize: 1 << 20)
        #expect(try source.peek(7).elementsEqual("account".utf8))
        return source.child
      }
      for _ in 0..<5 {
        let child = try #require(try startedAndLeft())
        // Neither runs nor waits to be collected.
        #expect(kill(child, 0) == -1 && errno == ESRCH)
      }
    }
  }

  @Test func `what is no file is named`() {
    for path in ["/nowhere/at/all", "/tmp", "/dev/null"] {
      #expect {
        try content(path: path)
      } throws: { error in
        "\(error)".contains(path)
      }
    }
  }

  @Test func `an account for a file without accounts must be one`() {
    #expect(throws: MeterFileError.accountInvalid("")) { try content("start,kwh\n", account: "") }
  }

  @Test func `accounts of the file stand before the one of the caller`() throws {
    let file = try content("account,date,interval_minutes,wh_1\nB,2015-01-01,60,1\n", account: "A")
    #expect(file.accounts == ["B"])
  }

  @Test func `formats have the names of the command line`() {
    let names = MeterFileFormat.allCases.map(\.rawValue)
    #expect(names == ["auto", "csv", "sce-csv", "green-button"])
    for format in [MeterFileFormat.csv, .sceCSV] {
      #expect(throws: MeterFileError.unknownLayout(firstLine: "<feed/>")) {
        try content("<feed/>", format, account: "A")
      }
    }
  }
}
