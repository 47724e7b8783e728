import ArgumentParser
import Foundation

struct KillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kill",
    abstract: "Kill ingestions and payments at random moments; nothing acknowledged may be lost.")

  @Option(help: "How many kills.") var kills = 500
  @Option(help: "What the choices are made from; the moments are the machine's.") var seed: UInt64 =
    .random(in: 0..<1_000_000)
  @Option(help: "The wattbook to kill; ../.build/release/wattbook unless given.")
  var wattbook: String?
  @Option(help: "Where the temporary folder goes, on a disk.") var folder: String?

  func run() throws {
    guard let timing = ProcessTiming(named: wattbook) else {
      throw BenchFailure("there is no wattbook to kill: swift build -c release in the package")
    }
    try TemporaryFolder.use(in: folder) { folder in
      var trial = KillTrial(
        wattbook: timing.executable, folder: folder.path, seed: seed, accounts: 1200)
      try trial.run(kills: kills) { counts in
        if counts.kills % 100 == 0 { print("\(counts.kills) kills") }
      }
      print(Self.table(trial.counts))
    }
  }

  private static func table(_ counts: KillTrial.Counts) -> String {
    let rows = [
      ("kills", counts.kills), ("of a payment", counts.ofPayments),
      ("of an ingestion", counts.ofIngests), ("of both at once", counts.atOnce),
      ("journals", counts.journals), ("files", counts.files),
      ("files sent again after a kill", counts.filesSentAgain),
      ("payments acknowledged, all found once", counts.acknowledged),
      ("payments durable though killed, found once", counts.durableUnacknowledged),
      ("commits that recovery kept", counts.commitsKept),
      ("tails that recovery cut", counts.tailsCut),
    ]
    return rows.map { "\($0.0.padding(toLength: 44, withPad: " ", startingAt: 0))\($0.1)" }
      .joined(separator: "\n") + "\nnothing acknowledged was lost"
  }
}
