import TestSupport
import Testing

@testable import Journal

struct LZ4CommandTests {
  @Test(.enabled(if: Command.lz4 != nil))
  func `the lz4 command tests every segment and decodes its contents`() throws {
    let lz4 = try #require(Command.lz4)
    var random = SeededRandom(71)
    let (journal, held) = try TestJournal.filled(commits: 12, sealAfter: 1200, random: &random)
    var decoded: [UInt8] = []
    for name in try journal.segments {
      #expect(try lz4.run(["-t", "\(journal.path)/\(name)"]).status == 0)
      let (status, output, _) = try lz4.run(["-dc", "\(journal.path)/\(name)"])
      #expect(status == 0)
      decoded += output
    }
    #expect(decoded == held.flatMap(\.content))
  }
}
