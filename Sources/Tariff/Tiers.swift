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

extension RateSchedule {
  /// Nil without tiers of fixed widths.
  public var oddCycle: Tiers.OddCycleRule? {
    guard case .fixedWidths(_, let oddCycle) = tiers?.limits else { return nil }
    return oddCycle
  }
}

/// The baseline allowance's daily parts.
public struct BaselineAllotments: Hashable, Sendable {
  /// Energy a day, by region and then by season in the schedule's order.
  public let regions: [String: [Energy]]
  /// Energy a day that a medical baseline adds.
  public let medical: Energy
  /// The same side by side, and where each region's seasons begin.
  private let daily: [Energy]
  private let places: [String: Int]

  init(regions: [String: [Energy]], medical: Energy) {
    self.regions = regions
    self.medical = medical
    var (daily, places): ([Energy], [String: Int]) = ([], [:])
    for (region, seasons) in regions.sorted(by: { $0.key < $1.key }) {
      places[region] = daily.count
      daily += seasons
    }
    (self.daily, self.places) = (daily, places)
  }

  /// Where a region's allotments begin.
  func place(of region: String) -> Int? { places[region] }

  subscript(place: Int, season season: Int) -> Energy { daily[place + season] }
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
  /// One after the other: tiers of a period, periods of a season, seasons of a class.
  private let prices: [Price]
  private let seasons: Int
  private let periods: Int
  /// How many prices a period has, at least 1.
  let tiers: Int
  let areEqualInAllSeasons: Bool

  /// - Parameter table: one index each for class, season, period and tier.
  init(table: [[[[Price]]]]) {
    prices = table.flatMap { $0.flatMap { $0.flatMap(\.self) } }
    seasons = table[0].count
    periods = table[0][0].count
    tiers = table[0][0][0].count
    areEqualInAllSeasons = table.allSatisfy { seasons in
      seasons.allSatisfy { $0 == seasons[0] }
    }
  }

  /// Indexes are 0 where a schedule knows only one.
  public func price(voltageClass: Int = 0, season: Int, period: Int, tier: Int = 0) -> Price {
    prices[index(voltageClass: voltageClass, season: season) + period * tiers + tier]
  }

  /// Where the prices of a class and season begin; one period's follow those of the one before.
  func index(voltageClass: Int, season: Int) -> Int {
    (voltageClass * seasons + season) * periods * tiers
  }

  subscript(index: Int) -> Price { prices[index] }

  /// What the prices are called on a bill, in their order: `Level I, On-Peak, summer`, only what
  /// the schedule tells apart.
  static func names(
    classes: [String], seasons: [String], periods: [String], tiers: [String]
  ) -> [String] {
    (classes.isEmpty ? [""] : classes).flatMap { voltage in
      seasons.flatMap { season in
        periods.flatMap { period in
          tiers.map { tier in
            let known = [tier, period, season, voltage].filter { !$0.isEmpty }
            return known.isEmpty ? "Energy" : known.joined(separator: ", ")
          }
        }
      }
    }
  }
}
