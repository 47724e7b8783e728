import ArgumentParser
import Billing
import Journal
import Quantities

struct PayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pay", abstract: "Record a payment.",
    discussion: """
      Example:
        wattbook pay books --account 3012345678 --amount 49.50 --on 2015-03-10 \\
          --key R-17 --method card

      With --key the same payment sent twice counts once; the same key with other content is \
      refused. Without a key every payment counts.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number.", valueName: "number"))
  var account: String
  @Option(help: ArgumentHelp("Decimal amount in the account's currency.", valueName: "amount"))
  var amount: String
  @Option(help: ArgumentHelp("The day on which it counts.", valueName: "date"))
  var on: ServiceDate
  @Option(help: ArgumentHelp("The sender's own reference.", valueName: "text"))
  var key: String?
  @Option(
    help: ArgumentHelp("How it was paid: \(PaymentMethod.list).", valueName: "method"))
  var method: PaymentMethod?
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard Money(amount) != nil else {
      throw ValidationError("--amount takes a decimal amount such as 49.50")
    }
    guard key.map({ (1...255).contains($0.utf8.count) }) ?? true else {
      throw ValidationError("--key takes 1 to 255 bytes")
    }
  }

  func run() throws {
    let engine = try writing.engine(journal, source: "pay")
    let payment = Payment(
      number: account, amount: Money(amount) ?? .zero, on: on, key: key,
      method: method?.fact ?? .notTold)
    let outcome: Outcome
    do { outcome = try engine.pay(payment, at: writing.at) } catch let error as JournalError {
      // It may be whole on the disk, and then the next writer keeps it.
      let failure = Failure(error)
      throw Failure(
        failure.status, failure.code,
        failure.message + "; it may be recorded all the same: send it again with the same --key, "
          + "or look first: wattbook account \(journal.journal) \(account)")
    }
    // The payment is durable: what is told about it must not fail any more.
    let summary = try? AccountSummary(journal.view(of: account), on: on)
    let currency = summary?.currency
    output.print(
      outcome,
      [
        "account": .string(account),
        "amount": .string(currency.map { payment.amount.text(in: $0) } ?? amount),
        "currency": .optional(currency?.code), "on": .string("\(on)"),
        "balance": .optional(summary.map { $0.owed.text(in: $0.currency) }),
      ],
      done: summary.map {
        "recorded a payment of \(moneyWords(payment.amount, $0.currency)) for \(account) on "
          + "\(on); the balance is now \(moneyWords($0.owed, $0.currency))"
      } ?? "recorded a payment of \(amount) for \(account) on \(on)")
  }
}

/// How a customer pays, as the command line names it.
enum PaymentMethod: String, CaseIterable, ExpressibleByArgument {
  case online
  case directPayment = "direct-payment"
  case card, check, cash

  static let list = allCases.map(\.rawValue).joined(separator: ", ")

  /// Nil where it was not told.
  init?(_ fact: PaymentRecordedV2.Method) {
    guard let method = Self.allCases.first(where: { $0.fact == fact }) else { return nil }
    self = method
  }

  var fact: PaymentRecordedV2.Method {
    switch self {
    case .online: .online
    case .directPayment: .directPayment
    case .card: .card
    case .check: .check
    case .cash: .cash
    }
  }
}
