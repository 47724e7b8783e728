import Quantities

/// A group of hours with a price of its own.
public struct TimeOfUsePeriod: Hashable, Sendable {
  /// Empty for the one period of a schedule that names none.
  public let name: String
  /// Empty when the period takes all hours that no other period names.
  public let windows: [TimeOfUseWindow]
  /// The registers of an index meter that measure this period.
  public let registers: Set<Register>

  static let everyHour = TimeOfUsePeriod(name: "", windows: [], registers: [.total])
}

/// Minutes of the local wall clock on some days; `to` is excluded, and before `from` the window
/// runs over midnight: every minute goes by the type of its own civil day.
public struct TimeOfUseWindow: Hashable, Sendable {
  public let days: DaySet
  public let from: Int
  public let to: Int

  var minutes: [Range<Int>] { from < to ? [from..<to] : [0..<to, from..<1440] }
}

/// A register of a meter that reports indexes.
public enum Register: String, CaseIterable, Sendable {
  case total, normal, peak, offpeak
}

/// What a civil day is to a time-of-use window; a holiday is nothing else besides.
public enum DayType: Int, CaseIterable, Sendable {
  case weekday, saturday, sunday, holiday
}

/// The days on which a window holds.
public enum DaySet: String, CaseIterable, Sendable {
  case weekdays
  case mondayToSaturday = "monday to saturday"
  case saturdays
  case sundays
  case sundaysAndHolidays = "sundays and holidays"
  case weekendsAndHolidays = "weekends and holidays"
  case everyDay = "every day"

  public var dayTypes: [DayType] {
    switch self {
    case .weekdays: [.weekday]
    case .mondayToSaturday: [.weekday, .saturday]
    case .saturdays: [.saturday]
    case .sundays: [.sunday]
    case .sundaysAndHolidays: [.sunday, .holiday]
    case .weekendsAndHolidays: [.saturday, .sunday, .holiday]
    case .everyDay: DayType.allCases
    }
  }
}

/// The period of every minute of every type of day.
struct TimeOfUseClock: Hashable, Sendable {
  private var periods: [UInt8]

  static let unclaimed = Int(UInt8.max)

  /// A clock of which no minute is claimed yet, or all by one period.
  init(_ period: Int = TimeOfUseClock.unclaimed) {
    periods = Array(repeating: UInt8(period), count: DayType.allCases.count * 1440)
  }

  subscript(_ day: DayType, _ minute: Int) -> Int {
    get {
      precondition((0..<1440).contains(minute), "a wall clock has 1,440 minutes")
      return Int(periods[day.rawValue * 1440 + minute])
    }
    set { periods[day.rawValue * 1440 + minute] = UInt8(newValue) }
  }

  var coarsestIntervalMinutes: Int {
    var length = 60
    for day in DayType.allCases {
      for minute in 1..<1440 where self[day, minute] != self[day, minute - 1] {
        while minute % length != 0 { length = commonDivisor(minute, length) }
      }
    }
    return length
  }

  private func commonDivisor(_ left: Int, _ right: Int) -> Int {
    right == 0 ? left : commonDivisor(right, left % right)
  }
}

/// `14:00` for minute 840.
func clockText(_ minute: Int) -> String {
  let (hour, rest) = minute.quotientAndRemainder(dividingBy: 60)
  return (hour < 10 ? "0\(hour):" : "\(hour):") + (rest < 10 ? "0\(rest)" : "\(rest)")
}
