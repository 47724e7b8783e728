import Quantities

/// Why a flag cannot be settled.
public enum SettlementRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case unknownFlag(UInt64)
  case overtaken(UInt64)
  case noReason

  public var description: String {
    switch self {
    case .unknownFlag(let position):
      "there is no flag at position \(position); wattbook validate lists them"
    case .overtaken(let position):
      "the value that the flag at position \(position) is about was corrected or estimated since: "
        + "it holds nothing"
    case .noReason: "a flag is settled for a reason: say what was found"
    }
  }
}

extension BillingState {
  /// Decides that a flagged value stands; nil when the same was recorded before.
  func settle(
    flag position: UInt64, reason: String
  ) throws(SettlementRefusal) -> (account: UInt32, day: Int32, fact: FlagSettled)? {
    guard !reason.isEmpty else { throw .noReason }
    for state in partitions {
      for (index, flags) in state.flags.flags {
        guard let flag = flags.first(where: { $0.position == position }) else { continue }
        switch flag.standing {
        case .settled: return nil
        case .overtaken: throw .overtaken(position)
        case .standing:
          var fact = FlagSettled()
          fact.flag = position
          fact.reason = reason
          return (state.slots.account(at: index), flag.first, fact)
        }
      }
    }
    throw .unknownFlag(position)
  }
}

extension Engine {
  public func settle(flag position: UInt64, reason: String, at: Instant) throws -> Outcome {
    guard let (account, day, fact) = try state.settle(flag: position, reason: reason) else {
      return .repeated
    }
    let positions = try commit(
      [Event(.flagSettled(fact), account: account, effective: day)], at: at)
    return .recorded(position: positions[0])
  }
}
