import Quantities

/// Judges the held reads of one partition's accounts as they come along in the journal.
///
/// A day is judged by the account's days before it, in the order of the journal, which is that of
/// the days unless reads came late.
struct ReadValidator {
  let state: PartitionState
  /// Only this account's index, where only one is asked about.
  let only: Int?
  var reads: UInt64 = 0
  var found: [(index: Int, flag: ReadFlag)] = []

  private(set) var marks: [ReadMark]
  /// The hours of each account's last day, 24 after 24.
  private var hours: [UInt16]
  private(set) var sums: [Int: [RegisterSum]] = [:]
  /// Days whose value is estimated, of accounts that have some.
  private(set) var estimated: [Int: DayRuns] = [:]
  var scratch: [Int32] = []

  init(_ state: PartitionState, only: Int?) {
    self.state = state
    self.only = only
    marks = Array(repeating: ReadMark(), count: state.agreements.count)
    hours = Array(repeating: 0, count: state.agreements.count * DayHours.count)
    for index in state.usage.corrections.keys where only == nil || only == index { note(index) }
    for (index, registers) in state.usage.registers where only == nil || only == index {
      note(index)
      sums[index] = RegisterSum.spans(of: registers)
    }
  }

  private mutating func note(_ index: Int) {
    if marks.indices.contains(index) { marks[index].isSpecial = true }
  }

  mutating func judge(_ view: ReadBatchView) {
    guard view.channel == .delivered else { return }
    let isHourly = view.count == 24 && view.intervalMinutes == 60
    let mayBeEstimated = !view.qualities.isEmpty
    var nextException = 0
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: DayHours.count) { day in
      let day = day.baseAddress!
      for run in view.runs {
        for offset in 0..<run.count {
          let row = run.row &+ offset
          let slot = run.isOfOneAccount ? run.slot : run.slot &+ UInt32(offset)
          let date = run.isOfOneAccount ? run.date &+ Int32(offset) : run.date
          guard let index = state.slots.index(ofSlot: slot), index < marks.count,
            only == nil || only == index
          else { continue }
          reads &+= 1
          let position = view.firstPosition &+ UInt64(row)
          while nextException < view.exceptions.count,
            view.exceptions[nextException].cell < row &* view.count
          { nextException += 1 }
          let hasException =
            nextException < view.exceptions.count
            && view.exceptions[nextException].cell < (row &+ 1) &* view.count
          if isHourly, !hasException, !marks[index].isSpecial, !mayBeEstimated {
            let highest = Int64(view.copy(hours: row, into: day))
            if highest * view.unit <= Int64(UInt16.max) {
              var sum: Int64 = 0
              if view.unit == 1 {
                for hour in 0..<DayHours.count { sum &+= Int64(day[hour]) }
              } else {
                let unit = UInt16(truncatingIfNeeded: view.unit)
                for hour in 0..<DayHours.count {
                  day[hour] = day[hour] &* unit
                  sum &+= Int64(day[hour])
                }
              }
              judge(index, date, sum, peak: highest * view.unit, day, position)
              continue
            }
          }
          scratch.removeAll(keepingCapacity: true)
          view.copy(row: row, into: &scratch)
          judgeSlowly(
            index, date, view.intervalMinutes, mayBeEstimated ? view.quality(row) : .actual,
            position, day)
        }
      }
    }
  }

  /// A day of another shape, with gaps or large values, or of an account whose values stand in
  /// several places; its values are in `scratch`.
  @inline(never)
  mutating func judgeSlowly(
    _ index: Int, _ date: Int32, _ minutes: Int, _ quality: ReadQuality, _ position: UInt64,
    _ day: UnsafeMutablePointer<UInt16>
  ) {
    var (minutes, quality, position) = (minutes, quality, position)
    if marks[index].isSpecial,
      let held = state.usage.lastCorrection(
        ReadIdentity(index: index, channel: .delivered, date: date))
    {
      scratch.removeAll(keepingCapacity: true)
      scratch += held.values
      (minutes, quality, position) = (held.intervalMinutes, held.quality, held.position)
    }
    guard quality > .estimated else {
      estimated[index, default: DayRuns()].insert(date...date)
      return
    }
    var sum: Int64 = 0
    for value in scratch {
      // What has gaps is judged when they are filled.
      guard value != MeterRows.gap else { return }
      sum &+= Int64(value)
    }
    if let place = sums[index].flatMap({ RegisterSum.place(of: date, among: $0) }) {
      sums[index]?[place].add(date, sum)
    }
    guard minutes <= 60, 60 % minutes == 0, scratch.count * minutes == 1440 else {
      judge(index, date, sum, peak: 0, nil, position)
      return
    }
    let parts = 60 / minutes
    var peak: Int64 = 0
    for hour in 0..<DayHours.count {
      var energy: Int64 = 0
      for part in 0..<parts { energy &+= Int64(scratch[hour * parts + part]) }
      peak = max(peak, energy)
      day[hour] = UInt16(clamping: energy)
    }
    judge(index, date, sum, peak: peak, day, position)
  }

  /// - Parameter day: the 24 hours of a regular day; nil of any other.
  @inline(__always)
  private mutating func judge(
    _ index: Int, _ date: Int32, _ energy: Int64, peak: Int64, _ day: UnsafePointer<UInt16>?,
    _ position: UInt64
  ) {
    let mark = marks[index]
    let follows = date == mark.lastDate &+ 1
    var isSpike = false
    if mark.hasHistory {
      if peak > ReadRule.spikeHour, peak > mark.peak &* ReadRule.spikeTimes, let day {
        let third = DayHours.third(day)
        let limit = max(
          mark.peak * ReadRule.spikeTimes, ReadRule.spikeHour, third * ReadRule.spikeTenths / 10)
        isSpike = peak > limit
        if isSpike { flag(.spike, index, date, peak, limit, position) }
      }
      if !isSpike, energy > mark.high { flag(.high, index, date, energy, mark.high, position) }
      if let low = mark.low, energy > 0, energy < low {
        flag(.low, index, date, energy, low, position)
      }
    }
    if let day {
      hours.withUnsafeMutableBufferPointer { hours in
        let before = hours.baseAddress! + index * DayHours.count
        if follows, mark.hasHours, let same = DayHours.repeated(before, day) {
          found.append(
            (
              index,
              same == DayHours.count
                ? Self.flag(.duplicate, date, 24, 23, position)
                : Self.flag(
                  .overlap, date, Int64(same), Int64(ReadRule.overlapHours - 1), position)
            ))
        }
        if date > mark.lastDate { before.update(from: day, count: DayHours.count) }
      }
    }
    if mark.zeroDays > 0, !(follows && energy == 0), date > mark.lastDate { endZeroRun(index) }
    marks[index].learn(energy)
    marks[index].peak = max(mark.peak, peak)
    guard date > mark.lastDate else { return }
    marks[index].lastDate = date
    marks[index].hasHours = day != nil
    if energy == 0, marks[index].mean > 0 || marks[index].zeroDays > 0 {
      marks[index].zeroDays &+= 1
    }
  }

  @inline(never)
  mutating func endZeroRun(_ index: Int) {
    let (last, days) = (marks[index].lastDate, marks[index].zeroDays)
    marks[index].zeroDays = 0
    guard days >= ReadRule.zeroDays else { return }
    var flag = Self.flag(.zeroRun, last - days + 1, Int64(days), ReadRule.zeroDays, nil)
    flag.last = last
    found.append((index, flag))
  }

  @inline(never)
  private mutating func flag(
    _ rule: ReadFlagged.Rule, _ index: Int, _ date: Int32, _ found: Int64, _ limit: Int64,
    _ position: UInt64
  ) {
    self.found.append((index, Self.flag(rule, date, found, limit, position)))
  }

  static func flag(
    _ rule: ReadFlagged.Rule, _ date: Int32, _ found: Int64, _ limit: Int64, _ position: UInt64?,
    _ channel: Channel = .delivered
  ) -> ReadFlag {
    ReadFlag(
      position: 0, rule: rule, channel: channel, first: date, last: date, found: found,
      limit: limit, holds: rule.holds, readAfter: position.map { $0 + 1 } ?? 0)
  }
}
