import Quantities
import Tariff

/// What is missing of one account's cycles, and the estimates of it.
struct AccountEstimation {
  let index: Int
  let agreement: ServiceAgreement
  let cycles: [BillingPeriod]
  let state: PartitionState
  private let system: SystemState
  let methods: [ReadEstimated.Method]
  /// Whether what is estimated counts as missing.
  let isAgain: Bool
  var estimates: [Estimated] = []
  var missing: [Unestimated] = []
  /// Estimates first, in their order, then the flags of what is estimated for too long.
  var events: [Event] { made + flags }
  var made: [Event] = []
  var flags: [Event] = []
  private var missingDays: [(cycle: BillingPeriod, channel: Channel, days: [ServiceDate])] = []
  private(set) var registerCycles: [BillingPeriod] = []

  init(
    _ index: Int, _ agreement: ServiceAgreement, _ cycles: [BillingPeriod],
    _ state: PartitionState, _ system: SystemState, _ methods: [ReadEstimated.Method],
    isAgain: Bool
  ) {
    self.index = index
    self.agreement = agreement
    self.cycles = cycles
    self.state = state
    self.system = system
    self.methods = methods
    self.isAgain = isAgain
  }

  /// Everything stays missing of an account whose history has a hole.
  func lost(_ loss: LostHistory) -> [Unestimated] {
    missingDays.map {
      Unestimated(
        account: agreement.number, period: $0.cycle, channel: $0.channel, days: $0.days,
        reason: "\(loss)")
    }
  }

  /// Finds days without a whole value, as a bill run does.
  mutating func look(for reads: DayReads) {
    let hasRegisters = state.usage.registers[index]?.countEnergy ?? false
    for cycle in cycles {
      let delivered = reads.days(index, .delivered, in: cycle)
      if delivered.isEmpty, hasRegisters {
        registerCycles.append(cycle)
        continue
      }
      note(delivered, .delivered, cycle, cycle)
      let sent = reads.days(index, .received, in: BillCalculator.receivedPeriod(cycle))
      if let first = sent.first {
        note(
          sent, .received, cycle,
          BillingPeriod(start: max(first.date, cycle.start), end: cycle.end))
      }
    }
  }

  private mutating func note(
    _ reads: [DayRead], _ channel: Channel, _ cycle: BillingPeriod, _ period: BillingPeriod
  ) {
    let whole = Set(
      reads.filter { !$0.hasGap && !(isAgain && $0.source == .estimated) }.map(\.date))
    let days = period.dates.filter { !whole.contains($0) }
    if !days.isEmpty { missingDays.append((cycle, channel, days)) }
  }

  /// The days whose reads estimators may look at; nil where nothing is missing.
  var daysNeeded: Range<Int32>? {
    guard let first = missingDays.map({ $0.days[0].day }).min(),
      let last = missingDays.map({ $0.days[$0.days.count - 1].day }).max()
    else { return nil }
    return max(agreement.start.day, first - Int32(EstimationRule.reach))..<last + 32
  }

  mutating func estimateDays(_ reads: DayReads) {
    guard let needed = daysNeeded, let zone = system.zones[agreement.zone] else { return }
    let agreement = agreement
    let book = system.book
    for channel in [Channel.delivered, .received] {
      let wanted = missingDays.filter { $0.channel == channel }
      guard !wanted.isEmpty else { continue }
      let minutes = state.usage.interval(index)
      let history = DayHistory(
        needed, zone: zone, intervalMinutes: minutes > 0 ? minutes : 60,
        isDayOff: { date in
          let schedule = book.version(of: agreement.plan(on: date).code, on: date)
          return schedule.map { $0.dayType(of: date) != .weekday } ?? (date.weekday >= 6)
        }, everHeld: { reads.everHeld(index, channel, on: $0) })
      // Of what was never read nothing can be estimated, and nobody knows yet which meter reads it.
      let stopped =
        state.usage.days(index, channel).isEmpty
        ? [] : prolonged(wanted.flatMap(\.days), channel, history)
      let spans =
        channel == .delivered ? RegisterSum.spans(of: state.usage.registers[index] ?? [:]) : []
      for (cycle, _, days) in wanted {
        var left: [String: [ServiceDate]] = [:]
        for day in days {
          // An estimate that nothing better comes of stays.
          let isHeld = history.held[day.day].map { !$0.hasGap } ?? false
          if stopped.contains(day.day) {
            if isHeld { continue }
            left[
              "more than \(ReadRule.estimatedDays) days in a row would be estimated: find out why "
                + "nothing is read, then settle the flag", default: []
            ].append(day)
          } else if let reason = estimate(day, channel, history, spans), !isHeld {
            left[reason, default: []].append(day)
          }
        }
        for (reason, days) in left.sorted(by: { $0.value[0] < $1.value[0] }) {
          missing.append(
            Unestimated(
              account: agreement.number, period: cycle, channel: channel, days: days,
              reason: reason))
        }
      }
    }
  }

  /// - Returns: why there is no estimate; nil when there is.
  private mutating func estimate(
    _ day: ServiceDate, _ channel: Channel, _ history: DayHistory, _ spans: [RegisterSum]
  ) -> String? {
    var refusals: [String] = []
    for method in methods {
      switch history.estimate(
        day.day, by: method, registers: spans, multiplier: Int64(agreement.multiplier))
      {
      case .not(let reason): refusals.append("\(method.name): \(reason)")
      case .estimate(let made):
        let minutes = history.cells(day.day)?.minutes ?? 60
        if let held = history.held[day.day], held.intervalMinutes == minutes,
          held.values.elementsEqual(made.values, by: { Int64($0) == $1 })
        {
          return nil
        }
        var fact = ReadEstimated()
        fact.channel = UInt32(channel.rawValue)
        fact.intervalMinutes = UInt32(minutes)
        fact.values = made.values
        fact.method = made.method
        fact.supersedesAfter = history.held[day.day]?.position.map { $0 + 1 } ?? 0
        fact.intervals =
          made.intervals.count == made.values.count ? [] : made.intervals.map(UInt32.init)
        fact.days = made.days
        self.made.append(
          Event(.readEstimated(fact), account: agreement.account, effective: day.day))
        estimates.append(
          Estimated(
            account: agreement.number, channel: channel, date: day, method: made.method,
            reason: made.reason,
            energy: Energy(wattHours: made.intervals.reduce(0) { $0 + made.values[$1] }),
            intervals: made.intervals.count, index: nil,
            basis: made.days.map { ServiceDate(day: $0) }))
        return nil
      }
    }
    return refusals.joined(separator: "; ")
  }
}
