import Foundation
import Testing

/// A person is recorded, shown and erased; what is left tells nothing of them.
@Suite struct ErasureTests {
  private static let details = [
    "Ada Quill", "12 Elm St, Pomona CA 91766", "909-555-0114", "ada@example.org", "021000021 4711",
  ]
  private static let record =
    "person --account 1002 --name \"Ada Quill\" --address \"12 Elm St, Pomona CA 91766\" "
    + "--phone 909-555-0114 --email ada@example.org --bank \"021000021 4711\" "
    + "--at 2015-05-06T02:00:00Z"

  /// Whether any of the details, or a key, stands in any file of a directory.
  private func tells(_ folder: String, _ key: Data) throws -> Bool {
    try FileManager.default.contentsOfDirectory(atPath: folder).contains { name in
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      return (Self.details.map { Data($0.utf8) } + [key]).contains { bytes.range(of: $0) != nil }
    }
  }

  private func keyFiles(_ books: Books) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(books.path).keys").sorted()
  }

  /// Account 1002's erased person is followed by another.
  private func books() throws -> (Books, key: Data) {
    let books = try Books.full.get().copy()
    let before = try keyFiles(books)
    let recorded = try books.done(Self.record + " --json").object()
    #expect(recorded["recorded"] as? Bool == true)
    let file = try #require(try keyFiles(books).first { !before.contains($0) })
    return (
      books, try Data(contentsOf: URL(fileURLWithPath: "\(books.path).keys/\(file)"))
    )
  }

  @Test func `the account shows the person, and the journal does not`() throws {
    let (books, key) = try books()
    let text = try books.done("account 1002").output
    #expect(Self.details.allSatisfy(text.contains))
    let person = try #require(
      try books.done("account 1002 --json").object()["person"] as? [String: String])
    #expect(Set(person.values) == Set(Self.details))
    #expect(try books.done(Self.record).output.contains("nothing was appended"))
    let kind = "--account 1002 --kind PersonDetailsRecorded"
    let listed = try books.done("cat \(kind)").lines
    #expect(listed[0].contains("erased on 2015-04-02") && listed[1].contains("sealed in 144 bytes"))
    let read = try books.done("cat \(kind) --keys \(books.path).keys").lines
    #expect(read[0].contains("erased on 2015-04-02") && read[1].contains("name: Ada Quill; "))
    for line in [
      "cat --json", "cat", "replay", "audit --bill 1002-20150201",
      "bill --dry-run --through 2015-06-01",
    ] {
      let output = try books.run(line).output
      #expect(!Self.details.contains { output.contains($0) }, "\(line)")
    }
    #expect(try !tells(books.path, key))
  }

  @Test func `erasing leaves bills, balance and proofs, and nothing of the person`() throws {
    let (books, key) = try books()
    let last = try books.events() - 1
    func proofs() throws -> [String] {
      try ["account 1002 --json", "project --account 1002 --json", "cat --to \(last) --json"].map {
        try books.done($0).output.replacing(/"person":(null|{[^}]*}),/, with: "")
      }
        + ["1001-20150201", "1001-20150301", "1002-20150201"].map {
          try books.done("audit --bill \($0) --json").output
        }
    }
    let before = try proofs()
    let done = try books.done(
      "erase --account 1002 --reason request --at 2015-05-07T02:00:00Z --json")
    #expect(try done.object()["keyDestroyed"] as? Bool == true)
    for (now, then) in zip(try proofs(), before) { #expect(now == then) }
    #expect(try !tells(books.path, key) && !tells("\(books.path).keys", key))
    let text = try books.done("account 1002").output
    #expect(text.contains("erased on 2015-05-06 (request)"))
    #expect(!Self.details.contains { text.contains($0) })
    let replay = try books.done("replay").output
    #expect(replay.contains("3, of whom 2 erased"))
    let again = try books.done("erase --account 1002 --reason request").output
    #expect(again.contains("nothing was appended"))
  }

  @Test func `the destruction of a key changes no byte of what is proved`() throws {
    let (books, key) = try books()
    try books.done("erase --account 1002 --reason request --at 2015-05-07T02:00:00Z")
    func proofs() throws -> [String] {
      try [
        "verify --deep --json", "cat --json", "audit --bill 1002-20150201 --json", "account 1001",
      ].map { try books.done($0).output } + [
        try #require(try books.done("replay --json").object()["stateDigest"] as? String)
      ]
    }
    let without = try proofs()
    let ids = try books.done("cat --account 1002 --kind PersonErased --json").objects()
      .compactMap { ($0["fact"] as? [String: String])?["key"] }
      .compactMap { Data(base64Encoded: $0) }
    let name = try #require(ids.last).map { String(format: "%02x", $0) }.joined()
    try key.write(to: URL(fileURLWithPath: "\(books.path).keys/\(name).key"))
    #expect(try proofs() == without)
    let text = try books.done("account 1002").output
    #expect(text.contains("its key is still there") && text.contains("run wattbook erase again"))
    #expect(
      try books.done("erase --account 1002 --reason request").output.contains("destroyed now"))
    #expect(try books.done("account 1002").output.contains("erased on 2015-05-06 (request)\n"))
  }

  @Test func `keys are found where they are said to be`() throws {
    let (books, _) = try books()
    let elsewhere = "\(books.folder.path)/vault"
    try FileManager.default.moveItem(atPath: "\(books.path).keys", toPath: elsewhere)
    #expect(try books.done("account 1002").output.contains("key not found: \(books.path).keys/"))
    #expect(try books.done("account 1002 --keys \(elsewhere)").output.contains("Ada Quill"))
    let named = try Wattbook.run(
      URL(fileURLWithPath: "/usr/bin/env"),
      ["WATTBOOK_KEYS=\(elsewhere)", Wattbook.executable.path, "account", books.path, "1002"])
    #expect(named.output.contains("Ada Quill"))
    let refused = try books.done("erase --account 1002 --reason order --json", status: 1)
    #expect(try refused.errorCode() == "keyNotFound")
    let inside = try books.done("account 1002 --keys \(books.path)/keys --json", status: 2)
    #expect(try inside.errorCode() == "insideJournal")
    for file in try FileManager.default.contentsOfDirectory(atPath: elsewhere) {
      try Data(repeating: 7, count: 32).write(to: URL(fileURLWithPath: "\(elsewhere)/\(file)"))
    }
    let broken = try books.done("account 1002 --keys \(elsewhere) --json", status: 3)
    #expect(try broken.errorCode() == "sealBroken")
    let mixed = try books.done("cat --keys \(elsewhere) --json", status: 2)
    #expect(try mixed.errorCode() == "usage")
    try books.done("erase --account 1002 --reason order --keys \(elsewhere)")
  }
}
