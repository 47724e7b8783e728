import ArgumentParser
import Billing
import Journal
import Quantities

struct DepositCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deposit", abstract: "Record a customer's deposit, or its return.",
    discussion: """
      Examples:
        wattbook deposit books --account 3012345678 --amount 150 --on 2015-03-10 --key D-4
        wattbook deposit books --account 3012345678 --amount 150 --on 2016-03-10 --return
        wattbook deposit books --account 3012345678 --amount 150 --on 2016-03-10 --return --apply

      A deposit is held and pays no bill. Returned, it is paid out, or with --apply settles what \
      the account owes; what is more than that becomes credit.
      """)

  @OptionGroup var journal: JournalOption
  @OptionGroup var sum: AdjustmentOptions
  @Flag(name: .customLong("return"), help: "Give back what is held, or a part of it.")
  var isReturn = false
  @Flag(help: "With --return: apply it to what the account owes.") var apply = false
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard isReturn || !apply else { throw ValidationError("--apply goes with --return") }
  }

  func run() throws {
    let kind: Adjustment.Kind = isReturn ? .depositReturn(isApplied: apply) : .deposit
    let done =
      isReturn ? apply ? "applied a deposit of" : "paid out a deposit of" : "received a deposit of"
    try sum.record(kind, journal, writing, output, source: "deposit", done: done)
  }
}

struct RefundCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refund", abstract: "Record that a credit balance was paid out.",
    discussion: """
      Example:
        wattbook refund books --account 3012345678 --amount 21.15 --on 2015-06-10 --key F-2

      Never more than the account's credit.
      """)

  @OptionGroup var journal: JournalOption
  @OptionGroup var sum: AdjustmentOptions
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try sum.record(.refund, journal, writing, output, source: "refund", done: "refunded")
  }
}

struct WriteOffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "write-off", abstract: "Record that nobody will pay a debt.",
    discussion: """
      Example:
        wattbook write-off books --account 3012345678 --amount 54.76 \\
          --on 2016-06-10 --reason "moved away without an address"

      Never more than the account owes; the oldest open items go first. Where such a bill is \
      cancelled the loss is taken back, and is no credit; the bill that stands again, or in its \
      place, is written off again as far as it is open. The reason is in the journal for ever: no \
      names.
      """)

  @OptionGroup var journal: JournalOption
  @OptionGroup var sum: AdjustmentOptions
  @Option(help: ArgumentHelp("Why; recorded.", valueName: "text")) var reason: String
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...1000).contains(reason.utf8.count) else {
      throw ValidationError("--reason takes 1 to 1,000 bytes")
    }
  }

  func run() throws {
    try sum.record(
      .writeOff(reason: reason), journal, writing, output, source: "write-off",
      done: "wrote off")
  }
}

/// What every adjustment takes.
struct AdjustmentOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Account number.", valueName: "number"))
  var account: String
  @Option(help: ArgumentHelp("Decimal amount in the account's currency.", valueName: "amount"))
  var amount: String
  @Option(help: ArgumentHelp("The day on which it counts.", valueName: "date"))
  var on: ServiceDate
  @Option(
    help: ArgumentHelp(
      "The sender's own reference: the same sent twice counts once.", valueName: "text"))
  var key: String?

  func validate() throws {
    guard Money(amount) != nil else {
      throw ValidationError("--amount takes a decimal amount such as 49.50")
    }
    guard key.map({ (1...255).contains($0.utf8.count) }) ?? true else {
      throw ValidationError("--key takes 1 to 255 bytes")
    }
  }

  /// Records the adjustment and tells how the account stands after it.
  func record(
    _ kind: Adjustment.Kind, _ journal: JournalOption, _ writing: WritingOptions,
    _ output: OutputOptions, source: String, done: String
  ) throws {
    let sum = Money(amount) ?? .zero
    let engine = try writing.engine(journal, source: source)
    let outcome = try engine.adjust(
      Adjustment(number: account, kind, amount: sum, on: on, key: key), at: writing.at)
    // It is durable: what is told about it must not fail any more.
    let summary = try? AccountSummary(journal.view(of: account), on: on)
    let currency = summary?.currency
    output.print(
      outcome,
      [
        "account": .string(account),
        "amount": .string(currency.map { sum.text(in: $0) } ?? amount),
        "currency": .optional(currency?.code), "on": .string("\(on)"),
        "balance": .optional(summary.map { $0.owed.text(in: $0.currency) }),
        "deposit": .optional(summary.map { $0.deposit.text(in: $0.currency) }),
      ],
      done: summary.map {
        "\(done) \(moneyWords(sum, $0.currency)) for \(account) on \(on); the balance is now "
          + "\(moneyWords($0.owed, $0.currency))"
          + ($0.deposit > .zero ? ", the deposit \(moneyWords($0.deposit, $0.currency))" : "")
      } ?? "\(done) \(amount) for \(account) on \(on)")
  }
}
