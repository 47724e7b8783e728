import Quantities

/// What a price depends on besides usage: the terms of a service agreement.
public struct ServiceTerms: Hashable, Sendable {
  /// The baseline region, as the schedule's table names it.
  public var region: String?
  /// Whether the medical baseline adds to the daily allotment.
  public var medical: Bool
  public var multiFamily: Bool
  /// Households that share the meter; fixed tier widths are multiplied by it.
  public var households: Int
  /// Supply voltage in volts.
  public var voltage: Int?

  public init(
    region: String? = nil, medical: Bool = false, multiFamily: Bool = false, households: Int = 1,
    voltage: Int? = nil
  ) {
    precondition((1...1_000_000).contains(households), "a meter serves a household")
    self.region = region
    self.medical = medical
    self.multiFamily = multiFamily
    self.households = households
    self.voltage = voltage
  }
}

/// A change of region or medical baseline inside a segment: it alters the allotment of its own days
/// and cuts nothing.
public struct AllotmentChange: Hashable, Sendable {
  /// The first day of the new terms.
  public var on: ServiceDate
  public var region: String?
  public var medical: Bool

  public init(on: ServiceDate, region: String?, medical: Bool) {
    self.on = on
    self.region = region
    self.medical = medical
  }
}
