import TestSupport
import Testing

@testable import Journal

@Suite struct CheckpointTests {
  /// The headers of a journal's files by FORMAT.md alone.
  private func headers(_ journal: TestJournal) throws -> [[UInt8]] {
    try journal.segments.flatMap { name in
      let bytes = try journal.bytes(of: name)
      func integer(_ at: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
      }
      var headers: [[UInt8]] = []
      var at = 11
      while at < bytes.count, integer(at) == 0x184D_2A50 {
        let header = Array(bytes[(at + 8)..<(at + 8 + integer(at + 4))])
        headers.append(header)
        at += 8 + header.count + integer(at + 8 + 64)
      }
      return headers
    }
  }

  private func tree(_ journal: TestJournal) throws -> BatchTree {
    try BatchTree(JournalReader(path: journal.path))
  }

  @Test func `a checkpoint of no batches has the root of none`() throws {
    let none = Digest(of: []).bytes.base64
    #expect(try Checkpoint("wattbook/x\n0\n\(none)\n").size == 0)
    let other = [UInt8](repeating: 1, count: 32).base64
    #expect(throws: NoteError.self) { try Checkpoint("wattbook/x\n0\n\(other)\n") }
  }

  @Test func `a checkpoint is the root over the headers as they stand`() throws {
    var random = SeededRandom(711)
    let (journal, batches) = try TestJournal.filled(commits: 40, sealAfter: 900, random: &random)
    let headers = try headers(journal)
    #expect(headers.count == batches.count)
    try #require(try journal.segments.count > 3)
    let checkpoint = try tree(journal).checkpoint()
    #expect(checkpoint.root == MerkleTreeTests.paired(headers[...]))
    #expect(checkpoint.size == headers.count)
    #expect(checkpoint.nextPosition == (try journal.boundary).nextPosition)
    #expect(checkpoint.origin == "wattbook/00112233445566778899aabbccddeeff")
    #expect(try Checkpoint(checkpoint.text) == checkpoint)
    let lines = checkpoint.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 6 && lines[2] == checkpoint.root.bytes.base64 && lines[5].isEmpty)
  }

  @Test func `an empty journal has the root of nothing`() throws {
    let checkpoint = try tree(.empty()).checkpoint()
    #expect(checkpoint.size == 0 && checkpoint.root == Digest(of: []))
  }

  @Test func `every checkpoint of the past fits the journal that grew from it`() throws {
    var random = SeededRandom(712)
    let journal = try TestJournal.empty()
    let writer = try JournalWriter(path: journal.path, sealAfter: 500)
    var past: [Checkpoint] = []
    for _ in 0..<30 {
      past.append(try tree(journal).checkpoint())
      try writer.append(random.batches(1...3))
    }
    let now = try tree(journal)
    #expect(now.judge(past) == past.map { .fits(grownBy: now.size - $0.size) })
  }

  @Test func `rewriting, truncation and another journal are told apart`() throws {
    var random = SeededRandom(713)
    let (journal, _) = try TestJournal.filled(commits: 9, random: &random)
    let early = try tree(journal).checkpoint()
    let fork = try journal.copy()
    func grow(_ journal: TestJournal, _ commits: Int) throws {
      let writer = try JournalWriter(path: journal.path)
      for _ in 0..<commits { try writer.append(random.batches(2...2)) }
    }
    try grow(journal, 5)
    try grow(fork, 7)
    let late = try tree(journal).checkpoint()
    let rewritten = CheckpointVerdict.rewritten(
      batches: early.size..<late.size,
      positions: early.nextPosition!...(try tree(fork).positions(of: 0..<late.size).upperBound))
    #expect(try tree(fork).judge([late, early]) == [rewritten, .fits(grownBy: 14)])
    guard case .rewritten(0..<late.size, _) = try tree(fork).judge([late])[0] else {
      Issue.record("without the early one the place is not known")
      return
    }
    let cut = try journal.copy()
    let other = try TestJournal.filled(commits: 9, random: &random).0
    #expect(try tree(cut).judge([late]) == [.fits(grownBy: 0)])
    let gone = early.nextPosition!...(late.nextPosition! - 1)
    // The early journal once more: what a copy restored from a backup would be.
    var again = SeededRandom(713)
    let backup = try TestJournal.filled(commits: 9, random: &again).0
    #expect(
      try tree(backup).judge([late, early])
        == [.truncated(missing: 10, positions: gone), .fits(grownBy: 0)])
    #expect(try !tree(other).judge([early])[0].fits)
    let foreign = try Checkpoint(late.text.replacing("0011", with: "0012"))
    #expect(try tree(journal).judge([foreign]) == [.otherJournal(origin: foreign.origin)])
    let reshaped = try Checkpoint(
      late.text.replacing(late.journal!.bytes.base64, with: early.root.bytes.base64))
    #expect(try tree(journal).judge([reshaped]) == [.otherJournal(origin: late.origin)])
  }

  @Test func `what was signed before damage is still judged, what comes after is not`() throws {
    var random = SeededRandom(714)
    let (journal, _) = try TestJournal.filled(commits: 30, sealAfter: 700, random: &random)
    let whole = try tree(journal).checkpoint()
    let name = try journal.segments[1]
    let second = try #require(SegmentName.firstPosition(name))
    let sound = try tree(journal)
    let size = try #require(
      (1...whole.size).first { sound.positions(of: 0..<$0).upperBound + 1 == second })
    let early = Checkpoint(
      TestJournal.identity, size: size, root: sound.root(of: size), nextPosition: second)
    var bytes = try journal.bytes(of: name)
    bytes[40] ^= 2
    try journal.write(bytes, to: name)
    let damaged = try tree(journal)
    let damage = try #require(damaged.damage)
    #expect(damage.file == name && damage.offset == 11)
    #expect(damaged.judge([early, whole]) == [.fits(grownBy: 0), .unreadable(damage)])
    #expect(throws: JournalError.damaged(damage)) { try damaged.checkpoint() }
  }

  @Test func `nothing is signed over a flipped bit of a header, a footer or the first frame`()
    throws
  {
    var random = SeededRandom(715)
    let (journal, _) = try TestJournal.filled(commits: 7, sealAfter: 600, random: &random)
    let whole = try tree(journal).checkpoint()
    for name in try journal.segments {
      let bytes = try journal.bytes(of: name)
      let frames = try JournalReader(path: journal.path).locations { _ in true }
        .filter { SegmentName.file(firstPosition: $0.segment) == name }
        .map { $0.frameOffset..<$0.end }
      for at in bytes.indices {
        var flipped = bytes
        flipped[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        try journal.write(flipped, to: name)
        let found = try tree(journal)
        if frames.contains(where: { $0.contains(at) }) {
          #expect(try found.checkpoint() == whole, "the frame's bytes are for verify to check")
        } else {
          #expect(found.damage?.file == name, "\(name) at \(at)")
        }
      }
      try journal.write(bytes, to: name)
    }
  }

  @Test(arguments: [
    "", "a\n", "a\n1\n", "a\n01\n\(root)\n", "a\n-1\n\(root)\n", "a\n+1\n\(root)\n",
    "\n1\n\(root)\n", "a\n1\nAAAA\n", "a\n1\n\(root)\n\nx\n", "a\n1 \n\(root)\n",
    "a\n99999999999999999999\n\(root)\n",
  ])
  func `a text that is no checkpoint is refused`(_ text: String) {
    #expect(throws: NoteError.self) { try Checkpoint(text) }
  }
  private static let root = Digest(of: []).bytes.base64

  @Test func `extension lines of others are passed over`() throws {
    let checkpoint = try Checkpoint("origin x\n7\n\(Self.root)\nwhatever this is\n")
    #expect(checkpoint.size == 7 && checkpoint.nextPosition == nil && checkpoint.journal == nil)
  }
}
