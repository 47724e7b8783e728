extension ReadEstimated.Method {
  /// In the order in which they are tried. What a register counted is known, and only its hours are
  /// not: it comes before what other days were like.
  public static let ordered: [ReadEstimated.Method] = [
    .interpolated, .registerDifference, .sameDayType, .yearAgo, .previousPeriods,
  ]

  /// The name in reports and on the command line.
  public var name: String {
    switch self {
    case .interpolated: "interpolation"
    case .sameDayType: "same-day-type"
    case .yearAgo: "year-ago"
    case .registerDifference: "register-difference"
    case .previousPeriods: "previous-periods"
    case .unknown, .UNRECOGNIZED: "unknown"
    }
  }
}

/// How far estimators look, and when they stop.
enum EstimationRule {
  /// California's standard, and Australia's and Itron's with it, draw a line through gaps of up to
  /// two hours and no longer.
  static let interpolatedMinutes = 120
  /// Days of the same type within the four weeks before nothing was read: three at least, as
  /// California's standard takes, and four where there are as many.
  static let sameTypeWithin = 28
  static let sameTypeDays = 3...4
  /// 52 weeks, so that weekdays fall on weekdays.
  static let yearDays = 364
  /// Days of the last four weeks that are compared with the same days a year ago.
  static let comparedDays = 28
  static let comparedAtLeast = 14
  /// Decree 137/2013/NĐ-CP, article 20.3: the mean of the three periods before.
  static let periods = 3
  /// How far back whole periods are looked for.
  static let periodsWithin = 12
  /// Days of reads that are fetched before a cycle.
  static let reach = 430
}

/// A value that nobody measured, before it is recorded.
struct DayEstimate: Equatable {
  var method: ReadEstimated.Method
  /// Watt-hours of the whole day, measured ones too.
  var values: [Int64]
  /// Places of the estimated ones.
  var intervals: [Int]
  /// The days whose values it is made of.
  var days: [Int32]
  var reason: String
}
