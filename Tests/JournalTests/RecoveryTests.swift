import Foundation
import TestSupport
import Testing

@testable import Journal

/// What a crash can leave, and what the next writer makes of it.
struct RecoveryTests {
  /// A journal just before and just after a commit of three batches.
  private struct Crash {
    let before: TestJournal
    let after: TestJournal
    /// Batches before the commit, and with it.
    let held: [ReadBatch]
    let all: [ReadBatch]
    let segment: String
    let start: Int

    init(_ random: inout SeededRandom) throws {
      (after, held) = try TestJournal.filled(commits: 5, sealAfter: 700, random: &random)
      before = try after.copy()
      let writer = try JournalWriter(path: after.path)
      all = held + (try writer.append(random.batches(3...3)))
      let boundary = try before.boundary
      segment = SegmentName.file(firstPosition: boundary.segment)
      start = Int(boundary.offset)
    }

    /// The journal before the commit with other bytes in its last segment.
    func journal(_ bytes: some Sequence<UInt8>) throws -> TestJournal {
      let journal = try before.copy()
      try journal.write(Array(bytes), to: segment)
      return journal
    }
  }

  /// Opens, checks what is held, appends and checks that everything stands.
  private func reopens(
    _ journal: TestJournal, holding held: [ReadBatch], _ random: inout SeededRandom
  ) throws {
    do {
      let writer = try JournalWriter(path: journal.path, sealAfter: 700)
      #expect(try journal.replay() == held)
      var all = held
      for _ in 0..<3 { all += try writer.append(random.batches(2...3)) }
      #expect(try journal.replay() == all)
    }
    let files = try journal.files()
    #expect(throws: Never.self) { _ = try JournalWriter(path: journal.path) }
    #expect(try journal.files() == files, "a second opening changes nothing")
    #expect(try journal.verify().isIntact)
  }

  @Test func `a commit torn at any byte is cut, after a copy`() throws {
    var random = SeededRandom(21)
    let crash = try Crash(&random)
    let bytes = try crash.after.bytes(of: crash.segment)
    for end in crash.start..<bytes.count {
      let journal = try crash.journal(bytes[..<end])
      #expect(try journal.replay() == crash.held, "a reader sees nothing of it")
      try reopens(journal, holding: crash.held, &random)
      let broken = "\(crash.segment).\(crash.start).broken"
      if end > crash.start {
        #expect(try journal.bytes(of: broken) == Array(bytes[crash.start..<end]))
      } else {
        #expect(try !journal.names().contains(broken))
      }
    }
  }

  @Test func `a whole commit after the boundary is kept, once`() throws {
    var random = SeededRandom(22)
    let crash = try Crash(&random)
    let journal = try crash.journal(crash.after.bytes(of: crash.segment))
    #expect(try journal.replay() == crash.held)
    try reopens(journal, holding: crash.all, &random)
    #expect(try !journal.names().contains { $0.hasSuffix(".broken") })
  }

  @Test func `a whole commit followed by garbage is kept and the garbage cut`() throws {
    var random = SeededRandom(23)
    let crash = try Crash(&random)
    let bytes = try crash.after.bytes(of: crash.segment)
    for garbage in [[0], [UInt8](repeating: 0, count: 5000), random.bytes(300), bytes] {
      let journal = try crash.journal(bytes + garbage)
      try reopens(journal, holding: crash.all, &random)
      #expect(try journal.bytes(of: "\(crash.segment).\(bytes.count).broken") == garbage)
    }
  }

  @Test func `garbage and zeros after the boundary are cut, after a copy`() throws {
    var random = SeededRandom(24)
    let crash = try Crash(&random)
    let bytes = try crash.before.bytes(of: crash.segment)
    for garbage in [[0], [UInt8](repeating: 0, count: 100_000), random.bytes(1), random.bytes(999)]
    {
      let journal = try crash.journal(bytes + garbage)
      try reopens(journal, holding: crash.held, &random)
      #expect(try journal.bytes(of: "\(crash.segment).\(crash.start).broken") == garbage)
    }
  }

  @Test func `a bit flipped anywhere in a commit that was not acknowledged cuts it`() throws {
    var random = SeededRandom(25)
    let crash = try Crash(&random)
    let bytes = try crash.after.bytes(of: crash.segment)
    for offset in crash.start..<bytes.count {
      var flipped = bytes
      flipped[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      let journal = try crash.journal(flipped)
      #expect(throws: Never.self) { _ = try JournalWriter(path: journal.path) }
      #expect(try journal.replay() == crash.held && journal.verify().isIntact)
    }
  }

  @Test func `a boundary older than the journal is refused and nothing changes`() throws {
    var random = SeededRandom(26)
    let (journal, _) = try TestJournal.filled(commits: 2, random: &random)
    let older = try journal.bytes(of: Boundary.fileName)
    do {
      let writer = try JournalWriter(path: journal.path)
      for _ in 0..<2 { try writer.append(random.batches(1...2)) }
    }
    let bytes = try journal.bytes(of: "00000000000000000000.lz4")
    try journal.write(older, to: Boundary.fileName)
    try refusesToOpen(journal)
    // One of the two is damaged: still more than a crash can leave.
    for offset in Int(try journal.boundary.offset)..<bytes.count {
      var flipped = bytes
      flipped[offset] ^= 0x10
      try journal.write(flipped, to: "00000000000000000000.lz4")
      let reader = try JournalReader(path: journal.path)
      // To readers the older state is whole; that there is more is told.
      #expect(try reader.verify().readable == [0...(reader.nextPosition - 1)])
      let second = try #require(secondCommit(after: reader.boundary, in: bytes))
      if offset < second { try refusesToOpen(journal) }
    }
  }

  private func secondCommit(after boundary: Boundary, in bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBytes { buffer in
      let scanner = SegmentScanner(segment: 0, bytes: buffer, base: 0, fileEnd: buffer.count)
      var offset = Int(boundary.offset)
      while case .batch(let location) = scanner.item(at: offset) {
        if location.header.commit == boundary.commit + 2 { return offset }
        offset = location.end
      }
      return nil
    }
  }

  @Test func `a boundary from before a roll is refused when the new segment has commits`() throws {
    var random = SeededRandom(27)
    let (journal, _) = try TestJournal.filled(commits: 2, random: &random)
    let older = try journal.bytes(of: Boundary.fileName)
    do {
      let writer = try JournalWriter(path: journal.path, sealAfter: 10)
      try writer.append(random.batches(1...2))
    }
    try journal.write(older, to: Boundary.fileName)
    try refusesToOpen(journal)
  }

  private func refusesToOpen(_ journal: TestJournal) throws {
    let before = try journal.files()
    #expect {
      _ = try JournalWriter(path: journal.path)
    } throws: {
      guard case JournalError.damaged(let damage) = $0 else { return false }
      return damage.file == Boundary.fileName && damage.reason.hasPrefix("it is older than")
    }
    #expect(try journal.files() == before)
  }

  @Test func `a roll may end at any of its steps`() throws {
    var random = SeededRandom(28)
    let (journal, held) = try TestJournal.filled(commits: 3, random: &random)
    let next = SegmentName.file(firstPosition: try journal.boundary.nextPosition)
    let rolled = try journal.copy()
    do {
      let writer = try JournalWriter(path: rolled.path, sealAfter: 10)
      try writer.append(random.batches(1...1))
    }
    let sealed = try rolled.bytes(of: "00000000000000000000.lz4")
    let start = try journal.bytes(of: "00000000000000000000.lz4").count
    for end in start...sealed.count {
      let crashed = try journal.copy()
      try crashed.write(Array(sealed[..<end]), to: "00000000000000000000.lz4")
      if end % 2 == 0 { try crashed.write([1], to: next + ".new") }
      if end == sealed.count { try crashed.write(Frame.empty, to: next) }
      _ = try JournalWriter(path: crashed.path)
      #expect(try crashed.segments.count == 1, "what was not finished is not there")
      try reopens(crashed, holding: held, &random)
    }
    let noFooter = try journal.copy()
    try noFooter.write(Frame.empty, to: next)
    try reopens(noFooter, holding: held, &random)
  }

  @Test func `after a roll whose boundary was written, the new segment is the one`() throws {
    var random = SeededRandom(29)
    let (journal, held) = try TestJournal.filled(commits: 3, random: &random)
    let rolled = try journal.copy()
    do {
      let writer = try JournalWriter(path: rolled.path, sealAfter: 10)
      try writer.append(random.batches(1...1))
    }
    // The commit after the roll never reached the file: its boundary is gone, its bytes are cut.
    let last = try #require(try rolled.segments.last)
    var older = try rolled.boundary
    older.generation -= 1
    older.commit -= 1
    older.offset = UInt64(Frame.empty.count)
    older.nextPosition = try journal.boundary.nextPosition
    older.chain = try journal.boundary.chain
    try rolled.write(
      Array(repeatElement(older.encoded, count: 4).joined()), to: Boundary.fileName)
    let kept = try rolled.copy()
    try rolled.write(Frame.empty, to: last)
    #expect(try rolled.openAll() == held && rolled.verify().isIntact)
    try reopens(rolled, holding: held, &random)
    _ = try JournalWriter(path: kept.path)
    #expect(try kept.replay().count == held.count + 1)
  }

  @Test func `without room for the copy nothing is cut, and with room it goes on`() throws {
    var random = SeededRandom(30)
    let crash = try Crash(&random)
    let bytes = try crash.after.bytes(of: crash.segment)
    let journal = try crash.journal(bytes.dropLast())
    let copy = "\(crash.segment).\(crash.start).broken.new"
    let before = try journal.files()
    #expect {
      _ = try JournalWriter(storage: FullDisk(path: journal.path, for: copy))
    } throws: {
      if case JournalError.unavailable = $0 { true } else { false }
    }
    #expect(try journal.files() == before)
    #expect(try journal.replay() == crash.held && journal.verify().isIntact)
    try reopens(journal, holding: crash.held, &random)
  }
}
