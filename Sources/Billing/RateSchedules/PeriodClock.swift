import Quantities
import Tariff

/// Which time-of-use period each interval of a day falls into.
///
/// Intervals are elapsed time from local midnight; their wall-clock minute comes from the zone
/// table, so a day of 23 or 25 hours is billed by what the clock on the wall showed.
struct PeriodClock: Sendable {
  private struct Shape: Hashable {
    var version: String
    var dayType: DayType
    var intervalMinutes: Int
  }
  private var regular: [Shape: [UInt8]] = [:]

  init() {}

  /// Period index by interval; nil where the intervals do not fit the day.
  mutating func periods(
    _ schedule: RateSchedule, on date: ServiceDate, intervalMinutes: Int, count: Int,
    zone: ZoneTable
  ) -> [UInt8]? {
    guard count * intervalMinutes != 1440 || schedule.periods.count > 1 else {
      return [UInt8](repeating: 0, count: count)
    }
    let day = zone.day(date)
    guard day.intervals(ofMinutes: intervalMinutes) == count else { return nil }
    guard day.minutes == 1440 else {
      return (0..<count).map { index in
        let moment = day.start + Int64(index * intervalMinutes * 60)
        let local = moment + Int64(zone.offset(at: moment))
        let minute = Int((local % 86_400 + 86_400) % 86_400) / 60
        return UInt8(schedule.period(on: date, minute: minute))
      }
    }
    let dayType = schedule.dayType(of: date)
    let shape = Shape(
      version: schedule.versionID, dayType: dayType, intervalMinutes: intervalMinutes)
    if let known = regular[shape] { return known }
    let periods = (0..<count).map {
      UInt8(schedule.period(on: dayType, minute: $0 * intervalMinutes))
    }
    regular[shape] = periods
    return periods
  }
}

/// The masks of each time-of-use schedule version for hourly days of 24 hours, for the fold.
struct WindowSets: Sendable {
  /// Masks of the first two periods by day type; the third is what is left.
  struct Masks: Sendable {
    let schedule: RateSchedule
    /// 4 day types x 24 hours, all ones where the hour belongs to the period.
    let first: [UInt32]
    let second: [UInt32]
  }

  private(set) var sets: [Masks] = []
  private var ids: [String: Int] = [:]

  init() {}

  /// Nil for a schedule with one period.
  func id(of schedule: RateSchedule) -> Int? { ids[schedule.versionID] }

  mutating func add(_ schedule: RateSchedule) {
    guard schedule.periods.count > 1, ids[schedule.versionID] == nil else { return }
    func masks(_ period: Int) -> [UInt32] {
      DayType.allCases.flatMap { dayType in
        (0..<24).map { schedule.period(on: dayType, minute: $0 * 60) == period ? .max : 0 }
      }
    }
    ids[schedule.versionID] = sets.count
    sets.append(Masks(schedule: schedule, first: masks(0), second: masks(1)))
  }
}
