import Quantities

/// Decimal text, also with an exponent, as `value` x 10^-scale, rounded half away from zero; nil for
/// what is no number or beyond measure.
func scaled(_ text: String, _ scale: Int) -> (value: Int64, isExact: Bool)? {
  let parts = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
  guard parts.count <= 2, let mantissa = parts.first else { return nil }
  guard let exponent = parts.count == 2 ? Int(parts[1]) : 0, abs(exponent) <= 30 else { return nil }
  let isNegative = mantissa.first == "-"
  let digits = mantissa.drop { $0 == "-" || $0 == "+" }
    .split(separator: ".", omittingEmptySubsequences: false)
  guard (1...2).contains(digits.count), let whole = digits.first, !whole.isEmpty else { return nil }
  let fraction = digits.count == 2 ? digits[1] : ""
  guard whole.count + fraction.count <= 30, let number = Int128(whole + fraction) else {
    return nil
  }
  var value = isNegative ? -number : number
  var isExact = true
  for _ in 0..<max(0, exponent - fraction.count + scale) {
    guard value.magnitude < 1_000_000_000_000_000_000 else { return nil }
    value *= 10
  }
  let down = max(0, fraction.count - exponent - scale)
  guard down <= 37 else { return (0, number == 0) }
  if down > 0 {
    let step = (0..<down).reduce(Int128(1)) { step, _ in step * 10 }
    isExact = value % step == 0
    value = dividedHalfAwayFromZero(value, by: step)
  }
  return Int64(exactly: value).map { ($0, isExact) }
}
