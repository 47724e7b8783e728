import ArgumentParser
import Billing
import Foundation
import Journal
import Quantities
import Tariff

struct AccountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account", abstract: "Show an account: balance, plan, bills, payments, notices.",
    discussion: """
      Examples:
        wattbook account books 3012345678
        wattbook account books 3012345678 --on 2015-07-01 --language vi
      """)

  @OptionGroup var journal: JournalOption
  @Argument(help: "Account number.") var account: String
  @Option(
    help: ArgumentHelp(
      "The day for due and past due; the last day known unless given.", valueName: "date"))
  var on: ServiceDate?
  @Option(help: "Language of the notices: en or vi.") var language = "en"
  @OptionGroup var keys: KeyOptions
  @OptionGroup var known: KnownAtOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard NoticeLanguage(rawValue: language) != nil else {
      throw ValidationError("--language takes en or vi")
    }
  }

  func run() throws {
    let view = try journal.view(of: account, knownAt: known.asKnownAt)
    let summary = try AccountSummary(view, on: on)
    let person = try view.person(keys.store(journal))
    if output.json {
      Terminal.print(json(summary, view, person).text)
    } else {
      show(summary, person)
    }
  }

  private func terms(_ summary: AccountSummary) -> JSON {
    let terms = summary.terms
    return .object([
      "medical": .bool(terms.medical), "multiFamily": .bool(terms.multiFamily),
      "householdQuarters": .number(terms.householdQuarters),
      "undeclaredTenants": .bool(terms.undeclaredTenants), "city": .optional(terms.city),
      "discounts": .array(
        summary.discounts.map {
          .object([
            "discount": .string($0.name), "from": .string("\($0.from)"),
            "through": .string("\($0.lastDay)"),
          ])
        }),
      "netMeteredSince": .optional(summary.netMeteredSince.map { "\($0)" }),
    ])
  }

  private func json(_ summary: AccountSummary, _ view: AccountView, _ person: Person?) -> JSON {
    let currency = summary.currency
    return .object([
      "account": .string(account), "plan": .string(summary.plan),
      "person": person?.json ?? .null,
      "start": .string("\(summary.agreement.start)"),
      "end": .optional(summary.agreement.end.map { "\($0)" }),
      "region": .optional(summary.terms.region), "terms": terms(summary),
      "zone": .string(summary.agreement.zone), "readDay": .number(summary.readDay),
      "readDays": .array(
        summary.agreement.readDays.map {
          .object(["readDay": .number($0.day), "from": .string("\($0.from)")])
        }),
      "lastRead": .optional(summary.lastRead.map { "\($0)" }),
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
        .object([
          "left": .string($0.left), "on": .string("\($0.on)"), "until": .string("\($0.until)"),
        ])
      } ?? .null,
      "bills": .array(
        summary.bills.map {
          .object([
            "bill": .string($0.number), "period": BillCommand.json($0.period),
            "total": .string($0.total.text(in: currency)), "dated": .string("\($0.dated)"),
            "due": .string("\($0.due)"), "open": .string($0.open.text(in: currency)),
            "position": .number(Int($0.position)), "estimated": .bool($0.isEstimated),
            "cancelled": .bool($0.isCancelled),
          ])
        }),
      "flags": .array(summary.flags.map { $0.json(account: account) }),
      "payments": .array(
        summary.payments.map {
          .object([
            "on": .string("\($0.on)"), "amount": .string($0.amount.text(in: currency)),
            "key": .optional($0.key.isEmpty ? nil : $0.key),
            "method": .optional(PaymentMethod($0.method)?.rawValue),
            "position": .number(Int($0.position)),
          ])
        }),
      "deposit": .string(summary.deposit.text(in: currency)),
      "charges": .array(
        summary.charges.map {
          .object([
            "on": .string("\($0.on)"), "kind": .string($0.kind.path.name),
            "amount": .string($0.amount.text(in: currency)), "due": .string("\($0.due)"),
            "open": .string($0.open.text(in: currency)), "waived": .bool($0.isWaived),
            "position": .number(Int($0.position)),
          ])
        }),
      "adjustments": .array(
        summary.adjustments.map {
          .object([
            "on": .string("\($0.on)"), "kind": .string($0.kind),
            "amount": .string($0.amount.text(in: currency)),
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
      "lost": .ranges(view.losses.map(\.positions)),
    ])
  }

  private func show(_ summary: AccountSummary, _ person: Person?) {
    let currency = summary.currency
    func money(_ amount: Money) -> String { moneyWords(amount, currency) }
    Terminal.print(Terminal.styled("Account \(account)", .bold) + ", as of \(summary.day)")
    for (label, text) in person?.lines ?? [] {
      Terminal.print(
        "  \(label.padding(toLength: 16, withPad: " ", startingAt: 0))\(text.printable)")
    }
    showTerms(summary)
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
    if summary.credit > .zero { Terminal.print("  credit          \(money(summary.credit))") }
    if summary.deposit > .zero { Terminal.print("  deposit         \(money(summary.deposit))") }
    if let next = summary.nextStatement { Terminal.print("  next statement  \(next)") }
    var bills = Table([
      ("bill", .left), ("from", .left), ("to", .left), ("total", .right), ("due", .left),
      ("open", .right), ("", .left),
    ])
    for bill in summary.bills {
      bills.add([
        bill.number, "\(bill.period.start)", "\(bill.period.end.adding(days: -1))",
        money(bill.total), "\(bill.due)",
        bill.isCancelled ? "cancelled" : bill.open == .zero ? "paid" : money(bill.open),
        bill.isEstimated ? "estimated" : "",
      ])
    }
    if !bills.isEmpty { Terminal.print("\n" + bills.text) }
    if !summary.flags.isEmpty { Terminal.print("\n" + FlagTable(summary.flags).text) }
    var payments = Table([
      ("payment", .left), ("amount", .right), ("method", .left), ("key", .left),
    ])
    for payment in summary.payments {
      payments.add([
        "\(payment.on)", money(payment.amount), PaymentMethod(payment.method)?.rawValue ?? "",
        payment.key,
      ])
    }
    if !payments.isEmpty { Terminal.print("\n" + payments.text) }
    showCharges(summary)
    showNotices(summary)
  }

  private func showCharges(_ summary: AccountSummary) {
    func money(_ amount: Money) -> String { moneyWords(amount, summary.currency) }
    var charges = Table([
      ("charge", .left), ("for", .left), ("amount", .right), ("due", .left), ("open", .right),
    ])
    for charge in summary.charges {
      charges.add([
        "\(charge.on)", charge.kind.path.name, money(charge.amount), "\(charge.due)",
        charge.isWaived ? "waived" : charge.open == .zero ? "paid" : money(charge.open),
      ])
    }
    if !charges.isEmpty { Terminal.print("\n" + charges.text) }
    var adjustments = Table([
      ("adjusted", .left), ("for", .left), ("amount", .right), ("key", .left),
    ])
    for adjustment in summary.adjustments {
      adjustments.add([
        "\(adjustment.on)", adjustment.kind, money(adjustment.amount), adjustment.key,
      ])
    }
    if !adjustments.isEmpty { Terminal.print("\n" + adjustments.text) }
  }

  private func showTerms(_ summary: AccountSummary) {
    let agreement = summary.agreement
    var plan = summary.plan
    if let next = summary.plans.dropFirst().first(where: { $0.from > summary.day }) {
      plan += ", from \(next.from) \(next.code)"
    }
    var service = "from \(agreement.start)"
    if let end = agreement.end { service += " to \(end.adding(days: -1))" }
    let terms = summary.terms
    if let region = terms.region { service += ", region \(region)" }
    if terms.medical { service += ", medical baseline" }
    if terms.multiFamily { service += ", multi-family" }
    if terms.householdQuarters != 4 {
      service +=
        ", \(Quantity(value: Int64(terms.householdQuarters) * 25, decimals: 2).text) households"
    }
    if terms.undeclaredTenants { service += ", undeclared tenants" }
    if let city = terms.city { service += ", users tax of \(city)" }
    service += ", read day \(summary.readDay)"
    if let next = agreement.readDays.first(where: { $0.from > summary.day }) {
      service += ", from \(next.from) \(next.day)"
    }
    Terminal.print("  plan            \(plan)")
    Terminal.print("  service         \(service)")
    for discount in summary.discounts {
      Terminal.print(
        "  discount        \(discount.name) from \(discount.from) through \(discount.lastDay)")
    }
    if let since = summary.netMeteredSince {
      Terminal.print("  net metering    since \(since)")
    }
    Terminal.print("  last read       \(summary.lastRead.map { "\($0)" } ?? "none")")
  }

  private static let shown = 12

  private func showNotices(_ summary: AccountSummary) {
    guard !summary.notices.isEmpty else { return }
    Terminal.print("\n" + Terminal.styled("notices", .bold))
    let earlier = summary.notices.count - Self.shown
    if earlier > 0 { Terminal.print("\(grouped(earlier)) earlier ones: --json lists all") }
    for notice in summary.notices.suffix(Self.shown) {
      let text = notice.notice.text(in: NoticeLanguage(rawValue: language) ?? .english)
      Terminal.print("\("\(notice.recordedAt)".prefix(10))  \(text.printable)")
    }
  }
}

extension JournalOption {
  /// One account's view, or a failure that says that there is no such account.
  func view(of account: String, knownAt: KnownAt? = nil) throws -> AccountView {
    guard let view = try AccountView(reader(), number: account, knownAt: knownAt),
      view.agreement != nil
    else {
      let then = knownAt == nil ? "" : ", as known then"
      throw Failure(.usage, "unknownAccount", "there is no account \(account)\(then)")
    }
    for loss in view.losses {
      Terminal.warn(
        "wattbook: \(loss.positions.words) are lost and may have been this account's, or what it "
          + "is billed by: what is told here may lack them")
    }
    return view
  }
}
