import Quantities

extension ReadValidator {
  /// What can be told when all columns have been seen: values that stand in no column, runs that
  /// have not ended, sums, registers, estimates.
  mutating func finish() {
    let corrections = (only.map { [$0] } ?? Array(state.usage.corrections.keys)).flatMap { index in
      (state.usage.corrections[index] ?? [:]).filter { $0.key.channel == .delivered }
    }
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: DayHours.count) { day in
      for (identity, values) in corrections.sorted(by: { $0.key < $1.key }) {
        guard let held = values.last, marks.indices.contains(identity.index),
          held.quality == .estimated || values[0].supersedesAfter == 0
        else { continue }
        reads += 1
        scratch = held.values
        judgeSlowly(
          identity.index, identity.date, held.intervalMinutes, held.quality, held.position,
          day.baseAddress!)
      }
    }
    for index in marks.indices where marks[index].zeroDays > 0 { endZeroRun(index) }
    for (index, spans) in sums where only == nil || only == index {
      guard state.agreements.isEnrolled(index) else { continue }
      let multiplier = Int64(state.agreements.records[index].multiplier)
      found += spans.compactMap { $0.doubt(multiplier: multiplier) }.map { (index, $0) }
    }
    for (index, days) in estimated { judgeEstimates(index, days.days) }
    for (index, registers) in state.usage.registers where only == nil || only == index {
      for (channel, indices) in registers { judge(indices, channel, of: index) }
    }
    // Whatever order dictionaries have, what is recorded has one.
    found.sort {
      ($0.index, $0.flag.first, $0.flag.rule.rawValue, $0.flag.channel.rawValue)
        < ($1.index, $1.flag.first, $1.flag.rule.rawValue, $1.flag.channel.rawValue)
    }
  }

  private mutating func judgeEstimates(_ index: Int, _ days: [Int32]) {
    var first = days[0]
    for (day, next) in zip(days, days.dropFirst() + [.max]) where next != day + 1 {
      if day - first >= ReadRule.estimatedDays {
        var flag = Self.flag(
          .prolongedEstimation, first, Int64(day - first + 1), Int64(ReadRule.estimatedDays), nil)
        flag.last = day
        found.append((index, flag))
      }
      first = next
    }
  }

  private mutating func judge(_ indices: [RegisterIndex], _ channel: Channel, of index: Int) {
    let read = indices.filter { !$0.isEstimated }
    for (from, to) in zip(read, read.dropFirst())
    where registerDifference(from: from.index, to: to.index) == nil {
      found.append(
        (index, Self.flag(.negative, to.date, to.index - from.index, 0, to.position, channel)))
    }
    // From the last index that was read to the last estimate after it.
    var since: Int32?
    for (place, one) in indices.enumerated() {
      if !one.isEstimated || since == nil { since = one.date }
      guard let first = since, one.date - first > ReadRule.estimatedDays, one.isEstimated,
        place + 1 == indices.count || !indices[place + 1].isEstimated
      else { continue }
      var flag = Self.flag(
        .prolongedEstimation, first, Int64(one.date - first), Int64(ReadRule.estimatedDays), nil,
        channel)
      flag.last = one.date
      found.append((index, flag))
    }
  }
}
