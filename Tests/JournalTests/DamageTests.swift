import TestSupport
import Testing

@testable import Journal

/// Damage before the boundary is refused by name, and nothing is changed.
struct DamageTests {
  private func isDamage(_ error: any Error, file: String? = nil, offset: Int? = nil) -> Bool {
    guard case JournalError.damaged(let damage) = error else { return false }
    return (file == nil || damage.file == file) && (offset == nil || damage.offset == offset)
  }

  @Test func `any byte flipped in any segment is reported and refused`() throws {
    var random = SeededRandom(41)
    let (journal, held) = try TestJournal.filled(commits: 7, sealAfter: 600, random: &random)
    let names = try journal.segments
    #expect(names.count >= 3)
    for (index, name) in names.enumerated() {
      let bytes = try journal.bytes(of: name)
      for offset in bytes.indices {
        var flipped = bytes
        flipped[offset] ^= UInt8.random(in: 1...255, using: &random)
        try journal.write(flipped, to: name)
        let report = try journal.verify(deep: false)
        let first = try #require(report.damages.first, "\(name) byte \(offset)")
        #expect(first.file == name && abs(first.offset - offset) < BatchHeader.maximumBytes)
        #expect(throws: JournalError.self) { try journal.replay() }
        #expect((try? journal.openAll()) != held || offset < Frame.empty.count)
        if index == names.count - 1 {
          #expect(throws: JournalError.self) { _ = try JournalWriter(path: journal.path) }
        }
      }
      try journal.write(bytes, to: name)
    }
    #expect(try journal.replay() == held && journal.verify().isIntact)
  }

  @Test func `each of two damages is reported with its positions`() throws {
    var random = SeededRandom(42)
    let (journal, _) = try TestJournal.filled(commits: 12, sealAfter: 600, random: &random)
    let locations = try JournalReader(path: journal.path).locations { _ in true }
    let touched = [locations[1], locations[locations.count - 2]]
    for location in touched {
      let name = SegmentName.file(firstPosition: location.segment)
      var bytes = try journal.bytes(of: name)
      bytes[location.end - 1] ^= 1
      try journal.write(bytes, to: name)
    }
    let report = try journal.verify()
    #expect(report.damages.map(\.positions) == touched.map(\.header.positions))
    #expect(report.damages.map(\.offset) == touched.map(\.frameOffset))
    #expect(report.batches == locations.count)
  }

  @Test func `a batch opened alone is refused when a byte of it flipped`() throws {
    var random = SeededRandom(43)
    let (journal, _) = try TestJournal.filled(commits: 2, random: &random)
    let reader = try JournalReader(path: journal.path)
    let location = try #require(try reader.locations { _ in true }.last)
    let name = SegmentName.file(firstPosition: 0)
    let bytes = try journal.bytes(of: name)
    for offset in location.frameOffset..<location.end {
      var flipped = bytes
      flipped[offset] ^= 0x40
      try journal.write(flipped, to: name)
      var opener = BatchOpener(reader)
      do {
        try opener.open(location) { _ in }
        Issue.record("byte \(offset) went unnoticed")
      } catch {
        #expect(isDamage(error, file: name, offset: location.frameOffset))
      }
    }
  }

  @Test func `a damaged footer is refused by the index too`() throws {
    var random = SeededRandom(44)
    let (journal, _) = try TestJournal.filled(commits: 4, sealAfter: 500, random: &random)
    let name = SegmentName.file(firstPosition: 0)
    let bytes = try journal.bytes(of: name)
    let last = try #require(
      try JournalReader(path: journal.path).locations { _ in true }.last { $0.segment == 0 })
    for offset in last.end..<bytes.count {
      var flipped = bytes
      flipped[offset] ^= 4
      try journal.write(flipped, to: name)
      #expect {
        try JournalReader(path: journal.path).locations { _ in true }
      } throws: {
        isDamage($0, file: name)
      }
    }
  }

  @Test func `a batch taken out cleanly breaks the chain`() throws {
    var random = SeededRandom(45)
    let (journal, _) = try TestJournal.filled(commits: 9, sealAfter: 600, random: &random)
    let pristine = try journal.files()
    for location in try JournalReader(path: journal.path).locations(where: { _ in true }) {
      let name = SegmentName.file(firstPosition: location.segment)
      var bytes = try #require(pristine[name])
      bytes.removeSubrange(location.offset..<location.end)
      try journal.write(bytes, to: name)
      #expect(try !journal.verify().isIntact)
      #expect { try journal.replay() } throws: { isDamage($0, file: name) }
      #expect(throws: JournalError.self) { try journal.openAll() }
      try journal.write(try #require(pristine[name]), to: name)
    }
  }

  @Test func `a missing segment is named`() throws {
    var random = SeededRandom(46)
    let (journal, _) = try TestJournal.filled(commits: 9, sealAfter: 600, random: &random)
    let names = try journal.segments
    for name in names {
      try journal.rename(name, to: "away")
      #expect { try journal.replay() } throws: { isDamage($0, file: name) }
      #expect { try journal.openAll() } throws: { isDamage($0, file: name) }
      if name != names.first, name != names.last {
        let report = try journal.verify()
        #expect(report.damages.map(\.file) == [name])
        #expect(report.segments == names.count - 1)
      }
      try journal.rename("away", to: name)
    }
  }

  @Test func `segments that changed places are refused`() throws {
    var random = SeededRandom(47)
    let (journal, _) = try TestJournal.filled(commits: 12, sealAfter: 600, random: &random)
    let names = try journal.segments
    for (left, right) in [(names[0], names[1]), (names[1], names[2])] {
      try journal.rename(left, to: "away")
      try journal.rename(right, to: left)
      try journal.rename("away", to: right)
      #expect { try journal.replay() } throws: { isDamage($0, file: left) }
      #expect { try journal.openAll() } throws: { isDamage($0, file: left) }
      #expect(try journal.verify().damages.first?.file == left)
      try journal.rename(left, to: "away")
      try journal.rename(right, to: left)
      try journal.rename("away", to: right)
    }
    #expect(try journal.verify().isIntact)
  }

  @Test func `any byte flipped in journal.json is refused by readers and writers`() throws {
    var random = SeededRandom(48)
    let (journal, _) = try TestJournal.filled(commits: 2, random: &random)
    let bytes = try journal.bytes(of: JournalIdentity.fileName)
    for offset in bytes.indices {
      for bit in 0..<8 {
        var flipped = bytes
        flipped[offset] ^= 1 << UInt8(bit)
        try journal.write(flipped, to: JournalIdentity.fileName)
        #expect {
          _ = try JournalReader(path: journal.path)
        } throws: {
          if case JournalError.unsupportedFormat = $0 { return offset == 20 }
          return isDamage($0, file: JournalIdentity.fileName)
        }
        #expect(throws: JournalError.self) { _ = try JournalWriter(path: journal.path) }
      }
    }
  }

  @Test func `a last segment shorter than the boundary is refused by name`() throws {
    var random = SeededRandom(49)
    let (journal, _) = try TestJournal.filled(commits: 3, sealAfter: 300, random: &random)
    let name = try #require(try journal.segments.last)
    let bytes = try journal.bytes(of: name)
    for end in bytes.indices {
      try journal.write(Array(bytes[..<end]), to: name)
      #expect { try journal.replay() } throws: { isDamage($0, file: name, offset: end) }
      #expect { try journal.openAll() } throws: { isDamage($0, file: name, offset: end) }
      #expect {
        _ = try JournalWriter(path: journal.path)
      } throws: {
        isDamage($0, file: name, offset: end)
      }
      #expect(try journal.verify().damages.first?.file == name)
    }
  }

  @Test func `a sealed segment cut or lengthened is refused`() throws {
    var random = SeededRandom(50)
    let (journal, _) = try TestJournal.filled(commits: 5, sealAfter: 400, random: &random)
    let name = SegmentName.file(firstPosition: 0)
    let bytes = try journal.bytes(of: name)
    for other in bytes.indices.map({ Array(bytes[..<$0]) }) + [bytes + [0], bytes + Frame.empty] {
      try journal.write(other, to: name)
      #expect { try journal.replay() } throws: { isDamage($0, file: name) }
      #expect { try journal.openAll() } throws: { isDamage($0, file: name) }
      #expect(try journal.verify().damages.first?.file == name)
    }
  }
}
