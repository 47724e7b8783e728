import Quantities

/// An amount a day or a month, whatever is used.
public struct FixedCharge: Hashable, Sendable {
  public let name: String
  public let singleFamily: Price
  public let multiFamily: Price

  func price(for terms: ServiceTerms) -> Price { terms.multiFamily ? multiFamily : singleFamily }
}

/// A tax on the rounded sum of a bill's other lines.
public struct Tax: Hashable, Sendable {
  public let name: String
  /// In ascending order; the first holds on the schedule's effective date or before.
  public let rates: [DatedRate]

  public struct DatedRate: Hashable, Sendable {
    public let from: ServiceDate
    /// In millionths of the amount: 80,000 is 8 percent.
    public let millionths: Int64
  }

  /// The rate in force on a date, in millionths.
  public func rate(on date: ServiceDate) -> Int64 {
    rates.last { $0.from <= date }?.millionths ?? 0
  }
}

/// What an unpaid bill costs once it is overdue; whoever keeps the accounts assesses it.
public struct LateCharge: Hashable, Sendable {
  /// In millionths of what is overdue: 9,000 is 0.9 percent.
  public let rate: Int64
  /// The names of the discounts whose holders pay none.
  public let exempt: Set<String>
}

/// How far back a correction may reach, in months.
public struct BackBilling: Hashable, Sendable {
  /// What was charged too much is given back for this long.
  public let overchargeMonths: Int
  /// What was charged too little is asked for this long.
  public let underchargeMonths: Int
}
