import Quantities
import Tariff

/// The year of net metering that a cycle belongs to: energy charges are carried through it and are
/// due, or forgiven, with the cycle that closes it.
struct RelevantYear: Hashable, Sendable {
  /// First day of its first cycle.
  var start: ServiceDate
  /// Whether the cycle is its last one: the twelfth, or the last before the account moves out or
  /// leaves net metering.
  var endsHere: Bool
}

extension ServiceAgreement {
  /// Nil when the cycle is not net metered.
  ///
  /// - Parameter cycles: how many monthly cycles a relevant period has.
  func relevantYear(of cycle: BillingPeriod, cycles: Int) -> RelevantYear? {
    guard let span = history?.netMetering.first(where: { $0.contains(cycle.start) }) else {
      return nil
    }
    // It counts from the first cycle that starts on its first day or later.
    let holding = self.cycle(containing: max(span.from, start))
    let first = holding.start >= span.from ? holding.start : holding.end
    let passed = months(to: cycle.start) - months(to: first)
    let years = passed / cycles
    let isLast =
      passed % cycles == cycles - 1 || cycle.end == end || !span.contains(cycle.end)
    let opening = scheduledCycle(containing: first).start
    return RelevantYear(
      start: years == 0 ? first : opening.dayOfMonth(readDay, addingMonths: years * cycles),
      endsHere: isLast)
  }

  /// Months on the calendar up to the scheduled cycle that a day is in.
  private func months(to day: ServiceDate) -> Int {
    let start = scheduledCycle(containing: day).start.yearMonthDay
    return start.year * 12 + start.month
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
