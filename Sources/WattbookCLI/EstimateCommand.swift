import ArgumentParser
import Billing
import Quantities

struct EstimateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate", abstract: "Estimate the reads that cycles lack to be billed.",
    discussion: """
      Examples:
        wattbook estimate books --through 2015-04-01 --dry-run
        wattbook estimate books --through 2015-04-01 --account 3012345678 \\
          --method year-ago
        wattbook estimate books --through 2015-04-01 --account 3012345678 --again

      Methods, tried in this order unless one is named: interpolation (gaps of up to two hours), \
      register-difference (what the register counted, by the usual profile), same-day-type (the \
      last 3 or 4 such days within four weeks), year-ago (the same weeks, scaled to what is used \
      now); of a register, previous-periods (the mean of three). What was measured is never \
      touched, and a measured read that comes later takes the estimate's place. An estimate stays \
      as it was made until then, or until --again makes it from what is known by now; a bill that \
      it stands behind is proposed for rebilling, as with a read. The exit status is 1 where \
      something stays missing.
      """)

  enum Choice: String, ExpressibleByArgument, CaseIterable {
    case auto
    case interpolation
    case registerDifference = "register-difference"
    case sameDayType = "same-day-type"
    case yearAgo = "year-ago"
    case previousPeriods = "previous-periods"

    var method: ReadEstimated.Method? {
      ReadEstimated.Method.ordered.first { $0.name == rawValue }
    }
  }

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Cycles that end on or before this day.", valueName: "date"))
  var through: ServiceDate
  @Option(help: ArgumentHelp("Only this account.", valueName: "number"))
  var account: String?
  @Option(help: "The only method to try.") var method = Choice.auto
  @Flag(help: "Make what is estimated again, of cycles that are billed too.") var again = false
  @Flag(help: "Show the estimates and record nothing.") var dryRun = false
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let engine = try writing.engine(journal, source: "estimate", isTrial: dryRun)
    try engine.requireAccount(account)
    let progress = Progress("estimating", unit: "accounts")
    let report = try engine.estimate(
      through: through, account: account, method: method.method, isAgain: again,
      isDryRun: dryRun, at: writing.at
    ) { progress.update($0, of: $1) }
    progress.finish()
    if output.json {
      for estimate in report.estimates { Terminal.print(json(estimate).text) }
      for missing in report.missing { Terminal.print(json(missing).text) }
    } else {
      show(report)
    }
    if !dryRun { try engine.proposeRebills(at: writing.at, journal, output) }
    engine.keepSnapshot()
    if !report.missing.isEmpty { throw ExitCode(ExitStatus.refused.rawValue) }
  }

  private func json(_ estimate: Estimated) -> JSON {
    .object([
      "account": .string(estimate.account), "channel": .string(estimate.channel.name),
      "date": .string("\(estimate.date)"), "method": .string(estimate.method.name),
      "reason": .string(estimate.reason), "kWh": .string(estimate.energy.kWh),
      "intervals": estimate.intervals.map { .number($0) } ?? .null,
      "index": .optional(estimate.index?.kWh),
      "basis": .array(estimate.basis.map { .string("\($0)") }),
      "position": estimate.position.map { .number(Int($0)) } ?? .null,
    ])
  }

  private func json(_ missing: Unestimated) -> JSON {
    .object([
      "account": .string(missing.account), "period": BillCommand.json(missing.period),
      "channel": .string(missing.channel.name),
      "missing": .array(missing.days.map { .string("\($0)") }),
      "reason": .string(missing.reason),
    ])
  }

  private static let shown = 50

  private func show(_ report: EstimationReport) {
    var table = Table([
      ("account", .left), ("day", .left), ("of", .left), ("kWh", .point), ("method", .left),
      ("because", .left),
    ])
    for estimate in report.estimates.prefix(Self.shown) {
      table.add([
        estimate.account, "\(estimate.date)", estimate.channel.name, estimate.energy.kWh,
        estimate.method.name, estimate.reason,
      ])
    }
    if !table.isEmpty { Terminal.print(table.text) }
    if report.estimates.count > Self.shown {
      Terminal.print(
        "and \(grouped(report.estimates.count - Self.shown)) more; --json lists all")
    }
    Terminal.print(
      (dryRun ? "would record " : "recorded ")
        + counted(report.estimates.count, "estimate", "estimates"))
    for missing in report.missing.prefix(Self.shown) {
      Terminal.warn(
        "not estimated: account \(missing.account), \(missing.channel.name) of "
          + "\(ServiceDate.runs(missing.days)): \(missing.reason)")
    }
    if report.missing.count > Self.shown {
      Terminal.warn(
        "and \(grouped(report.missing.count - Self.shown)) more not estimated; --json lists all")
    }
  }
}
