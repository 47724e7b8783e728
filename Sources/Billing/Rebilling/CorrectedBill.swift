import Journal
import Quantities

/// What the account's events say of the corrections of one bill.
extension AccountView {
  /// The bill at a position of the account's events.
  func bill(at position: UInt64) -> (position: UInt64, bill: BillIssuedV2)? {
    guard let recorded = events.first(where: { $0.position == position }),
      case .billIssuedV2(let bill) = recorded.event.fact
    else { return nil }
    return (position, bill)
  }

  func cancellations(of bill: UInt64) -> [BillCancelled] {
    events.compactMap { recorded in
      guard case .billCancelled(let fact) = recorded.event.fact, fact.position == bill else {
        return nil
      }
      return fact
    }
  }

  func corrections(of bill: UInt64) -> [BillAudit.Correction] {
    events.compactMap { recorded in
      let (position, reason, note): (UInt64, BillCancelled.CancellationReason?, String)
      switch recorded.event.fact {
      case .billCancelled(let fact):
        (position, reason, note) = (fact.position, fact.reason, fact.note)
      case .billReinstated(let fact): (position, reason, note) = (fact.position, nil, fact.note)
      default: return nil
      }
      guard position == bill else { return nil }
      return BillAudit.Correction(
        position: recorded.position, on: ServiceDate(day: recorded.event.effective),
        recordedAt: recordedAt[recorded.position], reason: reason, note: note)
    }
  }

  /// The number of the last bill that took a bill's place.
  func replacement(of bill: UInt64) -> String? {
    events.reversed().lazy.compactMap { recorded -> String? in
      guard case .billIssuedV2(let fact) = recorded.event.fact, fact.replacesAfter == bill &+ 1
      else { return nil }
      return fact.bill
    }.first
  }
}
