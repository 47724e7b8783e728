import TestSupport
import Testing

@testable import Journal

struct BoundaryTests {
  @Test func `a slot with any bit flipped does not count, padding included`() throws {
    var random = SeededRandom(61)
    let (journal, _) = try TestJournal.filled(commits: 3, random: &random)
    let newest = try journal.boundary
    let slot = newest.encoded
    #expect(slot.count == Boundary.slotBytes)
    #expect(try Boundary.newest(in: slot) == newest)
    for offset in slot.indices where offset < 200 || offset % 97 == 0 || offset >= 4090 {
      for bit in 0..<8 {
        var flipped = slot
        flipped[offset] ^= 1 << UInt8(bit)
        #expect(throws: JournalError.self) { try Boundary.newest(in: flipped) }
      }
    }
  }

  @Test func `one valid copy suffices`() throws {
    var random = SeededRandom(62)
    let (journal, held) = try TestJournal.filled(commits: 4, random: &random)
    let bytes = try journal.bytes(of: Boundary.fileName)
    let newest = try journal.boundary
    let pair = Int(newest.generation % 2) * 2
    for survivor in [pair, pair + 1] {
      var torn = random.bytes(bytes.count)
      let slot = survivor * Boundary.slotBytes..<(survivor + 1) * Boundary.slotBytes
      torn.replaceSubrange(slot, with: bytes[slot])
      try journal.write(torn, to: Boundary.fileName)
      #expect(try journal.boundary == newest && journal.replay() == held)
      _ = try JournalWriter(path: journal.path)
      #expect(try journal.replay() == held)
      let healed = try journal.bytes(of: Boundary.fileName)
      #expect(healed[(pair * Boundary.slotBytes)...].starts(with: newest.encoded + newest.encoded))
    }
  }

  @Test func `a pair torn at any byte leaves the generation before it`() throws {
    var random = SeededRandom(63)
    let (journal, held) = try TestJournal.filled(commits: 4, random: &random)
    let older = try journal.boundary
    let before = try journal.bytes(of: Boundary.fileName)
    var all = held
    do {
      let writer = try JournalWriter(path: journal.path)
      all += try writer.append(random.batches(1...2))
    }
    let newer = try journal.boundary
    let after = try journal.bytes(of: Boundary.fileName)
    let pair = Int(newer.generation % 2) * 2 * Boundary.slotBytes
    for end in stride(from: 0, through: 2 * Boundary.slotBytes, by: 61) {
      let written = pair..<pair + end
      var torn = before
      torn.replaceSubrange(written, with: after[written])
      let found = try Boundary.newest(in: torn)
      #expect(found == (end < Boundary.slotBytes - 4 ? older : newer) || found == newer)
      if end % 7 == 0 {
        let crashed = try journal.copy()
        try crashed.write(torn, to: Boundary.fileName)
        _ = try JournalWriter(path: crashed.path)
        #expect(try crashed.replay() == all && crashed.verify().isIntact)
      }
    }
  }

  @Test func `without one valid copy the journal is refused and nothing changes`() throws {
    var random = SeededRandom(64)
    let (journal, _) = try TestJournal.filled(commits: 2, random: &random)
    let size = Boundary.slots * Boundary.slotBytes
    for bytes in [[], [UInt8](repeating: 0, count: size), random.bytes(size)] {
      try journal.write(bytes, to: Boundary.fileName)
      let before = try journal.files()
      #expect(throws: JournalError.self) { _ = try JournalReader(path: journal.path) }
      #expect(throws: JournalError.self) { _ = try JournalWriter(path: journal.path) }
      #expect(try journal.files() == before)
    }
  }

  @Test func `a boundary of another length is refused, though a slot of it is whole`() throws {
    var random = SeededRandom(66)
    let (journal, _) = try TestJournal.filled(commits: 2, random: &random)
    let bytes = try journal.bytes(of: Boundary.fileName)
    let slot = Boundary.slotBytes
    var others: [[UInt8]] = [1, 2, 3].map { Array(bytes[..<($0 * slot)]) }
    others += [bytes + [0], Array(bytes[..<(bytes.count - 1)])]
    for other in others {
      try journal.write(other, to: Boundary.fileName)
      #expect {
        _ = try JournalReader(path: journal.path)
      } throws: {
        guard case JournalError.damaged(let damage) = $0 else { return false }
        return damage.file == Boundary.fileName && damage.offset == other.count
      }
      #expect(throws: JournalError.self) { _ = try JournalWriter(path: journal.path) }
    }
  }

  @Test func `the boundary of another journal is refused`() throws {
    var random = SeededRandom(65)
    let (journal, _) = try TestJournal.filled(commits: 2, random: &random)
    let other = try TestJournal.empty()
    try other.remove(JournalIdentity.fileName)
    try other.remove(SegmentName.file(firstPosition: 0))
    try JournalWriter.create(
      path: other.path,
      identity: JournalIdentity(id: String(repeating: "0", count: 32), partitions: 8))
    try journal.write(try other.bytes(of: Boundary.fileName), to: Boundary.fileName)
    #expect {
      _ = try JournalReader(path: journal.path)
    } throws: {
      guard case JournalError.damaged(let damage) = $0 else { return false }
      return damage.file == JournalIdentity.fileName
    }
  }
}
