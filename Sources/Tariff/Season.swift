import Quantities

/// A part of the year, both its days included; it may run over New Year.
public struct Season: Hashable, Sendable {
  /// Empty for the one season of a schedule that names none.
  public let name: String
  public let from: MonthDay
  public let to: MonthDay

  static let wholeYear = Season(
    name: "", from: MonthDay(month: 1, day: 1), to: MonthDay(month: 12, day: 31))

  public func contains(_ day: MonthDay) -> Bool {
    from <= to ? from <= day && day <= to : from <= day || day <= to
  }
}

/// A day of any year, 29 February among them.
public struct MonthDay: Hashable, Comparable, Sendable {
  public let month: Int
  public let day: Int

  init(month: Int, day: Int) {
    self.month = month
    self.day = day
  }

  public init(of date: ServiceDate) {
    let (_, month, day) = date.yearMonthDay
    self.init(month: month, day: day)
  }

  /// Parses exactly `MM-DD`.
  public init?(_ text: String) {
    // A leap year lends its calendar.
    guard text.utf8.count == 5, let date = ServiceDate("2000-" + text) else { return nil }
    self.init(of: date)
  }

  public static func < (left: MonthDay, right: MonthDay) -> Bool {
    (left.month, left.day) < (right.month, right.day)
  }

  /// All 366 days in order.
  static let all = (1...12).flatMap { month in
    (1...ServiceDate.days(inMonth: month, of: 2000)).map { MonthDay(month: month, day: $0) }
  }
}

extension MonthDay: CustomStringConvertible {
  public var description: String {
    (month < 10 ? "0\(month)-" : "\(month)-") + (day < 10 ? "0\(day)" : "\(day)")
  }
}
