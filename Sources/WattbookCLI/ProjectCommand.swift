import ArgumentParser
import Billing
import Quantities
import Tariff

struct ProjectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "project", abstract: "Project the next bill and show the tier position.",
    discussion: """
      Examples:
        wattbook project books --account 3012345678
        wattbook project books --account 3012345678 --as-of 2015-07-17 --json

      Days before --as-of are used; without it, all days up to the last read.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number.", valueName: "number"))
  var account: String
  @Option(help: ArgumentHelp("Days before this one are known.", valueName: "date"))
  var asOf: ServiceDate?
  @OptionGroup var known: KnownAtOption
  @OptionGroup var output: OutputOptions

  func run() throws {
    let view = try journal.view(of: account, knownAt: known.asKnownAt)
    let bill: NextBill
    do { bill = try NextBill(view, asOf: asOf) } catch let failure as NextBillFailure {
      throw Failure(.refused, "notProjected", failure.description)
    }
    if output.json {
      Terminal.print(json(bill).text)
    } else {
      ProjectionReport(bill).show()
    }
  }

  private func json(_ bill: NextBill) -> JSON {
    func money(_ amount: Money?) -> JSON { .optional(amount?.text(in: bill.currency)) }
    func price(_ prices: [Price]) -> JSON {
      prices.count == 1
        ? .string(prices[0].text)
        : .fields(zip(bill.nextKWhPrice, prices).map { ($0.period, .string($1.text)) })
    }
    let tier = bill.currentTier.map { bill.tiers[$0] }
    return .object([
      "account": .string(bill.account), "plan": .string(bill.plan),
      "asOf": .string("\(bill.asOf)"),
      "cycle": .object([
        "start": .string("\(bill.cycle.start)"), "end": .string("\(bill.cycle.end)"),
        "day": .number(bill.day), "days": .number(bill.cycle.days),
      ]),
      "currency": .string(bill.currency.code), "usageToDate": .string(bill.usageToDate.kWh),
      "usageProjected": .string(bill.usageProjected.kWh), "total": money(bill.estimate?.total),
      "low": money(bill.estimate?.low), "high": money(bill.estimate?.high),
      "reason": .optional(bill.reason),
      "estimatedDays": .array(bill.estimatedDays.map { .string("\($0)") }),
      "estimatedReads": .array(bill.estimatedReads.map { .string("\($0)") }),
      "tier": tier.map {
        .object([
          "current": .string($0.band.name), "price": price($0.band.prices),
          "used": .string($0.used.kWh), "limit": .optional($0.band.to?.kWh),
        ])
      } ?? .null,
      "tiers": .array(
        bill.tiers.map {
          .object([
            "name": .string($0.band.name), "from": .string($0.band.from.kWh),
            "to": .optional($0.band.to?.kWh), "price": price($0.band.prices),
            "used": .string($0.used.kWh), "projected": .string($0.projected.kWh),
          ])
        }),
      "nextKWhPrice": price(bill.nextKWhPrice.map(\.price)),
    ])
  }
}

/// A projection for people, with the tier chart.
struct ProjectionReport {
  private let bill: NextBill

  init(_ bill: NextBill) { self.bill = bill }

  private func money(_ amount: Money) -> String { moneyWords(amount, bill.currency) }

  func show() {
    Terminal.print(
      Terminal.styled("Projected next bill of \(bill.account)", .bold)
        + ", plan \(bill.plan), as of \(bill.asOf)")
    if let estimate = bill.estimate {
      Terminal.print(
        "  " + Terminal.styled(money(estimate.total), .bold)
          + "   (between \(money(estimate.low)) and \(money(estimate.high)) four times in five)")
    } else {
      Terminal.print("  no total: \(bill.reason ?? "")")
    }
    Terminal.print(
      "  cycle \(bill.cycle.start) to \(bill.cycle.end.adding(days: -1)), \(bill.day) of "
        + "\(bill.cycle.days) days gone")
    Terminal.print(
      "  used \(bill.usageToDate.kWh) kWh so far, \(bill.usageProjected.kWh) kWh expected")
    if !bill.estimatedReads.isEmpty {
      Terminal.print(
        "  estimated reads on \(counted(bill.estimatedReads.count, "day", "days")) of it: "
          + ServiceDate.runs(bill.estimatedReads))
    }
    if !bill.estimatedDays.isEmpty {
      Terminal.print(
        "  estimated, for want of reads: "
          + ServiceDate.runs(bill.estimatedDays))
    }
    showPrices()
    if !bill.tiers.isEmpty { TierChart(bill).show() }
  }

  private func showPrices() {
    let prices = bill.nextKWhPrice.map { period, price in
      let name = period.isEmpty ? "" : "\(period) "
      return name + price.words(bill.currency)
    }
    Terminal.print("  the next kWh costs " + prices.joined(separator: ", ") + " before tax")
  }
}

/// The tiers as one bar: each as wide as its kilowatt-hours, filled as far as used, dotted as far as
/// projected.
struct TierChart {
  private let bill: NextBill
  private static let width = 60

  init(_ bill: NextBill) { self.bill = bill }

  func show() {
    let used = bill.tiers.reduce(Energy.zero) { $0 + $1.used }
    let projected = bill.tiers.reduce(Energy.zero) { $0 + $1.projected }
    let last = bill.tiers[bill.tiers.count - 1].band.from
    let end = max(max(projected, used).wattHours, last.wattHours * 5 / 4, 1)
    func column(_ energy: Energy) -> Int {
      min(Self.width, Int(energy.wattHours * Int64(Self.width) / end))
    }
    Terminal.print()
    var bar = ""
    for place in 0..<Self.width {
      let isEdge = bill.tiers.dropFirst().contains { column($0.band.from) == place }
      if isEdge {
        bar += "|"
      } else {
        bar += place < column(used) ? "█" : place < column(projected) ? "░" : "·"
      }
    }
    Terminal.print("  [\(bar)]")
    let here = max(0, column(used) - 1)
    Terminal.print(
      "   " + String(repeating: " ", count: here) + "^ you are here: \(used.kWh) kWh"
        + (projected > used ? ", ░ expected: \(projected.kWh) kWh" : ""))
    var table = Table([
      ("  tier", .left), ("from", .point), ("to", .point), ("price", .right), ("used", .point),
      ("expected", .point),
    ])
    for (index, tier) in bill.tiers.enumerated() {
      let mark = index == bill.currentTier ? "> " : "  "
      table.add([
        mark + tier.band.name, tier.band.from.kWh, tier.band.to?.kWh ?? "and more",
        tier.band.prices.map { $0.words(bill.currency) }.joined(separator: " / "), tier.used.kWh,
        tier.projected.kWh,
      ])
    }
    Terminal.print(table.text)
  }
}
