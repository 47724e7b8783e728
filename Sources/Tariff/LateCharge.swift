import Quantities

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
