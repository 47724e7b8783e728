import Quantities

/// One channel's days as estimators see them: what was measured, apart from what is estimated.
struct DayHistory {
  let zone: ZoneTable
  /// Length of an interval where a day has no read to tell.
  let intervalMinutes: Int
  /// Measured values by date, with their gaps.
  private(set) var measured: [Int32: DayRead] = [:]
  /// Days held now, estimates too.
  private(set) var held: [Int32: DayRead] = [:]
  /// Whether a day is one of rest: people are at home.
  private let isDayOff: (ServiceDate) -> Bool

  /// - Parameter everHeld: all values ever held of a day, in the order recorded.
  init(
    _ days: Range<Int32>, zone: ZoneTable, intervalMinutes: Int,
    isDayOff: @escaping (ServiceDate) -> Bool, everHeld: (Int32) -> [DayRead]
  ) {
    self.zone = zone
    self.isDayOff = isDayOff
    var latestMinutes = intervalMinutes
    for date in days {
      let reads = everHeld(date)
      held[date] = reads.last
      guard let read = reads.last(where: { $0.source != .estimated }), read.quality > .estimated
      else { continue }
      measured[date] = read
      latestMinutes = read.intervalMinutes
    }
    self.intervalMinutes = latestMinutes
  }

  /// A day that was measured whole and has 24 hours; nil for any other.
  func regular(_ date: Int32) -> DayRead? {
    guard let read = measured[date], !read.hasGap,
      read.values.count * read.intervalMinutes == 1440
    else { return nil }
    return read
  }

  /// What is measured of a day, gaps where nothing is; nil where the day cannot be told.
  func cells(_ date: Int32) -> (values: [Int32], minutes: Int)? {
    if let read = measured[date] { return (Array(read.values), read.intervalMinutes) }
    guard ZoneTable.dates.contains(date),
      let count = zone.day(ServiceDate(day: date)).intervals(ofMinutes: intervalMinutes)
    else { return nil }
    return (Array(repeating: MeterRows.gap, count: count), intervalMinutes)
  }

  /// The latest measured days of the same type within four weeks before a day, or before the days
  /// without any read that it is among, the latest first.
  func sameType(_ day: Int32, minutes: Int) -> [DayRead] {
    let isOff = isDayOff(ServiceDate(day: day))
    var found: [DayRead] = []
    var date = day
    while date > day - Int32(EstimationRule.reach), measured[date - 1] == nil { date -= 1 }
    for back in 1...Int32(EstimationRule.sameTypeWithin) {
      guard found.count < EstimationRule.sameTypeDays.upperBound else { break }
      guard isDayOff(ServiceDate(day: date - back)) == isOff, let read = regular(date - back),
        read.intervalMinutes == minutes
      else { continue }
      found.append(read)
    }
    return found
  }

  /// What some regular days used in each interval of a day, added up by the clock on the wall: the
  /// hour that a day of 23 lacks is not asked for, that a day of 25 repeats is asked for twice.
  func sums(_ days: [DayRead], on date: Int32, minutes: Int, count: Int) -> [Int64] {
    let day = zone.day(ServiceDate(day: date))
    return (0..<count).map { interval in
      var minute = interval * minutes
      if day.minutes != 1440 {
        let moment = day.start + Int64(minute * 60)
        let local = moment + Int64(zone.offset(at: moment))
        minute = Int((local % 86_400 + 86_400) % 86_400) / 60
      }
      return days.reduce(0) { sum, read in
        let place = read.values.startIndex + min(minute / minutes, read.values.count - 1)
        return sum + Int64(read.values[place])
      }
    }
  }
}
