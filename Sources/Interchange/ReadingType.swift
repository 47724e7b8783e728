import Billing

/// What the values of an ESPI meter reading mean; the defaults stand for what a file leaves out:
/// watt-hours of electricity, delivered, per interval.
struct ReadingType {
  /// 4 is the difference over the interval.
  var accumulationBehaviour = 4
  /// 1 and 2 are metered electricity, 0 says nothing.
  var commodity = 1
  /// 1 is delivered, 19 received.
  var flowDirection = 1
  /// Seconds.
  var intervalLength: Int?
  /// Values are in units of 10 to this power.
  var powerOfTenMultiplier = 0
  /// 72 is watt-hours.
  var uom = 72
  /// For readings that state none.
  var defaultQuality: Int?

  /// Sets a field by its element's name; false when the value is no whole number.
  mutating func set(_ name: String, _ value: Int?) -> Bool {
    let field: WritableKeyPath<ReadingType, Int>
    switch name {
    case "accumulationBehaviour": field = \.accumulationBehaviour
    case "commodity": field = \.commodity
    case "flowDirection": field = \.flowDirection
    case "powerOfTenMultiplier": field = \.powerOfTenMultiplier
    case "uom": field = \.uom
    case "intervalLength":
      intervalLength = value
      return value != nil
    case "defaultQuality":
      defaultQuality = value
      return value != nil
    default: return true
    }
    guard let value else { return false }
    self[keyPath: field] = value
    return true
  }

  /// Why values of this type cannot be billed, or nil.
  ///
  /// Net flow is refused although a positive value could pass for delivered energy: what was
  /// received within the interval has already been taken off it.
  var refusal: String? {
    guard [0, 1, 2].contains(commodity) else {
      return "commodity \(commodity) is not electricity (1 or 2)"
    }
    guard uom == 72 else { return "unit of measure \(uom) is not watt-hours (72)" }
    guard accumulationBehaviour == 4 else {
      return "accumulation behaviour \(accumulationBehaviour) is not the interval's own energy (4)"
    }
    guard (-12...12).contains(powerOfTenMultiplier) else {
      return "power of ten multiplier \(powerOfTenMultiplier) is not from -12 to 12"
    }
    guard flowDirection != 4 else {
      return "flow direction 4 (net) does not tell delivered (1) from received (19) energy"
    }
    guard flowDirection == 1 || flowDirection == 19 else {
      return "flow direction \(flowDirection) is not delivered (1) or received (19)"
    }
    return nil
  }

  var channel: Channel { flowDirection == 19 ? .received : .delivered }

  /// A value in watt-hours, exactly; nil when it is finer than one or does not fit 32 bits.
  func wattHours(_ value: Int64) -> Int32? {
    let power = (0..<abs(powerOfTenMultiplier)).reduce(Int64(1)) { result, _ in result * 10 }
    if powerOfTenMultiplier < 0 {
      return value % power == 0 ? Reading.wattHours(value / power) : nil
    }
    let (product, overflow) = value.multipliedReportingOverflow(by: power)
    return overflow ? nil : Reading.wattHours(product)
  }

  /// ESPI's quality of reading codes: 7 is edited by a person; 8 to 12 are estimated, interpolated,
  /// questionable, derived and projected; the others have been measured.
  static func quality(_ code: Int?) -> ReadQuality {
    switch code {
    case 7: .edited
    case 8, 9, 10, 11, 12: .estimated
    default: .actual
    }
  }
}
