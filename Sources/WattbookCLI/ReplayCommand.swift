import ArgumentParser
import Billing
import Foundation
import Journal
import Quantities

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Rebuild all state from the journal and print its digest.",
    discussion: """
      Examples:
        wattbook replay books
        wattbook replay books --until 2015-06-30T23:59:59Z

      The digest is the same live, after replay, from a snapshot and on any number of threads.
      """)

  @OptionGroup var journal: JournalOption
  @Option(
    help: ArgumentHelp(
      "Only what was recorded up to there, inclusive.", valueName: "position|time"))
  var until: KnownAt?
  @OptionGroup var known: KnownAtOption
  @Option(help: ArgumentHelp("Threads; each folds a share of the partitions.", valueName: "count"))
  var threads = max(1, ProcessInfo.processInfo.activeProcessorCount)
  @Flag(help: "Start from the snapshot, if there is one, to see that its digest is the same.")
  var fromSnapshot = false
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard threads > 0 else { throw ValidationError("--threads takes 1 or more") }
    guard until == nil || known.asKnownAt == nil else {
      throw ValidationError("--until and --as-known-at mean the same: give one")
    }
  }

  func run() throws {
    let reader = try journal.reader()
    let limit = until ?? known.asKnownAt
    let progress = Progress("replaying", unit: "events")
    let start = ContinuousClock.now
    let total = Int(reader.nextPosition)
    let replay = Replay(reader, knownAt: limit, threads: threads, usesSnapshot: fromSnapshot)
    let state = try replay.run { progress.update(Int($0), of: total) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    progress.finish()
    let digest = state.digest
    if output.json {
      Terminal.print(
        JSON.object([
          "events": .number(Int(state.events)), "reads": .number(Int(state.reads)),
          "accounts": .number(state.accountCount),
          "persons": .number(Int(state.personCounts.recorded)),
          "erased": .number(Int(state.personCounts.erased)), "stateDigest": .string("\(digest)"),
          "seconds": .raw(String(format: "%.6f", seconds)),
          "lost": .ranges(state.losses.map(\.positions)),
          "touchedAccounts": .number(state.touchedAccounts), "setAside": .number(state.setAside),
        ]).text)
    } else {
      Terminal.print(
        """
        events    \(grouped(Int(state.events))), of which \(grouped(Int(state.reads))) reads
        accounts  \(grouped(state.accountCount))
        persons   \(grouped(Int(state.personCounts.recorded))), of whom \
        \(grouped(Int(state.personCounts.erased))) erased
        digest    \(digest)
        time      \(String(format: "%.3f", seconds)) s, \
        \(grouped(Int(Double(state.events) / max(seconds, 0.000_001)))) events/s on \
        \(counted(replay.threads, "thread", "threads"))
        """)
      guard !state.losses.isEmpty else { return }
      for loss in state.losses { Terminal.print("lost      \(loss.positions.words)") }
      Terminal.print(
        """
        touched   \(grouped(state.touchedAccounts)) accounts may lack what is lost; nothing is \
        decided about them here
        set aside \(counted(state.setAside, "event", "events")) that would follow on what is lost
        """)
    }
  }
}
