/// Divides net usage among tiers, and each tier among the time-of-use periods.
///
/// A tier's energy is shared by the periods in proportion to what they have used, in whole units
/// by largest remainder (ties: the earlier period). A period that is negative, a net export, lies
/// wholly in the first tier and leaves as much more room there: the tiers' sums are those of the
/// total, and energy sent out is never paid for at a higher tier's price.
struct TierLadder {
  /// Upper limits of all tiers but the open one, ascending.
  let limits: [Int128]

  /// Energy by tier and then period; sums over the tiers give `usage` back.
  func steps(of usage: [Int128]) -> [[Int128]] {
    var steps = [usage.map { min($0, 0) }]
    var rest = usage.map { max($0, 0) }
    var reached = steps[0].reduce(0, +)
    for (tier, limit) in limits.enumerated() {
      if tier > 0 { steps.append(Array(repeating: 0, count: usage.count)) }
      let total = rest.reduce(0, +)
      let step = TierLadder.divide(min(total, max(limit - reached, 0)), inProportionTo: rest)
      for period in rest.indices {
        steps[tier][period] += step[period]
        rest[period] -= step[period]
        reached += step[period]
      }
    }
    return limits.isEmpty ? [usage] : steps + [rest]
  }

  /// Largest remainder; no part exceeds its weight when `amount` does not exceed their sum.
  static func divide(_ amount: Int128, inProportionTo weights: [Int128]) -> [Int128] {
    let total = weights.reduce(0, +)
    guard amount < total else { return weights }
    let shares = weights.map { ($0 * amount).quotientAndRemainder(dividingBy: total) }
    var parts = shares.map(\.quotient)
    let missing = Int(amount - parts.reduce(0, +))
    let order = shares.indices.sorted {
      (shares[$1].remainder, $0) < (shares[$0].remainder, $1)
    }
    for index in order.prefix(missing) { parts[index] += 1 }
    return parts
  }
}
