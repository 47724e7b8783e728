import Foundation
import TestSupport

@testable import Journal

/// A batch as a reader gave it back.
struct ReadBatch: Equatable {
  var first: UInt64
  var count: UInt32
  var content: [UInt8]
}

/// A journal in a directory of its own, gone when the last reference goes.
final class TestJournal {
  static let identity = JournalIdentity(id: "00112233445566778899aabbccddeeff", partitions: 8)
  static let origin = Origin(actor: "test", source: "memory")
  let path: String

  private init(path: String) { self.path = path }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  static func empty() throws -> TestJournal {
    let journal = TestJournal(path: freshPath())
    try JournalWriter.create(path: journal.path, identity: identity)
    return journal
  }

  /// A place where no journal is yet.
  static func none() throws -> TestJournal { TestJournal(path: freshPath()) }

  /// A journal of some commits, and what they hold.
  static func filled(
    commits: Int, sealAfter: Int = JournalWriter.segmentBytes, random: inout SeededRandom
  ) throws -> (TestJournal, [ReadBatch]) {
    let journal = try empty()
    let writer = try JournalWriter(path: journal.path, sealAfter: sealAfter)
    var held: [ReadBatch] = []
    for _ in 0..<commits { held += try writer.append(random.batches(1...3)) }
    return (journal, held)
  }

  /// In memory where there is a file system for that: thousands of syncs cost nothing there.
  private static func freshPath() -> String {
    let memory = "/dev/shm"
    let base =
      FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
    return "\(base)/journal-test-\(UUID().uuidString)"
  }

  func copy() throws -> TestJournal {
    let other = TestJournal(path: Self.freshPath())
    try FileManager.default.createDirectory(atPath: other.path, withIntermediateDirectories: true)
    for (name, bytes) in try files() { try other.write(bytes, to: name) }
    return other
  }

  func names() throws -> [String] { try JournalDirectory(path: path).names() }

  func bytes(of name: String) throws -> [UInt8] {
    try JournalDirectory(path: path).contents(name)
  }

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(name)")
  }

  func rename(_ name: String, to other: String) throws {
    try FileManager.default.moveItem(atPath: "\(path)/\(name)", toPath: "\(path)/\(other)")
  }

  /// Everything in the directory but the lock.
  func files() throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try names() where name != "lock" { files[name] = try bytes(of: name) }
    return files
  }

  var segments: [String] {
    get throws { try names().filter { SegmentName.firstPosition($0) != nil } }
  }

  var boundary: Boundary {
    get throws { try Boundary.newest(in: bytes(of: Boundary.fileName)) }
  }

  /// Every batch of a full pass.
  func replay() throws -> [ReadBatch] { try JournalReader(path: path).replay() }

  /// Every batch, found through the index and opened one by one.
  func openAll() throws -> [ReadBatch] {
    let reader = try JournalReader(path: path)
    var opener = BatchOpener(reader)
    var batches: [ReadBatch] = []
    for location in try reader.locations(where: { _ in true }) {
      let content = try opener.open(location, hashing: true) { Array($0) }
      let header = location.header
      batches.append(ReadBatch(first: header.firstPosition, count: header.count, content: content))
    }
    return batches
  }

  func verify(deep: Bool = true) throws -> Verification {
    try JournalReader(path: path).verify(deep: deep)
  }
}

extension JournalReader {
  func replay() throws -> [ReadBatch] {
    let decoder = BatchDecoder()
    var batches: [ReadBatch] = []
    try forEachSegment { segment in
      for location in segment.batches {
        let content = Array(try decoder.content(of: location, in: segment))
        let header = location.header
        batches.append(
          ReadBatch(first: header.firstPosition, count: header.count, content: content))
      }
      return true
    }
    return batches
  }
}

extension JournalWriter {
  @discardableResult
  func append(_ batches: [PendingBatch]) throws -> [ReadBatch] {
    let headers = try append(batches, recordedAt: 1_420_070_400_000, origin: TestJournal.origin)
    return zip(headers, batches).map {
      ReadBatch(first: $0.firstPosition, count: $0.count, content: $1.content)
    }
  }
}

extension SeededRandom {
  /// Batches of some noise and some repetition.
  mutating func batches(_ count: ClosedRange<Int>) -> [PendingBatch] {
    (0..<Int.random(in: count, using: &self)).map { _ in
      let noise = bytes(Int.random(in: 0...20, using: &self))
      let account = UInt32.random(in: 1...100, using: &self)
      return PendingBatch(
        kind: Bool.random(using: &self) ? .events : .reads,
        partition: UInt16.random(in: 0..<8, using: &self),
        count: Int.random(in: 1...5, using: &self), accounts: account...account + 3,
        dates: 16_000...16_030, content: noise + Array(repeating: 7, count: noise.count * 2))
    }
  }
}
