import Foundation
import Testing

/// Real processes, really killed.
@Suite struct KillTests {
  @Test func `no kill at any moment loses or repeats what was acknowledged`() throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    let folder = try Folder()
    var trial = KillTrial(
      wattbook: Wattbook.executable.path, folder: folder.path, seed: seed, accounts: 12,
      killsPerJournal: 12)
    try trial.run(kills: 12)
    #expect(trial.counts.kills == 12 && trial.counts.ofPayments + trial.counts.ofIngests > 0)
  }

  @Test func `a payment that was acknowledged and not recorded is found out`() throws {
    let folder = try Folder()
    let liar = try folder.write(
      """
      #!/bin/sh
      [ "$1" = pay ] && echo '{"recorded":true,"position":7}' && exit 0
      exec \(Wattbook.executable.path) "$@"
      """, to: "liar")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: liar)
    var trial = KillTrial(wattbook: liar, folder: folder.path, seed: 1, accounts: 12)
    #expect {
      try trial.run(kills: 12)
    } throws: {
      "\($0)".contains("was acknowledged; found: nil")
    }
  }
}
