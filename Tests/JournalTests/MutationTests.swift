import TestSupport
import Testing

@testable import Journal

/// Journals that no writer wrote, with and without right checksums: every reader refuses them by
/// name or reads on; none traps, hangs or allocates more than the files could hold.
struct MutationTests {
  @Test(arguments: [1, 2])
  func `no bytes of a segment trap, whatever the checksums say`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let (journal, held) = try TestJournal.filled(commits: 8, sealAfter: 700, random: &random)
    let pristine = try journal.files()
    let names = try journal.segments
    try #require(names.count >= 3)
    var outcomes = Outcomes()
    for round in 0..<120 {
      var files = pristine
      let name = names[Int.random(in: names.indices, using: &random)]
      files[name] = random.mutated(try #require(files[name]))
      if round % 4 > 0 { try forge(&files, names, journal) }
      for (name, bytes) in files { try journal.write(bytes, to: name) }
      outcomes.add(try readEveryWay(journal), held)
      for name in try journal.names() where pristine[name] == nil && name != "lock" {
        try journal.remove(name)
      }
    }
    #expect(outcomes.refused > 60 && outcomes.isPlausible, "\(outcomes)")
  }

  @Test(arguments: [5]) func `no field of a header traps under right checksums`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed)
    let (journal, _) = try TestJournal.filled(commits: 3, random: &random)
    let pristine = try journal.files()
    let name = SegmentName.file(firstPosition: 0)
    let locations = try JournalReader(path: journal.path).locations { _ in true }
    let bytes = try #require(pristine[name])
    for (offset, size) in BatchHeader.fields {
      for value in [0, 0x7F, 0xFF] as [UInt8] {
        for location in [locations[0], locations[locations.count - 1]] {
          var files = pristine
          var mutant = bytes
          let at = location.offset + 8 + offset
          // The number's highest byte alone, or all of them.
          let isWhole = Bool.random(using: &random)
          for index in (isWhole ? at : at + size - 1)..<(at + size) { mutant[index] = value }
          files[name] = mutant
          try forge(&files, [name], journal)
          for (name, bytes) in files { try journal.write(bytes, to: name) }
          _ = try readEveryWay(journal)
        }
      }
    }
    for (name, bytes) in pristine { try journal.write(bytes, to: name) }
    #expect(try journal.verify().isIntact)
  }

  @Test(arguments: [7]) func `no boundary under a right checksum traps`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let (journal, held) = try TestJournal.filled(commits: 4, sealAfter: 500, random: &random)
    let pristine = try journal.files()
    let sound = try journal.boundary
    var outcomes = Outcomes()
    for _ in 0..<200 {
      var boundary = sound
      let value = random.extreme()
      switch Int.random(in: 0..<7, using: &random) {
      case 0: boundary.generation = value
      case 1: boundary.commit = value
      case 2: boundary.segment = value
      case 3: boundary.offset = value
      case 4: boundary.nextPosition = value
      case 5: boundary.epoch = value
      default: boundary.recordedAt = Int64(bitPattern: value)
      }
      try journal.write(
        Array(repeatElement(boundary.encoded, count: 4).joined()), to: Boundary.fileName)
      outcomes.add(try readEveryWay(journal), held)
      for (name, bytes) in pristine { try journal.write(bytes, to: name) }
    }
    #expect(outcomes.isPlausible, "\(outcomes)")
  }

  @Test(arguments: [9]) func `no text of journal.json traps`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let text = TestJournal.identity.json
    for _ in 0..<2000 {
      let mutant = random.mutated(text)
      if let identity = try? JournalIdentity(json: mutant) { #expect(identity.json == mutant) }
    }
  }

  private func forge(
    _ files: inout [String: [UInt8]], _ names: [String], _ journal: TestJournal
  ) throws {
    var forgery = Forgery(
      TestJournal.identity,
      after: try Boundary.newest(in: try #require(files[Boundary.fileName])))
    for name in names {
      guard var bytes = files[name], let first = SegmentName.firstPosition(name) else { continue }
      forgery.seal(&bytes, of: first)
      files[name] = bytes
    }
    files[Boundary.fileName] = Array(
      repeatElement(forgery.boundary.encoded, count: Boundary.slots).joined())
  }

  /// What each way of reading gave; nil where it refused.
  private func readEveryWay(_ journal: TestJournal) throws -> [[ReadBatch]?] {
    let start = ContinuousClock.now
    defer { #expect(ContinuousClock.now - start < .seconds(20), "it takes too long") }
    var ways: [[ReadBatch]?] = []
    do throws(JournalError) {
      let reader = try JournalReader(path: journal.path)
      let report = try reader.verify(deep: true)
      for damage in report.damages {
        #expect(!damage.file.isEmpty && !damage.reason.isEmpty && damage.offset >= 0)
      }
      _ = try reader.chain(before: 3)
    } catch { #expect(!error.description.isEmpty) }
    ways.append(try refusing { try journal.replay() })
    ways.append(try refusing { try journal.openAll() })
    _ = try refusing { _ = try JournalWriter(path: journal.path) }
    return ways
  }

  /// Only a `JournalError` may come out of damaged bytes.
  private func refusing<Value>(_ body: () throws -> Value) throws -> Value? {
    do { return try body() } catch is JournalError { return nil }
  }

  private struct Outcomes {
    var refused = 0
    var unchanged = 0
    var forged = 0
    /// Something was refused, and not everything.
    var isPlausible: Bool { refused > 0 && unchanged + forged > 0 }

    mutating func add(_ ways: [[ReadBatch]?], _ held: [ReadBatch]) {
      for way in ways {
        guard let way else {
          refused += 1
          continue
        }
        if way == held { unchanged += 1 } else { forged += 1 }
      }
    }
  }
}

extension BatchHeader {
  /// Offset and size of each field of fixed width, as `Journal/FORMAT.md` has them.
  static let fields = [
    (4, 1), (5, 1), (6, 2), (8, 4), (12, 4), (16, 8), (24, 8), (32, 8), (40, 8), (48, 4), (52, 4),
    (56, 4), (60, 4), (64, 4), (68, 4), (76, 4), (144, 2),
  ]
}

extension SeededRandom {
  /// A number that counts tend to trip over, or any.
  mutating func extreme() -> UInt64 {
    let known: [UInt64] = [
      0, 1, 7, 4096, 1 << 31, 1 << 32 - 1, 1 << 32, 1 << 62, 1 << 62 + 1, 1 << 63 - 1, 1 << 63,
      .max,
    ]
    return Bool.random(using: &self)
      ? next() >> UInt64.random(in: 0..<60, using: &self)
      : known[Int.random(in: known.indices, using: &self)]
  }

  /// The bytes with one to four changes of every kind.
  mutating func mutated(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...4, using: &self) {
      guard !bytes.isEmpty else { break }
      let place = Int.random(in: bytes.indices, using: &self)
      let end = min(bytes.count, place + Int.random(in: 1...60, using: &self))
      switch Int.random(in: 0..<7, using: &self) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &self) ?? 0
      case 2:
        let size = [2, 4, 8].randomElement(using: &self) ?? 4
        withUnsafeBytes(of: extreme().littleEndian) { value in
          for index in 0..<min(size, bytes.count - place) { bytes[place + index] = value[index] }
        }
      case 3: bytes.removeSubrange(place..<end)
      case 4: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
      case 5: for index in place..<end { bytes[index] = 0 }
      default: bytes.removeLast(bytes.count - place)
      }
    }
    return bytes
  }
}
