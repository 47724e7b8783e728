import ArgumentParser
import Billing
import Quantities

struct SwitchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "switch", abstract: "Change an account's plan, under the lock-out.",
    discussion: """
      Examples:
        wattbook switch books --account 3012345678 --to TOU-D-A --on 2015-03-02
        wattbook switch books --account 3012345678 --to D --asked 2015-05-20
        wattbook switch books --account 3012345678 --cancel 2015-06-01
        wattbook switch books --account 3012345678 --cancel 2015-03-02 \\
          --override "asked for by a neighbour"

      Leaving a time-of-use plan locks the plan for twelve months; a refusal says from which day \
      the switch would be allowed. A switch is taken back before its first day, and with a reason \
      later too, as long as none of its days is billed; the last one first.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number.", valueName: "number"))
  var account: String
  @Option(help: ArgumentHelp("The new plan's code.", valueName: "plan")) var to: String?
  @Option(help: ArgumentHelp("First day on the new plan.", valueName: "date")) var on: ServiceDate?
  @Option(
    help: ArgumentHelp(
      "Day of the request: the switch is at the first cycle start after it.", valueName: "date"))
  var asked: ServiceDate?
  @Option(
    help: ArgumentHelp(
      "Allow it during a lock-out, or a cancellation from the first day on; recorded.",
      valueName: "reason"))
  var override: String?
  @Option(
    help: ArgumentHelp("Take back the accepted switch of this first day.", valueName: "date"))
  var cancel: ServiceDate?
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if cancel != nil {
      guard to == nil, on == nil, asked == nil else {
        throw ValidationError("--cancel goes without --to, --on and --asked")
      }
    } else {
      guard to != nil, (on == nil) != (asked == nil) else {
        throw ValidationError("give --to with --on or --asked, or --cancel")
      }
    }
  }

  func run() throws {
    let engine = try writing.engine(journal, source: "switch")
    if let cancel {
      let outcome = try engine.cancelSwitch(
        account, firstDay: cancel, overrideReason: override, at: writing.at)
      try engine.proposeRebills(at: writing.at, journal, output)
      output.print(
        outcome, ["account": .string(account), "cancelled": .string("\(cancel)")],
        done: "the switch of \(account) on \(cancel) is cancelled")
      return
    }
    guard let to, let start = on.map(PlanSwitchRequest.Start.on) ?? asked.map({ .asked($0) }) else {
      return
    }
    let request = PlanSwitchRequest(
      number: account, to: to, start: start, overrideReason: override)
    let (outcome, day) = try engine.switchPlan(request, at: writing.at)
    try engine.proposeRebills(at: writing.at, journal, output)
    output.print(
      outcome,
      [
        "account": .string(account), "to": .string(to),
        "on": .optional((day ?? on).map { "\($0)" }),
      ], done: "\(account) is on \(to) from \(day.map { "\($0)" } ?? "")")
  }
}

extension OutputOptions {
  /// One object or one sentence for what a command did.
  func print(_ outcome: Outcome, _ fields: KeyValuePairs<String, JSON>, done: String) {
    let position: JSON
    switch outcome {
    case .recorded(let at): position = .number(Int(at))
    case .repeated: position = .null
    }
    if json {
      let fields = fields.map { ($0.key, $0.value) }
      let rest: [(String, JSON)] = [
        ("recorded", .bool(outcome != .repeated)), ("position", position),
      ]
      Terminal.print(JSON.fields(fields + rest).text)
    } else {
      Terminal.print(
        outcome == .repeated ? "the same was recorded before; nothing was appended" : done)
    }
  }
}
