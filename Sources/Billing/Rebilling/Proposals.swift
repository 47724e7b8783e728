import Journal
import Quantities
import Tariff

/// What became of the bills that something was recorded about.
public struct RebillProposals: Sendable {
  /// Bills that wait for somebody's decision.
  public var proposed = 0
  /// Bills that differ by no more than their schedule's tolerance, and were billed again.
  public var rebilled: [RebilledBill] = []
  /// Bills whose cycles cannot be priced now.
  public var unpriced = 0
  /// Bills that come to the same.
  public var unchanged = 0
}

extension Engine {
  /// Makes every standing bill again that something was recorded about since it was last looked at,
  /// and records the difference in money, or why the cycle cannot be priced.
  ///
  /// It is asked for after whatever may have marked bills; who died before gets it with the next
  /// command. Nothing is opened when nothing is marked.
  ///
  /// - Parameter tolerance: instead of the schedules' own.
  public func proposeRebills(
    tolerance: Money? = nil, at: Instant
  ) throws -> RebillProposals {
    var report = RebillProposals()
    var pending = PendingRebills(self, at)
    let groups = state.rebillGroups { $0.mark != nil }
      .filter { state.loss(touching: $0.agreement.account) == nil }
    try redraft(
      groups, dated: { self.dated($0, nil, at) },
      firstBill: { pending.position &+ UInt64($0.asked.count + $0.bills.count) },
      each: { group, result in
        let state = state.partitions[group.partition]
        for bill in group.bills where group.asked.contains(bill.position) {
          var (difference, obstacle) = (Int64(0), "")
          switch result {
          case .success(let redrafts): difference = redrafts.difference(of: bill).millionths
          case .failure(let exception): obstacle = "\(exception)"
          }
          let place = state.bills[group.index].firstIndex(of: bill) ?? 0
          pending.propose(
            group, bill.position,
            number: "\(state.bills[group.index].number(place, of: group.agreement.number))",
            difference: difference, obstacle: obstacle,
            currency: Currency.known[Int(state.balances[group.index].currency)].code)
          if !obstacle.isEmpty {
            report.unpriced += 1
          } else if difference == 0 {
            report.unchanged += 1
          } else {
            report.proposed += 1
          }
        }
        if case .success(let redrafts) = result,
          redrafts.contains(where: { $0.difference != .zero }),
          redrafts.allSatisfy({ redraft in
            let limit = tolerance ?? redraft.draft.segments.last?.schedule.rebillTolerance ?? .zero
            return redraft.difference.millionths.magnitude <= limit.millionths.magnitude
          })
        {
          report.proposed -= redrafts.count {
            group.asked.contains($0.record.position) && $0.difference != .zero
          }
          report.rebilled += pending.rebill(group, redrafts, nil)
        }
        if pending.isFull { try pending.commit() }
      })
    try pending.commit()
    return report
  }
}
