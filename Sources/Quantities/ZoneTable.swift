/// A zone's offsets from Universal Time from 1970 to 2040, as a table that is an event of the
/// journal: bills of the past never depend on a time-zone database that was updated since.
public struct ZoneTable: Hashable, Sendable {
  /// From `at` (seconds since 1970 UTC) on, local time is UTC plus `offset` seconds.
  public struct Transition: Hashable, Sendable {
    public let at: Int64
    public let offset: Int32

    public init(at: Int64, offset: Int32) {
      self.at = at
      self.offset = offset
    }
  }

  public let name: String
  public let initialOffset: Int32
  public let transitions: [Transition]

  /// Transitions in ascending order.
  public init(name: String, initialOffset: Int32, transitions: [Transition]) {
    precondition(
      zip(transitions, transitions.dropFirst()).allSatisfy { $0.at < $1.at },
      "transitions ascend")
    self.name = name
    self.initialOffset = initialOffset
    self.transitions = transitions
  }

  /// Nil where this is no zone's table: transitions that do not ascend within years 1 to 9999, an
  /// offset that reaches 26 hours, or more transitions than 10,000.
  public init?(checking name: String, initialOffset: Int32, transitions: [Transition]) {
    let moments =
      Int64(ServiceDate.days.lowerBound) * 86_400...Int64(ServiceDate.days.upperBound)
      * 86_400
    let offsets: ClosedRange<Int32> = -93_599...93_599
    guard transitions.count <= 10_000, offsets.contains(initialOffset),
      transitions.allSatisfy({ moments.contains($0.at) && offsets.contains($0.offset) }),
      zip(transitions, transitions.dropFirst()).allSatisfy({ $0.at < $1.at })
    else { return nil }
    self.init(name: name, initialOffset: initialOffset, transitions: transitions)
  }

  /// The first and the first-excluded year that the table speaks for.
  public static let years = 1970..<2041

  /// The same as `ServiceDate.day`s: 1970-01-01 to 2040-12-31.
  public static let dates: Range<Int32> = 0..<25_933

  /// Seconds east of Universal Time at a moment in seconds since 1970.
  public func offset(at second: Int64) -> Int32 {
    var (low, high) = (0, transitions.count)
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle].at <= second { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? initialOffset : transitions[low - 1].offset
  }

  /// The local civil date at a moment in seconds since 1970.
  public func date(at second: Int64) -> ServiceDate {
    let local = second + Int64(offset(at: second))
    return ServiceDate(day: Int32((local - (local % 86_400 + 86_400) % 86_400) / 86_400))
  }

  /// The first moment whose local time is `secondsOfDay` on `date`, or for a time that clocks
  /// skipped the moment they skipped it; of a repeated time the earlier, or with `later` the later.
  public func moment(of date: ServiceDate, secondsOfDay: Int64 = 0, later: Bool = false) -> Int64 {
    let local = Int64(date.day) * 86_400 + secondsOfDay
    // No offset reaches 26 hours, so the offsets around the wanted time are these.
    let before = offset(at: local - 93_600)
    let after = offset(at: local + 93_600)
    let (early, late) = (local - Int64(max(before, after)), local - Int64(min(before, after)))
    let earlyFits = offset(at: early) == max(before, after)
    let lateFits = offset(at: late) == min(before, after)
    switch (earlyFits, lateFits) {
    case (true, true): return later ? late : early
    case (true, false): return early
    case (false, true): return late
    case (false, false):
      // Skipped: the transition between them is the moment.
      return transitions.first { $0.at > early && $0.at <= late }?.at ?? late
    }
  }

  /// This table for the days before a date and a later one from that date on: what a change of the
  /// law makes of days to come changes no day that was billed.
  public func followed(by later: ZoneTable, from date: ServiceDate) -> ZoneTable {
    let start = moment(of: date)
    let before = transitions.filter { $0.at < start }
    let offset = later.offset(at: start)
    let held = before.last?.offset ?? initialOffset
    let change = offset == held ? [] : [Transition(at: start, offset: offset)]
    return ZoneTable(
      name: name, initialOffset: initialOffset,
      transitions: before + change + later.transitions.filter { $0.at > start })
  }

  /// The day's first moment and its length.
  public func day(_ date: ServiceDate) -> LocalDay {
    let start = moment(of: date)
    return LocalDay(
      date: date, start: start, minutes: Int((moment(of: date.adding(days: 1)) - start) / 60))
  }
}

/// A service day: a civil date of the service point's zone with its real length.
public struct LocalDay: Hashable, Sendable {
  public let date: ServiceDate
  /// Seconds since 1970 UTC of local midnight.
  public let start: Int64
  /// 1,380, 1,440 or 1,500 as a rule; Lord Howe has 1,410 and 1,470.
  public let minutes: Int

  public init(date: ServiceDate, start: Int64, minutes: Int) {
    self.date = date
    self.start = start
    self.minutes = minutes
  }

  /// How many intervals of a length make the day; nil when they do not divide it.
  public func intervals(ofMinutes length: Int) -> Int? {
    length > 0 && minutes % length == 0 ? minutes / length : nil
  }
}
