import Foundation
import TestSupport
import Testing

@testable import Journal

/// Room after the last commit, which a writer of many small ones makes.
struct FillerTests {
  private func appending(
    _ commits: Int, to writer: JournalWriter, _ random: inout SeededRandom
  ) throws -> [ReadBatch] {
    try (0..<commits).flatMap { _ in try writer.append(random.batches(1...3)) }
  }

  @Test func `a writer of many small commits has room, and readers and lz4 do not mind`() throws {
    var random = SeededRandom(91)
    let journal = try TestJournal.empty()
    let segment = try #require(try journal.segments.first)
    do {
      let writer = try JournalWriter(path: journal.path)
      var held = try appending(4, to: writer, &random)
      #expect(try journal.bytes(of: segment).count == Int(journal.boundary.offset))
      held += try appending(16, to: writer, &random)
      let room = try journal.bytes(of: segment).count - Int(journal.boundary.offset)
      #expect(room > 8 && room <= Filler.bytes)
      #expect(try journal.replay() == held && journal.openAll() == held)
      #expect(try journal.verify().isIntact)
      if let lz4 = Command.lz4 {
        #expect(try lz4.run(["-t", "\(journal.path)/\(segment)"]).status == 0)
      }
      // As a copy made meanwhile, or a crash, would leave it.
      let crashed = try journal.copy()
      #expect(try JournalWriter(path: crashed.path).nextPosition == journal.boundary.nextPosition)
      #expect(try crashed.replay() == held && crashed.verify().isIntact)
      #expect(try crashed.bytes(of: segment).count == Int(crashed.boundary.offset))
      #expect(try !crashed.names().contains { $0.hasSuffix(".broken") })
      withExtendedLifetime(writer) {}
    }
    #expect(try journal.bytes(of: segment).count == Int(journal.boundary.offset))
  }

  @Test func `a commit torn at any byte over the room is cut or kept as any other`() throws {
    var random = SeededRandom(92)
    let journal = try TestJournal.empty()
    let writer = try JournalWriter(path: journal.path)
    let held = try appending(8, to: writer, &random)
    let segment = try #require(try journal.segments.first)
    let before = try journal.copy()
    let start = Int(try before.boundary.offset)
    let later = try writer.append(random.batches(2...2))
    let end = Int(try journal.boundary.offset)
    let (old, new) = (try before.bytes(of: segment), try journal.bytes(of: segment))
    withExtendedLifetime(writer) {}
    for torn in Array(stride(from: start, to: end, by: 5)) + [end, end + 8] {
      let crashed = try before.copy()
      let bytes = Array(new[..<torn]) + old[torn...]
      // A frame ends with zeros, as the room does.
      let isWhole = bytes[..<end] == new[..<end]
      try crashed.write(bytes, to: segment)
      #expect(try crashed.replay() == held, "a reader sees nothing of it")
      do { _ = try JournalWriter(path: crashed.path) }
      #expect(try crashed.replay() == (isWhole ? held + later : held))
      #expect(try crashed.verify().isIntact)
      let broken = try crashed.names().contains { $0.hasSuffix(".broken") }
      #expect(broken == (torn > start && torn < end + 8))
    }
  }

  @Test func `a sealed segment ends with its footer, and large commits pass the room`() throws {
    var random = SeededRandom(93)
    let journal = try TestJournal.empty()
    var held: [ReadBatch] = []
    do {
      let writer = try JournalWriter(path: journal.path, sealAfter: 30_000)
      for size in [10, 10, 10, 10, 10, 10, 2_000_000, 10, 10, 40_000, 10, 10, 60_000, 10] {
        let batch = PendingBatch(
          kind: .events, partition: 1, count: 1, accounts: 1...1, dates: nil,
          content: random.bytes(size))
        held += try writer.append([batch])
      }
      #expect(try journal.segments.count > 2)
      #expect(try journal.replay() == held && journal.openAll() == held)
      #expect(try journal.verify().isIntact)
    }
    #expect(try journal.replay() == held && journal.verify().isIntact)
    if let lz4 = Command.lz4 {
      for segment in try journal.segments {
        #expect(try lz4.run(["-t", "\(journal.path)/\(segment)"]).status == 0)
      }
    }
  }

  @Test func `nothing but a whole filler is taken for one`() throws {
    func isFiller(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { Filler.isAll(of: $0) } }
    let room: [UInt8] = [0x52, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 0, 0, 0, 0]
    #expect(isFiller(room) && isFiller(room.dropLast()))
    for index in room.indices where !(4..<7).contains(index) {
      var other = room
      other[index] ^= 1
      #expect(!isFiller(other))
    }
    #expect(!isFiller(room + [0]) && !isFiller([]))
  }

  @Test func `room that a full disk or a crash cuts short is no reason for a copy`() throws {
    var random = SeededRandom(94)
    let journal = try TestJournal.empty()
    let segment = try #require(try journal.segments.first)
    let writer = try JournalWriter(path: journal.path)
    var held = try appending(4, to: writer, &random)
    let before = try journal.copy()
    held += try appending(1, to: writer, &random)
    let (bytes, end) = (try journal.bytes(of: segment), Int(try journal.boundary.offset))
    withExtendedLifetime(writer) {}
    #expect(bytes.count > end + 8)
    for size in [end + 8, end + 9, (end + bytes.count) / 2, bytes.count] {
      let crashed = try before.copy()
      try crashed.write(Array(bytes[..<size]), to: segment)
      do { _ = try JournalWriter(path: crashed.path) }
      #expect(try crashed.replay() == held)
      #expect(try !crashed.names().contains { $0.hasSuffix(".broken") })
    }
  }

  @Test func `room is no damage where the boundary is lost`() throws {
    var random = SeededRandom(95)
    let journal = try TestJournal.empty()
    let writer = try JournalWriter(path: journal.path)
    _ = try appending(8, to: writer, &random)
    let copy = try journal.copy()
    withExtendedLifetime(writer) {}
    try FileManager.default.removeItem(atPath: "\(copy.path)/boundary")
    let survey = try #require(try Survey(path: copy.path))
    #expect(survey.damages.map(\.file) == ["boundary"] && !survey.hasBoundary)
  }
}
