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

/// The season of every day of the year.
struct SeasonCalendar: Hashable, Sendable {
  /// By month x 32 + day; empty with one season.
  private let seasons: [UInt8]
  /// The last day of each season.
  private let ends: [MonthDay]

  init(_ seasons: [Season]) {
    ends = seasons.map(\.to)
    guard seasons.count > 1 else {
      self.seasons = []
      return
    }
    var table = [UInt8](repeating: 0, count: 13 * 32)
    for day in MonthDay.all {
      // The seasons cover the year, so one is found.
      table[day.month * 32 + day.day] = UInt8(seasons.firstIndex { $0.contains(day) } ?? 0)
    }
    self.seasons = table
  }

  func season(on date: ServiceDate) -> Int {
    guard !seasons.isEmpty else { return 0 }
    let (_, month, day) = date.yearMonthDay
    return Int(seasons[month * 32 + day])
  }

  /// The season of a date, and the first day after the run of its days that the date lies in; far
  /// away where that is after the last day that there is.
  func run(from date: ServiceDate) -> (season: Int, end: ServiceDate) {
    guard !seasons.isEmpty else { return (0, ServiceDate(day: .max)) }
    let (year, month, day) = date.yearMonthDay
    let season = Int(seasons[month * 32 + day])
    if let end = ends[season].date(in: year), end >= date {
      return (season, end.adding(days: 1))
    }
    return (season, ends[season].date(in: year + 1)?.adding(days: 1) ?? ServiceDate(day: .max))
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

  /// In a year without 29 February it is the day before; nil beyond the year 9999.
  func date(in year: Int) -> ServiceDate? {
    ServiceDate(year: year, month: month, day: day)
      ?? ServiceDate(year: year, month: month, day: day - 1)
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
