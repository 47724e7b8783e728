import ArgumentParser
import Billing
import Quantities

struct PayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pay", abstract: "Record a payment.",
    discussion: """
      Example: wattbook pay books/2015 --account 3012345678 --amount 49.50 --on 2015-03-10 --key R-17
      With --key the same payment sent twice counts once; the same key with other content is refused.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: "Account number.") var account: String
  @Option(help: "Decimal amount in the account's currency.") var amount: String
  @Option(help: "The day on which it counts.") var on: ServiceDate
  @Option(help: "The sender's own reference.") var key: String?
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard Money(amount) != nil else {
      throw ValidationError("--amount takes a decimal amount such as 49.50")
    }
    guard (key ?? "").utf8.count <= 255 else {
      throw ValidationError("--key takes at most 255 bytes")
    }
  }

  func run() throws {
    let engine = try writing.engine(journal, source: "pay")
    let payment = Payment(number: account, amount: Money(amount) ?? .zero, on: on, key: key)
    let outcome = try engine.pay(payment, at: writing.at)
    output.print(
      outcome,
      ["account": .string(account), "amount": .string(amount), "on": .string("\(on)")],
      done: "recorded a payment of \(amount) for \(account) on \(on)")
  }
}
