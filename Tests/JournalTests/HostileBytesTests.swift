import Foundation
import TestSupport
import Testing

@testable import Journal

/// Bytes that are made to keep a reader busy for ever.
struct HostileBytesTests {
  @Test(.timeLimit(.minutes(5)))
  func `footers claimed by the thousand behind the boundary are not each tried`() throws {
    var random = SeededRandom(96)
    let journal = try TestJournal.empty()
    let segment = try #require(try journal.segments.first)
    do { try JournalWriter(path: journal.path).append(random.batches(1...3)) }
    let claim: [UInt8] = [0x51, 0x2A, 0x4D, 0x18, 0, 0, 0x40, 0]
    let claims = repeatElement(claim, count: 1 << 20).joined()
    try journal.write(try journal.bytes(of: segment) + claims, to: segment)
    #expect(try journal.verify().isIntact)
    _ = try JournalWriter(path: journal.path)
  }

  @Test(.timeLimit(.minutes(5)))
  func `headers that claim the same bytes by the thousand are not each hashed`() throws {
    let journal = try TestJournal.empty()
    let segment = try #require(try journal.segments.first)
    let (count, stride) = (50_000, 160)
    var bytes = Frame.empty
    for index in 0..<count {
      // To a place in the middle of a later header.
      let claimed = (count - index - 1) / 2 * stride + stride / 2
      let header = BatchHeader(
        kind: .events, isLastOfCommit: true, partition: 1, count: 1,
        firstPosition: UInt64(index), commit: UInt64(index + 1), recordedAt: 0, epoch: 1,
        accounts: nil, dates: nil, storedBytes: UInt32(claimed), contentBytes: 1, storedCRC: 0,
        storedSHA: Digest(of: []), previousChain: Digest(of: []), actor: "", source: "")
      bytes += Frame.skippable(Frame.headerMagic, header.encoded())
    }
    try #require(bytes.count == Frame.empty.count + count * stride)
    try journal.write(bytes, to: segment)
    try FileManager.default.removeItem(atPath: "\(journal.path)/boundary")
    let report = try Verification(path: journal.path)
    #expect(report.batches == 0)
    #expect(report.damages.contains { $0.reason.hasPrefix("more data frames are claimed") })
  }
}
