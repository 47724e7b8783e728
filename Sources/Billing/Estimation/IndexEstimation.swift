import Quantities

extension AccountEstimation {
  /// Indices at the ends of cycles of an account that has registers and no intervals.
  mutating func estimateIndices() {
    var registers = state.usage.registers[index] ?? [:]
    let channels =
      (registers[.registerTotal] != nil ? [.registerTotal] : Channel.rateRegisters)
      + (registers[.registerReactive] != nil ? [.registerReactive] : [])
    for cycle in registerCycles {
      for channel in channels {
        let reads = registers[channel] ?? []
        let opening = opening(of: cycle, channel, reads)
        let held = RegisterUsage.nearest(reads, to: cycle.end.day, after: opening)
        if let held, !(isAgain && held.isEstimated && held.date == cycle.end.day) { continue }
        if let reason = estimateIndex(cycle, channel, opening, reads, held, &registers),
          held == nil
        {
          missing.append(
            Unestimated(
              account: agreement.number, period: cycle, channel: channel, days: [cycle.end],
              reason: reason))
        }
      }
    }
  }

  /// The index that a cycle goes on from; nil where there is none.
  private func opening(
    of cycle: BillingPeriod, _ channel: Channel, _ reads: [RegisterIndex]
  ) -> RegisterIndex? {
    let before = state.bills.standing(index).last { $0.period.end == cycle.start }?.closings
    let billed = before?.first { $0.channel == channel.rawValue }?.read
    let now = RegisterUsage.nearest(reads, to: cycle.start.day)
    // What is estimated again goes on from where the register stands now; its bills follow.
    return isAgain ? now ?? billed : billed ?? now
  }

  private mutating func estimateIndex(
    _ cycle: BillingPeriod, _ channel: Channel, _ opening: RegisterIndex?,
    _ reads: [RegisterIndex], _ held: RegisterIndex?,
    _ registers: inout [Channel: [RegisterIndex]]
  ) -> String? {
    guard methods.contains(.previousPeriods) else {
      return "only previous-periods is for registers"
    }
    guard let opening else { return "there is no index at the start of the cycle" }
    let lastRead = reads.last { !$0.isEstimated && $0.date < cycle.end.day }?.date ?? opening.date
    if cycle.end.day - lastRead > ReadRule.estimatedDays, !flag(lastRead, cycle.end.day, channel) {
      return
        "more than \(ReadRule.estimatedDays) days without an index that was read: find out why "
        + "nothing is read, then settle the flag"
    }
    switch RegisterEstimate.index(opening, closing: cycle.end, reads, agreement) {
    case .not(let reason): return "previous-periods: \(reason)"
    case .estimate(let made):
      guard made.index != held?.index else { return nil }
      var fact = ReadEstimated()
      fact.channel = UInt32(channel.rawValue)
      fact.index = made.index
      fact.supersedesAfter = held.map { $0.position + 1 } ?? 0
      fact.method = .previousPeriods
      fact.days = made.days
      self.made.append(
        Event(.readEstimated(fact), account: agreement.account, effective: cycle.end.day))
      estimates.append(
        Estimated(
          account: agreement.number, channel: channel, date: cycle.end, method: .previousPeriods,
          reason: made.reason,
          energy: Energy(wattHours: made.counted) * agreement.multiplier, intervals: nil,
          index: Energy(wattHours: made.index), basis: made.days.map { ServiceDate(day: $0) }))
      var held = reads
      _ = held.replace(
        with: RegisterIndex(
          date: cycle.end.day, index: made.index, quality: .estimated, position: .max))
      registers[channel] = held
      return nil
    }
  }
}
