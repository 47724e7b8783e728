import ArgumentParser
import Billing
import Foundation
import Journal
import Quantities
import Tariff

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Price an account's own usage on every open plan.",
    discussion: """
      Examples:
        wattbook compare books --account 3012345678
        wattbook compare books --account 3012345678 --months 6 --json
        wattbook compare books --account 3012345678 --at-current-prices

      The account's own reads of its last billing cycles are priced on each plan, month by \
      month, as bills are: hours, tiers, baseline and charges decide, not a yearly sum. \
      Without --at-current-prices each month has the prices that were in force in it.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number.", valueName: "number"))
  var account: String
  @Option(help: ArgumentHelp("How many of the last billing cycles.", valueName: "count"))
  var months = 12
  @Option(
    help: ArgumentHelp(
      "Cycles that end on or before this day; the day after the last read unless given.",
      valueName: "date"))
  var asOf: ServiceDate?
  @Flag(help: "Price all months by the prices in force on the --as-of day.")
  var atCurrentPrices = false
  @OptionGroup var known: KnownAtOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard months > 0 else { throw ValidationError("--months takes 1 or more") }
  }

  func run() throws {
    let view = try journal.view(of: account, knownAt: known.asKnownAt)
    let book = view.system.book
    let isCounted = book.codes.contains { code in
      book.versions(of: code).contains { $0.enrolmentCap != nil }
    }
    let comparison = try PlanComparison(
      view, months: months, asOf: asOf, isAtCurrentPrices: atCurrentPrices,
      state: isCounted ? try everybody(view.reader) : nil)
    if output.json {
      Terminal.print(comparison.json.text)
    } else {
      ComparisonReport(comparison).show()
    }
    if comparison.months.isEmpty { throw ExitCode(ExitStatus.refused.rawValue) }
  }

  /// Seats of a plan with a cap are counted over all accounts.
  private func everybody(_ reader: JournalReader) throws -> BillingState {
    let progress = Progress("counting seats", unit: "events")
    defer { progress.finish() }
    return try Replay(
      reader, knownAt: known.asKnownAt,
      threads: max(1, ProcessInfo.processInfo.activeProcessorCount), usesSnapshot: true
    ).run { progress.update(Int($0), of: Int(reader.nextPosition)) }
  }
}

/// A comparison for people: months beside plans, then each plan with its reasons.
struct ComparisonReport {
  private let comparison: PlanComparison
  private var currency: Currency { comparison.currency }

  init(_ comparison: PlanComparison) { self.comparison = comparison }

  private func money(_ amount: Money) -> String { moneyWords(amount, currency) }

  func show() {
    let months = comparison.months
    Terminal.print(
      Terminal.styled("Plans for \(comparison.account)", .bold)
        + ", now on \(comparison.plan), by its own usage of "
        + counted(months.count, "billing cycle", "billing cycles"))
    if months.count < comparison.wantedMonths {
      Terminal.print(
        "  fewer than the \(comparison.wantedMonths) asked for: "
          + "a year with its seasons may come out otherwise")
    }
    for (period, reason) in comparison.skipped {
      Terminal.print(
        "  left out: \(period.start) to \(period.end.adding(days: -1)): \(reason)".printable)
    }
    let estimated = months.reduce(0) { $0 + $1.estimatedDays }
    if estimated > 0 {
      Terminal.print("  \(counted(estimated, "day", "days")) of it with estimated reads")
    }
    if let metering = comparison.netMetering { Terminal.print("  " + words(metering)) }
    if comparison.isAtCurrentPrices {
      Terminal.print("  all months at the prices in force on \(comparison.asOf)")
    }
    guard !months.isEmpty else {
      Terminal.print("  no cycle can be priced yet: nothing to compare")
      return
    }
    Terminal.print()
    showMonths()
    for offer in comparison.offers { show(offer) }
  }

  /// What the totals have of net metering and what not, in one line.
  private func words(_ metering: PlanComparison.NetMetering) -> String {
    var parts: [String] = []
    if let from = metering.carriedFrom {
      parts.append(
        "the true-up counts what was deferred from \(from) on, before these cycles as it was billed"
      )
    }
    if let from = metering.openFrom {
      parts.append("what is deferred from \(from) on is not settled yet and in no total")
    }
    return "net metering: "
      + (parts.isEmpty ? "all that these cycles defer is settled in them" : "")
      + parts.joined(separator: "; ")
  }

  private func showMonths() {
    let priced = comparison.offers.filter { $0.total != nil }
    let hasSwitched = comparison.hasSwitched
    var columns: [(String, Table.Side)] = [("from", .left), ("to", .left), ("kWh", .point)]
    if hasSwitched { columns.append(("as it was", .right)) }
    columns += priced.map { ($0.plan, .right) }
    var table = Table(columns)
    for (index, month) in comparison.months.enumerated() {
      let totals = priced.compactMap { (try? $0.months.get())?[index] }
      table.add(
        [
          "\(month.period.start)", "\(month.period.end.adding(days: -1))", month.usage.kWh,
        ] + (hasSwitched ? [money(month.total)] : []) + totals.map(money))
    }
    table.add(
      ["total", "", comparison.usage.kWh] + (hasSwitched ? [money(comparison.total)] : [])
        + priced.compactMap { $0.total.map(money) })
    Terminal.print(table.text)
  }

  private func show(_ offer: PlanComparison.Offer) {
    let title = Terminal.styled("\n\(offer.plan)", .bold) + " \(offer.name)".printable
    guard let total = offer.total else {
      Terminal.print(title + (offer.isOwn ? ", the account's plan" : ""))
      if case .failure(let reason) = offer.months {
        Terminal.print("  cannot be compared: \(reason)".printable)
        if case .noPrice = reason {
          Terminal.print("  with --at-current-prices all months have its price")
        }
      }
      return
    }
    let saving = comparison.total - total
    if offer.isOwn {
      Terminal.print(title + ", the account's plan: \(money(total))")
    } else {
      let words =
        saving > .zero
        ? Terminal.styled("\(money(saving)) less", .green)
        : saving < .zero ? "\(money(-saving)) more" : "the same"
      Terminal.print(title + ": \(money(total)), \(words)")
    }
    for reason in comparison.reasons(for: offer) { Terminal.print("  \(reason)".printable) }
    if !offer.isOwn { Terminal.print("  " + outlook(offer).printable) }
  }

  private func outlook(_ offer: PlanComparison.Offer) -> String {
    let outlook = offer.outlook
    var text: String
    if let until = outlook.lockedUntil {
      text = "locked out until \(until)"
      if let from = outlook.from { text += ": a switch is possible from \(from)" }
    } else if let refusal = outlook.refusal {
      text = "no switch: \(refusal)"
    } else {
      text = "a switch is possible from \(outlook.from.map { "\($0)" } ?? "")"
    }
    if let seats = outlook.seats { text += "; \(counted(seats, "seat", "seats")) left" }
    if offer.lockoutMonths > 0 {
      text += "; leaving it again locks the plan for \(offer.lockoutMonths) months"
    }
    return text
  }
}
