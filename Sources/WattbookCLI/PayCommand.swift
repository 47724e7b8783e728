import ArgumentParser
import Billing
import Foundation
import Interchange
import Journal
import Quantities

struct PayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pay", abstract: "Record a payment, or a bank's file of them.",
    discussion: """
      Examples:
        wattbook pay books --account 3012345678 --amount 49.50 --on 2015-03-10 \\
          --key R-17 --method card
        wattbook pay books --file payments.csv --method check

      With --key the same payment sent twice counts once; the same key with other content is \
      refused. Without a key every payment counts. The file's header names its columns: \
      account,amount,on,key, and each line has a key. Lines that are refused are named at the \
      end, the rest is recorded; sending the file again pays nothing twice.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number.", valueName: "number"))
  var account: String?
  @Option(help: ArgumentHelp("Decimal amount in the account's currency.", valueName: "amount"))
  var amount: String?
  @Option(help: ArgumentHelp("The day on which it counts.", valueName: "date"))
  var on: ServiceDate?
  @Option(help: ArgumentHelp("The sender's own reference.", valueName: "text"))
  var key: String?
  @Option(
    help: ArgumentHelp("How it was paid: \(PaymentMethod.list).", valueName: "method"))
  var method: PaymentMethod?
  @Option(help: "A CSV file of payments.", completion: .file()) var file: String?
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if file != nil {
      guard account == nil, amount == nil, on == nil, key == nil else {
        throw ValidationError("--file names all payments: give no payment's options with it")
      }
    } else {
      guard account != nil, amount != nil, on != nil else {
        throw ValidationError("give --account, --amount and --on, or --file")
      }
    }
    guard amount.map({ Money($0) != nil }) ?? true else {
      throw ValidationError("--amount takes a decimal amount such as 49.50")
    }
    guard key.map({ (1...255).contains($0.utf8.count) }) ?? true else {
      throw ValidationError("--key takes 1 to 255 bytes")
    }
  }

  func run() throws {
    if let file {
      var payments = PaymentRun(file, self)
      do { return try payments.run() } catch let error as MeterFileError {
        throw Failure(.usage, "paymentFile", "\(error)")
      }
    }
    guard let account, let amount, let on else { return }
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

/// A file of payments being recorded, in commits as large as its lines allow.
private struct PaymentRun {
  private let path: String
  private let command: PayCommand
  private var recorded = 0
  private var repeated = 0
  private var rejected: [(line: UInt32, account: String, reason: String)] = []

  init(_ path: String, _ command: PayCommand) {
    self.path = path
    self.command = command
  }

  mutating func run() throws {
    var file: PaymentFile
    do { file = try PaymentFile(path: path) } catch let error as PaymentFile.HeaderError {
      throw Failure(.usage, "header", "\(path): \(error)")
    }
    let name = URL(filePath: path).lastPathComponent
    let engine = try command.writing.engine(command.journal, source: name)
    let progress = Progress(name, unit: "bytes")
    defer { progress.finish() }
    while let chunk = try file.nextChunk() {
      rejected += chunk.malformed.map { ($0.line, "", $0.reason) }
      do { try record(chunk, engine) } catch let error as JournalError {
        let failure = Failure(error)
        throw Failure(
          failure.status, failure.code,
          "\(failure.message); \(counted(recorded, "payment", "payments")) of \(path) "
            + "went in: send it again then, none counts twice")
      }
      progress.update(file.bytesRead, of: file.size)
    }
    engine.keepSnapshot()
    progress.finish()
    rejected.sort { $0.line < $1.line }
    report()
    if !rejected.isEmpty { throw ExitCode(ExitStatus.refused.rawValue) }
  }

  private mutating func record(_ chunk: PaymentFile.Chunk, _ engine: Engine) throws {
    var rest = chunk.payments[...]
    let method = command.method?.fact ?? .notTold
    var commands = rest.map { _, payment in
      var payment = payment
      payment.method = method
      return Command.pay(payment)
    }[...]
    while !rest.isEmpty {
      let outcomes = try engine.record(commands, at: command.writing.at)
      for ((line, payment), outcome) in zip(rest, outcomes) {
        switch outcome {
        case .success(.recorded): recorded += 1
        case .success(.repeated): repeated += 1
        case .failure(let refusal): rejected.append((line, payment.number, "\(refusal)"))
        }
      }
      rest = rest.dropFirst(outcomes.count)
      commands = commands.dropFirst(outcomes.count)
    }
  }

  private func report() {
    if command.output.json {
      return Terminal.print(
        JSON.object([
          "recorded": .number(recorded), "repeated": .number(repeated),
          "rejected": .array(
            rejected.map {
              .object([
                "file": .string(path), "line": .number(Int($0.line)),
                "account": .string($0.account), "reason": .string($0.reason),
              ])
            }),
        ]).text)
    }
    var parts = ["recorded \(counted(recorded, "payment", "payments"))"]
    if repeated > 0 { parts.append("\(grouped(repeated)) recorded before") }
    if !rejected.isEmpty { parts.append("\(grouped(rejected.count)) refused") }
    Terminal.print(parts.joined(separator: ", "))
    for line in rejected {
      let account = line.account.isEmpty ? "" : "account \(line.account): "
      Terminal.warn("\(path):\(line.line): \(account)\(line.reason)".printable)
    }
  }
}
