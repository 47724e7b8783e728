import Foundation
import Testing

/// Nothing damaged is believed: a flipped bit in the acknowledged part ends with 3 and its place.
@Suite struct DamageTests {
  @Test func `verify and replay name a flipped bit wherever it is`() throws {
    let books = try Books.full.get().inSmallSegments()
    let names = try segments(of: books)
    try #require(names.count > 3)
    for (turn, name) in [names[0], names[1], names[names.count - 1]].enumerated() {
      let file = URL(fileURLWithPath: "\(books.path)/\(name)")
      let bytes = try Data(contentsOf: file)
      // The empty first frame, a header's magic, length and fields, frames, the footer.
      let chosen = [0, 5, 12, 16, 30, 100, bytes.count / 3, bytes.count / 2 + turn]
      for offset in chosen + [bytes.count - 1, bytes.count - 9] where offset < bytes.count {
        var damaged = bytes
        damaged[offset] ^= 1 << UInt8((offset + turn) % 8)
        try damaged.write(to: file)
        for command in ["verify", "replay --threads 2"] {
          let result = try books.done(command, status: 3)
          #expect(result.errors.contains(name), "\(command), \(name) at \(offset)")
          #expect(result.errors.contains("at byte"), "\(result.errors)")
        }
      }
      try bytes.write(to: file)
    }
    try books.done("verify --deep")
  }

  @Test func `audit names a flipped bit in what it opens`() throws {
    let books = try Books.full.get().copy()
    let audit = "audit --bill 1001-20150201"
    let evidence = try books.done(audit + " --json").object()["evidence"] as? [[String: Any]]
    let read = try #require(
      evidence?.first { $0["kind"] as? String == "MeterReadRecorded" }?["position"] as? Int)
    let name = try segments(of: books)[0]
    let file = URL(fileURLWithPath: "\(books.path)/\(name)")
    var bytes = try Data(contentsOf: file)
    let offset = try frameOffset(ofBatchWith: read, in: bytes)
    bytes[offset + 40] ^= 4
    try bytes.write(to: file)
    let result = try books.done(audit, status: 3)
    #expect(result.errors.contains("\(name) at byte \(offset), positions"), "\(result.errors)")
    #expect(result.errors.contains("wattbook verify"))
    #expect(try books.done(audit + " --json", status: 3).errorCode() == "damaged")
  }

  @Test func `verify under --json counts what it could follow, and lists each place`() throws {
    let books = try Books.full.get().inSmallSegments()
    let name = try segments(of: books)[1]
    let file = URL(fileURLWithPath: "\(books.path)/\(name)")
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: file)
    let verify = try books.done("verify --json", status: 3).object()
    #expect(verify["intact"] as? Bool == false)
    let damages = try #require(verify["damages"] as? [[String: Any]])
    #expect(damages.first?["file"] as? String == name)
    #expect(
      Set(damages[0].keys) == ["file", "offset", "positions", "accounts", "reason"])
    #expect((verify["readable"] as? [[String: Int]])?.isEmpty == false)
  }

  @Test func `a writer refuses a damaged journal and changes nothing`() throws {
    let books = try Books.full.get().inSmallSegments()
    let file = URL(fileURLWithPath: "\(books.path)/\(try segments(of: books)[1])")
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: file)
    let result = try books.done("pay --account 1001 --amount 1 --on 2015-05-06 --json", status: 3)
    #expect(try result.errorCode() == "damaged")
    #expect(try Data(contentsOf: file) == bytes)
  }

  private func segments(of books: Books) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: books.path)
      .filter { $0.hasSuffix(".lz4") }.sorted()
  }

  /// Where the data frame of the batch with a position starts, as FORMAT.md says.
  private func frameOffset(ofBatchWith position: Int, in bytes: Data) throws -> Int {
    func integer(_ at: Int, _ count: Int) -> Int {
      (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }
    var at = 11
    while at < bytes.count {
      let header = at + 8
      let frame = header + integer(at + 4, 4)
      let first = integer(header + 16, 8)
      if (first..<first + integer(header + 8, 4)).contains(position) { return frame }
      at = frame + integer(header + 64, 4)
    }
    throw CocoaError(.fileReadCorruptFile)
  }
}
