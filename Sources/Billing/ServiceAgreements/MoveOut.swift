import Quantities

/// Why a move-out is refused, in order of precedence.
public enum MoveOutRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case unknownAccount(String)
  case movedOutBefore(on: ServiceDate)
  case beforeService(firstDay: ServiceDate)
  case alreadyBilled(firstOpen: ServiceDate)
  case beforeAcceptedSwitch(ServiceDate)
  case notMovedOut(String)

  public var description: String {
    switch self {
    case .unknownAccount(let number): "there is no account \(number)"
    case .movedOutBefore(let day):
      "the account has moved out on \(day); wattbook move-out --cancel takes that back"
    case .beforeService(let day): "service started on \(day): the first day without is later"
    case .alreadyBilled(let day): "days before \(day) are billed; it is allowed from \(day)"
    case .beforeAcceptedSwitch(let day):
      "a plan switch is accepted for \(day): cancel that first (wattbook switch --cancel \(day))"
    case .notMovedOut(let number): "account \(number) has not moved out: there is nothing to cancel"
    }
  }
}

extension BillingState {
  /// Decides a move-out; nil when the same was recorded before.
  ///
  /// - Parameter day: the first day without service.
  func moveOut(_ number: String, on day: ServiceDate) throws(MoveOutRefusal) -> UInt32? {
    guard let (state, index, agreement) = find(number) else { throw .unknownAccount(number) }
    if let end = agreement.end {
      guard end == day else { throw .movedOutBefore(on: end) }
      return nil
    }
    guard day > agreement.start else { throw .beforeService(firstDay: agreement.start) }
    if let billed = state.bills.standing(index).map(\.period.end).max(), day < billed {
      throw .alreadyBilled(firstOpen: billed)
    }
    if let last = agreement.plans.dropFirst().last, day <= last.from {
      throw .beforeAcceptedSwitch(last.from)
    }
    return agreement.account
  }

  /// Decides that a move-out was none; gives the account and the day on which it was.
  ///
  /// Whoever has moved out by mistake never left: the seat on a capped plan is taken again though
  /// another has taken the last one since, as existing customers stay.
  func cancelMoveOut(
    _ number: String
  ) throws(MoveOutRefusal) -> (account: UInt32, day: ServiceDate) {
    guard let (_, _, agreement) = find(number) else { throw .unknownAccount(number) }
    guard let end = agreement.end else { throw .notMovedOut(number) }
    return (agreement.account, end)
  }
}
