import Journal
import Quantities
import Tariff

/// An account's days as a projection needs them: the energy of each day known, and the shape of a
/// day by which energy still to come is spread over the hours.
struct DailyUsage {
  /// Watt-hours of each day of service before the as-of day, nil where a day is missing.
  let history: [Int64?]
  /// Held reads of the cycle before the as-of day, by date.
  let reads: [Int32: DayRead]
  /// Received reads of the cycle before the as-of day.
  let received: [DayRead]
  /// Why nothing can be projected; empty when it can.
  let reason: String
  private let intervalMinutes: Int
  private let zone: ZoneTable?
  /// Energy by interval of a day of 24 hours, for weekdays and weekends.
  private let shapes: [[Int64]]

  /// Days of history that are looked at: two years and what makes the third season whole.
  private static let reach = 800
  private static let shapeDays: Int32 = 42

  /// The first day that no read speaks of; nil before the first read.
  static func dayAfterLastRead(_ view: AccountView) throws -> ServiceDate? {
    if let last = try view.lastReadDay() { return last.adding(days: 1) }
    let registers = view.state.usage.registers[0] ?? [:]
    return registers.values.compactMap { $0.last?.date }.max().map { ServiceDate(day: $0) }
  }

  init(_ view: AccountView, cycle: BillingPeriod, asOf: ServiceDate) throws {
    guard let agreement = view.agreement else {
      preconditionFailure("a view of an account has its enrolment")
    }
    zone = view.system.zones[agreement.zone]
    let registers = view.state.usage.registers[0] ?? [:]
    if !registers.isEmpty, try view.lastReadDay() == nil {
      (history, reads, reason) = DailyUsage.fromRegisters(
        registers, agreement, cycle: cycle, asOf: asOf)
      received = []
      intervalMinutes = 1440
      shapes = [[1], [1]]
      return
    }
    reason = ""
    let from = max(
      agreement.start, asOf.adding(days: -Self.reach), cycle.start.adding(days: -Self.reach))
    let start = min(max(from, agreement.start), asOf)
    let period = BillingPeriod(start: start, end: asOf)
    let held = try view.dayReads(in: period)
    let delivered = held.days(0, .delivered, in: period)
    var history = [Int64?](repeating: nil, count: agreement.start.days(to: asOf))
    var reads: [Int32: DayRead] = [:]
    for read in delivered {
      if !read.hasGap { history[agreement.start.days(to: read.date)] = read.energy.wattHours }
      if cycle.contains(read.date) { reads[read.date.day] = read }
    }
    self.history = history
    self.reads = reads
    received = held.days(0, .received, in: period).filter { cycle.contains($0.date) }
    intervalMinutes = delivered.last?.intervalMinutes ?? 60
    let count = 1440 / intervalMinutes
    var shapes = [[Int64]](repeating: [Int64](repeating: 0, count: count), count: 2)
    let recent = delivered.filter {
      $0.date.day >= asOf.day - Self.shapeDays && $0.values.count == count && !$0.hasGap
    }
    for read in recent {
      let kind = read.date.weekday >= 6 ? 1 : 0
      for (index, value) in read.values.enumerated() { shapes[kind][index] += Int64(value) }
    }
    for kind in 0...1 where shapes[kind].allSatisfy({ $0 == 0 }) {
      shapes[kind] =
        shapes[1 - kind].allSatisfy { $0 == 0 }
        ? [Int64](repeating: 1, count: count) : shapes[1 - kind]
    }
    self.shapes = shapes
  }

  /// A day that has not been measured, with its energy spread as days of its kind were.
  func synthetic(_ date: ServiceDate, _ wattHours: Int64) -> DayRead {
    let shape = shapes[date.weekday >= 6 ? 1 : 0]
    let minutes = intervalMinutes == 1440 ? 1440 : zone?.day(date).minutes ?? 1440
    let count = minutes / intervalMinutes
    let weights = (0..<count).map { shape[min($0, shape.count - 1)] }
    let whole = weights.reduce(0, +)
    var values: [Int32] = []
    var before: Int64 = 0
    var done: Int64 = 0
    for weight in weights {
      before += weight
      let reached = Int64(Int128(before) * Int128(max(0, wattHours)) / Int128(max(whole, 1)))
      values.append(Int32(clamping: reached - done))
      done = reached
    }
    return DayRead(
      date: date, channel: .delivered, intervalMinutes: intervalMinutes, values: values[...],
      quality: .estimated, position: nil, isCorrection: false)
  }

  /// Days from indices: the energy between two of them spread evenly over the days between.
  private static func fromRegisters(
    _ registers: [Channel: [RegisterIndex]], _ agreement: ServiceAgreement, cycle: BillingPeriod,
    asOf: ServiceDate
  ) -> (history: [Int64?], reads: [Int32: DayRead], reason: String) {
    var history = [Int64?](repeating: nil, count: max(0, agreement.start.days(to: asOf)))
    guard let indices = registers[.registerTotal] else {
      return (history, [:], "meters with several registers are not projected")
    }
    let known = indices.filter { $0.date <= asOf.day }
    var reads: [Int32: DayRead] = [:]
    for (from, to) in zip(known, known.dropFirst()) {
      guard let counted = registerDifference(from: from.index, to: to.index) else { continue }
      let energy = counted * Int64(agreement.multiplier)
      let days = Int64(to.date - from.date)
      for offset in 0..<days {
        let part = energy * (offset + 1) / days - energy * offset / days
        let date = ServiceDate(day: from.date + Int32(offset))
        let index = agreement.start.days(to: date)
        guard history.indices.contains(index) else { continue }
        history[index] = part
        guard cycle.contains(date) else { continue }
        reads[date.day] = DayRead(
          date: date, channel: .delivered, intervalMinutes: 1440,
          values: [Int32(clamping: part)][...], quality: .estimated, position: to.position,
          isCorrection: false)
      }
    }
    return (history, reads, "")
  }
}
