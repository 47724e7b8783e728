import Foundation
import Testing

@testable import Billing
@testable import Journal

/// Every kind of damage has a journal under `Journal/Damaged` with the verdict expected in words:
/// what `verify` prints, and what readers, writers, `replay` and `salvage` make of it.
@Suite struct DamagedJournalTests {
  private static let isWriting =
    ProcessInfo.processInfo.environment["WATTBOOK_WRITE_DAMAGED"] == "1"

  @Test(.enabled(if: isWriting)) func `write the damaged journals`() throws {
    let source = try DamagedJournals.Source()
    for kind in DamageKind.allCases {
      let path = "\(DamagedJournals.folder)/\(kind.rawValue)"
      try DamagedJournals.write(kind.files(source), to: path)
      let text = try Case(kind).verdict()
      try Data(text.utf8).write(to: URL(filePath: "\(path)/verdict.txt"))
    }
  }

  @Test(.enabled(if: !isWriting), arguments: DamageKind.allCases)
  func `each damaged journal gets its verdict`(_ kind: DamageKind) throws {
    let file = "\(DamagedJournals.folder)/\(kind.rawValue)/verdict.txt"
    let expected = try String(contentsOfFile: file, encoding: .utf8)
    #expect(try Case(kind).verdict() == expected)
  }

  @Test(.enabled(if: !isWriting))
  func `every folder is of a kind that is tested, and small`() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: DamagedJournals.folder)
    #expect(
      folders.filter { $0 != "README.md" }.sorted() == DamageKind.allCases.map(\.rawValue).sorted())
    for kind in DamageKind.allCases {
      let files = try DamagedJournals.read("\(DamagedJournals.folder)/\(kind.rawValue)")
      let segments = files.filter { $0.key.hasSuffix(".lz4") }.values.map(\.count)
      #expect(segments.reduce(0, +) < 50_000)
    }
  }

  /// What is read is what was written, and nothing else: from a damaged journal readers get the
  /// events as they stand in the sound one, up to their boundary, or a refusal.
  @Test(.enabled(if: !isWriting), arguments: DamageKind.allCases)
  func `nothing damaged is believed`(_ kind: DamageKind) throws {
    let sound = try Case(.soundJournal).listing()
    let damaged = try Case(kind)
    if let listing = try? damaged.listing() {
      let isPrefix = listing.count <= sound.count && zip(listing, sound).allSatisfy(==)
      #expect(isPrefix && (kind == .staleBoundary || listing.count == sound.count))
    }
    #expect(try damaged.verify().status == (damaged.isDamaged ? 3 : 0))
  }

  @Test(.enabled(if: !isWriting), arguments: DamageKind.allCases)
  func `salvage keeps every proven event at its place and changes nothing else`(
    _ kind: DamageKind
  ) throws {
    let sound = try Case(.soundJournal)
    let damaged = try Case(kind)
    let before = try DamagedJournals.read(damaged.books.path)
    let new = try damaged.salvaged()
    #expect(try DamagedJournals.read(damaged.books.path) == before)
    try new.done("verify --deep")
    let replay = try new.done("replay --json").object()
    #expect(
      try new.done("replay --threads 1 --json").object()["stateDigest"] as? String
        == replay["stateDigest"] as? String)

    var places: [String: String] = [:]
    for line in try sound.listing() { places[line.place] = line.fact }
    var lost = false
    for line in try Case.listing(new) {
      if line.kind == "PositionsLost" {
        lost = true
      } else {
        #expect(places[line.place] == line.fact || kind == .sparse, "\(line)")
      }
    }
    #expect(lost == !((replay["lost"] as? [Any])?.isEmpty ?? true))
    guard kind != .staleBoundary, kind != .sparse else { return }
    for account in DamagedJournals.accounts {
      for question in [
        "account \(account)", "audit --account \(account) --period 2015-03-02",
        "audit --account \(account) --period 2015-03-08",
      ] {
        let wanted = try sound.books.run(question + " --json")
        let found = try new.run(question + " --json")
        guard found.status != wanted.status || found.output != wanted.output else { continue }
        // Touched, or not even known any more: then it is said.
        let isSaid = found.output.contains(#""lost":[{"#) || found.status == 2
        #expect(lost && isSaid, "\(question): \(found.output)")
      }
    }
  }

  @Test(.enabled(if: !isWriting && Python.isThere), arguments: DamageKind.allCases)
  func `an outsider's reader refuses what ours refuses`(_ kind: DamageKind) throws {
    let damaged = try Case(kind)
    let python = try Python.read(damaged.books.path)
    let ours = try damaged.books.run("cat --json")
    // It opens the files that the positions lead to, and never sees one too many.
    let isOneTooMany = kind == .duplicated || kind == .foreignFile
    #expect(
      (python.status == 0) == (ours.status == 0 || isOneTooMany), "\(python.errors)\(ours.errors)")
    let right = isOneTooMany ? try Case(.soundJournal).books.run("cat --json") : ours
    if python.status == 0 { #expect(python.output == right.output) }
    let new = try damaged.salvaged()
    let salvaged = try Python.read(new.path)
    #expect(salvaged.status == 0, "\(salvaged.errors)")
    #expect(try new.done("cat --json").output == salvaged.output)
  }

  @Test(.enabled(if: !isWriting))
  func `nothing is decided about an account whose history has a hole`() throws {
    let new = try Case(.flippedFrame).salvaged()
    let lost = try new.done("replay --json").object()
    #expect(lost["touchedAccounts"] as? Int == 1)
    var refused = 0
    for account in DamagedJournals.accounts {
      let result = try new.run(
        "pay --account \(account) --amount 1 --on 2015-03-20 --json --at 2015-03-20T00:00:00Z")
      guard result.status != 0 else { continue }
      refused += 1
      #expect(try result.errorCode() == "lostHistory")
    }
    #expect(refused == 1)
    let bill = try new.run("bill --through 2015-04-08 --json --at 2015-04-09T00:00:00Z")
    #expect(bill.status == 1 && bill.output.contains("are lost"), "\(bill.output)")
    try new.done("verify")
    try new.done("replay")
  }
}

/// A damaged journal in a directory of its own.
private struct Case {
  let kind: DamageKind
  let books: Books

  init(_ kind: DamageKind) throws {
    self.kind = kind
    books = try Books()
    try DamagedJournals.write(
      DamagedJournals.read("\(DamagedJournals.folder)/\(kind.rawValue)"), to: books.path)
  }

  var isDamaged: Bool {
    switch kind {
    case .soundJournal, .tornTail, .wholeTail, .zeroedTail, .oneCopy, .futureSnapshot: false
    default: true
    }
  }

  func verify() throws -> Wattbook.Result { try books.run("verify --threads 1") }

  func salvaged() throws -> Books {
    let new = try Books()
    let survey = try #require(try Survey(path: books.path))
    _ = try Salvage(
      of: survey, to: new.path, id: "ffffffffffffffffffffffffffffffff", partitions: 3,
      sealAfter: 2000)
    return new
  }

  struct Line: Equatable {
    let place, kind, fact: String
  }

  func listing() throws -> [Line] { try Case.listing(books) }

  static func listing(_ books: Books) throws -> [Line] {
    var lines: [Line] = []
    var listing = EventListing(try JournalReader(path: books.path))
    try listing.run(positions: 0...UInt64.max) { event in
      lines.append(
        Line(place: "\(event.position)", kind: event.kind, fact: "\(event.kind) \(event.factJSON)"))
    }
    return lines
  }

  /// What everybody makes of the journal, in words.
  func verdict() throws -> String {
    var text = kind.words + "\n"
    func ran(_ command: String, _ result: Wattbook.Result) {
      text += "\n$ \(command)\n\(result.output)\(result.errors)"
      text += "exit status \(result.status)\n"
    }
    ran("wattbook verify JOURNAL", try verify())
    let new = books.path + "-new"
    let needs = kind == .missingIdentity || kind == .otherIdentity ? ["--partitions", "3"] : []
    let words = ["salvage", "JOURNAL", "NEW"] + needs
    let salvage = try Wattbook.run(["salvage", books.path, new] + needs)
    ran("wattbook " + words.joined(separator: " "), salvage)
    let replay = try books.run("replay --json")
    text +=
      "\nreaders and replay: "
      + (replay.status == 0 ? "read on" : replay.errors.trimmingCharacters(in: .newlines)) + "\n"
    text += "writers: \(try writing())\n"
    return text.replacingOccurrences(of: new, with: "NEW")
      .replacingOccurrences(of: books.path, with: "JOURNAL")
  }

  /// What opening for writing does; a refusal changes nothing.
  private func writing() throws -> String {
    let before = try DamagedJournals.read(books.path)
    let position: UInt64
    do {
      let origin = Origin(actor: "test", source: "test")
      position = try Engine(path: books.path, origin: origin).state.position
    } catch {
      let isSame = try DamagedJournals.read(books.path) == before
      return "refuse, and " + (isSame ? "change nothing" : "CHANGE SOMETHING") + ": \(error)"
    }
    let after = try DamagedJournals.read(books.path)
    let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted()
    return "go on at position \(position); "
      + (changed.isEmpty ? "nothing changed" : "changed: " + changed.joined(separator: ", "))
  }
}

extension Python {
  /// Prints a journal with the script that shares no code with us.
  static func read(_ journal: String) throws -> Wattbook.Result {
    try run([script("read_journal.py"), journal])
  }
}
