import TestSupport
import Testing

@testable import Journal

/// Bytes whose checksums are right but which are not the ones that were written here.
struct ExchangeTests {
  private func refuses(_ file: String, _ body: () throws -> Void) {
    #expect {
      try body()
    } throws: {
      guard case JournalError.damaged(let damage) = $0 else { return false }
      return damage.file == file
    }
  }

  @Test func `a last commit exchanged for another valid one is refused`() throws {
    var random = SeededRandom(91)
    let (journal, _) = try TestJournal.filled(commits: 4, sealAfter: 600, random: &random)
    let other = try journal.copy()
    var pending = PendingBatch(
      kind: .events, partition: 0, count: 1, accounts: nil, dates: nil, content: [1])
    _ = try JournalWriter(path: journal.path).append([pending])
    pending.content = [2]
    _ = try JournalWriter(path: other.path).append([pending])
    let name = try #require(try journal.segments.last)
    try journal.write(try other.bytes(of: name), to: name)
    refuses(name) { _ = try journal.replay() }
    refuses(name) { _ = try journal.openAll() }
    refuses(name) { _ = try JournalWriter(path: journal.path) }
    #expect(try journal.verify().damages.map(\.file) == [name])
  }

  @Test func `a footer that says other things than its segment is refused`() throws {
    var random = SeededRandom(92)
    let (journal, held) = try TestJournal.filled(commits: 5, sealAfter: 600, random: &random)
    let name = SegmentName.file(firstPosition: 0)
    let bytes = try journal.bytes(of: name)
    let sealed = try JournalReader(path: journal.path).locations { _ in true }
      .filter { $0.segment == 0 }
    let end = try #require(sealed.last).end
    let written = Footer(
      entries: sealed.map(Footer.Entry.init), nextPosition: try second(journal),
      chain: try chain(after: end, in: bytes))

    func forged(_ change: (inout Footer) -> Void) throws {
      var footer = written
      change(&footer)
      let frame = Frame.skippable(Frame.footerMagic, footer.encoded)
      try journal.write(Array(bytes[..<end]) + frame, to: name)
    }
    try forged { _ in }
    #expect(try journal.replay() == held && journal.openAll() == held)

    let changes: [(inout Footer) -> Void] = [
      { $0.chain = Digest(of: [1]) }, { $0.entries.removeLast() }, { $0.entries[1].kind.toggle() },
      { $0.entries[1].lastAccount += 1 }, { $0.entries[1].offset = $0.entries[0].offset },
      { $0.entries[1].offset = .max }, { $0.entries.swapAt(0, 1) }, { $0.nextPosition += 1 },
      { $0.entries = [] },
    ]
    for (index, change) in changes.enumerated() {
      try forged(change)
      refuses(name) { _ = try journal.replay() }
      #expect(try journal.verify().damages.first?.file == name)
      // The index is trusted for what it leaves out, never for what it points to.
      if index > 1 { #expect(throws: JournalError.self) { _ = try journal.openAll() } }
    }
  }

  private func second(_ journal: TestJournal) throws -> UInt64 {
    try #require(SegmentName.firstPosition(try journal.segments[1]))
  }

  private func chain(after end: Int, in bytes: [UInt8]) throws -> Digest {
    let footer = bytes[(end + 8)...].withUnsafeBytes { Footer($0) }
    return try #require(footer).chain
  }

  @Test func `absurd numbers under a right checksum are refused`() throws {
    var random = SeededRandom(94)
    let (journal, _) = try TestJournal.filled(commits: 6, sealAfter: 600, random: &random)
    let locations = try JournalReader(path: journal.path).locations { _ in true }
    for location in [locations[0], locations[1], locations[locations.count - 1]] {
      let name = SegmentName.file(firstPosition: location.segment)
      let bytes = try journal.bytes(of: name)
      let fields = location.offset + 8..<location.frameOffset - 4
      for offset in stride(from: fields.lowerBound, to: fields.upperBound - 4, by: 4) {
        for word: UInt32 in [0, 1, .max, 0x7FFF_FFFF, 0x8000_0000] {
          var forged = bytes
          var writer = ByteWriter()
          writer.put(word)
          forged.replaceSubrange(offset..<offset + 4, with: writer.bytes)
          guard forged != bytes else { continue }
          writer.put(crc32c(Array(forged[fields])))
          forged.replaceSubrange(fields.upperBound..<location.frameOffset, with: writer.bytes[4...])
          try journal.write(forged, to: name)
          #expect(throws: JournalError.self) { try journal.replay() }
          #expect(try !journal.verify().isIntact)
          _ = try? journal.openAll()
        }
      }
      try journal.write(bytes, to: name)
    }
    #expect(try journal.verify().isIntact)
  }

  @Test func `a commit kept after a crash keeps its writer's epoch from being used again`() throws {
    var random = SeededRandom(93)
    let journal = try TestJournal.empty()
    let older = try journal.bytes(of: Boundary.fileName)
    _ = try JournalWriter(path: journal.path).append(random.batches(1...1))
    try journal.write(older, to: Boundary.fileName)
    _ = try JournalWriter(path: journal.path).append(random.batches(1...1))
    let epochs = try JournalReader(path: journal.path).locations { _ in true }.map(\.header.epoch)
    #expect(epochs == [1, 2])
  }
}

extension BatchKind {
  fileprivate mutating func toggle() { self = self == .events ? .reads : .events }
}
