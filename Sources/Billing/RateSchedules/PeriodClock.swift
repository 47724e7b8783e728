import Quantities
import Tariff

/// Which time-of-use period each interval of a day falls into, and what days of reads come to by
/// period.
///
/// Intervals are elapsed time from local midnight; their wall-clock minute comes from the zone
/// table, so a day of 23 or 25 hours is billed by what the clock on the wall showed. What is found
/// out of a date is kept: accounts of one plan ask for the same dates again and again. One clock is
/// asked by one set of zone tables.
public struct PeriodClock: Sendable {
  private var calendars: [PeriodCalendar] = []

  public init() {}

  /// Net energy by time-of-use period of the days of a segment.
  ///
  /// - Parameters:
  ///   - delivered, received: ascending by date; what is not of the period is left out, and a gap
  ///     counts nothing.
  public mutating func usage(
    _ schedule: RateSchedule, delivered: [DayRead], received: [DayRead] = [],
    in period: BillingPeriod, zone: ZoneTable
  ) throws(BillException) -> [Energy] {
    var sums = schedule.periods.map { _ in Energy.zero }
    try add(delivered, 1, schedule, period, zone, to: &sums)
    if !received.isEmpty { try add(received, -1, schedule, period, zone, to: &sums) }
    return sums
  }

  private mutating func add(
    _ reads: [DayRead], _ sign: Int64, _ schedule: RateSchedule, _ period: BillingPeriod,
    _ zone: ZoneTable, to sums: inout [Energy]
  ) throws(BillException) {
    let days = reads.span
    var index = firstIndex(in: days, from: period.start)
    while index < days.count, days[index].date < period.end {
      let minutes = days[index].intervalMinutes
      if schedule.isTimeOfUse, schedule.coarsestIntervalMinutes % minutes != 0 {
        throw .tooCoarse(
          plan: schedule.code, minutes: minutes, needed: schedule.coarsestIntervalMinutes)
      }
      let place = calendar(schedule, zone, minutes)
      let alike = calendars[place].addUp(days, from: index, before: period.end, sign, to: &sums)
      let next = max(alike.next, index + 1)
      if !alike.isCounted {
        for day in index..<next { try add(days[day], sign, place, zone, to: &sums) }
      }
      index = next
    }
  }

  /// A day alone: one with another number of hours, with a gap or with an enormous value, and the
  /// first of each date, which is learned.
  private mutating func add(
    _ day: DayRead, _ sign: Int64, _ place: Int, _ zone: ZoneTable, to sums: inout [Energy]
  ) throws(BillException) {
    let shape = shape(place, on: day.date, zone)
    let periods = calendars[place].shapes[shape]
    guard periods.count == day.values.count else { throw .missingDays([day.date]) }
    let values = day.values.span
    var energy = sums.mutableSpan
    for interval in values.indices {
      energy[Int(periods[interval])].wattHours += sign * Int64(max(0, values[interval]))
    }
  }

  private func firstIndex(in days: Span<DayRead>, from date: ServiceDate) -> Int {
    // Without a missing day before it, it lies where its date says.
    if days.count > 0 {
      let place = days[0].date.days(to: date)
      if days.indices.contains(place), days[place].date == date { return place }
    }
    var (low, high) = (0, days.count)
    while low < high {
      let middle = (low + high) / 2
      if days[middle].date < date { low = middle + 1 } else { high = middle }
    }
    return low
  }

  @inline(__always)
  private mutating func shape(_ place: Int, on date: ServiceDate, _ zone: ZoneTable) -> Int {
    calendars[place].knownShape(on: date) ?? calendars[place].learn(date, zone)
  }

  /// Period index by interval; nil where the intervals do not fit the day.
  mutating func periods(
    _ schedule: RateSchedule, on date: ServiceDate, intervalMinutes: Int, count: Int,
    zone: ZoneTable
  ) -> [UInt8]? {
    guard intervalMinutes > 0 else { return nil }
    guard count * intervalMinutes != 1440 || schedule.isTimeOfUse else {
      return [UInt8](repeating: 0, count: count)
    }
    let place = calendar(schedule, zone, intervalMinutes)
    let shape = shape(place, on: date, zone)
    let periods = calendars[place].shapes[shape]
    return periods.count == count ? periods : nil
  }

  private mutating func calendar(
    _ schedule: RateSchedule, _ zone: ZoneTable, _ minutes: Int
  ) -> Int {
    for place in calendars.indices
    where calendars[place].schedule === schedule && calendars[place].minutes == minutes
      && calendars[place].zone == zone.name
    {
      return place
    }
    calendars.append(PeriodCalendar(schedule, zone: zone.name, minutes: minutes))
    return calendars.count - 1
  }
}
