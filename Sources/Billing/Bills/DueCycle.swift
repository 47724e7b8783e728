import Quantities

/// An account with its agreement, which is too much to be copied for each cycle and step.
final class DueAccount {
  let index: Int
  let after: Int32
  let agreement: ServiceAgreement

  init(_ account: BillWork.Account, _ agreement: ServiceAgreement) {
    (index, after, self.agreement) = (account.index, account.after, agreement)
  }
}

/// A cycle that a run is to bill.
struct DueCycle {
  let account: DueAccount
  let cycle: BillingPeriod
  /// The number of a bill that has the first of its days and not the last: who had moved out did
  /// not.
  let isPartOn: String?
  /// Among a maker's plans and among its sums; nil for what does not go that way.
  var plan: Int?
  var place: Int?
}

extension PartitionState {
  /// Cycles of some accounts that have ended and are not billed, by account and date.
  func dueCycles(of accounts: [BillWork.Account], through: ServiceDate) -> [DueCycle] {
    var due: [DueCycle] = []
    for account in accounts {
      guard let agreement = agreements[account.index] else { continue }
      let billed = bills.standing(account.index)
      let account = DueAccount(account, agreement)
      for cycle in agreement.cycles(endingThrough: through) where cycle.end.day > account.after {
        guard let part = billed.first(where: { $0.period.intersection(cycle) != nil }) else {
          due.append(DueCycle(account: account, cycle: cycle, isPartOn: nil))
          continue
        }
        guard !billed.contains(where: { $0.period.contains(cycle.end.adding(days: -1)) }) else {
          continue
        }
        let bills = bills[account.index]
        let place = bills.firstIndex(of: part) ?? 0
        due.append(
          DueCycle(
            account: account, cycle: cycle,
            isPartOn: "\(bills.number(place, of: agreement.number))"))
      }
    }
    return due
  }
}
