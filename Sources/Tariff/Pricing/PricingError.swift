/// Why a segment has no price.
public enum PricingError: Error, Equatable {
  case regionMissing(version: String)
  case regionUnknown(version: String, region: String)
  case voltageMissing(version: String)
  /// A bill is in one currency.
  case currenciesDiffer(version: String, currency: String)
  /// More than a million million units of energy or money on one line.
  case outOfRange(version: String)
}

extension PricingError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .regionMissing(let version): "\(version) needs the account's baseline region"
    case .regionUnknown(let version, let region): "\(version) has no baseline region \(region)"
    case .voltageMissing(let version): "\(version) needs the supply voltage"
    case .currenciesDiffer(let version, let currency):
      "\(version) is in \(currency), another currency than the bill's first segment"
    case .outOfRange(let version): "usage or an amount under \(version) is beyond all measure"
    }
  }
}
