import Quantities

/// What validation remembers of an account's reads while it goes through them: numbers alone, so
/// that a million accounts are judged in bounded memory and nothing is allocated for a read.
struct ReadMark {
  /// The last day in date order; far in the past before the first.
  var lastDate = Int32.min / 2
  /// Days judged so far.
  var days: Int32 = 0
  /// Sixteen times the running mean of a day's watt-hours.
  private var scaledMean: Int64 = 0
  /// The highest hour so far, in watt-hours.
  var peak: Int64 = 0
  /// Days without any energy up to `lastDate`, which follow each other.
  var zeroDays: Int32 = 0
  /// Whether the hours of `lastDate` are kept.
  var hasHours = false
  /// Whether values of the account stand elsewhere than in columns, or indices beside them.
  var isSpecial = false

  var mean: Int64 { scaledMean >> ReadRule.meanShift }
  var hasHistory: Bool { days >= ReadRule.daysOfHistory }

  /// The most and the least that a day may have; nil while there is too little history, or so
  /// little use that no lower limit means anything.
  var high: Int64 { max(mean * ReadRule.highTimes, mean + ReadRule.highExcess) }
  var low: Int64? { mean >= ReadRule.lowMean ? mean / ReadRule.lowParts : nil }

  /// A day counts no more than the most that it may have: the mean follows a new level in weeks
  /// and not in a day.
  @inline(__always)
  mutating func learn(_ energy: Int64) {
    if days == 0 {
      scaledMean = energy << ReadRule.meanShift
    } else {
      let counted = hasHistory ? min(energy, high) : energy
      scaledMean += counted - mean
    }
    days &+= 1
  }
}

/// The hours of a regular day in watt-hours, capped at what 16 bits hold.
enum DayHours {
  static let count = 24

  /// How many of a day's first hours are the last hours of the day before; nil when too few are,
  /// or too few different ones.
  @inline(__always)
  static func repeated(
    _ before: UnsafePointer<UInt16>, _ day: UnsafePointer<UInt16>
  ) -> Int? {
    func four(_ hours: UnsafePointer<UInt16>) -> UInt64 {
      UnsafeRawPointer(hours).loadUnaligned(as: UInt64.self)
    }
    let head = four(day)
    // Four hours alike say nothing, and an empty home has hardly any others.
    guard head != UInt64(day[0]) &* 0x0001_0001_0001_0001 else { return nil }
    for start in 0...count - ReadRule.overlapHours where four(before + start) == head {
      let hours = count - start
      if isRepeated(before + start, day, hours) { return hours }
    }
    return nil
  }

  @inline(never)
  private static func isRepeated(
    _ before: UnsafePointer<UInt16>, _ day: UnsafePointer<UInt16>, _ hours: Int
  ) -> Bool {
    var kinds: [UInt16] = []
    for hour in 0..<hours {
      guard before[hour] == day[hour] else { return false }
      if kinds.count < ReadRule.overlapKinds, !kinds.contains(day[hour]) { kinds.append(day[hour]) }
    }
    return kinds.count >= ReadRule.overlapKinds
  }

  /// The third highest hour.
  @inline(never)
  static func third(_ hours: UnsafePointer<UInt16>) -> Int64 {
    var top: (UInt16, UInt16, UInt16) = (0, 0, 0)
    for hour in 0..<count {
      let value = hours[hour]
      if value > top.0 {
        top = (value, top.0, top.1)
      } else if value > top.1 {
        top = (top.0, value, top.1)
      } else if value > top.2 {
        top.2 = value
      }
    }
    return Int64(top.2)
  }
}
