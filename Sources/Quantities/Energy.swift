/// Electrical energy in whole watt-hours; negative for net export.
public struct Energy: Hashable, Comparable, Sendable {
  public var wattHours: Int64

  public init(wattHours: Int64) { self.wattHours = wattHours }

  /// Parses decimal kilowatt-hours; nil when finer than one watt-hour.
  public init?(kWh text: String) {
    guard let value = DecimalText.parse(text, scale: 3) else { return nil }
    wattHours = value
  }

  @inlinable
  public static var zero: Energy { Energy(wattHours: 0) }

  /// Decimal kilowatt-hours without needless zeros: `12.5`.
  public var kWh: String { DecimalText.format(Int128(wattHours), scale: 3) }

  public static func < (left: Energy, right: Energy) -> Bool { left.wattHours < right.wattHours }
  public static func + (left: Energy, right: Energy) -> Energy {
    Energy(wattHours: left.wattHours + right.wattHours)
  }
  public static func - (left: Energy, right: Energy) -> Energy {
    Energy(wattHours: left.wattHours - right.wattHours)
  }
  public static func += (left: inout Energy, right: Energy) { left.wattHours += right.wattHours }
  public static func -= (left: inout Energy, right: Energy) { left.wattHours -= right.wattHours }
  public static func * (left: Energy, right: Int) -> Energy {
    Energy(wattHours: left.wattHours * Int64(right))
  }
  public static prefix func - (value: Energy) -> Energy { Energy(wattHours: -value.wattHours) }
}
