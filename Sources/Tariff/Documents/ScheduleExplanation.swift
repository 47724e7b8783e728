import Quantities

/// A rate schedule version as people read it: its prices in rows, its week in half hours, its tiers
/// in the kilowatt-hours of a month, its year by date.
public struct ScheduleExplanation: Sendable {
  /// Prices by tier; one for a plan without tiers.
  public struct PriceRow: Sendable {
    /// Empty where the schedule does not tell them apart.
    public let voltageClass: String
    public let season: String
    public let period: String
    public let prices: [Price]
  }

  /// What a month of 30 days has of each tier.
  public struct TierRow: Sendable {
    /// Empty on plans whose tiers have a width of their own.
    public let region: String
    public let season: String
    /// Energy a day; nil without a baseline.
    public let allotment: Energy?
    /// Upper limits of all tiers but the open one.
    public let limits: [Energy]
  }

  /// A row of the week: a kind of day and, for each of its 48 half hours, the index of the period
  /// in the schedule's list, nil where it changes inside.
  public struct StripRow: Sendable {
    public let day: String
    public let halfHours: [Int?]
  }

  /// A day that is a holiday to the windows.
  public struct HolidayDate: Sendable {
    public let name: String
    public let date: ServiceDate
    /// Whether it stands for one on the Sunday before.
    public let isMoved: Bool
  }

  public let schedule: RateSchedule
  public let year: Int

  /// Days of the month that tiers are told for.
  public static let monthDays = 30

  public init(_ schedule: RateSchedule, year: Int) {
    self.schedule = schedule
    self.year = year
  }

  /// By voltage class, season and period; seasons that differ in no price are told once.
  public var prices: [PriceRow] {
    let classes = schedule.voltageClasses.isEmpty ? [""] : schedule.voltageClasses.map(\.name)
    let alike = schedule.energyPrices.areEqualInAllSeasons
    return classes.indices.flatMap { level in
      schedule.seasons.indices.prefix(alike ? 1 : schedule.seasons.count).flatMap { season in
        schedule.periods.indices.map { period in
          PriceRow(
            voltageClass: classes[level], season: alike ? "" : schedule.seasons[season].name,
            period: schedule.periods[period].name,
            prices: (0..<(schedule.tiers?.count ?? 1)).map {
              schedule.energyPrices.price(
                voltageClass: level, season: season, period: period, tier: $0)
            })
        }
      }
    }
  }

  /// By region and season, regions in the order of their numbers, then the tiers that have a width
  /// of their own; empty without baseline and tiers.
  public var tiers: [TierRow] {
    var rows = baseline
    if case .fixedWidths(let widths, _) = schedule.tiers?.limits {
      var limit = Energy.zero
      let limits = widths.map { width in
        limit += width
        return limit
      }
      rows.append(TierRow(region: "", season: "", allotment: nil, limits: limits))
    }
    return rows
  }

  private var baseline: [TierRow] {
    guard let baseline = schedule.baseline else { return [] }
    let regions = baseline.regions.sorted { left, right in
      (Int(left.key) ?? .max, left.key) < (Int(right.key) ?? .max, right.key)
    }
    return regions.flatMap { region, allotments in
      allotments.enumerated().map { season, allotment in
        let allowance = allotment * Self.monthDays
        var limits: [Energy] = []
        if case .percentOfBaseline(let parts) = schedule.tiers?.limits {
          limits = parts.map { allowance.part(millionths: $0) }
        }
        return TierRow(
          region: region, season: schedule.seasons[season].name, allotment: allotment,
          limits: limits)
      }
    }
  }

  /// Monday to Sunday, and a holiday where there are any; empty where every hour is alike.
  public var strip: [StripRow] {
    guard schedule.isTimeOfUse else { return [] }
    var rows = ["Mon", "Tue", "Wed", "Thu", "Fri"].map { ($0, DayType.weekday) }
    rows += [("Sat", .saturday), ("Sun", .sunday)]
    if !schedule.holidays.holidays.isEmpty { rows.append(("holiday", .holiday)) }
    return rows.map { day, type in
      StripRow(
        day: day,
        halfHours: (0..<48).map { cell in
          let periods = (cell * 30..<cell * 30 + 30).map { schedule.period(on: type, minute: $0) }
          return periods.allSatisfy { $0 == periods[0] } ? periods[0] : nil
        })
    }
  }

  /// A period's windows in words: `weekdays 14:00 to 20:00`, or `all other hours`.
  public func windows(of period: TimeOfUsePeriod) -> String {
    guard !period.windows.isEmpty else { return "all other hours" }
    var text = ""
    for (place, window) in period.windows.enumerated() {
      let isSame = place > 0 && period.windows[place - 1].days == window.days
      text += place == 0 ? "" : isSame ? " and " : "; "
      text += isSame ? "" : window.days.rawValue + " "
      text += "\(clockText(window.from)) to \(clockText(window.to))"
    }
    return text
  }

  /// Indices of the periods from the dearest to the cheapest, by their highest price.
  public var periodsByPrice: [Int] {
    let rows = prices
    let highest = schedule.periods.map { period in
      rows.filter { $0.period == period.name }.flatMap(\.prices).max()
        ?? Price(millionthsPerUnit: 0)
    }
    return schedule.periods.indices.sorted { (highest[$1], $0) < (highest[$0], $1) }
  }

  /// The season of each day of the year, as runs: a season's name, its first and its last day.
  public var seasons: [(name: String, from: ServiceDate, to: ServiceDate)] {
    var runs: [(name: String, from: ServiceDate, to: ServiceDate)] = []
    for date in days {
      let name = schedule.seasons[schedule.season(on: date)].name
      if let last = runs.last, last.name == name {
        runs[runs.count - 1].to = date
      } else {
        runs.append((name, date, date))
      }
    }
    return runs
  }

  /// The year's holidays, those that move to a Monday on both days.
  public var holidays: [HolidayDate] {
    days.flatMap { date -> [HolidayDate] in
      let own = schedule.holidays.holidays.filter { $0.falls(on: date) }
      let sunday = date.adding(days: -1)
      let moved =
        schedule.holidays.sunday == .monday && date.weekday == 1
        ? schedule.holidays.holidays.filter { $0.falls(on: sunday) } : []
      return own.map { HolidayDate(name: $0.name, date: date, isMoved: false) }
        + moved.map { HolidayDate(name: $0.name, date: date, isMoved: true) }
    }
  }

  private var days: some Sequence<ServiceDate> {
    guard let first = ServiceDate(year: year, month: 1, day: 1) else {
      preconditionFailure("the year is one of the calendar's")
    }
    let last = first.dayOfMonth(1, addingMonths: 12)
    return BillingPeriod(start: first, end: last).dates
  }
}
