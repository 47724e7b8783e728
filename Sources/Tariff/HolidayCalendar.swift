import Quantities

/// The days that count as holidays for time-of-use windows.
public struct HolidayCalendar: Hashable, Sendable {
  public let holidays: [Holiday]
  /// What a holiday that falls on a Sunday does; one on a Saturday never moves.
  public let sunday: SundayRule

  public enum SundayRule: String, CaseIterable, Sendable {
    /// The Monday after it is a holiday too.
    case monday
    case stays
  }

  static let none = HolidayCalendar(holidays: [], sunday: .stays)

  public func isHoliday(_ date: ServiceDate) -> Bool {
    if holidays.contains(where: { $0.falls(on: date) }) { return true }
    guard sunday == .monday, date.weekday == 1 else { return false }
    let sunday = date.adding(days: -1)
    return holidays.contains { $0.falls(on: sunday) }
  }
}

public struct Holiday: Hashable, Sendable {
  public let name: String
  public let rule: Rule

  public enum Rule: Hashable, Sendable {
    case fixed(MonthDay)
    /// `week` 1 to 4; weekday 1 is Monday.
    case nth(week: Int, weekday: Int, month: Int)
    case last(weekday: Int, month: Int)
  }

  public func falls(on date: ServiceDate) -> Bool {
    let (year, month, day) = date.yearMonthDay
    switch rule {
    case .fixed(let fixed):
      return fixed.month == month && fixed.day == day
    case .nth(let week, let weekday, let inMonth):
      return month == inMonth && date.weekday == weekday && (day - 1) / 7 + 1 == week
    case .last(let weekday, let inMonth):
      return month == inMonth && date.weekday == weekday
        && day + 7 > ServiceDate.days(inMonth: month, of: year)
    }
  }
}

extension Holiday.Rule {
  /// Parses `12-25`, `third monday of february` or `last monday of may`.
  init?(_ text: String) {
    if let fixed = MonthDay(text) {
      self = .fixed(fixed)
      return
    }
    let words = text.lowercased().split(separator: " ").map(String.init)
    guard words.count == 4, words[2] == "of",
      let weekday = Self.weekdays.firstIndex(of: words[1]).map({ $0 + 1 }),
      let month = Self.months.firstIndex(of: words[3]).map({ $0 + 1 })
    else { return nil }
    if words[0] == "last" {
      self = .last(weekday: weekday, month: month)
    } else if let week = ["first", "second", "third", "fourth"].firstIndex(of: words[0]) {
      self = .nth(week: week + 1, weekday: weekday, month: month)
    } else {
      return nil
    }
  }

  private static let weekdays = [
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
  ]
  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ]
}
