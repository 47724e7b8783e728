import ArgumentParser
import Billing

struct SettleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settle", abstract: "Record that a flagged read stands as it is.",
    discussion: """
      Example:
        wattbook settle books --flag 18211 --reason "a car charges since May"

      The flag no longer holds a bill. wattbook validate lists flags by their positions.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Position of the flag.", valueName: "position")) var flag: UInt64
  @Option(help: ArgumentHelp("What was found.", valueName: "text")) var reason: String
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let engine = try writing.engine(journal, source: "settle")
    let outcome = try engine.settle(flag: flag, reason: reason, at: writing.at)
    try engine.proposeRebills(at: writing.at, journal, output)
    output.print(
      outcome, ["flag": .number(Int(clamping: flag)), "reason": .string(reason)],
      done: "the flag at position \(flag) is settled: it holds no bill")
  }
}
