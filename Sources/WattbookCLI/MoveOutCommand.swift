import ArgumentParser
import Quantities

struct MoveOutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "move-out", abstract: "End an account's service.",
    discussion: "Example: wattbook move-out books --account 3012345678 --on 2015-09-30")

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number.", valueName: "number"))
  var account: String
  @Option(help: ArgumentHelp("The first day without service.", valueName: "date")) var on:
    ServiceDate
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let engine = try writing.engine(journal, source: "move-out")
    let outcome = try engine.moveOut(account, on: on, at: writing.at)
    try engine.proposeRebills(at: writing.at, journal, output)
    output.print(
      outcome, ["account": .string(account), "on": .string("\(on)")],
      done: "service of \(account) ends: \(on) is the first day without; the last bill closes there"
    )
  }
}
