import Quantities
import Tariff

/// One account's facts for its past cycles, to be priced under any plan and any rate book.
struct CycleReads {
  let agreement: ServiceAgreement
  let reads: DayReads
  /// The account's index in the projections that `reads` was fetched by.
  let index: Int
  let registers: [Channel: [RegisterIndex]]
  /// Standing bills, of which those beside a cycle matter to registers.
  let bills: [BillRecord]
  let knownBefore: UInt64

  /// A cycle's bill by one calculator's book.
  ///
  /// - Parameter plan: held through the whole cycle; the agreement's own plans when nil.
  func draft(
    _ cycle: BillingPeriod, on plan: String? = nil, by calculator: inout BillCalculator
  ) throws(BillException) -> BillDraft {
    var agreement = agreement
    if let plan {
      agreement.plans = [
        PlanSpan(code: plan, from: agreement.start, position: agreement.enrolledAt)
      ]
    }
    return try calculator.draft(
      agreement, cycle: cycle, dated: cycle.end,
      delivered: reads.days(index, .delivered, in: cycle),
      received: reads.days(index, .received, in: BillCalculator.receivedPeriod(cycle)),
      registers: registers, bills: bills.filter { $0.period != cycle }, knownBefore: knownBefore)
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
