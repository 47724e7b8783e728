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
    var sums = schedule.periods.map { _ in Energy.zero }
    try add(delivered, 1, schedule, period, zone, to: &sums)
    if !received.isEmpty { try add(received, -1, schedule, period, zone, to: &sums) }
    return sums
  }

  private mutating func add(
    _ reads: [DayRead], _ sign: Int64, _ schedule: RateSchedule, _ period: BillingPeriod,
    _ zone: ZoneTable, to sums: inout [Energy]
  ) throws(BillException) {
    let days = reads.span
    var index = firstIndex(in: days, from: period.start)
    while index < days.count, days[index].date < period.end {
      let minutes = days[index].intervalMinutes
      if schedule.isTimeOfUse, schedule.coarsestIntervalMinutes % minutes != 0 {
        throw .tooCoarse(
          plan: schedule.code, minutes: minutes, needed: schedule.coarsestIntervalMinutes)
      }
      let place = calendar(schedule, zone, minutes)
      let alike = calendars[place].addUp(days, from: index, before: period.end, sign, to: &sums)
      let next = max(alike.next, index + 1)
      if !alike.isCounted {
        for day in index..<next { try add(days[day], sign, place, zone, to: &sums) }
      }
      index = next
    }
  }

  /// A day alone: one with another number of hours, with a gap or with an enormous value, and the
  /// first of each date, which is learned.
  private mutating func add(
    _ day: DayRead, _ sign: Int64, _ place: Int, _ zone: ZoneTable, to sums: inout [Energy]
  ) throws(BillException) {
    let shape = shape(place, on: day.date, zone)
    let periods = calendars[place].shapes[shape]
    guard periods.count == day.values.count else { throw .missingDays([day.date]) }
    let values = day.values.span
    var energy = sums.mutableSpan
    for interval in values.indices {
      energy[Int(periods[interval])].wattHours += sign * Int64(max(0, values[interval]))
    }
  }

  private func firstIndex(in days: Span<DayRead>, from date: ServiceDate) -> Int {
    // Without a missing day before it, it lies where its date says.
    if days.count > 0 {
      let place = days[0].date.days(to: date)
      if days.indices.contains(place), days[place].date == date { return place }
    }
    var (low, high) = (0, days.count)
    while low < high {
      let middle = (low + high) / 2
      if days[middle].date < date { low = middle + 1 } else { high = middle }
    }
    return low
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
    /// Whether the date does not matter.
    let isFlat: Bool
    /// Intervals of a day of 24 hours; 0 where they do not divide it.
    let regularCount: Int
    /// Period index by interval: first for days of 24 hours, one for day types that are alike, then
    /// for days of another length, and last for the day that was asked for when there was no more
    /// room.
    private(set) var shapes: [[UInt8]]
    /// How many of them are for days of 24 hours, and by day type which.
    private let regularShapes: Int
    private let shapeOfType: [UInt8]
    /// By date from 1970 on.
    private var shapeOf = [UInt8](repeating: Calendar.unknown, count: ZoneTable.dates.count)
    /// The stretches of one period in a profile, which has the intervals of one regular shape after
    /// the other.
    private let stretches: [Stretch]
    /// Energy by regular shape and interval while days are added up; all zero before and after.
    private var profile: [UInt32]

    private struct Stretch {
      var from: Int
      var to: Int
      let period: Int
    }

    private static let unknown = UInt8.max
    /// Intervals that are added up in one pass.
    private static let block = 24
    /// As many values below this come to less than 2 to the power of 32.
    private static let mostDays = 64
    private static let enormous: UInt32 = 1 << 26

    init(_ schedule: RateSchedule, zone: String, minutes: Int) {
      self.schedule = schedule
      self.zone = zone
      self.minutes = minutes
      isFlat = !schedule.isTimeOfUse
      let count = 1440 % minutes == 0 ? 1440 / minutes : 0
      regularCount = count
      var shapes: [[UInt8]] = []
      shapeOfType = DayType.allCases.map { dayType in
        let shape = (0..<count).map { UInt8(schedule.period(on: dayType, minute: $0 * minutes)) }
        if !shapes.contains(shape) { shapes.append(shape) }
        return UInt8(shapes.firstIndex(of: shape) ?? 0)
      }
      self.shapes = shapes
      regularShapes = shapes.count
      profile = Array(repeating: 0, count: shapes.count * count)
      stretches = shapes.joined().enumerated().reduce(into: []) { stretches, place in
        if let last = stretches.indices.last, stretches[last].period == place.element {
          stretches[last].to += 1
        } else {
          stretches.append(
            Stretch(from: place.offset, to: place.offset + 1, period: Int(place.element)))
        }
      }
    }

    /// Adds up days of 24 hours that follow each other, interval by interval: they are divided into
    /// periods at the end, once instead of once a day.
    ///
    /// - Returns: the place after the last of them, and whether they are in the sums: none is where
    ///   one has a gap or an enormous value.
    mutating func addUp(
      _ days: Span<DayRead>, from first: Int, before end: ServiceDate, _ sign: Int64,
      to sums: inout [Energy]
    ) -> (next: Int, isCounted: Bool) {
      // Apart from the rest, which is read while it is written.
      var profile: [UInt32] = []
      swap(&profile, &self.profile)
      let (next, isCounted) = addUp(days, from: first, before: end, in: &profile)
      if isCounted { divide(profile, sign, among: &sums) }
      for place in profile.indices { profile[place] = 0 }
      swap(&profile, &self.profile)
      return (next, isCounted)
    }

    private func addUp(
      _ days: Span<DayRead>, from first: Int, before end: ServiceDate, in profile: inout [UInt32]
    ) -> (next: Int, isCounted: Bool) {
      guard regularCount > 0, regularCount % Self.block == 0 else { return (first, false) }
      var energy = profile.mutableSpan
      let last = min(days.count, first + Self.mostDays)
      var bits = SIMD8<UInt32>.zero
      var next = first
      while next < last, let shape = alikeShape(of: days, next, before: end) {
        let values = days[next].values.span
        let start = shape &* regularCount
        for interval in stride(from: 0, to: regularCount, by: Self.block) {
          bits |= energy.add(values, from: interval, at: start &+ interval)
        }
        next += 1
      }
      return (next, next > first && bits.union < Self.enormous)
    }

    /// The shape of a day of 24 hours; nil for one that is not added up with others.
    @inline(__always)
    private func alikeShape(
      of days: Span<DayRead>, _ index: Int, before end: ServiceDate
    ) -> Int? {
      guard days[index].date < end, days[index].intervalMinutes == minutes,
        days[index].values.count == regularCount
      else { return nil }
      guard !isFlat else { return 0 }
      let date = Int(days[index].date.day)
      guard shapeOf.indices.contains(date), shapeOf[date] < regularShapes else { return nil }
      return Int(shapeOf[date])
    }

    private func divide(_ profile: [UInt32], _ sign: Int64, among sums: inout [Energy]) {
      let (energy, stretches) = (profile.span, stretches.span)
      for index in stretches.indices {
        var sum: Int64 = 0
        for place in stretches[index].from..<stretches[index].to { sum &+= Int64(energy[place]) }
        sums[stretches[index].period].wattHours += sign * sum
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
      var shape = Int(shapeOfType[schedule.dayType(of: date).rawValue])
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

extension MutableSpan<UInt32> {
  /// Adds 24 values, in vectors: all are loaded before the first is stored.
  ///
  /// - Returns: the bits of the values; a gap is negative and sets the highest.
  @inline(__always)
  fileprivate mutating func add(
    _ values: Span<Int32>, from start: Int, at place: Int
  ) -> SIMD8<UInt32> {
    precondition(
      start >= 0 && start + 24 <= values.count && place >= 0 && place + 24 <= count,
      "a block of values and a place for it")
    let first = values.eight(from: start)
    let second = values.eight(from: start &+ 8)
    let third = values.eight(from: start &+ 16)
    add(first, at: place)
    add(second, at: place &+ 8)
    add(third, at: place &+ 16)
    return first | second | third
  }

  @inline(__always)
  private mutating func add(_ values: SIMD8<UInt32>, at place: Int) {
    self[unchecked: place] &+= values[0]
    self[unchecked: place &+ 1] &+= values[1]
    self[unchecked: place &+ 2] &+= values[2]
    self[unchecked: place &+ 3] &+= values[3]
    self[unchecked: place &+ 4] &+= values[4]
    self[unchecked: place &+ 5] &+= values[5]
    self[unchecked: place &+ 6] &+= values[6]
    self[unchecked: place &+ 7] &+= values[7]
  }
}

extension Span<Int32> {
  @inline(__always)
  fileprivate func eight(from start: Int) -> SIMD8<UInt32> {
    SIMD8(
      truncatingIfNeeded: SIMD8<Int32>(
        self[unchecked: start], self[unchecked: start &+ 1], self[unchecked: start &+ 2],
        self[unchecked: start &+ 3], self[unchecked: start &+ 4], self[unchecked: start &+ 5],
        self[unchecked: start &+ 6], self[unchecked: start &+ 7]))
  }
}

extension SIMD8<UInt32> {
  /// The bits that are set in any lane.
  fileprivate var union: UInt32 {
    let half = lowHalf | highHalf
    return half[0] | half[1] | half[2] | half[3]
  }
}
