import Quantities
import Tariff

/// Which time-of-use period each interval of a day falls into, and what days of reads come to by
/// period.
///
/// Intervals are elapsed time from local midnight; their wall-clock minute comes from the zone
/// table, so a day of 23 or 25 hours is billed by what the clock on the wall showed. What is found
/// out of a date is kept: accounts of one plan ask for the same dates again and again. One clock is
/// asked by one set of zone tables.
public struct PeriodClock: Sendable {
  private var calendars: [Calendar] = []
  /// Energy by shape and interval, while a segment's days are added up.
  private var profile: [Int64] = []

  public init() {}

  /// Net energy by time-of-use period of the days of a segment.
  ///
  /// - Parameters:
  ///   - delivered, received: ascending by date; what is not of the period is left out, and a gap
  ///     counts nothing.
  public mutating func usage(
    _ schedule: RateSchedule, delivered: [DayRead], received: [DayRead] = [],
    in period: BillingPeriod, zone: ZoneTable
  ) throws(BillException) -> [Energy] {
    var sums = [Energy](repeating: .zero, count: schedule.periods.count)
    try add(delivered, 1, schedule, period, zone, to: &sums)
    if !received.isEmpty { try add(received, -1, schedule, period, zone, to: &sums) }
    return sums
  }

  /// Days that are alike are added up interval by interval first, and divided into periods at the
  /// end: once a segment instead of once a day.
  private mutating func add(
    _ reads: [DayRead], _ sign: Int64, _ schedule: RateSchedule, _ period: BillingPeriod,
    _ zone: ZoneTable, to sums: inout [Energy]
  ) throws(BillException) {
    // Apart from the calendars, which may learn a date meanwhile; all zero again when it is put
    // back, so that what throws half-way leaves nothing to the next account.
    var profile: [Int64] = []
    swap(&profile, &self.profile)
    let days = reads.span
    let isFlat = schedule.periods.count == 1
    var index = firstIndex(in: days, from: period.start)
    while index < days.count, days[index].date < period.end {
      let minutes = days[index].intervalMinutes
      if !isFlat, schedule.coarsestIntervalMinutes % minutes != 0 {
        throw .tooCoarse(
          plan: schedule.code, minutes: minutes, needed: schedule.coarsestIntervalMinutes)
      }
      let place = calendar(schedule, zone, minutes)
      let regular = calendars[place].regularCount
      if profile.count < Calendar.regularShapes * regular {
        profile = [Int64](repeating: 0, count: Calendar.regularShapes * regular)
      }
      var used: UInt8 = 0
      var flat: Int64 = 0
      var energy = profile.mutableSpan
      while index < days.count, days[index].date < period.end,
        days[index].intervalMinutes == minutes
      {
        let values = days[index].values.span
        let isRegular = values.count == regular
        if isFlat, isRegular {
          flat &+= sum(values)
          index += 1
          continue
        }
        let shape = shape(place, on: days[index].date, zone)
        if shape < Calendar.regularShapes, isRegular {
          used |= 1 << UInt8(shape)
          add(values, to: &energy, from: shape * regular)
        } else {
          let periods = calendars[place].shapes[shape]
          guard periods.count == values.count else { throw .missingDays([days[index].date]) }
          for interval in values.indices {
            sums[Int(periods[interval])].wattHours += sign * Int64(max(0, values[interval]))
          }
        }
        index += 1
      }
      sums[0].wattHours += sign * flat
      guard used != 0 else { continue }
      var whole = sums.mutableSpan
      for shape in 0..<Calendar.regularShapes where used >> UInt8(shape) & 1 == 1 {
        let periods = calendars[place].shapes[shape]
        for interval in periods.indices {
          whole[Int(periods[interval])].wattHours += sign * energy[shape * regular + interval]
          energy[shape * regular + interval] = 0
        }
      }
    }
    swap(&profile, &self.profile)
  }

  private func firstIndex(in days: Span<DayRead>, from date: ServiceDate) -> Int {
    var (low, high) = (0, days.count)
    while low < high {
      let middle = (low + high) / 2
      if days[middle].date < date { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// A loop that the compiler does eight intervals at a time.
  @inline(__always)
  private func add(_ values: Span<Int32>, to energy: inout MutableSpan<Int64>, from start: Int) {
    for interval in 0..<values.count {
      energy[unchecked: start &+ interval] &+= Int64(max(0, values[unchecked: interval]))
    }
  }

  @inline(__always)
  private func sum(_ values: Span<Int32>) -> Int64 {
    var sum: Int64 = 0
    for interval in 0..<values.count { sum &+= Int64(max(0, values[unchecked: interval])) }
    return sum
  }

  @inline(__always)
  private mutating func shape(_ place: Int, on date: ServiceDate, _ zone: ZoneTable) -> Int {
    calendars[place].knownShape(on: date) ?? calendars[place].learn(date, zone)
  }

  /// Period index by interval; nil where the intervals do not fit the day.
  mutating func periods(
    _ schedule: RateSchedule, on date: ServiceDate, intervalMinutes: Int, count: Int,
    zone: ZoneTable
  ) -> [UInt8]? {
    guard intervalMinutes > 0 else { return nil }
    guard count * intervalMinutes != 1440 || schedule.isTimeOfUse else {
      return [UInt8](repeating: 0, count: count)
    }
    let place = calendar(schedule, zone, intervalMinutes)
    let shape = shape(place, on: date, zone)
    let periods = calendars[place].shapes[shape]
    return periods.count == count ? periods : nil
  }

  private mutating func calendar(
    _ schedule: RateSchedule, _ zone: ZoneTable, _ minutes: Int
  ) -> Int {
    for place in calendars.indices
    where calendars[place].schedule === schedule && calendars[place].minutes == minutes
      && calendars[place].zone == zone.name
    {
      return place
    }
    calendars.append(Calendar(schedule, zone: zone.name, minutes: minutes))
    return calendars.count - 1
  }
}

extension PeriodClock {
  /// The days of one plan version in one zone, at one length of intervals.
  private struct Calendar {
    let schedule: RateSchedule
    let zone: String
    let minutes: Int
    /// Intervals of a day of 24 hours; none where they do not divide it.
    let regularCount: Int
    /// Period index by interval: for each day type of a day of 24 hours, then for days of another
    /// length, and last for the day that was asked for when there was no more room.
    private(set) var shapes: [[UInt8]]
    /// By date from 1970 on.
    private var shapeOf = [UInt8](repeating: Calendar.unknown, count: ZoneTable.dates.count)

    static let regularShapes = DayType.allCases.count
    private static let unknown = UInt8.max

    init(_ schedule: RateSchedule, zone: String, minutes: Int) {
      self.schedule = schedule
      self.zone = zone
      self.minutes = minutes
      let count = 1440 % minutes == 0 ? 1440 / minutes : 0
      regularCount = count
      shapes = DayType.allCases.map { dayType in
        (0..<count).map { UInt8(schedule.period(on: dayType, minute: $0 * minutes)) }
      }
    }

    @inline(__always)
    func knownShape(on date: ServiceDate) -> Int? {
      guard ZoneTable.dates.contains(date.day) else { return nil }
      let shape = shapeOf[Int(date.day)]
      return shape == Self.unknown ? nil : Int(shape)
    }

    @inline(never)
    mutating func learn(_ date: ServiceDate, _ zone: ZoneTable) -> Int {
      let day = zone.day(date)
      var shape = schedule.dayType(of: date).rawValue
      if day.minutes != 1440 || regularCount == 0 {
        let periods = (0..<(day.intervals(ofMinutes: minutes) ?? 0)).map { index in
          let moment = day.start + Int64(index * minutes * 60)
          let local = moment + Int64(zone.offset(at: moment))
          let minute = Int((local % 86_400 + 86_400) % 86_400) / 60
          return UInt8(schedule.period(on: date, minute: minute))
        }
        shape = min(shapes.count, Int(Self.unknown))
        if shape == shapes.count { shapes.append(periods) } else { shapes[shape] = periods }
      }
      if ZoneTable.dates.contains(date.day) { shapeOf[Int(date.day)] = UInt8(shape) }
      return shape
    }
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
