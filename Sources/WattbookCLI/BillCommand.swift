import ArgumentParser
import Billing
import Quantities

/// `estimated reads on 3 days`; empty where all were measured.
func estimatedWords(_ days: [ServiceDate]) -> String {
  days.isEmpty ? "" : "estimated reads on \(counted(days.count, "day", "days"))"
}

struct BillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bill", abstract: "Bill every cycle that is complete.",
    discussion: """
      Examples:
        wattbook bill books --through 2015-04-01
        wattbook bill books --through 2015-04-01 --account 3012345678 --dry-run

      A cycle with missing reads is not billed: it is listed with the days that are missing, and \
      the exit status is 1. Send the reads, or wattbook estimate them, and bill again: what is \
      billed stays billed. So is one with a read that wattbook validate has flagged and that holds.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Cycles that end on or before this day.", valueName: "date"))
  var through: ServiceDate
  @Option(
    help: ArgumentHelp(
      "The bills' date; the --through day unless given. Where a bill of the days was cancelled, no "
        + "earlier than its cancellation.", valueName: "date"))
  var on: ServiceDate?
  @Option(help: ArgumentHelp("Only this account.", valueName: "number"))
  var account: String?
  @Flag(help: "Show the bills and record nothing.") var dryRun = false
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let on, on < through {
      throw ValidationError("a bill is not dated before its cycle's end: --on is before --through")
    }
  }

  func run() throws {
    let engine = try writing.engine(journal, source: "bill", isTrial: dryRun)
    try engine.requireAccount(account)
    if !dryRun { try engine.proposeRebills(at: writing.at, journal, output) }
    let progress = Progress("billing", unit: "accounts")
    var shown: [BillSummary] = []
    var totals: [(currency: Currency, total: Money)] = []
    let report = try engine.bill(
      through: through, dated: on ?? through, account: account, isDryRun: dryRun, at: writing.at
    ) { done, total in
      progress.update(done, of: total)
    } each: { bill in
      if let index = totals.firstIndex(where: { $0.currency == bill.currency }) {
        totals[index].total += bill.total
      } else {
        totals.append((bill.currency, bill.total))
      }
      if output.json {
        Terminal.print(json(bill).text)
      } else if shown.count < Self.shown {
        shown.append(bill)
      }
    }
    progress.finish()
    if output.json {
      for cycle in report.exceptions { Terminal.print(json(cycle).text) }
    } else {
      show(shown, report, totals.map { moneyWords($0.total, $0.currency) })
    }
    // A bill may make its neighbours doubtful.
    if !dryRun { try engine.proposeRebills(at: writing.at, journal, output) }
    engine.keepSnapshot()
    if !report.exceptions.isEmpty { throw ExitCode(ExitStatus.refused.rawValue) }
  }

  private func json(_ bill: BillSummary) -> JSON {
    .object([
      "bill": .string(bill.number), "account": .string(bill.account),
      "period": BillCommand.json(bill.period),
      "total": .string(bill.total.text(in: bill.currency)), "currency": .string(bill.currency.code),
      "dated": .string("\(bill.dated)"), "due": .string("\(bill.due)"),
      "estimated": .bool(!bill.estimatedDays.isEmpty),
      "estimatedDays": .array(bill.estimatedDays.map { .string("\($0)") }),
    ])
  }

  private func json(_ cycle: UnbilledCycle) -> JSON {
    .object([
      "account": .string(cycle.account), "period": BillCommand.json(cycle.period),
      "missing": .array(cycle.exception.missing.map { .string("\($0)") }),
      "reason": .string(cycle.exception.description),
    ])
  }

  static func json(_ period: BillingPeriod) -> JSON {
    .object(["start": .string("\(period.start)"), "end": .string("\(period.end)")])
  }

  private static let shown = 50

  private func show(_ bills: [BillSummary], _ report: BillRunReport, _ totals: [String]) {
    var table = Table([
      ("bill", .left), ("from", .left), ("to", .left), ("kWh", .point), ("total", .right),
      ("due", .left), ("", .left),
    ])
    for bill in bills {
      table.add([
        bill.number, "\(bill.period.start)", "\(bill.period.end.adding(days: -1))",
        bill.energy.kWh, moneyWords(bill.total, bill.currency), "\(bill.due)",
        estimatedWords(bill.estimatedDays),
      ])
    }
    if !table.isEmpty { Terminal.print(table.text) }
    if report.billCount > bills.count {
      Terminal.print("and \(grouped(report.billCount - bills.count)) more")
    }
    let verb = dryRun ? "would issue" : "issued"
    var line = "\(verb) \(counted(report.billCount, "bill", "bills"))"
    if !totals.isEmpty { line += " of " + totals.joined(separator: " and ") }
    if report.pastDue > 0 {
      line += ", \(counted(report.pastDue, "past-due notice", "past-due notices"))"
    }
    if !report.exceptions.isEmpty {
      line += "; \(counted(report.exceptions.count, "cycle", "cycles")) not billed"
    }
    Terminal.print(line)
    for cycle in report.exceptions.prefix(Self.shown) {
      Terminal.warn(
        "not billed: account \(cycle.account), \(cycle.period.start) to "
          + "\(cycle.period.end.adding(days: -1)): \(cycle.exception)")
    }
    if report.exceptions.count > Self.shown {
      Terminal.warn(
        "and \(grouped(report.exceptions.count - Self.shown)) more cycles not billed; --json lists all"
      )
    }
  }
}
