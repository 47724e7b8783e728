import Quantities

/// What is taken off for an account that a program is granted to, like CARE or FERA.
public struct Discount: Hashable, Sendable {
  /// As terms and grants name it.
  public let name: String
  public let effect: Effect
  /// Names of discounts that nobody has beside it; what one says of another holds both ways.
  public let excludes: Set<String>

  init(name: String, effect: Effect, excludes: Set<String> = []) {
    (self.name, self.effect, self.excludes) = (name, effect, excludes)
  }

  public enum Effect: Hashable, Sendable {
    /// A part of the rounded sum of energy and fixed charges, by date.
    case percent([DatedRate])
    /// A tier's energy is billed at another tier's price; both are indexes.
    case tier(Int, billedAt: Int)
  }
}

extension RateSchedule {
  /// Whether nobody has both of two discounts.
  public func exclude(_ one: String, _ other: String) -> Bool {
    discounts.contains {
      ($0.name == one && $0.excludes.contains(other))
        || ($0.name == other && $0.excludes.contains(one))
    }
  }

  /// The names of discounts that nobody has beside one, whichever of the two says so.
  public func excluded(by discount: Discount) -> Set<String> {
    discounts.reduce(discount.excludes) { names, other in
      other.excludes.contains(discount.name) ? names.union([other.name]) : names
    }
  }

  /// Discounts of which none excludes another: of two that do, the first one of the document.
  ///
  /// Grants that overlap are refused; what was granted before a version had the rule, or under
  /// another plan, still must not be taken off twice.
  public func compatible(_ names: Set<String>) -> Set<String> {
    guard names.count > 1 else { return names }
    var compatible = names
    for (place, discount) in discounts.enumerated() where compatible.contains(discount.name) {
      for later in discounts[(place + 1)...] where exclude(discount.name, later.name) {
        compatible.remove(later.name)
      }
    }
    return compatible
  }
}

extension BillSegment {
  /// The discounts of the schedule that are in force for the account.
  var discounts: [Discount] {
    guard !terms.discounts.isEmpty else { return [] }
    return schedule.discounts.filter { terms.discounts.contains($0.name) }
  }

  /// The discount that has a tier billed at another one's price, and that one's index.
  func substitution(of tier: Int) -> (discount: String, tier: Int)? {
    for discount in discounts {
      if case .tier(tier, let billedAt) = discount.effect { return (discount.name, billedAt) }
    }
    return nil
  }

  /// What all percent discounts together take off, in millionths, at the rates of the first day.
  var discountedPart: Int64 {
    discounts.reduce(0) { part, discount in
      guard case .percent(let rates) = discount.effect else { return part }
      return part + rates.inForce(on: period.start)
    }
  }
}
