import Journal
import Quantities
import Tariff

/// A bill that a run issued, or would issue.
public struct BilledCycle: Sendable {
  public let account: String
  public let draft: BillDraft
}

/// A cycle that a run did not bill, and why.
public struct UnbilledCycle: Sendable {
  public let account: String
  public let period: BillingPeriod
  public let exception: BillException
}

/// What a bill run did.
public struct BillRunReport: Sendable {
  /// The bills, unless they were handed out one by one.
  public var bills: [BilledCycle] = []
  public var billCount = 0
  public var exceptions: [UnbilledCycle] = []
  /// Past-due notices recorded.
  public var pastDue = 0
}

extension Engine {
  private static let accountsPerChunk = 512
  private static let billsPerCommit = 8192

  /// Bills every cycle that ends on or before a date and is not billed yet.
  ///
  /// - Parameters:
  ///   - dated: the bills' date, from which the due date counts; never the clock's.
  ///   - account: only this one.
  ///   - isDryRun: nothing is recorded.
  ///   - each: handed each bill once it is durable, so that a run over many accounts keeps none.
  ///   - progress: told now and then of how many accounts there are, how many are done.
  public func bill(
    through: ServiceDate, dated: ServiceDate, account: String? = nil, isDryRun: Bool = false,
    at: Instant, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in },
    each: ((BilledCycle) -> Void)? = nil
  ) throws -> BillRunReport {
    var report = BillRunReport()
    var made: [BilledCycle] = []
    func hand(over events: [Event]) throws {
      if !isDryRun { try commit(events, at: at) }
      report.billCount += made.count
      if let each { made.forEach(each) } else { report.bills += made }
      made = []
    }
    let reader = try writer.reader()
    let locations = try reader.locations { $0.kind == .reads }
    var opener = BatchOpener(reader)
    var calculator = BillCalculator(system: state.system)
    var pending: [Event] = []
    let total = state.accountCount
    var done = 0
    for partition in state.partitions.indices {
      let count = state.partitions[partition].agreements.count
      let mine = locations.filter { Int($0.header.partition) == partition }
      for start in stride(from: 0, to: count, by: Self.accountsPerChunk) {
        let chunk = start..<min(start + Self.accountsPerChunk, count)
        let due = dueCycles(partition, chunk, through, account)
        done += chunk.count
        progress(done, total)
        guard let first = due.first, let last = due.last else { continue }
        let state = state.partitions[partition]
        let exports = due.contains { !state.usage.days($0.index, .received).isEmpty }
        let spans = due.map { exports ? BillCalculator.receivedPeriod($0.cycle) : $0.cycle }
        let dates = spans.reduce(first.cycle.start.day..<first.cycle.end.day) {
          min($0.lowerBound, $1.start.day)..<max($0.upperBound, $1.end.day)
        }
        let reads = try DayReads(
          first.index...last.index, dates: dates, slots: state.slots, usage: state.usage,
          locations: mine, opener: &opener)
        var issued: [Int: [BillRecord]] = [:]
        for (index, agreement, cycle) in due {
          // A bill's evidence is known before the commit that holds it; its position is this or
          // later.
          do throws(BillException) {
            if let loss = self.state.loss(touching: agreement.account) {
              throw .lostHistory(LostHistory(loss))
            }
            let draft = try calculator.draft(
              agreement, cycle: cycle, dated: dated,
              delivered: reads.days(index, .delivered, in: cycle),
              received: reads.days(
                index, .received, in: BillCalculator.receivedPeriod(cycle)),
              registers: state.usage.registers[index] ?? [:],
              bills: state.bills.standing(index) + (issued[index] ?? []),
              knownBefore: reader.nextPosition)
            issued[index, default: []].append(BillRecord(draft.fact, at: .max))
            made.append(BilledCycle(account: agreement.number, draft: draft))
            pending += events(of: draft, agreement)
          } catch {
            report.exceptions.append(
              UnbilledCycle(account: agreement.number, period: cycle, exception: error))
          }
        }
        if pending.count >= Self.billsPerCommit {
          try hand(over: pending)
          pending = []
        }
      }
    }
    try hand(over: pending)
    guard !isDryRun else { return report }
    report.pastDue = try noticePastDue(on: dated, account: account, at: at)
    return report
  }

  /// Cycles of some accounts that are due and not billed, by account and date.
  private func dueCycles(
    _ partition: Int, _ indices: Range<Int>, _ through: ServiceDate, _ account: String?
  ) -> [(index: Int, agreement: ServiceAgreement, cycle: BillingPeriod)] {
    let state = state.partitions[partition]
    var due: [(index: Int, agreement: ServiceAgreement, cycle: BillingPeriod)] = []
    for index in indices {
      guard let agreement = state.agreements[index] else { continue }
      if let account, agreement.number != account { continue }
      let billed = state.bills.standing(index)
      for cycle in agreement.cycles(endingThrough: through)
      where !billed.contains(where: { $0.period.intersection(cycle) != nil }) {
        due.append((index, agreement, cycle))
      }
    }
    return due
  }

  private func events(of draft: BillDraft, _ agreement: ServiceAgreement) -> [Event] {
    let fact = draft.fact
    let currency = draft.priced.currency
    let notice = NoticeRecorded(
      .billReady,
      [
        "bill": fact.bill, "start": ServiceDate(day: fact.start).description,
        "end": ServiceDate(day: fact.end - 1).description,
        "amount": draft.priced.total.text(in: currency), "currency": currency.code,
        "due": ServiceDate(day: fact.due).description,
      ])
    return [
      Event(.billIssuedV2(fact), account: agreement.account, effective: fact.dated),
      Event(.noticeRecorded(notice), account: agreement.account, effective: fact.dated),
    ]
  }

  /// Tells each customer once of each bill that is past due on a day.
  private func noticePastDue(
    on day: ServiceDate, account: String?, at: Instant
  ) throws -> Int {
    var events: [Event] = []
    for state in state.partitions {
      for (index, balance) in state.balances.balances.enumerated() {
        guard let agreement = state.agreements[index] else { continue }
        if let account, agreement.number != account { continue }
        guard self.state.loss(touching: agreement.account) == nil else { continue }
        for item in balance.open where item.isPastDue(on: day) && !item.isNoticed {
          guard let bill = state.bills[index].first(where: { $0.position == item.bill }) else {
            continue
          }
          let currency = currency(of: balance)
          let notice = NoticeRecorded(
            .pastDue,
            [
              "bill": "\(agreement.number)-\(bill.period.end.description.filter { $0 != "-" })",
              "amount": Money(millionths: item.remaining).text(in: currency),
              "currency": currency.code, "due": item.due.description,
              "position": String(item.bill),
            ])
          events.append(
            Event(.noticeRecorded(notice), account: agreement.account, effective: day.day))
        }
      }
    }
    try commit(events, at: at)
    return events.count
  }

  private func currency(of balance: AccountBalance) -> Currency {
    Currency.known[Int(balance.currency)]
  }
}
