import Foundation
import TestSupport
import Testing

@testable import Journal

struct AppendingTests {
  @Test func `what was appended is read back, in order and with dense positions`() throws {
    var random = SeededRandom(1)
    let (journal, held) = try TestJournal.filled(commits: 20, sealAfter: 1000, random: &random)
    #expect(try journal.segments.count > 2)
    var position: UInt64 = 0
    for batch in held {
      #expect(batch.first == position)
      position += UInt64(batch.count)
    }
    let reader = try JournalReader(path: journal.path)
    #expect(reader.nextPosition == position && reader.commit == 20)
    #expect(try journal.replay() == held)
    #expect(try journal.openAll() == held)
    let report = try journal.verify()
    #expect(report.isIntact && report.events == position && report.batches == held.count)
    #expect(report.head == reader.head && report.segments == reader.segmentCount)
  }

  @Test func `an empty journal reads as empty and verifies`() throws {
    let journal = try TestJournal.empty()
    #expect(try journal.replay().isEmpty && journal.openAll().isEmpty)
    let report = try journal.verify()
    #expect(report.isIntact && report.segments == 1 && report.events == 0)
  }

  @Test func `a header carries the facts of its commit`() throws {
    let journal = try TestJournal.empty()
    let writer = try JournalWriter(path: journal.path)
    let pending = PendingBatch(
      kind: .reads, partition: 3, count: 2, accounts: 5...9, dates: -1...4, content: [1, 2, 3])
    let system = PendingBatch(
      kind: .events, partition: JournalIdentity.system, count: 1, accounts: nil, dates: nil,
      content: [])
    let origin = Origin(actor: String(repeating: "é", count: 200), source: "file.csv")
    try writer.append([pending, system], recordedAt: 500, origin: origin)
    try writer.append([system], recordedAt: 400, origin: origin)
    let found = try writer.reader().locations { _ in true }.map(\.header)
    #expect(found.map(\.commit) == [1, 1, 2])
    #expect(found.map(\.isLastOfCommit) == [false, true, true])
    #expect(found.map(\.recordedAt) == [500, 500, 500], "time never goes backwards")
    #expect(found.map(\.partition) == [3, JournalIdentity.system, JournalIdentity.system])
    #expect(found[0].actor == String(repeating: "é", count: 127) && found[0].source == "file.csv")
    #expect(found[0].mayHold(account: 9) && !found[0].mayHold(account: 10))
    let summaries = Array(try writer.reader().index().summaries)
    #expect(!found[1].mayHold(account: 0) && summaries[1].accounts == nil)
    #expect(summaries[0].dates == -1...4)
    #expect(found.map(\.epoch) == [1, 1, 1])
  }

  @Test func `the index picks batches in sealed segments and in the last one alike`() throws {
    var random = SeededRandom(2)
    let (journal, _) = try TestJournal.filled(commits: 30, sealAfter: 900, random: &random)
    let reader = try JournalReader(path: journal.path)
    let all = try reader.locations { _ in true }
    for account in [UInt32(1), 50, 103] {
      let found = try reader.locations { $0.mayHold(account: account) }.map(\.header)
      #expect(found == all.map(\.header).filter { $0.mayHold(account: account) })
    }
  }

  @Test func `a journal opened again goes on where it ended`() throws {
    var random = SeededRandom(3)
    let journal = try TestJournal.empty()
    var held: [ReadBatch] = []
    for session in 1...12 {
      let writer = try JournalWriter(path: journal.path, sealAfter: 700)
      held += try writer.append(random.batches(1...3))
      #expect(try writer.reader().locations { _ in true }.last?.header.epoch == UInt64(session))
    }
    #expect(try journal.replay() == held)
    #expect(try journal.verify().isIntact)
  }

  @Test func `a second writer is refused until the first has gone`() throws {
    let journal = try TestJournal.empty()
    do {
      let first = try JournalWriter(path: journal.path)
      #expect(throws: JournalError.locked(path: journal.path)) {
        _ = try JournalWriter(path: journal.path)
      }
      #expect(throws: JournalError.locked(path: journal.path)) {
        _ = try JournalWriter(path: journal.path, wait: .milliseconds(50))
      }
      #expect(first.nextPosition == 0)
    }
    #expect(throws: Never.self) { _ = try JournalWriter(path: journal.path) }
  }

  @Test func `a writer that waits gets the lock when the first one lets go`() throws {
    let journal = try TestJournal.empty()
    let path = journal.path
    let isHeld = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      let holder = try? JournalWriter(path: path)
      isHeld.signal()
      withExtendedLifetime(holder) { Thread.sleep(forTimeInterval: 0.2) }
    }
    isHeld.wait()
    #expect(throws: JournalError.locked(path: path)) { _ = try JournalWriter(path: path) }
    #expect(throws: Never.self) { _ = try JournalWriter(path: path, wait: .seconds(60)) }
  }

  @Test func `the lock goes with its writer, even while a child process has a copy of it`() throws {
    let journal = try TestJournal.empty()
    var copies: [Int32] = []
    do {
      let writer = try JournalWriter(path: journal.path)
      var (lock, other) = (stat(), stat())
      try #require(stat("\(journal.path)/lock", &lock) == 0)
      let held = (Int32(3)..<1000).filter {
        fstat($0, &other) == 0 && other.st_ino == lock.st_ino && other.st_dev == lock.st_dev
      }
      copies = held.map { dup($0) }
      #expect(held.count == 1 && writer.nextPosition == 0)
    }
    #expect(throws: Never.self) { _ = try JournalWriter(path: journal.path) }
    for copy in copies { close(copy) }
  }

  @Test func `a journal is never made over another one`() throws {
    var random = SeededRandom(4)
    let (journal, _) = try TestJournal.filled(commits: 2, random: &random)
    let refusal = JournalError.alreadyAJournal(path: journal.path)
    #expect(throws: refusal) {
      try JournalWriter.create(path: journal.path, identity: TestJournal.identity)
    }
    try journal.remove(JournalIdentity.fileName)
    #expect(throws: refusal, "its journal.json is lost, its events are not") {
      try JournalWriter.create(path: journal.path, identity: TestJournal.identity)
    }
    #expect(throws: JournalError.notAJournal(path: journal.path)) {
      _ = try JournalReader(path: journal.path)
    }
  }

  @Test func `foreign files in the directory are left alone`() throws {
    var random = SeededRandom(5)
    let (journal, held) = try TestJournal.filled(commits: 3, random: &random)
    for name in ["notes.txt", "1.lz4", "0000000000000000000x.lz4", "99999999999999999999.lz4"] {
      try journal.write([1, 2, 3], to: name)
    }
    let before = try journal.files()
    let writer = try JournalWriter(path: journal.path)
    #expect(try journal.files() == before && writer.reader().replay() == held)
  }

  @Test func `a reader beside the writer sees whole durable commits only`() throws {
    let journal = try TestJournal.empty()
    let path = journal.path
    Thread.detachNewThread {
      var random = SeededRandom(6)
      guard let writer = try? JournalWriter(path: path, sealAfter: 4000) else { return }
      for _ in 0..<300 { _ = try? writer.append(random.batches(2...2)) }
    }
    var seen: [[ReadBatch]] = []
    let deadline = ContinuousClock.now + .seconds(60)
    while (seen.last?.count ?? 0) < 600, .now < deadline { seen.append(try journal.replay()) }
    let all = try #require(seen.last)
    #expect(all.count == 600)
    for batches in seen {
      #expect(batches.count.isMultiple(of: 2) && batches == Array(all.prefix(batches.count)))
    }
  }

  @Test func `a reader keeps to the boundary it started with and writes nothing`() throws {
    var random = SeededRandom(7)
    let (journal, held) = try TestJournal.filled(commits: 3, sealAfter: 600, random: &random)
    let reader = try JournalReader(path: journal.path)
    let writer = try JournalWriter(path: journal.path, sealAfter: 600)
    for _ in 0..<5 { try writer.append(random.batches(1...1)) }
    let last = try #require(try journal.segments.last)
    try journal.write(try journal.bytes(of: last) + [1, 2, 3], to: last)
    let before = try journal.files()
    #expect(try reader.replay() == held)
    #expect(try reader.verify(deep: true).isIntact)
    #expect(try journal.replay().count == held.count + 5)
    #expect(try journal.files() == before)
  }

  @Test func `after a write that failed the writer has ended, and reopening goes on`() throws {
    var random = SeededRandom(8)
    let journal = try TestJournal.empty()
    var held: [ReadBatch] = []
    do {
      let first = random.batches(1...1)
      let next = SegmentName.file(firstPosition: UInt64(first[0].count))
      let writer = try JournalWriter(
        storage: FullDisk(path: journal.path, for: next + ".new"), sealAfter: 10)
      held += try writer.append(first)
      #expect {
        try writer.append(random.batches(1...1))
      } throws: {
        if case JournalError.unavailable = $0 { true } else { false }
      }
      #expect(throws: JournalError.writerEnded) { try writer.append(random.batches(1...1)) }
      #expect(try writer.reader().replay() == held)
    }
    #expect(try journal.replay() == held)
    let writer = try JournalWriter(path: journal.path, sealAfter: 10)
    held += try writer.append(random.batches(1...1))
    #expect(try journal.replay() == held && journal.verify().isIntact)
  }
}
