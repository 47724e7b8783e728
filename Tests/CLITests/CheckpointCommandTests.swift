import Foundation
import Testing

/// What an outsider with a signed checkpoint can tell of a journal.
@Suite struct CheckpointCommandTests {
  private func verdicts(_ result: Wattbook.Result) throws -> [String] {
    let list = try #require(try result.object()["checkpoints"] as? [[String: Any]])
    for item in list {
      #expect(
        Set(item.keys) == [
          "file", "origin", "size", "verdict", "grownBy", "firstPosition", "lastPosition",
        ])
    }
    return list.compactMap { $0["verdict"] as? String }
  }

  /// A key in the folder of the books.
  private func key(_ books: Books, _ name: String = "utility") throws -> String {
    let file = "\(books.folder.path)/\(name).key"
    let made = try Wattbook.run(["key", file, "--json"])
    #expect(try made.status == 0 && made.object()["name"] as? String == name)
    return file
  }

  @Test func `a key is for its owner alone, and is never overwritten`() throws {
    let folder = try Folder()
    let file = "\(folder.path)/k"
    let made = try Wattbook.run(["key", file, "--name", "utility.example/2015"])
    #expect(made.status == 0, "\(made.errors)")
    var status = stat()
    #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
    let (secret, shown) = (try folder.text("k"), try folder.text("k.pub"))
    #expect(secret.hasPrefix("PRIVATE+KEY+utility.example/2015+"))
    #expect(shown.hasPrefix("utility.example/2015+") && made.output.contains(shown))
    #expect(!made.output.contains("PRIVATE"))
    let again = try Wattbook.run(["key", file, "--json"])
    #expect(try again.status == 1 && again.errorCode() == "fileExists")
    try FileManager.default.removeItem(atPath: file)
    #expect(try Wattbook.run(["key", file]).status == 1)
    #expect(!FileManager.default.fileExists(atPath: file))
    #expect(try folder.text("k.pub") == shown)
    let unnamed = try Wattbook.run(["key", "\(folder.path)/a b", "--json"])
    #expect(try unnamed.status == 2 && unnamed.errorCode() == "malformedKey")
    #expect(try Wattbook.run(["key", "\(folder.path)/none/k"]).status == 2)
  }

  @Test func `growth, rewriting, truncation and substitution are told apart`() throws {
    let books = try Books.full.get().inSmallSegments()
    let key = try key(books)
    let (early, late) = ("\(books.folder.path)/early.note", "\(books.folder.path)/late.note")
    try books.done("checkpoint --key \(key) --out \(late)")
    let past = try Books.full.get().inSmallSegments(first: 6)
    try past.done("checkpoint --key \(key) --out \(early)")
    let both = "verify --key \(key).pub --checkpoint \(early) --checkpoint \(late)"
    let early1 = "verify --key \(key).pub --checkpoint \(early)"

    #expect(try verdicts(books.done(both + " --json")) == ["fits", "fits"])
    try books.done("pay --account 1002 --amount 7 --on 2015-05-06 --at 2015-05-06T00:00:00Z")
    let grown = try books.done(both)
    #expect(grown.output.contains("late.note: ") && grown.output.contains("grown by 1 batch since"))

    let rewritten = try Books.full.get().inSmallSegments { $0.total += 10_000 }
    try rewritten.done("verify")
    let told = try rewritten.done(both + " --json", status: 1)
    #expect(try verdicts(told) == ["fits", "rewritten"])
    let named = try rewritten.done(both, status: 1)
    let size = try #require(
      try past.done("checkpoint --key \(key) --json").object()["size"] as? Int)
    #expect(named.errors.contains("REWRITTEN: what stands in batches \(size + 1) to "))

    #expect(try verdicts(past.done(both + " --json", status: 1)) == ["fits", "truncated"])
    let cut = try past.done(both, status: 1)
    #expect(cut.errors.contains("TRUNCATED: the last ") && cut.errors.contains("gone, positions "))

    let other = try Books.empty()
    #expect(
      try verdicts(other.done(both + " --json", status: 1)) == ["otherJournal", "otherJournal"])
    #expect(try other.done(early1, status: 1).errors.contains("OTHER JOURNAL"))
  }

  @Test func `nothing is signed that does not continue what was signed before`() throws {
    let books = try Books.full.get().inSmallSegments()
    let key = try key(books)
    let note = "\(books.folder.path)/a.note"
    try books.done("checkpoint --key \(key) --out \(note)")
    try books.done("checkpoint --key \(key) --since \(note)")
    let again = try books.done("checkpoint --key \(key) --out \(note) --json", status: 1)
    #expect(try again.errorCode() == "fileExists")
    let rewritten = try Books.full.get().inSmallSegments { $0.total += 10_000 }
    let refused = try rewritten.done("checkpoint --key \(key) --since \(note) --json", status: 1)
    #expect(try refused.errorCode() == "rewritten")
    let printed = try books.done("checkpoint --key \(key)")
    #expect(try printed.output == books.folder.text("a.note"))
  }

  @Test func `a key or a note that is not to be believed is refused by name`() throws {
    let books = try Books.full.get().inSmallSegments()
    let (mine, theirs) = (try key(books), try key(books, "other"))
    let note = "\(books.folder.path)/a.note"
    try books.done("checkpoint --key \(mine) --out \(note)")
    let text = try books.folder.text("a.note")
    func code(_ line: String, _ status: Int32) throws -> String {
      let result = try books.done(line + " --json", status: status)
      #expect(result.errors.contains(books.folder.path), "it names the file: \(result.errors)")
      return try result.errorCode()
    }
    let verify = "verify --key \(mine).pub --checkpoint "
    #expect(try code("verify --key \(theirs).pub --checkpoint \(note)", 1) == "notSigned")
    #expect(try code("verify --key \(mine) --checkpoint \(note)", 2) == "malformedKey")
    #expect(try code("verify --key \(note) --checkpoint \(note)", 2) == "malformedKey")
    #expect(try code("checkpoint --key \(mine).pub", 2) == "malformedKey")
    #expect(try code("checkpoint --key \(books.folder.path)/none", 2) == "cannotOpen")
    #expect(try code(verify + "\(books.folder.path)/none", 2) == "cannotOpen")
    #expect(try code(verify + books.folder.path, 2) == "cannotOpen")
    let changed = try books.write(text.replacing("next", with: "nest"), to: "changed")
    #expect(try code(verify + changed, 1) == "wrongSignature")
    let plain = try books.write("a journal of 7 batches\n", to: "plain")
    #expect(try code(verify + plain, 2) == "malformedNote")
  }

  @Test func `damage goes before what a checkpoint says`() throws {
    let books = try Books.full.get().inSmallSegments()
    let key = try key(books)
    let note = "\(books.folder.path)/a.note"
    try books.done("checkpoint --key \(key) --out \(note)")
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: books.path)
        .filter { $0.hasSuffix(".lz4") }.sorted().dropFirst().first)
    let file = URL(fileURLWithPath: "\(books.path)/\(name)")
    var bytes = try Data(contentsOf: file)
    bytes[60] ^= 1
    try bytes.write(to: file)
    let result = try books.done("verify --key \(key).pub --checkpoint \(note) --json", status: 3)
    #expect(try verdicts(result) == ["unreadable"])
    #expect(try books.done("checkpoint --key \(key) --json", status: 3).errorCode() == "damaged")
  }
}
