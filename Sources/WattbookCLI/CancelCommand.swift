import ArgumentParser
import Billing
import Quantities

/// Why a bill is cancelled, as the command line names it.
enum CorrectionReason: String, CaseIterable, ExpressibleByArgument {
  case estimatedRead = "estimated-read"
  case correctedRead = "corrected-read"
  case wrongPlan = "wrong-plan"
  case wrongTerms = "wrong-terms"
  case wrongPrice = "wrong-price"
  case meterFault = "meter-fault"
  case other

  static let list = allCases.map(\.rawValue).joined(separator: ", ")

  init(_ fact: BillCancelled.CancellationReason) {
    self = Self.allCases.first { $0.fact == fact } ?? .other
  }

  var fact: BillCancelled.CancellationReason {
    switch self {
    case .estimatedRead: .estimatedRead
    case .correctedRead: .correctedRead
    case .wrongPlan: .wrongPlan
    case .wrongTerms: .wrongTerms
    case .wrongPrice: .wrongPrice
    case .meterFault: .meterFault
    case .other: .other
    }
  }
}

/// A bill that somebody corrects, and from when.
struct CorrectionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The bill's number.", valueName: "number")) var bill: String
  @Option(help: ArgumentHelp("The day on which it counts; today unless given.", valueName: "date"))
  var on: ServiceDate?
}

struct CancelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Take a bill back, line by line.",
    discussion: """
      Examples:
        wattbook cancel books --bill 3012345678-20150401 --reason meter-fault
        wattbook cancel books --bill 3012345678-20150401 --reason other \\
          --note "wrong meter"

      Each line is taken back exactly; what was paid becomes credit. The cycle is billed again by \
      the next wattbook bill, or at once with wattbook rebill, which cancels too. wattbook \
      reinstate lets the bill stand again.
      """)

  @OptionGroup var journal: JournalOption
  @OptionGroup var correction: CorrectionOptions
  @Option(help: ArgumentHelp("Why: \(CorrectionReason.list).", valueName: "code"))
  var reason: CorrectionReason
  @Option(help: ArgumentHelp("More about it; recorded.", valueName: "text")) var note = ""
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let engine = try writing.engine(journal, source: "cancel")
    let bill = correction.bill
    let outcome = try engine.correct(
      .cancel(bill: bill, reason.fact, note: note, on: correction.on), at: writing.at)
    let charge = engine.state.lateCharge(of: bill)
    output.print(
      outcome,
      [
        "bill": .string(bill), "reason": .string(reason.rawValue),
        "lateCharge": .optional(charge.map { $0.amount.text(in: $0.currency) }),
      ],
      done: "bill \(bill) is cancelled; its cycle is billed again by the next wattbook bill"
        + (charge.map {
          "\nits late charge of \(moneyWords($0.amount, $0.currency)) stands: wattbook waive "
            + "\(journal.journal) --bill \(bill) takes it back"
        } ?? ""))
  }
}

struct ReinstateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reinstate", abstract: "Let a bill that was cancelled stand again.",
    discussion: """
      Example: wattbook reinstate books --bill 3012345678-20150401

      The undo of wattbook cancel: the bill stands as it was, due on its old date. It is refused \
      when another bill stands on its days.
      """)

  @OptionGroup var journal: JournalOption
  @OptionGroup var correction: CorrectionOptions
  @Option(help: ArgumentHelp("Why; recorded.", valueName: "text")) var note = ""
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let engine = try writing.engine(journal, source: "reinstate")
    let bill = correction.bill
    let outcome = try engine.correct(
      .reinstate(bill: bill, note: note, on: correction.on), at: writing.at)
    output.print(outcome, ["bill": .string(bill)], done: "bill \(bill) stands again")
    try engine.proposeRebills(at: writing.at, journal, output)
  }
}

struct WaiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waive", abstract: "Take the late charge of a bill back.",
    discussion: """
      Example: wattbook waive books --bill 3012345678-20150401 --note "billed in error"

      What was paid of the charge becomes credit, and the bill is charged for no second time. A \
      bill that is cancelled or billed again keeps its late charge until somebody waives it.
      """)

  @OptionGroup var journal: JournalOption
  @OptionGroup var correction: CorrectionOptions
  @Option(help: ArgumentHelp("Why; recorded.", valueName: "text")) var note: String
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let engine = try writing.engine(journal, source: "waive")
    let bill = correction.bill
    let charge = engine.state.lateCharge(of: bill)
    let outcome = try engine.correct(
      .waive(bill: bill, note: note, on: correction.on), at: writing.at)
    let amount = charge.map { moneyWords($0.amount, $0.currency) } ?? ""
    output.print(
      outcome,
      [
        "bill": .string(bill),
        "lateCharge": .optional(charge.map { $0.amount.text(in: $0.currency) }),
      ],
      done: "the late charge of \(amount) for bill \(bill) is taken back")
  }
}

struct DeclineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decline", abstract: "Let a bill stay as it is, against a proposal.",
    discussion: """
      Example: wattbook decline books --proposal 812 --note "agreed by phone"

      wattbook worklist lists the proposals by their positions. What is recorded of the bill's \
      days later makes a new one.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("The proposal's position.", valueName: "position"))
  var proposal: UInt64
  @Option(help: ArgumentHelp("Why; recorded.", valueName: "text")) var note: String
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let engine = try writing.engine(journal, source: "decline")
    let outcome = try engine.correct(.decline(proposal: proposal, note: note), at: writing.at)
    output.print(
      outcome, ["proposal": .number(Int(clamping: proposal))],
      done: "proposal \(proposal) is declined; the bill stays as it is")
  }
}
