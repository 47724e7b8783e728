import Quantities

/// A tax on the rounded sum of a bill's lines.
public struct Tax: Hashable, Sendable {
  public let name: String
  /// In ascending order; the first holds on the schedule's effective date or before. Empty for a tax
  /// that each city sets.
  public let rates: [DatedRate]
  /// Rates by city; an account without one, or in another one, pays none.
  public let cities: [String: CityRate]
  public let base: Base
  /// The names of the discounts whose holders pay none.
  public let exempt: Set<String>

  public struct CityRate: Hashable, Sendable {
    /// In millionths of the amount.
    public let millionths: Int64
    /// The names of the discounts whose holders pay none in this city.
    public let exempt: Set<String>
  }

  /// Whether credits on dates make the tax smaller.
  public enum Base: String, CaseIterable, Sendable {
    case beforeCredits = "before credits"
    case afterCredits = "after credits"
  }

  /// The rate in force on a date, in millionths; 0 for a tax that each city sets.
  public func rate(on date: ServiceDate) -> Int64 { rates.inForce(on: date) }

  /// The rate in millionths; nil for who pays none.
  func rate(under terms: ServiceTerms, on date: ServiceDate) -> Int64? {
    guard terms.discounts.isEmpty || exempt.isDisjoint(with: terms.discounts) else { return nil }
    guard cities.isEmpty else {
      guard let name = terms.city, let city = cities[name],
        city.exempt.isDisjoint(with: terms.discounts)
      else { return nil }
      return city.millionths
    }
    return rate(on: date)
  }
}

/// A tax or fund by the kilowatt-hour, at the rate in force on the cycle's first day.
public struct Surcharge: Hashable, Sendable {
  public let name: String
  /// To whom it is payable.
  public let authority: String
  /// Millionths of the currency a kilowatt-hour, in ascending order of the dates.
  public let rates: [DatedRate]
  /// The names of the discounts whose holders pay none.
  public let exempt: Set<String>
}
