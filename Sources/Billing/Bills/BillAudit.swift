import Journal
import Quantities
import Tariff

/// A recorded bill beside the one that the same facts make again.
public struct BillAudit: Sendable {
  /// A field of the bill or of one of its lines that is not what the facts make it.
  public struct Difference: Sendable, Equatable, CustomStringConvertible {
    /// The line's index, nil for the bill itself.
    public let line: Int?
    public let field: String
    public let recorded: String
    public let recomputed: String

    public var description: String {
      let place = line.map { "line \($0 + 1)" } ?? "bill"
      return "\(place), \(field): recorded \(recorded), recomputed \(recomputed)"
    }
  }

  /// A cancellation, or a reinstatement, of the bill.
  public struct Correction: Sendable {
    public let position: UInt64
    public let on: ServiceDate
    public let recordedAt: Instant?
    /// Why it was cancelled; nil for a reinstatement.
    public let reason: BillCancelled.CancellationReason?
    public let note: String
  }

  public let number: String
  /// Position of the `BillIssued` event.
  public let position: UInt64
  public let account: String
  public let bill: BillIssuedV2
  /// The bill again, from what was known when it was issued.
  public let recomputed: Result<BillDraft, BillException>
  public let differences: [Difference]
  /// What became of the bill, in the order recorded: cancelled, reinstated, cancelled again.
  public let corrections: [Correction]
  /// The number of the bill whose place it takes, and of the one that has taken its own.
  public let replaces: String?
  public let replacedBy: String?
  /// Events recorded since that would change the cycle's bill.
  public let since: [AuditedFact]
  /// Positions that are lost and may have been the account's facts, or its rate schedules.
  public let losses: [LostBatch]
  /// The total that the cycle would have with all that is known now, where it can be priced.
  public let totalNow: Money?

  public var isIdentical: Bool { differences.isEmpty }
  public var currency: Currency { Currency(code: bill.currency) ?? .usd }
}

/// Why there is nothing to audit.
public enum AuditFailure: Error, Sendable, CustomStringConvertible {
  case unknownAccount(String)
  case unknownBill(String)
  case noBill(account: String, start: ServiceDate)

  public var description: String {
    switch self {
    case .unknownAccount(let number): "there is no account \(number)"
    case .unknownBill(let number):
      "there is no bill \(number); wattbook account lists an account's bills"
    case .noBill(let account, let start):
      "account \(account) has no bill for a period that starts on \(start); "
        + "wattbook account lists an account's bills"
    }
  }
}

/// Which bill is meant.
public enum BillChoice: Sendable {
  case number(String)
  case period(account: String, start: ServiceDate)

  /// Nil where the number is no bill's.
  var account: String? {
    switch self {
    case .number(let number): BillNumber(number)?.account
    case .period(let account, _): account
    }
  }

  func means(_ bill: BillIssuedV2) -> Bool {
    switch self {
    case .number(let number): bill.bill == number
    case .period(_, let start): bill.start == start.day
    }
  }
}

extension BillAudit {
  /// Replays what the bill needs and nothing else, recomputes it, and compares.
  ///
  /// - Parameter knownAt: what has become known since is listed up to there.
  public init(
    _ reader: JournalReader, _ choice: BillChoice, knownAt: KnownAt? = nil
  ) throws {
    guard let account = choice.account else { throw choice.failure }
    guard let now = try AccountView(reader, number: account, knownAt: knownAt, hashing: true)
    else { throw AuditFailure.unknownAccount(account) }
    let bills = now.events.compactMap { recorded -> (UInt64, BillIssuedV2)? in
      guard case .billIssuedV2(let bill) = recorded.event.fact, choice.means(bill) else {
        return nil
      }
      return (recorded.position, bill)
    }
    // Of several bills of a period, the one that stands.
    let standing = Set(now.bills.filter { !$0.isCancelled }.map(\.position))
    guard let (position, bill) = bills.last(where: { standing.contains($0.0) }) ?? bills.last
    else { throw choice.failure }
    self.position = position
    self.bill = bill
    number = bill.bill
    self.account = account
    let knownBefore = min(bill.knownBefore, position)
    let then =
      knownBefore == 0
      ? nil
      : try now.earlier(.position(knownBefore - 1), hashing: true)
    // Fetched once: what was known then is part of what is known now.
    let days = [now.daysBehind(bill), then?.daysBehind(bill) ?? bill.period]
    let reads = try now.dayReads(
      in: BillingPeriod(
        start: min(days[0].start, days[1].start), end: max(days[0].end, days[1].end)),
      hashing: true)
    // Which bills stood when it was issued: those of its own commit before it too.
    var billed = BillProjection()
    billed.apply(now.events.filter { $0.position < position }, now.slots)
    let old = now.bill(at: bill.replacesAfter &- 1)
    recomputed =
      then?.redraft(bill, reads.known(before: knownBefore), billed, replacing: old)
      ?? .failure(.notServed(on: ServiceDate(day: bill.start)))
    let later = now.facts(from: bill.knownBefore, for: bill, reads)
    differences = BillAudit.compare(bill, position, recomputed, now, later)
    corrections = now.corrections(of: position)
    replaces = old?.bill.bill
    replacedBy = now.replacement(of: position)
    losses = now.losses
    since = later.filter { $0.concerns(bill) }
    totalNow = try? now.redraft(bill, reads, now.billed, replacing: old).get().total
  }

  private static func compare(
    _ bill: BillIssuedV2, _ position: UInt64, _ recomputed: Result<BillDraft, BillException>,
    _ now: AccountView, _ later: [AuditedFact]
  ) -> [Difference] {
    var found: [Difference] = []
    func note(_ line: Int?, _ field: String, _ recorded: String, _ again: String) {
      guard recorded != again else { return }
      found.append(Difference(line: line, field: field, recorded: recorded, recomputed: again))
    }
    let left = later.filter { $0.position < position && $0.isKnowledge }
    let forgotten = left.first.map { "without the \($0.kind) at position \($0.position)" }
    note(
      nil, "known before",
      bill.knownBefore > position ? "with later facts" : forgotten ?? "all that was known",
      "all that was known")
    for cancelled in now.cancellations(of: position) where !cancelled.negates(bill) {
      note(nil, "cancellation", "of other lines", "of the bill's lines")
    }
    note(nil, "pricing rules", "\(bill.pricingRules)", "\(BillCalculator.pricingRules)")
    let sum = bill.lines.reduce(Int64(0)) { $1.deferred ? $0 : $0 &+ $1.amount }
    let currency = Currency(code: bill.currency) ?? .usd
    func money(_ millionths: Int64) -> String { Money(millionths: millionths).text(in: currency) }
    note(nil, "sum of lines", money(sum), money(bill.total))
    guard case .success(let draft) = recomputed else {
      if case .failure(let reason) = recomputed { note(nil, "bill", "issued", "\(reason)") }
      return found
    }
    let again = draft.fact
    for index in 0..<max(bill.lines.count, again.lines.count) {
      guard index < bill.lines.count else {
        note(index, "line", "missing", again.lines[index].text)
        continue
      }
      guard index < again.lines.count else {
        note(index, "line", bill.lines[index].text, "missing")
        continue
      }
      let (line, other) = (bill.lines[index], again.lines[index])
      note(index, "description", line.text, other.text)
      note(index, "quantity", line.quantityText, other.quantityText)
      note(index, "unit", line.unit, other.unit)
      note(index, "price", line.priceText, other.priceText)
      note(index, "amount", money(line.amount), money(other.amount))
      note(index, "schedule", line.schedule, other.schedule)
      note(index, "evidence", bill.evidenceText(of: line), again.evidenceText(of: other))
    }
    note(nil, "number", bill.bill, again.bill)
    note(nil, "total", money(bill.total), money(again.total))
    note(nil, "tax", money(bill.tax), money(again.tax))
    note(nil, "currency", bill.currency, again.currency)
    // Of a file's estimated reads a bill of the first version did not tell.
    if bill.estimated || again.evidence.contains(where: { $0.kind == ReadSource.estimated.kind }) {
      note(nil, "estimated", "\(bill.estimated)", "\(again.estimated)")
    }
    note(nil, "due", "\(ServiceDate(day: bill.due))", "\(ServiceDate(day: again.due))")
    note(
      nil, "period", "\(ServiceDate(day: bill.start)) to \(ServiceDate(day: bill.end))",
      "\(ServiceDate(day: again.start)) to \(ServiceDate(day: again.end))")
    note(nil, "registers", "\(bill.registers.count)", "\(again.registers.count)")
    if bill.registers.count == again.registers.count, bill.registers != again.registers {
      note(nil, "registers", "other indices", "the indices in evidence")
    }
    return found
  }
}

extension BillChoice {
  fileprivate var failure: AuditFailure {
    switch self {
    case .number(let number): .unknownBill(number)
    case .period(let account, let start): .noBill(account: account, start: start)
    }
  }
}

extension AccountView {
  /// The days whose reads the bill may depend on.
  fileprivate func daysBehind(_ bill: BillIssuedV2) -> BillingPeriod {
    let billed = bill.period
    guard let agreement, agreement.isServed(on: billed.start) else { return billed }
    let cycle = BillCalculator.receivedPeriod(agreement.cycle(containing: billed.start))
    return BillingPeriod(
      start: min(billed.start, cycle.start), end: max(billed.end, cycle.end))
  }

  /// Makes the cycle again that the bill's first day falls into, from what this view knows.
  fileprivate func redraft(
    _ bill: BillIssuedV2, _ reads: DayReads, _ billed: BillProjection,
    replacing old: (position: UInt64, bill: BillIssuedV2)?
  ) -> Result<BillDraft, BillException> {
    let start = ServiceDate(day: bill.start)
    guard let agreement, agreement.isServed(on: start) else {
      return .failure(.notServed(on: start))
    }
    let cycle = agreement.cycle(containing: start)
    // A flag of later does not keep from telling what the cycle would cost.
    if let flag = state.flags.holding(0, in: cycle), flag.position < bill.knownBefore {
      return .failure(.held(by: flag))
    }
    let period = BillCalculator.receivedPeriod(cycle)
    var calculator = BillCalculator(system: system)
    do throws(BillException) {
      return .success(
        try calculator.draft(
          agreement, cycle: cycle, dated: ServiceDate(day: bill.dated),
          delivered: reads.days(0, .delivered, in: cycle),
          received: reads.days(0, .received, in: period),
          registers: state.usage.registers[0] ?? [:],
          bills: billed.standing(0).filter { $0.period != cycle },
          knownBefore: bill.knownBefore
        ).following(billed[0], replacing: old))
    } catch { return .failure(error) }
  }
}
