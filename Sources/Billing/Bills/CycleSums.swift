import Journal
import Quantities
import Tariff

/// How a cycle's days fall into segments and time-of-use periods: the same for every account of a
/// plan and zone with this cycle.
final class CyclePlan: Sendable {
  let cycle: BillingPeriod
  let planned: [PlannedSegment]
  let zone: ZoneTable
  /// Where each segment's periods start among the sums of a cycle, and how many sums there are.
  let places: [Int]
  let sumCount: Int
  let days: [Day]
  /// The hours of each period but a segment's last.
  let masks: [HourMask]

  /// How a day's hours are summed.
  struct Day {
    let segment: Int
    let periods: Int
    /// Where its segment's periods start among the sums of a cycle.
    let sums: Int
    /// Where its hours start among the masks.
    var masks: Int
    /// Whether it has 24 hours, and its segment's schedule can be billed from them.
    let isRegular: Bool
  }

  init(_ planned: [PlannedSegment], cycle: BillingPeriod, zone: ZoneTable) {
    self.cycle = cycle
    self.planned = planned
    self.zone = zone
    var places: [Int] = []
    var sums = 0
    for segment in planned {
      places.append(sums)
      sums += segment.schedule.periods.count
    }
    (self.places, sumCount) = (places, sums)
    var (days, masks): ([Day], [HourMask]) = ([], [])
    for (index, segment) in planned.enumerated() {
      let schedule = segment.schedule
      let fitsHours = !schedule.isTimeOfUse || schedule.coarsestIntervalMinutes % 60 == 0
      for date in segment.period.dates {
        days.append(
          Day(
            segment: index, periods: schedule.periods.count, sums: places[index],
            masks: masks.count, isRegular: fitsHours && zone.day(date).minutes == 1440))
        let dayType = schedule.dayType(of: date)
        for period in 0..<schedule.periods.count - 1 {
          masks.append(HourMask { schedule.period(on: dayType, minute: $0 * 60) == period })
        }
      }
    }
    (self.days, self.masks) = (days, masks)
  }
}

/// Sums many cycles at once, straight from the columns.
///
/// It is for accounts with nothing but first reads of delivered energy, which is nearly all of
/// them; whatever else a cycle turns out to hold, it is left to `BillCalculator.usage`.
struct CycleSums {
  /// What is kept of a cycle; its sums and positions lie in the common arrays.
  private struct Cycle {
    var plan: Int
    /// Where its plan's days start.
    var rules: Int
    var start: Int32
    var end: Int32
    var sums: Int
    var days: Int
    /// Bit i stands for the cycle's day i.
    var held: UInt64 = 0
    var isPlain = true
  }

  private let plans: [CyclePlan]
  private var cycles: [Cycle] = []
  private var sums: [Int64] = []
  private var positions: [UInt64] = []
  /// Of the plans that are needed, one after the other: to follow a reference costs more than to sum
  /// a day.
  private var rules: [CyclePlan.Day] = []
  private var masks: [HourMask] = []
  /// By account, from `base` on: the place after its last cycle; its first one is where the one
  /// before ends.
  private let base: Int
  private var ends: [Int32]
  private var clock = PeriodClock()

  /// - Parameter due: account and plan of each cycle, ascending by account and date; a cycle has at
  ///   most 64 days.
  init(_ due: [(index: Int, plan: Int)], plans: [CyclePlan]) {
    self.plans = plans
    let base = due.first?.index ?? 0
    self.base = base
    ends = Array(repeating: 0, count: (due.last.map { $0.index - base } ?? -1) + 1)
    cycles.reserveCapacity(due.count)
    var known: [Int: Int] = [:]
    for (index, number) in due {
      let plan = plans[number]
      let start = known[number] ?? rules.count
      if start == rules.count {
        known[number] = start
        rules += plan.days.map { day in
          var day = day
          day.masks += masks.count
          return day
        }
        masks += plan.masks
      }
      cycles.append(
        Cycle(
          plan: number, rules: start, start: plan.cycle.start.day, end: plan.cycle.end.day,
          sums: sums.count,
          days: positions.count))
      sums += repeatElement(0, count: plan.sumCount)
      positions += repeatElement(0, count: plan.cycle.days)
      ends[index - base] = Int32(cycles.count)
    }
    for index in ends.indices.dropFirst() where ends[index] == 0 { ends[index] = ends[index - 1] }
  }

  /// Adds a batch of reads.
  mutating func add(_ view: ReadBatchView, _ slots: SlotMap) {
    let isHourly = view.count == 24 && view.intervalMinutes == 60
    var nextException = 0
    var values: [Int32] = []
    for run in view.runs {
      for offset in 0..<run.count {
        let slot = run.isOfOneAccount ? run.slot : run.slot &+ UInt32(offset)
        let date = run.isOfOneAccount ? run.date &+ Int32(offset) : run.date
        guard let index = slots.index(ofSlot: slot), index >= base, index - base < ends.count
        else { continue }
        var place = index == base ? 0 : Int(ends[index - base - 1])
        let end = Int(ends[index - base])
        while place < end, date >= cycles[place].end { place += 1 }
        guard place < end, date >= cycles[place].start else { continue }
        let cycle = cycles[place]
        let row = run.row + offset
        let day = Int(date - cycle.start)
        let bit = UInt64(1) << UInt64(day)
        guard cycle.held & bit == 0, view.channel == .delivered else {
          cycles[place].isPlain = false
          continue
        }
        while nextException < view.exceptions.count,
          view.exceptions[nextException].cell < row * view.count
        {
          nextException += 1
        }
        let isCounted =
          nextException == view.exceptions.count
          || view.exceptions[nextException].cell >= (row + 1) * view.count
        let rule = rules[cycle.rules + day]
        let first = cycle.sums + rule.sums
        if isHourly, isCounted, rule.isRegular {
          let words = view.words(row)
          var rest = words.sum
          for period in 0..<rule.periods - 1 {
            let part = words.sum(in: masks[rule.masks + period])
            sums[first + period] &+= part * view.unit
            rest -= part
          }
          sums[first + rule.periods - 1] &+= rest * view.unit
        } else {
          values.removeAll(keepingCapacity: true)
          view.copy(row: row, into: &values)
          guard
            add(values, view.intervalMinutes, date, plans[cycle.plan], rule.segment, at: first)
          else {
            cycles[place].isPlain = false
            continue
          }
        }
        if !view.qualities.isEmpty, view.quality(row) == .estimated {
          cycles[place].isPlain = false
        }
        cycles[place].held = cycle.held | bit
        positions[cycle.days + day] = view.firstPosition + UInt64(row)
      }
    }
  }

  /// False for what has gaps, or does not fit the day or the schedule.
  private mutating func add(
    _ values: [Int32], _ minutes: Int, _ date: Int32, _ plan: CyclePlan, _ segment: Int,
    at first: Int
  ) -> Bool {
    let schedule = plan.planned[segment].schedule
    guard !schedule.isTimeOfUse || schedule.coarsestIntervalMinutes % minutes == 0,
      !values.contains(MeterRows.gap),
      let periods = clock.periods(
        schedule, on: ServiceDate(day: date), intervalMinutes: minutes, count: values.count,
        zone: plan.zone)
    else { return false }
    for (period, value) in zip(periods, values) { sums[first + Int(period)] &+= Int64(value) }
    return true
  }

  /// Whether a cycle's every day is held and plain.
  func isWhole(_ place: Int) -> Bool {
    let days = cycles[place].end - cycles[place].start
    return cycles[place].isPlain
      && cycles[place].held == (days == 64 ? .max : 1 << UInt64(days) - 1)
  }

  /// What a cycle used; nil where it is not whole.
  ///
  /// - Parameter place: of the cycle, in the order of `due`.
  func usage(_ place: Int) -> CycleUsage? {
    guard isWhole(place) else { return nil }
    let cycle = cycles[place]
    let plan = plans[cycle.plan]
    var usage = CycleUsage(energy: [], behind: [])
    usage.energy.reserveCapacity(plan.planned.count)
    usage.behind.reserveCapacity(plan.planned.count)
    var first = cycle.days
    for (index, segment) in plan.planned.enumerated() {
      let start = cycle.sums + plan.places[index]
      usage.energy.append(
        sums[start..<start + segment.schedule.periods.count].map { Energy(wattHours: $0) })
      let after = first + segment.period.days
      let reads = Evidence("MeterReadRecorded", positions[first..<after])
      usage.behind.append(reads.map { [$0] } ?? [])
      first = after
    }
    return usage
  }
}
