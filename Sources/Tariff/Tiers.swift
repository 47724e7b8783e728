import Quantities

/// How net usage climbs from one price to the next.
public struct Tiers: Hashable, Sendable {
  /// As printed, the lowest tier first; the last one is open.
  public let names: [String]
  public let limits: Limits

  public enum Limits: Hashable, Sendable {
    /// Upper limits in millionths of the baseline allowance, ascending: 1,300,000 is 130 percent.
    /// Limits are continuous: a tier begins where the one below it ends.
    case percentOfBaseline([Int64])
    /// Widths for one month and one household.
    case fixedWidths([Energy], oddCycle: OddCycleRule)
  }

  /// What fixed widths become in a cycle that is not a whole scheduled month in one segment.
  public enum OddCycleRule: String, CaseIterable, Sendable {
    /// Width times days over the days of the scheduled month, rounded at the split rounding.
    case byDays = "by days"
    case full
  }

  public var count: Int { names.count }
}

/// The baseline allowance's daily parts.
public struct BaselineAllotments: Hashable, Sendable {
  /// Energy a day, by region and then by season in the schedule's order.
  public let regions: [String: [Energy]]
  /// Energy a day that a medical baseline adds.
  public let medical: Energy
}

/// A credit on net usage up to a part of the baseline allowance.
public struct BaselineCredit: Hashable, Sendable {
  /// Positive: what each kilowatt-hour is cheaper.
  public let price: Price
  /// In millionths of the allowance: 1,000,000 is all of it.
  public let cap: Int64
}

/// Supply at a voltage of `fromVolts` or more, and less than the class above.
public struct VoltageClass: Hashable, Sendable {
  public let name: String
  public let fromVolts: Int
}

/// The price of a kilowatt-hour by voltage class, season, period and tier.
public struct EnergyPrices: Hashable, Sendable {
  /// One index each for class, season, period and tier; 0 where a schedule knows only one.
  let table: [[[[Price]]]]

  public func price(voltageClass: Int = 0, season: Int, period: Int, tier: Int = 0) -> Price {
    table[voltageClass][season][period][tier]
  }
}
