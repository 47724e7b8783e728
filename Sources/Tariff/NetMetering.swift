import Quantities

/// How energy sent out is settled: deferred bill by bill, and due at the end of a relevant period.
public struct NetMetering: Hashable, Sendable {
  /// Months from the first day of one relevant period to that of the next.
  public let periodMonths: Int
  /// What a kilowatt-hour of a whole period's net export is paid with: millionths of the currency.
  public let surplusPrices: [DatedRate]
}

/// Where a bill stands in its account's relevant period, the year over which net metering settles.
public struct RelevantPeriod: Hashable, Sendable {
  /// What the period's earlier bills deferred.
  public var deferred: Money
  /// The net energy of those bills' cycles.
  public var net: Energy
  /// Whether this cycle is the period's last: what was deferred is settled on its bill.
  public var endsHere: Bool

  public init(deferred: Money, net: Energy, endsHere: Bool) {
    self.deferred = deferred
    self.net = net
    self.endsHere = endsHere
  }
}
