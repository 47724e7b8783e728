import ArgumentParser
import Billing
import Journal
import Quantities
import Tariff

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Recompute a bill from the events behind it, and explain each line.",
    discussion: """
      Examples:
        wattbook audit books --bill 3012345678-20150401
        wattbook audit books --account 3012345678 --period 2015-03-01
        wattbook audit books --bill 3012345678-20150401 --key u.key --bundle b.json

      The bill is made again from what was known when it was issued; that alone decides \
      identical. What has become known since is listed beside it. Exit status 1 names each line \
      that differs. --bundle writes a file by which Journal/check_bundle.py checks the bill \
      without the journal.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("The bill's number.", valueName: "number")) var bill: String?
  @Option(help: ArgumentHelp("Account number, with --period.", valueName: "number"))
  var account: String?
  @Option(help: ArgumentHelp("First day of the bill's period.", valueName: "start"))
  var period: ServiceDate?
  @OptionGroup var known: KnownAtOption
  @OptionGroup var proof: BundleOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (bill != nil) != (account != nil && period != nil) else {
      throw ValidationError("give --bill, or --account with --period")
    }
    if let bill, BillNumber(bill) == nil {
      throw ValidationError(
        "a bill's number is ACCOUNT-YYYYMMDD, such as 3012345678-20150401, with -2 and so on "
          + "behind it where a cycle was billed again")
    }
  }

  func run() throws {
    let choice: BillChoice
    if let account, let period {
      choice = .period(account: account, start: period)
    } else {
      choice = .number(bill ?? "")
    }
    let reader = try journal.reader()
    let audit = try BillAudit(reader, choice, knownAt: known.asKnownAt)
    let bundle = try proof.write(audit, reader)
    if output.json {
      Terminal.print(json(audit, bundle).text)
    } else {
      AuditReport(audit).show()
      if let bundle { Terminal.print(proof.sentences(bundle)) }
    }
    if !audit.isIdentical { throw ExitCode(ExitStatus.refused.rawValue) }
  }

  private func json(_ audit: BillAudit, _ bundle: EvidenceBundle?) -> JSON {
    let currency = audit.currency
    let bill = audit.bill
    let draft = try? audit.recomputed.get()
    let again = draft?.total.text(in: currency)
    return .object([
      "bill": .string(audit.number), "account": .string(audit.account),
      "period": BillCommand.json(
        BillingPeriod(
          start: ServiceDate(day: bill.start), end: ServiceDate(day: max(bill.start, bill.end)))),
      "total": .string(Money(millionths: bill.total).text(in: currency)),
      "recomputed": .optional(again), "identical": .bool(audit.isIdentical),
      "currency": .string(bill.currency), "position": .number(Int(audit.position)),
      "knownBefore": .number(Int(clamping: bill.knownBefore)),
      "estimated": .bool(bill.estimated),
      "estimatedDays": .array((draft?.estimatedDays ?? []).map { .string("\($0)") }),
      "lines": .array(bill.lines.map { .fields($0.fields(in: currency) + $0.sourceFields) }),
      "evidence": .array(
        bill.evidence.map {
          JSON.fields(
            [
              ("position", .number(Int(clamping: $0.first))), ("kind", .string($0.kind)),
              ("last", .number(Int(clamping: $0.last))),
            ] + $0.moreJSON)
        }),
      "replaces": .optional(audit.replaces), "replacedBy": .optional(audit.replacedBy),
      "corrections": .array(
        audit.corrections.map {
          .object([
            "position": .number(Int(clamping: $0.position)),
            "kind": .string($0.reason == nil ? "BillReinstated" : "BillCancelled"),
            "on": .string("\($0.on)"), "recordedAt": .optional($0.recordedAt.map { "\($0)" }),
            "reason": .optional($0.reason.map { CorrectionReason($0).rawValue }),
            "note": .optional($0.note.isEmpty ? nil : $0.note),
          ])
        }),
      "differences": .array(
        audit.differences.map {
          .object([
            "line": $0.line.map { .number($0) } ?? .null, "field": .string($0.field),
            "recorded": .string($0.recorded), "recomputed": .string($0.recomputed),
          ])
        }),
      "since": .array(
        audit.since.map {
          .object([
            "position": .number(Int(clamping: $0.position)), "kind": .string($0.kind),
            "date": .string("\($0.date)"),
          ])
        }),
      "lost": .ranges(audit.losses.map(\.positions)),
      "totalNow": .optional(audit.totalNow?.text(in: currency)),
      "bundle": bundle.map { proof.json($0) } ?? .null,
    ])
  }
}
