/// Divides net usage among tiers, and each tier among the time-of-use periods.
///
/// A tier's energy is shared by the periods in proportion to what they have used, in whole units
/// by largest remainder (ties: the earlier period). A period that is negative, a net export, lies
/// wholly in the first tier and leaves as much more room there: the tiers' sums are those of the
/// total, and energy sent out is never paid for at a higher tier's price.
struct TierLadder<Number: FixedWidthInteger & SignedInteger> {
  /// Upper limits of all tiers but the open one, ascending.
  let limits: [Number]

  /// Energy by tier and then period, one row after the other; sums over the tiers give `usage` back.
  func steps(of usage: [Number]) -> [Number] {
    let periods = usage.count
    let open = limits.count * periods
    var steps = [Number](repeating: 0, count: open + periods)
    var rest: Number = 0
    var reached: Number = 0
    // What is left stands in the open tier's row, and what is sent out in the first one's.
    for (period, used) in usage.enumerated() {
      steps[open + period] = max(used, 0)
      steps[period] += min(used, 0)
      rest += max(used, 0)
      reached += min(used, 0)
    }
    for (tier, limit) in limits.enumerated() {
      let amount = min(rest, max(limit - reached, 0))
      guard amount > 0 else { continue }
      let parts = TierLadder.divide(amount, inProportionTo: steps[open...])
      for (period, part) in parts.enumerated() {
        steps[tier * periods + period] += part
        steps[open + period] -= part
      }
      reached += amount
      rest -= amount
    }
    return steps
  }

  /// Largest remainder; no part exceeds its weight when `amount` does not exceed their sum.
  static func divide(
    _ amount: Number, inProportionTo weights: some Collection<Number>
  ) -> [Number] {
    let total = weights.reduce(0, +)
    guard amount < total else { return Array(weights) }
    let shares = weights.map { share(of: amount, $0, outOf: total) }
    var parts = shares.map(\.quotient)
    let missing = Int(amount - parts.reduce(0, +))
    guard missing > 0 else { return parts }
    let order = shares.indices.sorted {
      (shares[$1].remainder, $0) < (shares[$0].remainder, $1)
    }
    for index in order.prefix(missing) { parts[index] += 1 }
    return parts
  }

  /// In the number's own width where the product fits, else in 128 bits.
  private static func share(
    of amount: Number, _ weight: Number, outOf total: Number
  ) -> (quotient: Number, remainder: Number) {
    let (product, isWide) = weight.multipliedReportingOverflow(by: amount)
    guard isWide else { return product.quotientAndRemainder(dividingBy: total) }
    let (quotient, remainder) = (Int128(weight) * Int128(amount))
      .quotientAndRemainder(dividingBy: Int128(total))
    return (Number(quotient), Number(remainder))
  }
}

/// The ladder of one period alone: nothing is shared, and nothing need be kept. What is sent out lies
/// in the first tier, as on `TierLadder`.
struct TierClimb {
  private var reached: Int64
  private(set) var rest: Int64

  /// - Parameter used: net, in watt-hours.
  init(used: Int64) { (reached, rest) = (0, used) }

  /// The energy of the next tier.
  mutating func energy(upTo limit: Int64) -> Int64 {
    let energy = min(rest, max(limit - reached, 0))
    rest -= energy
    reached += energy
    return energy
  }
}
