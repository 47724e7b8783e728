import ArgumentParser
import Billing
import Quantities
import Tariff

struct RebillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebill", abstract: "Cancel bills and bill their cycles again, in one commit.",
    discussion: """
      Examples:
        wattbook rebill books --bill 3012345678-20150401 --dry-run
        wattbook rebill books --account 3012345678 --reason corrected-read
        wattbook rebill books --all --within 5.00

      With --account and --all the bills are those of wattbook worklist; with --within those that \
      differ by no more than the amount. A bill that shares a replaced index, or a settled year of \
      net metering, with one of them is billed again with it, though it may have been declined. A \
      bill that would come to the same lines stands. Exit \
      status 1 when a cycle cannot be priced now.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("The bill's number.", valueName: "number")) var bill: String?
  @Option(help: ArgumentHelp("The worklist's bills of an account.", valueName: "number"))
  var account: String?
  @Flag(help: "All of the worklist.") var all = false
  @Option(
    help: ArgumentHelp("With --all: differences of no more than this.", valueName: "amount"))
  var within: String?
  @Option(
    help: ArgumentHelp(
      "Why: \(CorrectionReason.list); what the worklist says unless given.", valueName: "code"))
  var reason: CorrectionReason?
  @Option(help: ArgumentHelp("The new bills' date; today unless given.", valueName: "date"))
  var on: ServiceDate?
  @Flag(help: "Show the bills and record nothing.") var dryRun = false
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard [bill != nil, account != nil, all].count(where: \.self) == 1 else {
      throw ValidationError("give one of --bill, --account and --all")
    }
    guard within == nil || all else { throw ValidationError("--within goes with --all") }
    guard within.map({ Money($0).map { $0 >= .zero } ?? false }) ?? true else {
      throw ValidationError("--within takes a decimal amount such as 5.00")
    }
  }

  private var choice: RebillChoice {
    if let bill { return .bill(bill) }
    return account.map { .account($0) } ?? .all(within: within.flatMap { Money($0) })
  }

  func run() throws {
    let engine = try writing.engine(journal, source: "rebill", isTrial: dryRun)
    let report = try engine.rebill(
      choice, reason: reason?.fact, on: on, isDryRun: dryRun, at: writing.at
    ) { Terminal.print(output.json ? $0.json.text : $0.text + "\n") }
    if output.json {
      for bill in report.unchanged {
        Terminal.print(JSON.object(["bill": .string(bill), "unchanged": .bool(true)]).text)
      }
      for bill in report.exceptions { Terminal.print(bill.json.text) }
    } else {
      let verb = dryRun ? "would bill again" : "billed again"
      var line = "\(verb) \(counted(report.rebilledCount, "bill", "bills"))"
      if !report.unchanged.isEmpty {
        line +=
          "; \(counted(report.unchanged.count, "bill stands", "bills stand")), "
          + "which would come to the same"
      }
      Terminal.print(line)
      for bill in report.exceptions {
        Terminal.warn("not billed again: \(bill.bill): \(bill.exception)")
      }
    }
    engine.keepSnapshot()
    if !report.exceptions.isEmpty { throw ExitCode(ExitStatus.refused.rawValue) }
  }
}

extension UnpricedBill {
  fileprivate var json: JSON {
    .object([
      "bill": .string(bill), "account": .string(account), "reason": .string("\(exception)"),
      "missing": .array(exception.missing.map { .string("\($0)") }),
    ])
  }
}

extension RebilledBill {
  private var currency: Currency { draft.priced.currency }

  fileprivate var json: JSON {
    func line(_ line: BillLine) -> JSON { .fields(line.fields(in: currency)) }
    func money(_ millionths: Int64) -> JSON {
      .string(Money(millionths: millionths).text(in: currency))
    }
    return .object([
      "bill": .string(draft.fact.bill), "replaces": .string(old.bill),
      "account": .string(account),
      "period": BillCommand.json(draft.fact.period),
      "with": .optional(with),
      "reason": .string(CorrectionReason(cancelled.reason).rawValue),
      "was": money(old.total), "total": money(draft.fact.total),
      "difference": money(difference.millionths), "currency": .string(currency.code),
      "dated": .string("\(ServiceDate(day: draft.fact.dated))"),
      "due": .string("\(ServiceDate(day: draft.fact.due))"),
      "cancelled": .array(cancelled.lines.map(line)),
      "lines": .array(draft.fact.lines.map(line)),
    ])
  }

  /// Old lines, the same taken back, and the new ones, side by side.
  fileprivate var text: String {
    let fact = draft.fact
    var table = Table([
      ("line", .left), ("unit", .left), (old.bill, .right), ("cancelled", .right),
      (fact.bill, .right), ("difference", .right),
    ])
    func money(_ millionths: Int64) -> String {
      moneyWords(Money(millionths: millionths), currency)
    }
    // Lines of the same words stand beside each other, each in its own order.
    var left = Array(fact.lines.enumerated())
    func add(_ before: (line: BillLine, negated: BillLine)?, _ after: BillLine?) {
      guard let line = before?.line ?? after else { return }
      let was = before?.line.amount ?? 0
      table.add([
        line.text, line.unit, before.map { money($0.line.amount) } ?? "",
        before.map { money($0.negated.amount) } ?? "", after.map { money($0.amount) } ?? "",
        money((after?.amount ?? 0) - was),
      ])
    }
    for (line, negated) in zip(old.lines, cancelled.lines) {
      let same = left.firstIndex { $0.element.text == line.text }
      add((line, negated), same.map { left.remove(at: $0).element })
    }
    for (_, line) in left { add(nil, line) }
    table.add([
      "total", currency.code, money(old.total), money(cancelled.total), money(fact.total),
      money(fact.total - old.total),
    ])
    let days = fact.period
    let shared = with.map { "with \($0), for what both share" }
    let reason = shared ?? CorrectionReason(cancelled.reason).rawValue
    return "\(old.bill) is cancelled (\(reason)), "
      + "\(fact.bill) takes its place: \(days.start) to \(days.end.adding(days: -1)), due "
      + "\(ServiceDate(day: fact.due))\n" + table.text
  }
}
