/// A currency with its ISO 4217 code and the decimals of its minor unit: USD 2, VND 0.
public struct Currency: Hashable, Sendable {
  public let code: String
  public let decimals: Int
  /// One minor unit in millionths: 10,000 for USD, 1,000,000 for VND.
  public let minorUnitMillionths: Int64

  public init(code: String, decimals: Int) {
    precondition((0...6).contains(decimals), "a minor unit is a millionth at the smallest")
    self.code = code
    self.decimals = decimals
    minorUnitMillionths = (decimals..<6).reduce(1) { value, _ in value * 10 }
  }

  public static let usd = Currency(code: "USD", decimals: 2)
  public static let vnd = Currency(code: "VND", decimals: 0)

  /// The currencies that rate schedules may name.
  public static let known = [usd, vnd, Currency(code: "AUD", decimals: 2)]

  /// The known currency of a code; nil where there is none.
  public init?(code: String) {
    guard let known = Self.known.first(where: { $0.code == code }) else { return nil }
    self = known
  }
}

/// Money in millionths of the currency; rounded to the minor unit only on a charge line.
public struct Money: Hashable, Comparable, Sendable {
  public var millionths: Int64

  public init(millionths: Int64) { self.millionths = millionths }

  /// Parses a decimal amount; nil when finer than one millionth.
  public init?(_ text: String) {
    guard let value = DecimalText.parse(text, scale: 6) else { return nil }
    millionths = value
  }

  @inlinable
  public static var zero: Money { Money(millionths: 0) }

  /// A decimal string with the currency's own decimals: `12.30` or `83306`.
  public func text(in currency: Currency) -> String {
    DecimalText.format(Int128(millionths), scale: 6, minimumDecimals: currency.decimals)
  }

  public static func < (left: Money, right: Money) -> Bool { left.millionths < right.millionths }
  public static func + (left: Money, right: Money) -> Money {
    Money(millionths: left.millionths + right.millionths)
  }
  public static func - (left: Money, right: Money) -> Money {
    Money(millionths: left.millionths - right.millionths)
  }
  public static func += (left: inout Money, right: Money) { left.millionths += right.millionths }
  public static func -= (left: inout Money, right: Money) { left.millionths -= right.millionths }
  public static prefix func - (value: Money) -> Money { Money(millionths: -value.millionths) }
}

/// A charge before rounding, exact in billionths of the currency (watt-hours times millionths
/// per kilowatt-hour), in 128 bits.
public struct ExactCharge: Hashable, Sendable {
  public var billionths: Int128

  public init(billionths: Int128) { self.billionths = billionths }

  @inlinable
  public static var zero: ExactCharge { ExactCharge(billionths: 0) }

  /// Energy at a price.
  @inlinable
  public init(_ energy: Energy, at price: Price) {
    billionths = Int128(energy.wattHours) * Int128(price.millionthsPerUnit)
  }

  /// A count of days, months or pieces at a price each.
  public init(count: Int64, at price: Price) {
    billionths = Int128(count) * Int128(price.millionthsPerUnit) * 1000
  }

  /// A part of an amount, in millionths of the whole: 80,000 is 8 percent.
  public init(millionths part: Int64, of amount: Money) {
    // amount x 10^-6 x part x 10^-6 is exact in 10^-12; three digits are rounded here at most,
    // none of them when the amount is in whole hundredths.
    billionths = dividedHalfAwayFromZero(Int128(amount.millionths) * Int128(part), by: 1000)
  }

  /// Rounded once, half away from zero, to the currency's minor unit.
  @inlinable
  public func rounded(to currency: Currency) -> Money {
    if let billionths = Int64(exactly: billionths) {
      let unit = currency.minorUnitMillionths
      return Money(millionths: dividedHalfAwayFromZero(billionths, by: unit * 1000) * unit)
    }
    let unit = Int128(currency.minorUnitMillionths)
    return Money(millionths: Int64(dividedHalfAwayFromZero(billionths, by: unit * 1000) * unit))
  }

  /// The exact decimal amount without needless zeros.
  public var text: String { DecimalText.format(billionths, scale: 9) }

  public static func + (left: ExactCharge, right: ExactCharge) -> ExactCharge {
    ExactCharge(billionths: left.billionths + right.billionths)
  }
  public static func += (left: inout ExactCharge, right: ExactCharge) {
    left.billionths += right.billionths
  }
}

/// A price in millionths of the currency per unit: per kilowatt-hour, day or month.
public struct Price: Hashable, Comparable, Sendable {
  public var millionthsPerUnit: Int64

  public init(millionthsPerUnit: Int64) { self.millionthsPerUnit = millionthsPerUnit }

  /// Parses a decimal price; nil when finer than one millionth.
  public init?(_ text: String) {
    guard let value = DecimalText.parse(text, scale: 6) else { return nil }
    millionthsPerUnit = value
  }

  /// The decimal price without needless zeros: `0.15`, `1484`.
  public var text: String { DecimalText.format(Int128(millionthsPerUnit), scale: 6) }

  public static func < (left: Price, right: Price) -> Bool {
    left.millionthsPerUnit < right.millionthsPerUnit
  }
}
