import ArgumentParser
import Billing
import Foundation
import Journal
import Quantities
import Tariff

extension TariffCommand {
  struct Reprice: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what versions not yet published would do to bills that were issued.",
      discussion: """
        Examples:
          wattbook tariff reprice books new-prices.yaml --months 12
          wattbook tariff reprice books new-prices.yaml --account 3012345678
          wattbook tariff reprice books new-prices.yaml --sample 1000 --json

        Each bill is priced twice from what is known now: by the versions published, and \
        with the file's versions from --as-if-effective on. Nothing is recorded.
        """)

    @OptionGroup var journal: JournalOption
    @Argument(help: "A file of rate schedules, one new version of a plan.", completion: .file())
    var file: String
    @Option(help: ArgumentHelp("How many of each account's last bills.", valueName: "count"))
    var months = 12
    @Option(help: ArgumentHelp("Only this account.", valueName: "number"))
    var account: String?
    @Option(help: ArgumentHelp("At most so many accounts, evenly spread.", valueName: "count"))
    var sample: Int?
    @Option(
      help: ArgumentHelp(
        "The day from which the new versions hold in the trial; the first day of the oldest "
          + "repriced bill unless given.", valueName: "date"))
    var asIfEffective: ServiceDate?
    @Option(help: ArgumentHelp("How many of the accounts most affected.", valueName: "count"))
    var top = 10
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard months > 0 else { throw ValidationError("--months takes 1 or more") }
      guard sample ?? 1 > 0 else { throw ValidationError("--sample takes 1 or more") }
      guard top >= 0 else { throw ValidationError("--top takes 0 or more") }
      guard account == nil || sample == nil else {
        throw ValidationError("--account and --sample: give one")
      }
    }

    func run() throws {
      let reader = try journal.reader()
      let schedules = try ScheduleText.schedules(file)
      let opening = Progress("opening", unit: "events")
      let state = try Replay(
        reader, threads: max(1, ProcessInfo.processInfo.activeProcessorCount), usesSnapshot: true
      ).run { opening.update(Int($0), of: Int(reader.nextPosition)) }
      opening.finish()
      if let account, try AccountView(reader, number: account) == nil {
        throw Failure(.usage, "unknownAccount", "there is no account \(account)")
      }
      let versions = try newVersions(schedules, state.system.book)
      let progress = Progress("repricing", unit: "accounts")
      let repricing = try Repricing(
        versions, state, reader, months: months, effective: asIfEffective, account: account,
        sample: sample
      ) { progress.update($0, of: $1) }
      progress.finish()
      if output.json {
        Terminal.print(repricing.json(months: months, top: top).text)
      } else {
        RepricingReport(repricing).show(months: months, top: top)
      }
      if !repricing.failures.isEmpty { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    /// The file's versions that are not published: one a plan, all in one currency.
    private func newVersions(
      _ schedules: [RateSchedule], _ published: RateBook
    ) throws -> [RateSchedule] {
      var book = published
      var new: [RateSchedule] = []
      for schedule in schedules where try book.add(schedule) { new.append(schedule) }
      guard let first = new.first else {
        throw Failure(
          .refused, "alreadyPublished", "every version of \(file) is published already")
      }
      for schedule in new {
        guard !published.versions(of: schedule.code).isEmpty else {
          throw Failure(
            .refused, "noBills",
            "no version of \(schedule.code) is published, so nobody was billed by it; known: "
              + published.codes.joined(separator: ", "))
        }
        guard new.count(where: { $0.code == schedule.code }) == 1 else {
          throw Failure(
            .usage, "severalVersions",
            "\(file) has several new versions of \(schedule.code): reprice one at a time")
        }
        guard schedule.currency == first.currency else {
          throw Failure(
            .usage, "severalCurrencies",
            "\(file) has plans in several currencies: reprice one at a time")
        }
      }
      return new
    }
  }
}

/// What a trial of new prices came to, for people.
struct RepricingReport {
  private let repricing: Repricing
  private var currency: Currency { repricing.currency }

  init(_ repricing: Repricing) { self.repricing = repricing }

  private func money(_ amount: Money) -> String { moneyWords(amount, currency) }

  private func signed(_ amount: Money) -> String {
    (amount > .zero ? "+" : "") + money(amount)
  }

  func show(months: Int, top: Int) {
    let names = repricing.versions.map(\.versionID).joined(separator: ", ")
    Terminal.print(Terminal.styled("Trial of \(names)", .bold) + ", which is not published")
    guard let effective = repricing.effective, repricing.billCount > 0 else {
      Terminal.print("  no bill of the last \(months) was on the plan; nothing to compare")
      showFailures()
      return
    }
    Terminal.print(
      "  as if it held from \(effective) on: \(counted(repricing.billCount, "bill", "bills")) of "
        + counted(repricing.accounts.count, "account", "accounts")
        + ", at most the last \(months) of each")
    if repricing.accounts.count < repricing.candidates, repricing.candidates > 1 {
      Terminal.print(
        "  a sample, evenly spread over \(grouped(repricing.candidates)) accounts")
    }
    if repricing.changedSince > 0 {
      Terminal.print(
        "  \(counted(repricing.changedSince, "bill", "bills")) would differ from what was issued "
          + "without any new price, for what is known since: both sides count that")
    }
    if repricing.netMetered > 0 {
      let (before, after) = repricing.unsettled
      Terminal.print(
        "  net metering: \(counted(repricing.netMetered, "account", "accounts")); what was deferred "
          + "before these bills is as it was billed, and what is not settled by them is in no "
          + "total: \(money(before)) published, \(money(after)) new")
    }
    showTotals()
    showAccounts(top)
    showFailures()
    Terminal.print("\nnothing was recorded")
  }

  private func showTotals() {
    let (before, after) = (repricing.before, repricing.after)
    var table = Table([
      ("\n  kind", .left), ("published", .right), ("new", .right), ("difference", .right),
    ])
    let kinds = Set(before.kinds.map(\.kind)).union(after.kinds.map(\.kind))
      .sorted { $0.rawValue < $1.rawValue }
    for kind in kinds {
      let (old, new) = (before.amount(of: kind), after.amount(of: kind))
      table.add(["  " + kind.words, money(old), money(new), signed(new - old)])
    }
    table.add([
      "  total", money(before.total), money(after.total), signed(after.total - before.total),
    ])
    Terminal.print(table.text)
    let counts = repricing.counts
    Terminal.print(
      "\n  \(counted(counts.up, "account pays", "accounts pay")) more, "
        + "\(grouped(counts.down)) less, \(grouped(counts.same)) the same")
    let percentiles = [10, 50, 90].map { percent in
      "p\(percent) \(repricing.percentile(percent).map(signed) ?? "")"
    }
    Terminal.print("  difference of an account: " + percentiles.joined(separator: ", "))
  }

  private func showAccounts(_ top: Int) {
    let accounts = repricing.mostAffected(top)
    guard !accounts.isEmpty else { return }
    var table = Table([
      ("\n  most affected", .left), ("bills", .right), ("published", .right), ("new", .right),
      ("difference", .right),
    ])
    for account in accounts {
      table.add([
        "  " + account.number, "\(account.bills)", money(account.before), money(account.after),
        signed(account.difference),
      ])
    }
    Terminal.print(table.text)
  }

  private func showFailures() {
    for failure in repricing.failures.prefix(20) {
      Terminal.warn(
        "not repriced: account \(failure.account), \(failure.period.start) to "
          + "\(failure.period.end.adding(days: -1)): \(failure.reason)")
    }
    if repricing.failures.count > 20 {
      Terminal.warn("and \(grouped(repricing.failures.count - 20)) more; --json lists all")
    }
  }
}

extension Repricing {
  func json(months: Int, top: Int) -> JSON {
    func money(_ amount: Money?) -> JSON { .optional(amount?.text(in: currency)) }
    let kinds = Set(before.kinds.map(\.kind)).union(after.kinds.map(\.kind))
      .sorted { $0.rawValue < $1.rawValue }
    return .object([
      "versions": .array(versions.map { .string($0.versionID) }),
      "asIfEffective": .optional(effective.map { "\($0)" }), "months": .number(months),
      "currency": .string(currency.code), "accounts": .number(accounts.count),
      "candidates": .number(candidates), "bills": .number(billCount),
      "changedSince": .number(changedSince), "before": money(before.total),
      "after": money(after.total), "difference": money(after.total - before.total),
      "up": .number(counts.up), "down": .number(counts.down), "same": .number(counts.same),
      "p10": money(percentile(10)), "p50": money(percentile(50)), "p90": money(percentile(90)),
      "kinds": .array(
        kinds.map { kind in
          let (old, new) = (before.amount(of: kind), after.amount(of: kind))
          return .object([
            "kind": .string(kind.words), "before": money(old), "after": money(new),
            "difference": money(new - old),
          ])
        }),
      "netMetered": .number(netMetered),
      "unsettled": .object([
        "before": money(unsettled.before), "after": money(unsettled.after),
      ]),
      "mostAffected": .array(
        mostAffected(top).map {
          .object([
            "account": .string($0.number), "bills": .number($0.bills), "before": money($0.before),
            "after": money($0.after), "difference": money($0.difference),
          ])
        }),
      "notRepriced": .array(
        failures.map {
          .object([
            "account": .string($0.account), "period": BillCommand.json($0.period),
            "reason": .string($0.reason.description),
          ])
        }),
    ])
  }
}
