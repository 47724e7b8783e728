/// Exact decimal text to scaled integers and back; no floating point on the way.
public enum DecimalText {
  /// Parses `-12.5` at `scale` 3 as `-12500`.
  ///
  /// Returns nil for anything but digits with one optional point and sign, for digits finer than
  /// `scale` that are not zero, and for values outside `Int64`.
  @inlinable
  public static func parse(_ text: UnsafeBufferPointer<UInt8>, scale: Int) -> Int64? {
    var index = 0
    var negative = false
    if index < text.count, text[index] == 0x2D || text[index] == 0x2B {
      negative = text[index] == 0x2D
      index += 1
    }
    var value: Int64 = 0
    var decimals = -1
    var digits = 0
    while index < text.count {
      let byte = text[index]
      index += 1
      if byte == 0x2E {
        guard decimals < 0 else { return nil }
        decimals = 0
        continue
      }
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      digits += 1
      if decimals >= 0 {
        decimals += 1
        if decimals > scale {
          guard byte == 0x30 else { return nil }
          continue
        }
      }
      let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = scaled.addingReportingOverflow(Int64(byte &- 0x30))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    guard digits > 0 else { return nil }
    for _ in 0..<(scale - min(max(decimals, 0), scale)) {
      let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      value = scaled
    }
    return negative ? -value : value
  }

  /// The same for a string.
  public static func parse(_ text: String, scale: Int) -> Int64? {
    var copy = text
    return copy.withUTF8 { parse($0, scale: scale) }
  }

  /// Writes `value` at `scale`, with at least `minimumDecimals` decimals and no further zeros.
  public static func format(_ value: Int128, scale: Int, minimumDecimals: Int = 0) -> String {
    // Most fit in 64 bits, which are written several times as fast.
    let magnitude = UInt64(exactly: value.magnitude).map { String($0) } ?? String(value.magnitude)
    var digits = Array(magnitude.utf8)
    if digits.count <= scale {
      digits.insert(contentsOf: repeatElement(0x30, count: scale + 1 - digits.count), at: 0)
    }
    let whole = digits.count - scale
    while digits.count - whole > minimumDecimals, digits.last == 0x30 { digits.removeLast() }
    if digits.count > whole { digits.insert(0x2E, at: whole) }
    if value < 0 { digits.insert(0x2D, at: 0) }
    return String(decoding: digits, as: UTF8.self)
  }
}

/// Divides, rounding half away from zero: the one rounding rule of every printed charge.
@inlinable
public func dividedHalfAwayFromZero(_ value: Int64, by divisor: Int64) -> Int64 {
  precondition(divisor > 0, "a rounding step is positive")
  let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
  let isUp = remainder.magnitude >= divisor.magnitude - remainder.magnitude
  return isUp ? quotient + (value < 0 ? -1 : 1) : quotient
}

/// The same in 128 bits.
@inlinable
public func dividedHalfAwayFromZero(_ value: Int128, by divisor: Int128) -> Int128 {
  precondition(divisor > 0, "a rounding step is positive")
  // What fits in 64 bits, and nearly everything does, is divided several times as fast.
  if let value = Int64(exactly: value), let divisor = Int64(exactly: divisor) {
    return Int128(dividedHalfAwayFromZero(value, by: divisor))
  }
  let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
  guard remainder.magnitude * 2 >= divisor.magnitude else { return quotient }
  return quotient + (value < 0 ? -1 : 1)
}
