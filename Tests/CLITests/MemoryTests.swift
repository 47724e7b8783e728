import Foundation
import Testing

@testable import Journal

/// No header, count or file makes a command take memory that the file could not fill: each runs
/// under a limit of its address space.
@Suite struct MemoryTests {
  /// What the command needs anyway is about half of it.
  private static let kilobytes = 1_500_000

  private func run(_ books: Books, _ line: String) throws -> Wattbook.Result {
    var words = Wattbook.words(line)
    words.insert(books.path, at: 1)
    return try Wattbook.run(
      URL(fileURLWithPath: "/bin/sh"),
      ["-c", "ulimit -v \(Self.kilobytes); exec \"$@\"", "sh", Wattbook.executable.path] + words)
  }

  /// Every 32-bit and 64-bit number of a header, as large as it gets, under right checksums.
  @Test func `a header's numbers allocate nothing`() throws {
    let source = try Books.full.get()
    let reader = try JournalReader(path: source.path)
    let locations = try reader.locations { _ in true }
    let chosen = [locations[0], try #require(locations.last { $0.header.kind == .reads })]
    for location in chosen {
      for (offset, size) in [(8, 4), (16, 8), (64, 4), (68, 4)] {
        let books = try source.copy()
        let name = SegmentName.file(firstPosition: 0)
        var bytes = try reader.directory.contents(name)
        for index in 0..<size { bytes[location.offset + 8 + offset + index] = 0xFF }
        // The largest number of 64 bits that is no damage by itself.
        if size == 8 { bytes[location.offset + 8 + offset + 7] = 0x3F }
        var forgery = Forgery(reader.identity, after: reader.boundary)
        forgery.seal(&bytes, of: 0)
        let files = [
          (name, bytes),
          (
            Boundary.fileName,
            Array(repeatElement(forgery.boundary.encoded, count: Boundary.slots).joined())
          ),
        ]
        for (name, bytes) in files {
          try Data(bytes).write(to: URL(fileURLWithPath: "\(books.path)/\(name)"))
        }
        for line in ["verify --deep", "replay --threads 2", "account 1002"] {
          let result = try run(books, line)
          // An account's view opens the batches that speak of it, and no other.
          let isSound = result.status == 3 || (result.status == 0 && line == "account 1002")
          #expect(isSound, "\(line), \(offset): \(result.output)\(result.errors)")
        }
      }
    }
  }

  @Test func `files of a journal that are gigabytes of nothing are not read whole`() throws {
    for name in ["boundary", "journal.json", "lock", "boundary.new"] {
      let books = try Books.full.get().copy()
      let path = "\(books.path)/\(name)"
      if !FileManager.default.fileExists(atPath: path) {
        try Data().write(to: URL(fileURLWithPath: path))
      }
      #expect(truncate(path, 8 << 30) == 0)
      for line in ["verify", "account 1002", "pay --account 1002 --amount 1 --on 2015-05-06"] {
        let result = try run(books, line)
        let isDamage = ["boundary", "journal.json"].contains(name)
        #expect(result.status == (isDamage ? 3 : 0), "\(name): \(line): \(result.errors)")
      }
    }
  }

  @Test func `a packed file of one line without end is read through a window`() throws {
    let books = try Books.full.get().copy()
    let gzip = URL(fileURLWithPath: "/bin/sh")
    let heads = [
      ("line.csv.gz", "account,date,interval_minutes,wh_1,...\\n1002,2015-06-01,60,", 1),
      ("nothing.csv.gz", "", 2), ("text.xml.gz", "<feed><entry><title>", 2),
    ]
    for (name, head, status) in heads {
      let path = "\(books.folder.path)/\(name)"
      let packed = try Wattbook.run(
        gzip,
        [
          "-c", "{ printf '%b' \"$1\"; head -c 300000000 /dev/zero; } | gzip -1 >\"$2\"", "sh",
          head,
          path,
        ])
      #expect(packed.status == 0)
      let account = name.contains("xml") ? " --account 1002" : ""
      let result = try run(books, "ingest \(path)\(account)")
      #expect(result.status == status, "\(name): \(result.output)\(result.errors)")
      #expect(result.errors.contains(name), "\(result.errors)")
    }
    try books.done("verify")
  }

  @Test func `a file of accounts or rates without end is refused by its size`() throws {
    let books = try Books.full.get().copy()
    let path = "\(books.folder.path)/endless"
    try Data().write(to: URL(fileURLWithPath: path))
    #expect(truncate(path, 8 << 30) == 0)
    for line in ["enroll --file \(path)"] {
      let result = try run(books, line)
      #expect(result.status == 2 && result.errors.contains("larger than"), "\(result.errors)")
    }
    let publish = try Wattbook.run(
      URL(fileURLWithPath: "/bin/sh"),
      [
        "-c", "ulimit -v \(Self.kilobytes); exec \"$@\"", "sh", Wattbook.executable.path, "tariff",
        "publish", books.path, path,
      ])
    #expect(publish.status == 2 && publish.errors.contains("larger than"), "\(publish.errors)")
  }
}
