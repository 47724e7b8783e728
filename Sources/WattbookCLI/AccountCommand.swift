import ArgumentParser
import Billing
import Journal
import Quantities
import Tariff

struct AccountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account", abstract: "Show an account: balance, plan, bills, payments, notices.",
    discussion: "Example: wattbook account books/2015 3012345678")

  @OptionGroup var journal: JournalOption
  @Argument(help: "Account number.") var account: String
  @Option(help: "The day for due and past due; the last day known unless given.")
  var on: ServiceDate?
  @Option(help: "Language of the notices: en or vi.") var language = "en"
  @OptionGroup var known: KnownAtOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard NoticeLanguage(rawValue: language) != nil else {
      throw ValidationError("--language takes en or vi")
    }
  }

  func run() throws {
    let view = try journal.view(of: account, known)
    let summary = try AccountSummary(view, on: on)
    if output.json {
      Terminal.print(json(summary).text)
    } else {
      show(summary)
    }
  }

  private func json(_ summary: AccountSummary) -> JSON {
    let currency = summary.currency
    return .object([
      "account": .string(account), "plan": .string(summary.plan),
      "start": .string("\(summary.agreement.start)"),
      "end": .optional(summary.agreement.end.map { "\($0)" }),
      "region": .optional(summary.agreement.terms.region),
      "zone": .string(summary.agreement.zone), "readDay": .number(summary.agreement.readDay),
      "currency": .string(currency.code), "balance": .string(summary.owed.text(in: currency)),
      "credit": .string(summary.credit.text(in: currency)),
      "dueDate": .optional(summary.dueDate.map { "\($0)" }),
      "pastDue": .string(summary.pastDue.text(in: currency)),
      "nextStatement": .optional(summary.nextStatement.map { "\($0)" }),
      "asOf": .string("\(summary.day)"),
      "plans": .array(
        summary.plans.map {
          .object(["plan": .string($0.code), "from": .string("\($0.from)")])
        }),
      "lockout": summary.lockout.map {
        .object(["left": .string($0.left), "until": .string("\($0.until)")])
      } ?? .null,
      "bills": .array(
        summary.bills.map {
          .object([
            "bill": .string($0.number), "period": BillCommand.json($0.period),
            "total": .string($0.total.text(in: currency)), "dated": .string("\($0.dated)"),
            "due": .string("\($0.due)"), "open": .string($0.open.text(in: currency)),
            "position": .number(Int($0.position)),
          ])
        }),
      "payments": .array(
        summary.payments.map {
          .object([
            "on": .string("\($0.on)"), "amount": .string($0.amount.text(in: currency)),
            "key": .optional($0.key.isEmpty ? nil : $0.key), "position": .number(Int($0.position)),
          ])
        }),
      "notices": .array(
        summary.notices.map {
          .object([
            "on": .string("\($0.recordedAt)"), "template": .string($0.template),
            "text": .string($0.notice.text(in: NoticeLanguage(rawValue: language) ?? .english)),
          ])
        }),
    ])
  }

  private func show(_ summary: AccountSummary) {
    let currency = summary.currency
    func money(_ amount: Money) -> String {
      moneyText(amount.text(in: currency), currency.code, in: .english)
    }
    Terminal.print(Terminal.styled("Account \(account)", .bold) + ", as of \(summary.day)")
    var plan = "  plan            \(summary.plan)"
    if let next = summary.plans.first(where: { $0.from > summary.day }) {
      plan += ", from \(next.from) \(next.code)"
    }
    Terminal.print(plan)
    if let lockout = summary.lockout, summary.day < lockout.until {
      Terminal.print(
        "  lock-out        until \(lockout.until), since \(lockout.left) was left on \(lockout.on)")
    }
    Terminal.print("  balance         \(money(summary.owed))")
    if let due = summary.dueDate {
      let late = summary.pastDue > .zero
      Terminal.print(
        "  due             \(due)"
          + (late ? Terminal.styled(", past due: \(money(summary.pastDue))", .red) : ""))
    }
    if let next = summary.nextStatement { Terminal.print("  next statement  \(next)") }
    if let end = summary.agreement.end { Terminal.print("  service ended   \(end)") }
    var bills = Table([
      ("bill", .left), ("from", .left), ("to", .left), ("total", .right), ("due", .left),
      ("open", .right),
    ])
    for bill in summary.bills {
      bills.add([
        bill.number, "\(bill.period.start)", "\(bill.period.end.adding(days: -1))",
        money(bill.total), "\(bill.due)", bill.open == .zero ? "paid" : money(bill.open),
      ])
    }
    if !bills.isEmpty { Terminal.print("\n" + bills.text) }
    var payments = Table([("payment", .left), ("amount", .right), ("key", .left)])
    for payment in summary.payments {
      payments.add(["\(payment.on)", money(payment.amount), payment.key])
    }
    if !payments.isEmpty { Terminal.print("\n" + payments.text) }
    guard !summary.notices.isEmpty else { return }
    Terminal.print()
    for notice in summary.notices {
      Terminal.print(
        "  " + notice.notice.text(in: NoticeLanguage(rawValue: language) ?? .english))
    }
  }
}

extension JournalOption {
  /// One account's view, or a failure that says that there is no such account.
  func view(of account: String, _ known: KnownAtOption) throws -> AccountView {
    guard let view = try AccountView(reader(), number: account, knownAt: known.knownAt()),
      view.agreement != nil
    else { throw Failure(.usage, "unknownAccount", "there is no account \(account)") }
    return view
  }
}
