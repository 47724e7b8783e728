import Quantities

/// An amount a day or a month, whatever is used.
public struct FixedCharge: Hashable, Sendable {
  public let name: String
  public let singleFamily: Price
  public let multiFamily: Price

  func price(isMultiFamily: Bool) -> Price { isMultiFamily ? multiFamily : singleFamily }
}

/// An amount that every household gets on a date, like California's climate credit.
public struct DatedCredit: Hashable, Sendable {
  public let name: String
  /// Ascending; the cycle that holds the date gets the amount.
  public let amounts: [Amount]

  public struct Amount: Hashable, Sendable {
    public let on: ServiceDate
    /// Positive: what is taken off.
    public let amount: Price
  }
}

/// A rate or a price from a day on, in millionths.
public struct DatedRate: Hashable, Sendable {
  public let from: ServiceDate
  /// 80,000 is 8 percent, or 0.08 of the currency.
  public let millionths: Int64
}

extension [DatedRate] {
  /// The rate in force on a date, in millionths; 0 before the first.
  public func inForce(on date: ServiceDate) -> Int64 {
    for rate in span.indices.reversed() where span[rate].from <= date {
      return span[rate].millionths
    }
    return 0
  }
}
