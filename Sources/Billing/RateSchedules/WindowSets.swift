import Quantities
import Tariff

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
