import Quantities

/// The day of the month on which cycles end, and the days that go by it.
///
/// A read day changes with the first day of a cycle that has never been billed. That cycle ends on
/// the first new read day after its start, so it is a month at most, and is billed by its days as
/// an opening one is.
struct ReadDaySpan: Hashable, Sendable {
  /// 1 to 31; past a month's end it is its last day.
  var day: Int
  /// First day of its first cycle; nil for the enrolment's.
  var from: ServiceDate?
  /// First day of the cycle that goes by the next one.
  var until: ServiceDate?

  /// Read day to read day, whether all of it goes by this one or not.
  func month(containing date: ServiceDate) -> BillingPeriod {
    let thisMonth = date.dayOfMonth(day)
    return date < thisMonth
      ? BillingPeriod(start: date.dayOfMonth(day, addingMonths: -1), end: thisMonth)
      : BillingPeriod(start: thisMonth, end: date.dayOfMonth(day, addingMonths: 1))
  }

  /// The cycle of one of its days, without regard to when service starts or ends.
  func cycle(containing date: ServiceDate) -> BillingPeriod {
    let month = month(containing: date)
    return BillingPeriod(
      start: from.map { max($0, month.start) } ?? month.start,
      end: until.map { min($0, month.end) } ?? month.end)
  }
}

extension TermsHistory {
  /// The read day that a day's cycle goes by; of two changes of one day the later recorded one.
  func readDay(on date: ServiceDate, enrolled: Int) -> ReadDaySpan {
    var held = ReadDaySpan(day: enrolled)
    for change in changes {
      guard let day = change.readDay else { continue }
      guard change.from <= date else {
        held.until = change.from
        break
      }
      (held.day, held.from) = (day, change.from)
    }
    return held
  }
}

extension ServiceAgreement {
  func readDay(on date: ServiceDate) -> ReadDaySpan {
    history?.readDay(on: date, enrolled: readDay) ?? ReadDaySpan(day: readDay)
  }

  /// Every read day with the first day that goes by it, ascending; the first is the enrolment's.
  public var readDays: [(day: Int, from: ServiceDate)] {
    (history?.changes ?? []).reduce(into: [(readDay, start)]) { days, change in
      guard let day = change.readDay else { return }
      if days[days.count - 1].1 == change.from { days.removeLast() }
      days.append((day, change.from))
    }
  }

  /// The cycle a day falls into, without regard to when service starts or ends.
  func scheduledCycle(containing date: ServiceDate) -> BillingPeriod {
    readDay(on: date).cycle(containing: date)
  }

  /// Days of the month that a cycle is a part of, or the whole: what monthly amounts are for.
  func scheduledDays(of cycle: BillingPeriod) -> Int {
    readDay(on: cycle.start).month(containing: cycle.start).days
  }

  /// The first day on or after a date on which a cycle starts.
  func cycleStart(onOrAfter date: ServiceDate) -> ServiceDate {
    guard date > start else { return start }
    let cycle = scheduledCycle(containing: date)
    return cycle.start == date ? date : cycle.end
  }

  /// The first day on or after a date on which the read day may change. What has been billed keeps
  /// its cycles, cancelled or not, since it may be billed again or reinstated; so does what comes
  /// before an accepted change.
  func readDayChange(onOrAfter date: ServiceDate, _ bills: [BillRecord]) -> ServiceDate {
    let accepted = history?.changes.last { $0.readDay != nil }?.from
    let billed = bills.map(\.period.end).max()
    return cycleStart(onOrAfter: [accepted, billed].compactMap { $0 }.reduce(date, max))
  }
}
