import Journal
import Quantities
import Tariff

/// An account's net energy in its current billing cycle, in all and by time-of-use period.
struct TierPosition: Sendable, Hashable {
  /// Days of the cycle of the latest read; `end` is not in it.
  var start: Int32 = 0
  var end: Int32 = .min
  /// Added with wrap-around: millions of days in one cycle are no facts, but no trap either.
  var wattHours: Int64 = 0
  /// Of the plan's first and second period; the third is what is left.
  var first: Int64 = 0
  var second: Int64 = 0
  /// The masks that hold from a day until (not on) another, a cache: not part of the state.
  var windowSet: Int32 = -1
  var validFrom: Int32 = .max
  var validUntil: Int32 = .min
}

/// Where each account stands in its tiers: the fold that every read goes through.
///
/// A read of a later cycle starts that cycle; a late read of an earlier one no longer counts here.
struct TierPositions: Projector {
  static let name = "tiers"
  static let version: UInt16 = 3

  var positions: [TierPosition] = []
  var clock = PeriodClock()
  var caches = TierFoldCaches()

  init() {}

  subscript(_ index: Int) -> TierPosition {
    positions.indices.contains(index) ? positions[index] : TierPosition()
  }

  /// Rate schedules have changed: which masks hold is asked anew.
  mutating func schedulesChanged() {
    for index in positions.indices { positions[index].validUntil = .min }
    caches = TierFoldCaches()
  }

  /// A corrected or estimated day: the difference between the new values and those they replace.
  ///
  /// - Parameter usage: as it is before the events.
  mutating func apply(
    _ events: [RecordedEvent], _ slots: SlotMap, _ agreements: AgreementProjection,
    _ usage: UsageHistory, _ system: SystemState
  ) {
    for recorded in events {
      guard let index = slots.index(of: recorded.event.account) else { continue }
      if case .planSwitched = recorded.event.fact, positions.indices.contains(index) {
        positions[index].validUntil = .min
      }
      if case .planSwitchCancelled = recorded.event.fact, positions.indices.contains(index) {
        positions[index].validUntil = .min
      }
      if case .termsChanged(let fact) = recorded.event.fact, fact.hasReadDay {
        readDayChanged(index, agreements, usage)
      }
      if case .readEstimated(let fact) = recorded.event.fact, !fact.values.isEmpty {
        let date = recorded.event.effective
        start(index, on: date, agreements, system)
        let (values, minutes) = usage.values(beforeEstimate: fact, of: index, on: date)
        replace(
          values, minutes, by: fact.values, Int(fact.intervalMinutes), fact.channel, index, date,
          agreements, system)
      }
      guard case .readCorrected(let fact) = recorded.event.fact, positions.indices.contains(index)
      else { continue }
      replace(
        fact.previousValues, Int(fact.previousIntervalMinutes), by: fact.values,
        Int(fact.intervalMinutes), fact.channel, index, recorded.event.effective, agreements,
        system)
    }
  }

  /// The cycle of the latest read may end on another day now. Where it is already over, or started
  /// on another day, its energy is not known by days: nothing is counted until the next cycle.
  private mutating func readDayChanged(
    _ index: Int, _ agreements: AgreementProjection, _ usage: UsageHistory
  ) {
    guard positions.indices.contains(index), positions[index].end != .min,
      let agreement = agreements[index]
    else { return }
    let (start, end) = (positions[index].start, positions[index].end)
    let cycle = agreement.cycle(containing: ServiceDate(day: start))
    let isOver =
      cycle.end.day < end && (cycle.end.day..<end).contains { usage.hasAny(index, on: $0) }
    if start < end, cycle.start.day == start, !isOver {
      positions[index].end = cycle.end.day
      positions[index].validUntil = .min
    } else {
      let next = agreement.cycleStart(onOrAfter: ServiceDate(day: end)).day
      positions[index] = TierPosition(start: next, end: next)
    }
  }

  /// An estimate of a later cycle's day starts that cycle as a read does.
  private mutating func start(
    _ index: Int, on date: Int32, _ agreements: AgreementProjection, _ system: SystemState
  ) {
    while positions.count <= index { positions.append(TierPosition()) }
    guard date >= positions[index].end else { return }
    var position = positions[index]
    if renew(&position, index, on: date, agreements, system) { positions[index] = position }
  }

  private mutating func replace(
    _ previous: [Int64], _ previousMinutes: Int, by values: [Int64], _ minutes: Int,
    _ channel: UInt32, _ index: Int, _ date: Int32, _ agreements: AgreementProjection,
    _ system: SystemState
  ) {
    guard positions[index].start <= date, date < positions[index].end,
      let agreement = agreements[index]
    else { return }
    let sign: Int64 = channel == UInt32(Channel.received.rawValue) ? -1 : 1
    let schedule = system.book.version(
      of: agreement.plan(on: ServiceDate(day: date)).code, on: ServiceDate(day: date))
    add(values, minutes, sign, index, date, schedule, agreement, system)
    // What an estimate is the first value of has no previous one.
    guard !previous.isEmpty else { return }
    add(previous, previousMinutes, -sign, index, date, schedule, agreement, system)
  }

  private mutating func add(
    _ values: [Int64], _ intervalMinutes: Int, _ sign: Int64, _ index: Int, _ date: Int32,
    _ schedule: RateSchedule?, _ agreement: ServiceAgreement, _ system: SystemState
  ) {
    let measured = values.map { max(0, $0) }
    positions[index].wattHours &+= sign * measured.reduce(0, +)
    guard let schedule, schedule.periods.count > 1, let zone = system.zones[agreement.zone],
      let periods = clock.periods(
        schedule, on: ServiceDate(day: date), intervalMinutes: intervalMinutes,
        count: values.count, zone: zone)
    else { return }
    for (period, value) in zip(periods, measured) {
      if period == 0 { positions[index].first &+= sign * value }
      if period == 1 { positions[index].second &+= sign * value }
    }
  }

  func write(to writer: inout ByteWriter) {
    writer.put(UInt32(positions.count))
    for position in positions {
      writer.put(position.start)
      writer.put(position.end)
      writer.put(position.wattHours)
      writer.put(position.first)
      writer.put(position.second)
    }
  }

  init(from reader: inout ByteReader) throws {
    for _ in 0..<(try reader.get(UInt32.self)) {
      positions.append(
        TierPosition(
          start: try reader.get(), end: try reader.get(), wattHours: try reader.get(),
          first: try reader.get(), second: try reader.get()))
    }
  }
}
