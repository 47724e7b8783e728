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
  static let version: UInt16 = 2

  private(set) var positions: [TierPosition] = []
  private var clock = PeriodClock()
  /// Day types by window set and date, as raw values; 255 is not yet known.
  private var dayTypes: [[UInt8]] = []
  private static let days = Int32(26_000)
  /// The cycle last asked for, by read day.
  private var cycles = [(start: Int32, end: Int32)](repeating: (.max, .min), count: 32)
  /// The masks last asked for, by plan, from the day of the question on.
  private var windowSets: [(from: Int32, set: Int32, until: Int32)] = []

  init() {}

  subscript(_ index: Int) -> TierPosition {
    positions.indices.contains(index) ? positions[index] : TierPosition()
  }

  /// Rate schedules have changed: which masks hold is asked anew.
  mutating func schedulesChanged() {
    for index in positions.indices { positions[index].validUntil = .min }
    windowSets = []
  }

  mutating func apply(
    _ view: ReadBatchView, _ slots: SlotMap, _ agreements: AgreementProjection,
    _ system: SystemState
  ) {
    let sign: Int64 = view.channel == .delivered ? 1 : -1
    let isPlain = view.count == 24 && view.intervalMinutes == 60
    let excepted = Set(view.exceptions.map { $0.cell / view.count })
    let schedules = system.windows.schedules
    prepareDayTypes(schedules.count)
    if slots.only == nil, view.rows > 0 { grow(to: Int(view.slot(view.rows - 1))) }
    system.windows.first.withUnsafeBufferPointer { first in
      system.windows.second.withUnsafeBufferPointer { second in
        for row in 0..<view.rows {
          guard let index = slots.index(ofSlot: view.slot(row)) else { continue }
          let date = view.date(row)
          if positions.count <= index { grow(to: index) }
          if date < positions[index].start { continue }
          if date >= positions[index].validUntil || date < positions[index].validFrom {
            guard renew(index, on: date, agreements, system) else { continue }
          }
          let windowSet = Int(positions[index].windowSet)
          guard isPlain, excepted.isEmpty || !excepted.contains(row) else {
            addSlowly(view, row, sign, index, windowSet, agreements, system)
            continue
          }
          let total = Int64(view.sum24(row)) * view.unit
          positions[index].wattHours &+= sign * total
          guard windowSet >= 0 else { continue }
          let masks = windowSet * WindowSets.masksPerSet + dayType(windowSet, date, schedules) * 24
          let sums = view.maskedSums24(
            row, first.baseAddress! + masks, second.baseAddress! + masks)
          positions[index].first &+= sign * Int64(sums.0) * view.unit
          positions[index].second &+= sign * Int64(sums.1) * view.unit
        }
      }
    }
  }

  /// A corrected day: the difference between the new values and those they replace.
  mutating func apply(
    _ events: [RecordedEvent], _ slots: SlotMap, _ agreements: AgreementProjection,
    _ system: SystemState
  ) {
    for recorded in events {
      guard let index = slots.index(of: recorded.event.account) else { continue }
      if case .planSwitched = recorded.event.fact, positions.indices.contains(index) {
        positions[index].validUntil = .min
      }
      if case .planSwitchCancelled = recorded.event.fact, positions.indices.contains(index) {
        positions[index].validUntil = .min
      }
      guard case .readCorrected(let fact) = recorded.event.fact, positions.indices.contains(index)
      else { continue }
      let date = recorded.event.effective
      guard positions[index].start <= date, date < positions[index].end,
        let agreement = agreements[index]
      else { continue }
      let sign: Int64 = fact.channel == UInt32(Channel.received.rawValue) ? -1 : 1
      let schedule = system.book.version(
        of: agreement.plan(on: ServiceDate(day: date)).code, on: ServiceDate(day: date))
      add(fact.values, Int(fact.intervalMinutes), sign, index, date, schedule, agreement, system)
      add(
        fact.previousValues, Int(fact.previousIntervalMinutes), -sign, index, date, schedule,
        agreement, system)
    }
  }

  private mutating func grow(to index: Int) {
    guard positions.count <= index else { return }
    positions += repeatElement(TierPosition(), count: index + 1 - positions.count)
  }

  /// Finds the cycle and the masks for a date; false where the account is not served.
  private mutating func renew(
    _ index: Int, on date: Int32, _ agreements: AgreementProjection, _ system: SystemState
  ) -> Bool {
    guard agreements.terms.indices.contains(index) else { return false }
    let terms = agreements.terms[index]
    guard terms.start <= date, date < terms.end else { return false }
    if date >= positions[index].end {
      let cycle = cycle(on: date, readDay: Int(terms.readDay))
      positions[index] = TierPosition(
        start: max(cycle.start, terms.start), end: min(cycle.end, terms.end))
    }
    var until = positions[index].end
    let held: (set: Int32, until: Int32)
    if terms.plan != CycleTerms.severalPlans {
      held = windowSet(of: Int(terms.plan), on: date, agreements, system)
    } else {
      guard let plans = agreements.agreements[index]?.plans else { return false }
      var plan = 0
      for (next, span) in plans.enumerated().dropFirst() {
        if span.from.day <= date { plan = next } else { until = min(until, span.from.day) }
      }
      held = system.windows.set(of: plans[plan].code, on: date)
    }
    positions[index].windowSet = held.set
    positions[index].validFrom = date
    positions[index].validUntil = min(until, held.until)
    return true
  }

  /// The scheduled cycle that a day falls into: neighbours in a file mostly ask for the same few.
  private mutating func cycle(on date: Int32, readDay: Int) -> (start: Int32, end: Int32) {
    let known = cycles[readDay]
    if known.start <= date, date < known.end { return known }
    let cycle = ServiceAgreement.scheduledCycle(
      containing: ServiceDate(day: date), readDay: readDay)
    cycles[readDay] = (cycle.start.day, cycle.end.day)
    return cycles[readDay]
  }

  /// The masks of a plan by its index among the agreements' codes, and until when they hold.
  private mutating func windowSet(
    of plan: Int, on date: Int32, _ agreements: AgreementProjection, _ system: SystemState
  ) -> (set: Int32, until: Int32) {
    while windowSets.count <= plan { windowSets.append((.max, -1, .min)) }
    let known = windowSets[plan]
    if known.from <= date, date < known.until { return (known.set, known.until) }
    let held = system.windows.set(of: agreements.codes[plan], on: date)
    windowSets[plan] = (date, held.set, held.until)
    return held
  }

  private mutating func prepareDayTypes(_ count: Int) {
    while dayTypes.count < count {
      dayTypes.append([UInt8](repeating: .max, count: Int(Self.days)))
    }
  }

  @inline(__always)
  private mutating func dayType(_ set: Int, _ date: Int32, _ schedules: [RateSchedule]) -> Int {
    guard date >= 0, date < Self.days else {
      return schedules[set].dayType(of: ServiceDate(day: date)).rawValue
    }
    let known = dayTypes[set][Int(date)]
    if known != .max { return Int(known) }
    return learnDayType(set, date, schedules[set])
  }

  @inline(never)
  private mutating func learnDayType(_ set: Int, _ date: Int32, _ schedule: RateSchedule) -> Int {
    let dayType = schedule.dayType(of: ServiceDate(day: date)).rawValue
    dayTypes[set][Int(date)] = UInt8(dayType)
    return dayType
  }

  private mutating func addSlowly(
    _ view: ReadBatchView, _ row: Int, _ sign: Int64, _ index: Int, _ windowSet: Int,
    _ agreements: AgreementProjection, _ system: SystemState
  ) {
    var values: [Int32] = []
    view.copy(row: row, into: &values)
    guard let agreement = agreements[index] else { return }
    let schedule = windowSet >= 0 ? system.windows.schedules[windowSet] : nil
    add(
      values.map { $0 == MeterRows.gap ? -1 : Int64($0) }, view.intervalMinutes, sign, index,
      view.date(row), schedule, agreement, system)
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
