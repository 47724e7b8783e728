import Foundation
import Journal
import Testing

@testable import Billing

/// Persons are sealed, shown to who holds the key, and erased with it.
struct PersonTests {
  private static let name = "Ada Quill"

  private static func details(_ change: (inout PersonDetails) -> Void = { _ in }) -> PersonDetails {
    var details = PersonDetails()
    details.name = name
    details.phone = "909-555-0114"
    change(&details)
    return details
  }

  /// An account with ten days of reads, a bill and a payment.
  private func books() throws -> Books {
    let books = try Books(partitions: 2, Books.builtin.filter { $0.code == "D" })
    try books.enroll("S1", on: "2015-01-01", readDay: 11)
    try books.enroll("S2", on: "2015-01-01", readDay: 11)
    try books.ingest(days("S1", from: "2015-01-01", 10, wattHours: 500))
    try books.bill(through: "2015-01-11", account: "S1")
    try books.pay("S1", "1.00", on: "2015-01-20")
    return books
  }

  @discardableResult
  private func record(
    _ books: Books, _ number: String = "S1", _ change: (inout PersonRequest) -> Void
  ) throws -> Outcome {
    var request = PersonRequest(number: number)
    change(&request)
    return try books.engine.record(request, SealingSeed(), keys: books.keys, at: books.clock)
  }

  private func person(_ books: Books, _ number: String = "S1") throws -> Person? {
    try books.view(number).person(books.keys)
  }

  private func keyFiles(_ books: Books) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: books.keys.path).sorted()
  }

  // MARK: - Seals

  @Test func `a seal opens with its key for its account alone, and as it was made alone`() throws {
    let (seed, other) = (SealingSeed(), SealingSeed())
    let details = Self.details()
    let sealed = try Sealed(details, ofAccount: "S1", with: seed.key, nonce: seed.nonce)
    #expect(sealed.isWellFormed && sealed.open(ofAccount: "S1", with: seed.key) == details)
    #expect(sealed.open(ofAccount: "S2", with: seed.key) == nil)
    let wrong = try #require(PersonKey(id: seed.key.id, secret: other.key.secret))
    #expect(sealed.open(ofAccount: "S1", with: wrong) == nil)
    #expect(sealed.open(ofAccount: "S1", with: other.key) == nil)
    for bit in 0..<sealed.ciphertext.count * 8 {
      var flipped = sealed
      flipped.ciphertext[flipped.ciphertext.startIndex + bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(flipped.open(ofAccount: "S1", with: seed.key) == nil)
    }
    for bit in 0..<sealed.nonce.count * 8 {
      var flipped = sealed
      flipped.nonce[flipped.nonce.startIndex + bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(flipped.open(ofAccount: "S1", with: seed.key) == nil)
    }
  }

  @Test func `lengths tell nothing within 64 bytes`() throws {
    func count(_ name: String) throws -> Int {
      let seed = SealingSeed()
      return try Sealed(
        Self.details { $0.name = name }, ofAccount: "S1", with: seed.key, nonce: seed.nonce
      ).ciphertext.count
    }
    #expect(try count("Bo") == count("Maximiliane von Hohenstein-Waldeck"))
    #expect(try count("Bo") == 64 + 16 && count(String(repeating: "x", count: 60)) == 128 + 16)
  }

  // MARK: - On record

  @Test func `details are shown with the key, changed one by one, and not recorded twice`() throws {
    let books = try books()
    #expect(try person(books) == nil)
    let first = try record(books) { ($0.name, $0.phone) = (Self.name, "909-555-0114") }
    #expect(first == .recorded(position: books.position - 1))
    #expect(try person(books) == .known(Self.details()))
    #expect(try record(books) { $0.name = Self.name } == .repeated)
    try record(books) { ($0.phone, $0.email) = ("", "ada@example.org") }
    let changed = Self.details { ($0.phone, $0.email) = ("", "ada@example.org") }
    #expect(try person(books) == .known(changed))
    #expect(try keyFiles(books).count == 1)
    #expect(books.state.personCounts == (1, 0))
    #expect(try books.replayed().digest == books.state.digest)
    try books.reopen()
    #expect(try person(books) == .known(changed))
  }

  @Test func `what is no person is refused`() throws {
    let books = try books()
    #expect(throws: PersonRefusal.unknownAccount("X")) { try record(books, "X") { $0.name = "A" } }
    #expect(throws: PersonRefusal.empty) { try record(books) { $0.name = "" } }
    #expect(throws: PersonRefusal.tooLong(limit: 500)) {
      try record(books) { $0.address = String(repeating: "é", count: 251) }
    }
    #expect(throws: PersonRefusal.nobodyOnRecord(account: "S1")) {
      try books.engine.erase("S1", reason: .request, keys: books.keys, at: books.clock)
    }
    #expect(!FileManager.default.fileExists(atPath: books.keys.path))
    try record(books) {
      let most = String(repeating: "x", count: 500)
      ($0.name, $0.address, $0.phone, $0.email, $0.bankAccount) = (most, most, most, most, most)
    }
  }

  @Test func `keys are their owner's alone, and never inside the journal`() throws {
    let books = try books()
    try record(books) { $0.name = Self.name }
    func mode(_ path: String) throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
    let name = try #require(try keyFiles(books).first)
    #expect(try mode(books.keys.path) == 0o700)
    #expect(try mode("\(books.keys.path)/\(name)") == 0o600)
    let link = "\(books.path)-link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: books.path)
    defer { try? FileManager.default.removeItem(atPath: link) }
    for path in [books.path, "\(books.path)/", "\(books.path)/keys", "\(link)/keys/more"] {
      #expect(throws: KeyStoreError.insideJournal(path: path)) {
        try KeyStore(path: path, journal: books.path)
      }
    }
    _ = try KeyStore(path: "\(books.path)-keys", journal: books.path)
  }

  @Test func `without a place for the key nothing is recorded`() throws {
    let books = try books()
    try Data().write(to: URL(filePath: books.keys.path))
    let position = books.position
    #expect(throws: KeyStoreError.self) { try record(books) { $0.name = Self.name } }
    #expect(books.position == position)
    try FileManager.default.removeItem(atPath: books.keys.path)
    try record(books) { $0.name = Self.name }
  }

  @Test func `details moved to another account do not open`() throws {
    let books = try books()
    try record(books) { $0.name = Self.name }
    let taken = try books.view("S1").events.compactMap { recorded -> PersonDetailsRecorded? in
      guard case .personDetailsRecorded(let fact) = recorded.event.fact else { return nil }
      return fact
    }
    let other = try #require(books.state.account("S2"))
    let positions = try books.engine.commit(
      [Event(.personDetailsRecorded(taken[0]), account: other)], at: books.clock)
    let fault = #expect(throws: SealFault.self) { try person(books, "S2") }
    #expect(fault?.position == positions[0])
    #expect(try person(books) == .known(Self.details { $0.phone = "" }))
  }

  @Test func `a key that was changed is told from one that is gone`() throws {
    let books = try books()
    try record(books) { $0.name = Self.name }
    let file = "\(books.keys.path)/\(try keyFiles(books)[0])"
    let key = try Data(contentsOf: URL(filePath: file))
    try Data(key.reversed()).write(to: URL(filePath: file))
    #expect(throws: SealFault.self) { try person(books) }
    try key.dropLast().write(to: URL(filePath: file))
    #expect(throws: KeyStoreError.notAKey(file: file)) { try person(books) }
    try FileManager.default.removeItem(atPath: file)
    #expect(try person(books) == .keyNotFound(file: file))
    #expect(throws: PersonRefusal.keyNotFound(file: file)) {
      try record(books) { $0.name = "Another" }
    }
  }

  // MARK: - Erasure

  @Test func `a key's destruction changes no digest, bill, audit or byte of the journal`() throws {
    let books = try books()
    try record(books) { $0.name = Self.name }
    let keys = try keyFiles(books).map { "\(books.keys.path)/\($0)" }
    let key = try Data(contentsOf: URL(filePath: keys[0]))
    try books.engine.erase("S1", reason: .request, keys: books.keys, at: books.clock)
    #expect(try keyFiles(books).isEmpty)
    try books.engine.saveSnapshot(always: true)
    let without = try evidence(books)
    try key.write(to: URL(filePath: keys[0]))
    #expect(try evidence(books) == without)
    for file in try FileManager.default.contentsOfDirectory(atPath: books.path) {
      let bytes = try Data(contentsOf: URL(filePath: "\(books.path)/\(file)"))
      #expect(bytes.range(of: Data(Self.name.utf8)) == nil, "\(file)")
      #expect(bytes.range(of: key) == nil, "\(file)")
    }
  }

  /// Everything that proves something.
  private func evidence(_ books: Books) throws -> [String] {
    var evidence = [
      "\(try books.replayed().digest)", "\(try books.replayed(threads: 2).digest)",
      "\(try books.reader.verify(deep: true))", "\(try books.reader.head)",
      "\(try books.balance("S1"))",
    ]
    evidence += try books.audits().map { "\($0.number) \($0.isIdentical) \($0.bill)" }
    for file in try FileManager.default.contentsOfDirectory(atPath: books.path).sorted() {
      evidence.append(
        "\(Digest(of: [UInt8](try Data(contentsOf: URL(filePath: "\(books.path)/\(file)")))))")
    }
    return evidence
  }

  @Test func `who is erased stays so, and somebody else may take the place`() throws {
    let books = try books()
    try record(books) { $0.name = Self.name }
    let erased = try books.engine.erase("S1", reason: .order, keys: books.keys, at: books.clock)
    #expect(erased.wasThere && erased.outcome == .recorded(position: books.position - 1))
    let again = try books.engine.erase("S1", reason: .request, keys: books.keys, at: books.clock)
    #expect(!again.wasThere && again.outcome == .repeated)
    let day = try #require(books.engine.zone(ofAccount: "S1")).date(at: books.clock.seconds)
    #expect(try person(books) == .erased(on: day, reason: .order, keyRemains: nil))
    #expect(books.state.personCounts == (1, 1))
    try record(books) { $0.name = "Ben Orchard" }
    var ben = PersonDetails()
    ben.name = "Ben Orchard"
    #expect(try person(books) == .known(ben))
    #expect(books.state.personCounts == (2, 1))
    try books.engine.saveSnapshot(always: true)
    let digest = books.state.digest
    try books.reopen()
    #expect(books.state.personCounts == (2, 1) && books.state.digest == digest)
    #expect(try books.replayed().digest == digest)
  }

  @Test func `an erasure that a crash cut in two is finished by the same command`() throws {
    let books = try books()
    try record(books) { $0.name = Self.name }
    let file = "\(books.keys.path)/\(try keyFiles(books)[0])"
    let key = try Data(contentsOf: URL(filePath: file))
    try books.engine.erase("S1", reason: .request, keys: books.keys, at: books.clock)
    // The event is durable, the key still there.
    try key.write(to: URL(filePath: file))
    guard case .erased(_, .request, let remains) = try person(books) else {
      Issue.record("who is erased is not shown")
      return
    }
    #expect(remains == file)
    // Nor to who asks for a moment before the erasure.
    let before = try books.view("S1", knownAt: .position(books.position - 2))
    #expect(try before.person(books.keys) == person(books))
    let again = try books.engine.erase("S1", reason: .request, keys: books.keys, at: books.clock)
    #expect(again.outcome == .repeated && again.wasThere)
    #expect(try keyFiles(books).isEmpty)
    // The next record destroys what remains as well.
    try key.write(to: URL(filePath: file))
    try record(books) { $0.name = "Ben Orchard" }
    #expect(!FileManager.default.fileExists(atPath: file))
    #expect(try keyFiles(books).count == 1)
  }

  @Test func `a key that is not there is a wrong directory until somebody says it is lost`() throws
  {
    let books = try books()
    try record(books) { $0.name = Self.name }
    let elsewhere = try KeyStore(path: "\(books.keys.path)-wrong", journal: books.path)
    let position = books.position
    #expect(throws: PersonRefusal.self) {
      try books.engine.erase("S1", reason: .request, keys: elsewhere, at: books.clock)
    }
    #expect(books.position == position)
    let lost = try books.engine.erase(
      "S1", reason: .request, keys: elsewhere, isLost: true, at: books.clock)
    #expect(lost.outcome == .recorded(position: position) && !lost.wasThere)
  }
}
