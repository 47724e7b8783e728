import TestSupport
import Testing

@testable import Journal

/// What a damaged journal still proves is what was written, however it was damaged.
struct SalvageTests {
  /// Every batch that a survey calls intact, by its first position.
  private func intact(_ survey: Survey) throws -> [UInt64: [UInt8]] {
    var opener = BatchOpener(survey)
    var found: [UInt64: [UInt8]] = [:]
    for location in survey.intact {
      found[location.header.firstPosition] = try opener.open(location, hashing: true) { Array($0) }
    }
    return found
  }

  @Test func `one flipped byte costs one batch at the most, and the rest is readable`() throws {
    var random = SeededRandom(61)
    let (journal, held) = try TestJournal.filled(commits: 7, sealAfter: 600, random: &random)
    let locations = try JournalReader(path: journal.path).locations { _ in true }
    for name in try journal.segments {
      let bytes = try journal.bytes(of: name)
      for offset in bytes.indices {
        var flipped = bytes
        flipped[offset] ^= UInt8.random(in: 1...255, using: &random)
        try journal.write(flipped, to: name)
        let survey = try #require(try journal.verify(deep: false).survey)
        let touched = locations.first {
          SegmentName.file(firstPosition: $0.segment) == name && $0.offset <= offset
            && offset < $0.end
        }
        #expect(survey.lost.map(\.positions) == [touched?.header.positions].compactMap { $0 })
        // Header or footer tells what it was; only of the last segment there is no footer.
        let isTold = survey.lost.allSatisfy { $0.told != nil } || name == journal.lastName
        #expect(isTold, "\(name) byte \(offset)")
        #expect(survey.intact.count == held.count - survey.lost.count)
      }
      try journal.write(bytes, to: name)
    }
  }

  @Test(arguments: 0..<60)
  func `whatever is done to the files, what is kept is what was written`(_ seed: UInt64) throws {
    var random = SeededRandom(seed)
    let (journal, held) = try TestJournal.filled(commits: 14, sealAfter: 700, random: &random)
    let written = Dictionary(uniqueKeysWithValues: held.map { ($0.first, $0.content) })
    let end = try JournalReader(path: journal.path).nextPosition
    for _ in 0..<Int.random(in: 1...4, using: &random) { try journal.damage(&random) }
    guard let survey = try Survey(path: journal.path) else { return }
    let found = try intact(survey)
    for (position, content) in found { #expect(written[position] == content) }
    #expect(survey.end <= end)
    let new = try TestJournal.none()
    let salvage = try Salvage(
      of: survey, to: new.path, id: String(repeating: "a", count: 32), partitions: 8,
      sealAfter: 700)
    #expect(try new.verify().isIntact)
    let reader = try JournalReader(path: new.path)
    #expect(reader.nextPosition == survey.end)
    var opener = BatchOpener(reader)
    var kept: [UInt64: [UInt8]] = [:]
    var lost: UInt64 = 0
    for location in try reader.locations(where: { _ in true }) {
      let content = try opener.open(location, hashing: true) { Array($0) }
      if location.header.kind == .lost {
        lost += UInt64(location.header.count)
        let said = content.withUnsafeBytes { LostBatch($0, header: location.header) }
        let isListed = salvage.lost.contains {
          $0.reason == said?.reason && $0.told?.accounts == said?.told?.accounts
            && $0.told?.kind == said?.told?.kind && $0.positions.overlaps(location.header.positions)
        }
        #expect(isListed)
      } else {
        kept[location.header.firstPosition] = content
      }
    }
    #expect(kept == found && salvage.copied + lost == survey.end)
  }

  @Test func `segments without any identity or boundary prove themselves from their start`() throws
  {
    var random = SeededRandom(62)
    let (journal, held) = try TestJournal.filled(commits: 9, sealAfter: 600, random: &random)
    try journal.remove(JournalIdentity.fileName)
    try journal.remove(Boundary.fileName)
    let report = try Verification(path: journal.path)
    #expect(report.damages.map(\.file) == [Boundary.fileName, JournalIdentity.fileName])
    #expect(report.batches == held.count && report.readable.count == 1)
  }

  @Test func `a forged boundary does not make a salvage write for ever`() throws {
    var random = SeededRandom(63)
    let (journal, _) = try TestJournal.filled(commits: 3, random: &random)
    var boundary = try journal.boundary
    boundary.nextPosition = 1 << 61
    let slots = Array(repeatElement(boundary.encoded, count: Boundary.slots).joined())
    try journal.write(slots, to: Boundary.fileName)
    let survey = try #require(try Survey(path: journal.path))
    let new = try TestJournal.none()
    #expect(throws: JournalError.self) {
      _ = try Salvage(of: survey, to: new.path, id: String(repeating: "a", count: 32))
    }
  }

  @Test func `a salvage does not write where a journal is`() throws {
    var random = SeededRandom(64)
    let (journal, _) = try TestJournal.filled(commits: 3, random: &random)
    let before = try journal.files()
    let survey = try #require(try Survey(path: journal.path))
    #expect(throws: JournalError.self) {
      _ = try Salvage(of: survey, to: journal.path, id: String(repeating: "a", count: 32))
    }
    try journal.remove(JournalIdentity.fileName)
    #expect(throws: JournalError.self) {
      _ = try Salvage(of: survey, to: journal.path, id: String(repeating: "a", count: 32))
    }
    #expect(try journal.files().filter { before[$0.key] != $0.value }.isEmpty)
  }
}

extension TestJournal {
  var lastName: String? { try? segments.last }

  /// One thing that disks and people do to files.
  fileprivate func damage(_ random: inout SeededRandom) throws {
    let names = try segments
    guard let name = names.randomElement(using: &random) else { return }
    var bytes = try bytes(of: name)
    let low = Int.random(in: 0...max(0, bytes.count - 1), using: &random)
    let range = low..<min(bytes.count, low + Int.random(in: 1...400, using: &random))
    switch Int.random(in: 0..<8, using: &random) {
    case 0: if !bytes.isEmpty { bytes[low] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
    case 1: bytes.replaceSubrange(range, with: repeatElement(0, count: range.count))
    case 2: bytes.removeSubrange(range)
    case 3: bytes.insert(contentsOf: random.bytes(30), at: low)
    case 4: bytes.removeSubrange(low...)
    case 5: return try remove(name)
    case 6:
      let other = names.randomElement(using: &random) ?? name
      let exchanged = try self.bytes(of: other)
      try write(bytes, to: other)
      bytes = exchanged
    default:
      let others = [Boundary.fileName, JournalIdentity.fileName]
      let other = others.randomElement(using: &random) ?? name
      guard var held = try? self.bytes(of: other), !held.isEmpty else { return }
      held[Int.random(in: 0..<held.count, using: &random)] ^= 4
      return try write(held, to: other)
    }
    try write(bytes, to: name)
  }
}
