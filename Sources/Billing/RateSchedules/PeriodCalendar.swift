import Quantities
import Tariff

/// The days of one plan version in one zone, at one length of intervals.
struct PeriodCalendar {
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
  private var shapeOf = [UInt8](repeating: PeriodCalendar.unknown, count: ZoneTable.dates.count)
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
