import Quantities

extension AccountEstimation {
  /// Days of runs that would be estimated for longer than the limit, each run flagged once; a run
  /// whose flag somebody has settled goes on.
  mutating func prolonged(
    _ days: [ServiceDate], _ channel: Channel, _ history: DayHistory
  ) -> Set<Int32> {
    func isUnmeasured(_ day: Int32) -> Bool {
      history.held[day].map { $0.source == .estimated } ?? false
    }
    let wanted = Set(days.map(\.day))
    var stopped: Set<Int32> = []
    var next = Int32.min
    for day in wanted.sorted() where day >= next {
      var (first, last) = (day, day)
      while isUnmeasured(first - 1) { first -= 1 }
      while wanted.contains(last + 1) || isUnmeasured(last + 1) { last += 1 }
      next = last + 1
      guard last - first + 1 > ReadRule.estimatedDays else { continue }
      if !flag(first, last, channel) { stopped.formUnion(day...last) }
    }
    return stopped
  }

  /// - Returns: whether somebody has looked at the same and let it go on.
  mutating func flag(_ first: Int32, _ last: Int32, _ channel: Channel) -> Bool {
    let flag = ReadFlag(
      position: 0, rule: .prolongedEstimation, channel: channel, first: first, last: last,
      found: Int64(last - first + 1), limit: Int64(ReadRule.estimatedDays), holds: true,
      readAfter: 0)
    let known = state.flags[index].filter {
      $0.rule == flag.rule && $0.channel == channel && $0.first <= last && first <= $0.last
    }
    if known.contains(where: { $0.standing == .settled }) { return true }
    if !known.contains(where: { $0.isStanding }) {
      flags.append(
        Event(.readFlagged(flag.fact), account: agreement.account, effective: first))
    }
    return false
  }
}
