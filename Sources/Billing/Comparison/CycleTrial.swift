import Quantities
import Tariff

/// One account's past cycles, to be billed again in their order by any plan and any rate book, as
/// if it had always been so.
struct CycleTrial {
  private let agreement: ServiceAgreement
  private let reads: DayReads
  /// The account's index in the projections that `reads` was fetched by.
  private let index: Int
  private let registers: [Channel: [RegisterIndex]]
  /// Standing bills, those of the trial in the place of what was issued: registers go on from one
  /// to the next, and net metering settles what the trial itself deferred.
  private var bills: [BillRecord]
  private let knownBefore: UInt64

  init(
    _ agreement: ServiceAgreement, _ reads: DayReads, _ index: Int,
    registers: [Channel: [RegisterIndex]], bills: [BillRecord], knownBefore: UInt64
  ) {
    self.agreement = agreement
    self.reads = reads
    self.index = index
    self.registers = registers
    self.bills = bills
    self.knownBefore = knownBefore
  }

  /// The same account as if it had been on a plan all the time.
  func on(_ plan: String) -> CycleTrial {
    var agreement = agreement
    agreement.plans = [PlanSpan(code: plan, from: agreement.start, position: agreement.enrolledAt)]
    return CycleTrial(
      agreement, reads, index, registers: registers, bills: bills, knownBefore: knownBefore)
  }

  /// The bill of the next cycle by one calculator's book.
  mutating func bill(
    _ cycle: BillingPeriod, by calculator: inout BillCalculator
  ) throws(BillException) -> BillDraft {
    let issued = bills.first { $0.period == cycle }
    let draft = try calculator.draft(
      agreement, cycle: cycle, dated: cycle.end,
      delivered: reads.days(index, .delivered, in: cycle),
      received: reads.days(index, .received, in: BillCalculator.receivedPeriod(cycle)),
      registers: registers, bills: bills.filter { $0.period != cycle }, knownBefore: knownBefore)
    bills.removeAll { $0.period == cycle }
    bills.append(BillRecord(draft, at: issued?.position ?? .max))
    return draft
  }

  func relevantYear(of cycle: BillingPeriod, by calculator: BillCalculator) -> RelevantYear? {
    agreement.relevantYear(of: cycle, in: calculator.system.book)
  }

  /// What the bills of a relevant period have deferred that a cycle leaves open; nil where it leaves
  /// none.
  func unsettled(after cycle: BillingPeriod, by calculator: BillCalculator) -> Money? {
    guard let year = relevantYear(of: cycle, by: calculator), !year.endsHere else { return nil }
    return bills.filter { $0.period.start >= year.start && $0.period.start <= cycle.start }
      .reduce(.zero) { $0 + $1.deferred }
  }

  /// Days of a cycle whose held read is an estimate.
  func estimatedDays(in cycle: BillingPeriod) -> Int {
    reads.days(index, .delivered, in: cycle).count { $0.quality == .estimated }
  }
}

extension SystemState {
  /// The same with another rate book, for a trial.
  func with(_ book: RateBook) -> SystemState {
    var trial = self
    trial.book = book
    return trial
  }
}
