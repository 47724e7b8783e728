import Journal
import Quantities
import Tariff

/// One channel's days as a projection needs them: the energy of each day known, and the shape of a
/// day by which energy that is not measured is spread over the hours.
struct ChannelDays {
  let channel: Channel
  /// Day 0 of `history`.
  let origin: ServiceDate
  /// Watt-hours of each day from `origin` to before the as-of day, nil where a day is missing.
  let history: [Int64?]
  /// Whole days of the cycle before the as-of day, by date.
  let reads: [Int32: DayRead]
  private let intervalMinutes: Int
  private let zone: ZoneTable?
  /// Energy by interval of a day of 24 hours, for weekdays and weekends.
  private let shapes: [[Int64]]

  private static let shapeDays: Int32 = 42

  /// - Parameter held: the channel's reads in `period`, whose end is the as-of day.
  init(
    _ channel: Channel, _ held: [DayRead], in period: BillingPeriod, cycle: BillingPeriod,
    zone: ZoneTable?
  ) {
    self.channel = channel
    self.zone = zone
    origin = period.start
    let whole = held.filter { !$0.hasGap }
    var history = [Int64?](repeating: nil, count: period.days)
    for read in whole { history[period.start.days(to: read.date)] = read.energy.wattHours }
    self.history = history
    reads = Dictionary(
      whole.filter { cycle.contains($0.date) }.map { ($0.date.day, $0) }
    ) { _, later in later }
    intervalMinutes = held.last?.intervalMinutes ?? 60
    let count = 1440 / intervalMinutes
    var shapes = [[Int64]](repeating: [Int64](repeating: 0, count: count), count: 2)
    for read in whole
    where read.date.day >= period.end.day - Self.shapeDays && read.values.count == count {
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
    let weights = (0..<(minutes / intervalMinutes)).map { shape[min($0, shape.count - 1)] }
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
      date: date, channel: channel, intervalMinutes: intervalMinutes, values: values[...],
      quality: .estimated, position: nil, source: .recorded)
  }
}

/// An account's delivered and received days, from intervals or from a register.
struct DailyUsage {
  let delivered: ChannelDays
  /// Nil for an account that sends no energy out.
  let received: ChannelDays?
  /// Why nothing can be projected; empty when it can.
  let reason: String

  /// Days of history that are looked at: two years and what makes the third season whole.
  private static let reach = 800

  /// The first day that no read speaks of; nil before the first read.
  static func dayAfterLastRead(_ view: AccountView) throws -> ServiceDate? {
    if let last = try view.lastReadDay() {
      let estimated = view.state.usage.lastEstimatedDay(0).map { ServiceDate(day: $0) } ?? last
      return max(last, estimated).adding(days: 1)
    }
    let registers = view.state.usage.registers[0] ?? [:]
    return registers.values.compactMap { $0.last?.date }.max().map { ServiceDate(day: $0) }
  }

  init(
    _ view: AccountView, _ agreement: ServiceAgreement, cycle: BillingPeriod, asOf: ServiceDate
  ) throws {
    let zone = view.system.zones[agreement.zone]
    let start = min(asOf, max(agreement.start, cycle.start.adding(days: -Self.reach)))
    let period = BillingPeriod(start: start, end: asOf)
    let registers = view.state.usage.registers[0] ?? [:]
    if !registers.isEmpty, try view.lastReadDay() == nil {
      let indices = registers[.registerTotal] ?? []
      delivered = ChannelDays(
        .delivered, DailyUsage.days(of: indices, agreement.multiplier, in: period), in: period,
        cycle: cycle, zone: zone)
      received = nil
      reason = indices.isEmpty ? "meters with several registers are not projected" : ""
      return
    }
    reason = ""
    let held = try view.dayReads(in: period)
    delivered = ChannelDays(
      .delivered, held.days(0, .delivered, in: period), in: period, cycle: cycle, zone: zone)
    let out = held.days(0, .received, in: period)
    received =
      out.isEmpty
      ? nil : ChannelDays(.received, out, in: period, cycle: cycle, zone: zone)
  }

  /// Days from indices: the energy between two of them spread evenly over the days between.
  private static func days(
    of indices: [RegisterIndex], _ multiplier: Int, in period: BillingPeriod
  ) -> [DayRead] {
    let known = indices.filter { $0.date <= period.end.day }
    var reads: [DayRead] = []
    for (from, to) in zip(known, known.dropFirst()) {
      guard let counted = registerDifference(from: from.index, to: to.index) else { continue }
      let energy = Int128(counted) * Int128(multiplier)
      let days = Int128(to.date - from.date)
      for offset in 0..<days {
        let date = ServiceDate(day: from.date + Int32(offset))
        guard period.contains(date) else { continue }
        let part = energy * (offset + 1) / days - energy * offset / days
        reads.append(
          DayRead(
            date: date, channel: .delivered, intervalMinutes: 1440,
            values: [Int32(clamping: part)], quality: min(from.quality, to.quality),
            position: to.position, source: .recorded))
      }
    }
    return reads
  }
}
