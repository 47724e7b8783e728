import Quantities
import Tariff

/// The year of net metering that a cycle belongs to: energy charges are carried through it and are
/// due, or forgiven, with the cycle that closes it. It is twelve months on the calendar: a changed
/// read day makes one cycle more of the same months.
struct RelevantYear: Hashable, Sendable {
  /// First day of its first cycle.
  var start: ServiceDate
  /// Whether the cycle is its last one: that of the twelfth month, or the last before the account
  /// moves out or leaves net metering.
  var endsHere: Bool
}

extension ServiceAgreement {
  /// Nil when the cycle is not net metered.
  ///
  /// A year has as many months as are asked of its first day: another plan or price version does
  /// not change it while it runs.
  ///
  /// - Parameter months: how many a relevant period that starts on a day has; nil for none.
  func relevantYear(
    of cycle: BillingPeriod, months: (ServiceDate) -> Int?
  ) -> RelevantYear? {
    guard let span = history?.netMetering.first(where: { $0.contains(cycle.start) }) else {
      return nil
    }
    // It counts from the first cycle that starts on its first day or later; a part of a cycle, as
    // one that opens service, by its scheduled cycle.
    var start = cycleStart(onOrAfter: span.from)
    func month(of day: ServiceDate) -> Int { scheduledCycle(containing: day).start.month }
    let now = month(of: cycle.start)
    while true {
      guard let length = months(start), length > 0 else { return nil }
      let end = month(of: start) + length
      guard now >= end else {
        return RelevantYear(
          start: start,
          endsHere: month(of: cycle.end) >= end || cycle.end == self.end
            || !span.contains(cycle.end))
      }
      repeat { start = scheduledCycle(containing: start).end } while month(of: start) < end
    }
  }

  /// The same by the rules of the plan that each year starts on.
  func relevantYear(of cycle: BillingPeriod, in book: RateBook) -> RelevantYear? {
    guard history?.netMetering.isEmpty == false else { return nil }
    func months(_ day: ServiceDate) -> Int? {
      book.version(of: plan(on: day).code, on: day)?.netMetering?.periodMonths
    }
    return relevantYear(of: cycle) { months($0) ?? months(cycle.end.adding(days: -1)) }
  }
}

extension BillCalculator {
  /// Net metering carries money from bill to bill, and a plan without it would leave it there.
  func requireNetMetering(
    of cycle: BillingPeriod, _ agreement: ServiceAgreement
  ) throws(BillException) {
    guard agreement.history?.netMetering.contains(where: { $0.contains(cycle.start) }) ?? false
    else { return }
    let day = cycle.end.adding(days: -1)
    let plan = agreement.plan(on: day).code
    if let schedule = system.book.version(of: plan, on: day), schedule.netMetering == nil {
      throw .noNetMetering(plan: plan, on: day)
    }
  }
}

extension ServiceDate {
  /// Months on the calendar up to the date's own.
  fileprivate var month: Int {
    let (year, month, _) = yearMonthDay
    return year * 12 + month
  }
}

extension RelevantPeriod {
  /// What the bills of the year before a cycle have deferred, from the standing bills.
  init(
    _ year: RelevantYear, before cycle: BillingPeriod, bills: [BillRecord]
  ) throws(BillException) {
    let earlier = bills.filter { $0.period.start >= year.start && $0.period.start < cycle.start }
      .sorted { $0.period.start < $1.period.start }
    var reached = year.start
    for bill in earlier where bill.period.start == reached { reached = bill.period.end }
    guard !year.endsHere || reached == cycle.start else {
      throw .relevantPeriodOpen(from: reached)
    }
    self.init(
      // Wrapping: what somebody else wrote must not trap here.
      deferred: Money(millionths: earlier.reduce(0) { $0 &+ $1.deferred.millionths }),
      net: Energy(wattHours: earlier.reduce(0) { $0 &+ $1.netEnergy.wattHours }),
      endsHere: year.endsHere)
  }
}
