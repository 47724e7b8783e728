import Journal
import Quantities
import Tariff

/// What became of the bills that something was recorded about.
public struct RebillProposals: Sendable {
  /// Bills that wait for somebody's decision.
  public var proposed = 0
  /// Bills that differ by no more than their schedule's tolerance, and were billed again.
  public var rebilled = 0
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
        let asked = group.bills.filter { group.asked.contains($0.position) }
        switch result {
        case .failure(let exception):
          for bill in asked { pending.propose(group, bill, obstacle: "\(exception)") }
          report.unpriced += asked.count
        case .success(let redrafts):
          let differences = asked.map { redrafts.difference(of: $0) }
          for (bill, difference) in zip(asked, differences) {
            pending.propose(group, bill, difference: difference)
          }
          if redrafts.isWithin(tolerance) {
            report.rebilled += pending.rebill(group, redrafts, nil).count
          } else {
            let unchanged = differences.count { $0 == .zero }
            report.unchanged += unchanged
            report.proposed += asked.count - unchanged
          }
        }
      },
      between: { if pending.isFull { try pending.commit() } })
    try pending.commit()
    return report
  }
}

extension [Redraft] {
  /// Whether something differs, and nothing by more than the schedules' tolerances, or the one given.
  fileprivate func isWithin(_ tolerance: Money?) -> Bool {
    contains { $0.difference != .zero }
      && allSatisfy { redraft in
        let limit = tolerance ?? redraft.draft.segments.last?.schedule.rebillTolerance ?? .zero
        return redraft.difference.millionths.magnitude <= limit.millionths.magnitude
      }
  }
}
