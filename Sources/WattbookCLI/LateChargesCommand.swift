import ArgumentParser
import Billing
import Journal
import Quantities

struct LateChargesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "late-charges", abstract: "Charge for bills that are past due.",
    discussion: """
      Examples:
        wattbook late-charges books --on 2015-05-21 --dry-run
        wattbook late-charges books --on 2015-05-21 --account 3012345678

      Each bill that was due before the day costs once what its rate schedule asks: a rate of \
      what is still open. Who has a discount that exempts, such as CARE, pays none. Run it every \
      day: what is charged is not charged again.
      """)

  @OptionGroup var journal: JournalOption
  @Option(
    help: ArgumentHelp("The day on which bills are past due.", valueName: "date"))
  var on: ServiceDate
  @Option(help: ArgumentHelp("Only this account.", valueName: "number"))
  var account: String?
  @Flag(help: "Show the charges and record nothing.") var dryRun = false
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  private static let shown = 50

  func run() throws {
    let engine = try writing.engine(journal, source: "late-charges", isTrial: dryRun)
    try engine.requireAccount(account)
    let progress = Progress("assessing", unit: "accounts")
    var totals: [(currency: Currency, total: Money)] = []
    var table = Table([
      ("account", .left), ("bill", .left), ("due", .left), ("open", .right), ("percent", .point),
      ("charge", .right),
    ])
    var listed = 0
    func show(_ charge: LateChargeAssessment) {
      if let index = totals.firstIndex(where: { $0.currency == charge.currency }) {
        totals[index].total += charge.amount
      } else {
        totals.append((charge.currency, charge.amount))
      }
      if output.json {
        Terminal.print(json(charge).text)
      } else if listed < Self.shown {
        listed += 1
        table.add([
          charge.account, charge.bill, "\(charge.due)",
          moneyWords(charge.overdue, charge.currency), charge.percent,
          moneyWords(charge.amount, charge.currency),
        ])
      }
    }
    let report = try engine.assessLateCharges(
      on: on, account: account, isDryRun: dryRun, at: writing.at,
      progress: { done, total in progress.update(done, of: total) }, each: show)
    progress.finish()
    engine.keepSnapshot()
    guard !output.json else { return }
    if !table.isEmpty { Terminal.print(table.text) }
    if report.assessed > listed { Terminal.print("and \(grouped(report.assessed - listed)) more") }
    var line = dryRun ? "would assess " : "assessed "
    line += counted(report.assessed, "late charge", "late charges")
    if !totals.isEmpty {
      line += " of " + totals.map { moneyWords($0.total, $0.currency) }.joined(separator: " and ")
    }
    if report.exempt > 0 {
      line += "; \(counted(report.exempt, "bill", "bills")) past due of exempt accounts"
    }
    Terminal.print(line)
  }

  private func json(_ charge: LateChargeAssessment) -> JSON {
    .object([
      "account": .string(charge.account), "bill": .string(charge.bill),
      "due": .string("\(charge.due)"),
      "overdue": .string(charge.overdue.text(in: charge.currency)),
      "percent": .string(charge.percent),
      "amount": .string(charge.amount.text(in: charge.currency)),
      "currency": .string(charge.currency.code), "payable": .string("\(charge.payable)"),
    ])
  }
}
