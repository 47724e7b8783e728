import ArgumentParser
import Billing
import Foundation
import Journal
import Quantities

struct LedgerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract: "The books: a trial balance, or journals for hledger, beancount.",
    discussion: """
      Examples:
        wattbook ledger books
        wattbook ledger books --through 2015-12-31 --account 3012345678
        wattbook ledger books --format hledger --out books.journal
        wattbook ledger books --format beancount --subaccounts --out books.beancount

      Every event that moves money is one transaction whose postings sum to zero. The journals \
      have one each, in the order of the positions, dated by the day on which it counts; hledger \
      and beancount come to the balances that the table shows.
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, hledger, beancount
  }

  @OptionGroup var journal: JournalOption
  @Option(
    help: ArgumentHelp("Only what counts on this day or before.", valueName: "date"))
  var through: ServiceDate?
  @Option(help: ArgumentHelp("Only this account's money.", valueName: "number"))
  var account: String?
  @Option(help: ArgumentHelp("table, hledger or beancount.", valueName: "format"))
  var format = Format.table
  @Flag(help: "In the journals, an account of its own for each customer's receivable and the like.")
  var subaccounts = false
  @Option(
    help: ArgumentHelp("Write to a new file.", valueName: "file"), completion: .file())
  var out: String?
  @OptionGroup var known: KnownAtOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard format == .table || !output.json else {
      throw ValidationError("--json goes with the table: --format \(format) has a form of its own")
    }
    guard format != .table || !subaccounts else {
      throw ValidationError("--subaccounts goes with --format hledger or beancount")
    }
  }

  /// Ends a listing whose reader has gone.
  private struct Enough: Error {}

  func run() throws {
    let file = try out.map { try NewFile($0) }
    func print(_ text: String) throws {
      if let file { return try file.write(text + "\n") }
      guard !Terminal.outputIsGone else { throw Enough() }
      Terminal.print(text)
    }
    do {
      if format == .table {
        let totals = try totals()
        try print(output.json ? json(totals).text : text(totals))
      } else {
        var books = PlainTextBooks(
          format == .hledger ? .hledger : .beancount, hasSubaccounts: subaccounts)
        try print(books.head)
        try forEachTransaction { try print(books.text($0)) }
      }
    } catch is Enough {
      return
    } catch {
      file?.remove()
      throw error
    }
    try file?.finish()
  }

  private func forEachTransaction(_ body: (LedgerTransaction) throws -> Void) throws {
    let reader = try journal.reader()
    let progress = Progress("listing", unit: "events")
    defer { progress.finish() }
    let listing = LedgerListing(reader, knownAt: known.asKnownAt, account: account)
    let isThere = try listing.run(
      through: through, progress: { progress.update(Int($0), of: Int(reader.nextPosition)) }, body)
    guard isThere else {
      throw Failure(.usage, "unknownAccount", "there is no account \(account ?? "")")
    }
  }

  private func totals() throws -> LedgerTotals {
    guard account == nil, through == nil else {
      var totals = LedgerTotals()
      try forEachTransaction { totals.add($0.entry) }
      return totals
    }
    let reader = try journal.reader()
    let progress = Progress("adding", unit: "events")
    defer { progress.finish() }
    return try Replay(
      reader, knownAt: known.asKnownAt,
      threads: ProcessInfo.processInfo.activeProcessorCount
    ).run { progress.update(Int($0), of: Int(reader.nextPosition)) }.ledger
  }

  private func json(_ totals: LedgerTotals) -> JSON {
    .object([
      "through": .optional(through.map { "\($0)" }), "account": .optional(account),
      "currencies": .array(
        Currency.known.compactMap { currency in
          let rows = totals.rows(in: currency)
          guard !rows.isEmpty else { return nil }
          return .object([
            "currency": .string(currency.code),
            "accounts": .array(
              rows.map { row in
                .object([
                  "account": .string(row.name), "authority": .optional(row.ofAuthority),
                  "balance": .string(row.text(in: currency)),
                ])
              }),
            "sum": .string(
              LedgerTotals.Row.text(rows.reduce(0) { $0 + $1.amount }, in: currency)),
          ])
        }),
    ])
  }

  private func text(_ totals: LedgerTotals) -> String {
    var parts: [String] = []
    for currency in Currency.known {
      let rows = totals.rows(in: currency)
      guard !rows.isEmpty else { continue }
      var table = Table([("\(currency.code)", .left), ("debit", .right), ("credit", .right)])
      func words(_ amount: Int128) -> String {
        moneyText(LedgerTotals.Row.text(amount, in: currency), currency.code, in: .english)
      }
      for row in rows {
        table.add([
          row.name, row.amount > 0 ? words(row.amount) : "",
          row.amount < 0 ? words(-row.amount) : "",
        ])
      }
      let debits = rows.reduce(Int128(0)) { $0 + max($1.amount, 0) }
      let credits = rows.reduce(Int128(0)) { $0 - min($1.amount, 0) }
      table.add(["total", words(debits), words(credits)])
      parts.append(table.text)
    }
    return parts.isEmpty ? "no money has moved" : parts.joined(separator: "\n\n")
  }
}

extension LedgerTotals.Row {
  /// `liabilities:tax:STATE`.
  fileprivate var name: String {
    let path = account.path
    return "\(path.root):\(path.name)" + (ofAuthority.map { ":\($0)" } ?? "")
  }

  fileprivate var ofAuthority: String? {
    account == .taxPayable ? authority.isEmpty ? "unnamed" : authority : nil
  }

  fileprivate func text(in currency: Currency) -> String { Self.text(amount, in: currency) }

  fileprivate static func text(_ amount: Int128, in currency: Currency) -> String {
    DecimalText.format(amount, scale: 6, minimumDecimals: currency.decimals)
  }
}
