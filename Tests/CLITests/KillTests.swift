import Foundation
import Testing

/// Real processes, really killed.
@Suite struct KillTests {
  @Test func `no kill at any moment loses or repeats what was acknowledged`() throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    print("kills with seed \(seed)")
    let folder = try Folder()
    var trial = KillTrial(
      wattbook: Wattbook.executable.path, folder: folder.path, seed: seed, accounts: 12,
      killsPerJournal: 12)
    try trial.run(kills: 12)
    #expect(trial.counts.kills == 12 && trial.counts.ofPayments + trial.counts.ofIngests > 0)
  }
}
