/// Shares a whole number by weights without losing any of it: each part is what its weight gives
/// it, cut off, and the largest remainders get one more, the earlier of two that are alike first.
///
/// - Parameter weights: none negative; where all are zero the parts are as even as can be.
func apportion(_ total: Int64, by weights: [Int64]) -> [Int64] {
  guard !weights.isEmpty else { return [] }
  let sum = weights.reduce(Int128(0)) { $0 + Int128($1) }
  guard sum > 0 else { return apportion(total, by: weights.map { _ in 1 }) }
  var parts: [Int64] = []
  var remainders: [(remainder: Int128, place: Int)] = []
  for (place, weight) in weights.enumerated() {
    let (whole, rest) = (Int128(total) * Int128(weight)).quotientAndRemainder(dividingBy: sum)
    parts.append(Int64(whole))
    remainders.append((rest, place))
  }
  let left = Int(total - parts.reduce(0, +))
  remainders.sort { ($1.remainder, $0.place) < ($0.remainder, $1.place) }
  for (_, place) in remainders.prefix(left) { parts[place] += 1 }
  return parts
}

/// A quotient of what is not negative, rounded half up.
func rounded(_ dividend: Int128, by divisor: Int128) -> Int128 {
  (2 * dividend + divisor) / (2 * divisor)
}
