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

/// The masks of each time-of-use schedule version for hourly days of 24 hours, for the fold: plain
/// numbers side by side, so that the loop over reads touches nothing that is counted.
struct WindowSets: Sendable {
  /// Day types.
  static let masksPerSet = 4

  /// Hours of a plan's first and second period; the third is what is left.
  struct Masks: Sendable {
    var first: HourMask
    var second: HourMask
  }
  /// By set and day type.
  private(set) var masks: [Masks] = []
  private(set) var schedules: [RateSchedule] = []
  /// Each code's versions, ascending by first day.
  private var versions: [String: [(effective: Int32, lastDay: Int32, set: Int32)]] = [:]

  init() {}

  /// The set that holds for a plan on a day, -1 for a plan with one period or without a price, and
  /// the first day on which another version may hold.
  func set(of code: String, on date: Int32) -> (set: Int32, until: Int32) {
    var held: (set: Int32, until: Int32) = (-1, .max)
    for version in versions[code] ?? [] {
      guard version.effective <= date else { return (held.set, min(held.until, version.effective)) }
      held = date <= version.lastDay ? (version.set, version.lastDay) : (-1, .max)
      if held.until != .max { held.until += 1 }
    }
    return held
  }

  mutating func add(_ schedule: RateSchedule) {
    let effective = schedule.effective.day
    let known = versions[schedule.code] ?? []
    guard !known.contains(where: { $0.effective == effective }) else { return }
    let set = schedule.periods.count > 1 ? Int32(schedules.count) : -1
    let place = known.firstIndex { $0.effective > effective } ?? known.count
    versions[schedule.code, default: []].insert(
      (effective, schedule.lastDay?.day ?? .max, set), at: place)
    guard set >= 0 else { return }
    func hours(_ dayType: DayType, _ period: Int) -> HourMask {
      HourMask { schedule.period(on: dayType, minute: $0 * 60) == period }
    }
    schedules.append(schedule)
    masks += DayType.allCases.map { Masks(first: hours($0, 0), second: hours($0, 1)) }
    precondition(masks.count == schedules.count * Self.masksPerSet, "a mask for each day type")
  }
}
