import ArgumentParser
import Quantities

struct MoveOutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "move-out", abstract: "End an account's service, or take that back.",
    discussion: """
      Examples:
        wattbook move-out books --account 3012345678 --on 2015-09-30
        wattbook move-out books --account 3012345678 --cancel

      Taken back, the account is served on as if it had not moved out, and has its place on a plan \
      with a cap again, though that may be full by now. A last bill that the move-out cut short, or \
      that settled net metering with it, is proposed for rebilling.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number.", valueName: "number"))
  var account: String
  @Option(help: ArgumentHelp("The first day without service.", valueName: "date"))
  var on: ServiceDate?
  @Flag(help: "Take the move-out back.") var cancel = false
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (on == nil) == cancel else { throw ValidationError("give --on or --cancel") }
  }

  func run() throws {
    let engine = try writing.engine(journal, source: "move-out")
    let outcome =
      try on.map { try engine.moveOut(account, on: $0, at: writing.at) }
      ?? engine.cancelMoveOut(account, at: writing.at)
    try engine.proposeRebills(at: writing.at, journal, output)
    output.print(
      outcome,
      [
        "account": .string(account), "on": .optional(on.map { "\($0)" }),
        "cancelled": .bool(cancel),
      ],
      done: on.map {
        "service of \(account) ends: \($0) is the first day without; the last bill closes there"
      } ?? "\(account) has not moved out: service goes on")
  }
}
