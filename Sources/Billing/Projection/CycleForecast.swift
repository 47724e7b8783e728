import Quantities

/// One channel's whole cycle as of a day: measured days, estimates of missing ones, and the days
/// ahead at three levels.
struct CycleForecast {
  enum Level { case low, middle, high }

  let measured: [DayRead]
  /// Days of the cycle before the as-of day without a whole read.
  let missing: [ServiceDate]
  private let days: ChannelDays
  private let asOf: ServiceDate
  private let forecast: UsageForecast?
  private let estimates: [Int64]

  /// Without days ahead there is no forecast whose range could stand for the estimates'.
  private static let estimateRange: (low: Int64, high: Int64) = (800, 1200)

  /// Nil without any day to go by.
  init?(_ days: ChannelDays, cycle: BillingPeriod, asOf: ServiceDate) {
    guard days.history.contains(where: { $0 != nil }) else { return nil }
    self.days = days
    self.asOf = asOf
    let past = BillingPeriod(start: cycle.start, end: asOf)
    measured = past.dates.compactMap { days.reads[$0.day] }
    missing = past.dates.filter { days.reads[$0.day] == nil }
    let origin = Int(days.origin.day)
    estimates = missing.map {
      UsageForecast.estimate(
        missing: days.origin.days(to: $0), known: days.history, origin: origin)
    }
    let left = asOf.days(to: cycle.end)
    forecast =
      left > 0
      ? UsageForecast(
        origin: origin, known: days.history, elapsed: past.days, left: left) : nil
  }

  /// The cycle's days; what is not measured at the level wanted.
  func reads(_ level: Level) -> [DayRead] {
    measured + zip(missing, estimates).map { days.synthetic($0, scaled($1, level)) } + ahead(level)
  }

  private func ahead(_ level: Level) -> [DayRead] {
    guard let forecast else { return [] }
    let wanted = scaled(forecast.total, level)
    var before: Int64 = 0
    var done: Int64 = 0
    return forecast.days.enumerated().map { index, energy in
      before += energy
      let reached =
        forecast.total > 0 ? Int64(Int128(before) * Int128(wanted) / Int128(forecast.total)) : 0
      defer { done = reached }
      return days.synthetic(asOf.adding(days: index), reached - done)
    }
  }

  private func scaled(_ energy: Int64, _ level: Level) -> Int64 {
    let range: (low: Int64, of: Int64, high: Int64)
    if let forecast, forecast.total > 0 {
      range = (forecast.low, forecast.total, forecast.high)
    } else {
      range = (Self.estimateRange.low, 1000, Self.estimateRange.high)
    }
    switch level {
    case .low: return Int64(Int128(energy) * Int128(range.low) / Int128(range.of))
    case .middle: return energy
    case .high: return Int64(Int128(energy) * Int128(range.high) / Int128(range.of))
    }
  }
}
