import Journal
import Quantities
import Tariff

/// Answers that neighbours in a file ask for again and again; none of it is state.
struct TierFoldCaches: Sendable {
  /// The cycle last asked for, by read day.
  var cycles = [(start: Int32, end: Int32)](repeating: (.max, .min), count: 32)
  /// The masks last asked for, by plan, from the day of the question on.
  var windowSets: [(from: Int32, set: Int32, until: Int32)] = []
  /// Day types by window set and date, as raw values; 255 is not yet known.
  private var dayTypes: [UInt8] = []
  /// Time-of-use periods of days that are not 24 hourly values.
  private var periods: [PeriodsOfDay: [UInt8]?] = [:]

  private static let days = 26_000

  struct PeriodsOfDay: Hashable {
    var windowSet: Int
    var date: Int32
    var intervalMinutes: Int
    var count: Int
    /// As a code of the agreements.
    var zone: UInt32
  }

  @inline(__always)
  mutating func dayType(_ set: Int, _ date: Int32, _ schedules: [RateSchedule]) -> Int {
    let place = set * Self.days + Int(date)
    if date >= 0, date < Self.days, place < dayTypes.count, dayTypes[place] != .max {
      return Int(dayTypes[place])
    }
    return learnDayType(set, date, schedules)
  }

  @inline(never)
  private mutating func learnDayType(
    _ set: Int, _ date: Int32, _ schedules: [RateSchedule]
  ) -> Int {
    let dayType = schedules[set].dayType(of: ServiceDate(day: date)).rawValue
    guard date >= 0, date < Self.days else { return dayType }
    if dayTypes.count < schedules.count * Self.days {
      dayTypes += repeatElement(.max, count: schedules.count * Self.days - dayTypes.count)
    }
    dayTypes[set * Self.days + Int(date)] = UInt8(dayType)
    return dayType
  }

  /// - Parameter find: asked once a day, plan version, shape and zone.
  mutating func periods(of day: PeriodsOfDay, _ find: () -> [UInt8]?) -> [UInt8]? {
    if let known = periods[day] { return known }
    if periods.count > 4096 { periods = [:] }
    let found = find()
    periods[day] = .some(found)
    return found
  }
}

extension TierPositions {
  /// Folds reads, a run of one account or of one day after the other.
  mutating func apply(
    _ view: ReadBatchView, _ slots: SlotMap, _ agreements: AgreementProjection,
    _ system: SystemState
  ) {
    // Apart from the caches, which are asked while a position is written.
    var positions: [TierPosition] = []
    swap(&positions, &self.positions)
    defer { swap(&positions, &self.positions) }
    let highest = view.runs.reduce(0) { max($0, slots.index(ofSlot: $1.lastSlot) ?? 0) }
    if positions.count <= highest {
      positions += repeatElement(TierPosition(), count: highest + 1 - positions.count)
    }
    let isHourly = view.count == 24 && view.intervalMinutes == 60
    let scale = view.channel == .delivered ? view.unit : -view.unit
    var values: [Int32] = []
    var nextException = 0
    positions.withUnsafeMutableBufferPointer { positions in
      system.windows.masks.withUnsafeBufferPointer { masks in
        for run in view.runs {
          let accounts = run.isOfOneAccount ? 1 : run.count
          let days = run.isOfOneAccount ? run.count : 1
          for account in 0..<accounts {
            guard let index = slots.index(ofSlot: run.slot &+ UInt32(account)) else { continue }
            for day in 0..<days {
              let (row, date) = (run.row &+ account &+ day, run.date &+ Int32(day))
              if date < positions[index].start { continue }
              if date >= positions[index].validUntil || date < positions[index].validFrom {
                guard renew(&positions[index], index, on: date, agreements, system) else {
                  continue
                }
              }
              let windowSet = Int(positions[index].windowSet)
              guard isHourly else {
                values.removeAll(keepingCapacity: true)
                view.copy(row: row, into: &values)
                add(
                  values, view, windowSet, index, on: date, to: &positions[index], agreements,
                  system)
                continue
              }
              let words = view.words(row)
              positions[index].wattHours &+= words.sum &* scale
              var place = -1
              if windowSet >= 0 {
                place =
                  windowSet &* WindowSets.masksPerSet
                  &+ caches.dayType(windowSet, date, system.windows.schedules)
                positions[index].first &+= words.sum(in: masks[place].first) &* scale
                positions[index].second &+= words.sum(in: masks[place].second) &* scale
              }
              guard nextException < view.exceptions.count,
                view.exceptions[nextException].cell < (row &+ 1) &* 24
              else { continue }
              view.corrections(row, &nextException) { hour, wattHours in
                let signed = scale < 0 ? -wattHours : wattHours
                positions[index].wattHours &+= signed
                guard place >= 0 else { return }
                if masks[place].first.has(hour: hour) { positions[index].first &+= signed }
                if masks[place].second.has(hour: hour) { positions[index].second &+= signed }
              }
            }
          }
        }
      }
    }
  }

  /// Finds the cycle and the masks for a date; false where the account is not served.
  @inline(never)
  mutating func renew(
    _ position: inout TierPosition, _ index: Int, on date: Int32,
    _ agreements: AgreementProjection, _ system: SystemState
  ) -> Bool {
    guard agreements.records.indices.contains(index) else { return false }
    let terms = agreements.records[index]
    guard terms.start <= date, date < terms.end else { return false }
    if date >= position.end {
      let history = terms.hasHistory ? agreements.histories[index] : nil
      let cycle = cycle(on: date, readDay: Int(terms.readDay), history)
      position = TierPosition(
        start: max(cycle.start, terms.start), end: min(cycle.end, terms.end))
    }
    var until = position.end
    let held: (set: Int32, until: Int32)
    if let plans = terms.hasSeveralPlans ? agreements.plans[index] : nil {
      var plan = 0
      for (next, span) in plans.enumerated().dropFirst() {
        if span.from.day <= date { plan = next } else { until = min(until, span.from.day) }
      }
      held = system.windows.set(of: plans[plan].code, on: date)
    } else {
      held = windowSet(of: terms.plan, on: date, agreements, system)
    }
    position.windowSet = held.set
    position.validFrom = date
    position.validUntil = min(until, held.until)
    return true
  }

  /// The scheduled cycle that a day falls into: neighbours in a file mostly ask for the same few.
  private mutating func cycle(
    on date: Int32, readDay: Int, _ history: TermsHistory?
  ) -> (start: Int32, end: Int32) {
    let day = ServiceDate(day: date)
    if let history {
      let cycle = history.readDay(on: day, enrolled: readDay).cycle(containing: day)
      return (cycle.start.day, cycle.end.day)
    }
    let known = caches.cycles[readDay]
    if known.start <= date, date < known.end { return known }
    let cycle = ReadDaySpan(day: readDay).cycle(containing: day)
    caches.cycles[readDay] = (cycle.start.day, cycle.end.day)
    return caches.cycles[readDay]
  }

  /// The masks of a plan by its code among the agreements', and until when they hold.
  private mutating func windowSet(
    of code: UInt32, on date: Int32, _ agreements: AgreementProjection, _ system: SystemState
  ) -> (set: Int32, until: Int32) {
    let plan = Int(code)
    while caches.windowSets.count <= plan { caches.windowSets.append((.max, -1, .min)) }
    let known = caches.windowSets[plan]
    if known.from <= date, date < known.until { return (known.set, known.until) }
    let held = system.windows.set(of: agreements.codes.text(code), on: date)
    caches.windowSets[plan] = (date, held.set, held.until)
    return held
  }

  /// A day of another shape than 24 hours.
  private mutating func add(
    _ values: [Int32], _ view: ReadBatchView, _ windowSet: Int, _ index: Int, on date: Int32,
    to position: inout TierPosition, _ agreements: AgreementProjection, _ system: SystemState
  ) {
    let sign: Int64 = view.channel == .delivered ? 1 : -1
    for value in values { position.wattHours &+= sign * Int64(max(0, value)) }
    guard windowSet >= 0 else { return }
    let zone = agreements.records[index].zone
    let day = TierFoldCaches.PeriodsOfDay(
      windowSet: windowSet, date: date, intervalMinutes: view.intervalMinutes, count: view.count,
      zone: zone)
    let schedule = system.windows.schedules[windowSet]
    let periods = caches.periods(of: day) {
      system.zones[agreements.codes.text(zone)].flatMap {
        clock.periods(
          schedule, on: ServiceDate(day: date), intervalMinutes: view.intervalMinutes,
          count: view.count, zone: $0)
      }
    }
    guard let periods else { return }
    for (period, value) in zip(periods, values) {
      if period == 0 { position.first &+= sign * Int64(max(0, value)) }
      if period == 1 { position.second &+= sign * Int64(max(0, value)) }
    }
  }
}
