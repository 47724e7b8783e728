import Quantities
import Tariff

/// A plan from its first day on, and the event that says so.
struct PlanSpan: Hashable, Sendable {
  var code: String
  var from: ServiceDate
  var position: UInt64
}

/// What an account agreed to: where and how it is served, on which plan, from when to when.
public struct ServiceAgreement: Sendable {
  public internal(set) var number: String
  /// The account's integer in this journal.
  public internal(set) var account: UInt32
  /// Of the enrolment; `terms(on:)` has what has changed since.
  public internal(set) var terms: ServiceTerms
  /// Nil as long as no terms have changed.
  var history: TermsHistory?
  /// Register indices count this many times.
  public internal(set) var multiplier: Int
  /// Of the enrolment; `readDay(on:)` has what it has become since.
  public internal(set) var readDay: Int
  public internal(set) var zone: String
  public internal(set) var start: ServiceDate
  /// The first day without service.
  public internal(set) var end: ServiceDate?
  var enrolledAt: UInt64
  var movedOutAt: UInt64?
  /// Ascending by first day; the first is the enrolment's.
  var plans: [PlanSpan]

  func isServed(on date: ServiceDate) -> Bool {
    start <= date && (end.map { date < $0 } ?? true)
  }

  /// The plan on a day; before service the first one.
  func plan(on date: ServiceDate) -> PlanSpan {
    plans.last { $0.from <= date } ?? plans[0]
  }

  /// The plan that the last accepted switch leads to: what counts for seats.
  var lastPlan: String { plans[plans.count - 1].code }

  /// The cycle a day of service falls into: read day to read day, cut where service starts or ends;
  /// without days for a day that is not of service.
  func cycle(containing date: ServiceDate) -> BillingPeriod {
    let scheduled = scheduledCycle(containing: date)
    let first = max(scheduled.start, start)
    return BillingPeriod(start: first, end: max(first, min(scheduled.end, end ?? scheduled.end)))
  }

  /// Every cycle from the start of service whose end is not after `through`.
  func cycles(endingThrough through: ServiceDate) -> [BillingPeriod] {
    var cycles: [BillingPeriod] = []
    var from = start
    while from < (end ?? from.adding(days: 1)) {
      let cycle = cycle(containing: from)
      guard cycle.end <= through else { break }
      cycles.append(cycle)
      from = cycle.end
    }
    return cycles
  }
}
