import Quantities

/// What a price depends on besides usage: the terms of a service agreement.
public struct ServiceTerms: Hashable, Sendable {
  /// The baseline region, as the schedule's table names it.
  public var region: String?
  /// Whether the medical baseline adds to the daily allotment.
  public var medical: Bool
  public var multiFamily: Bool
  /// Households that share the meter, in quarters: 4 is one household, and so are four tenants.
  /// Fixed tier widths are multiplied by it.
  public var householdQuarters: Int
  /// Supply voltage in volts.
  public var voltage: Int?
  /// Whether tenants for less than a year live here whose persons nobody has declared.
  public var undeclaredTenants: Bool
  /// The city whose users tax is due.
  public var city: String?
  /// The names of the discounts that are in force for the cycle, as the schedules have them.
  public var discounts: Set<String>
  /// Whether what is sent out is netted over a relevant period.
  public var netMetering: Bool

  public init(
    region: String? = nil, medical: Bool = false, multiFamily: Bool = false,
    householdQuarters: Int = 4, voltage: Int? = nil, undeclaredTenants: Bool = false,
    city: String? = nil, discounts: Set<String> = [], netMetering: Bool = false
  ) {
    precondition((1...4_000_000).contains(householdQuarters), "a meter serves a household")
    self.region = region
    self.medical = medical
    self.multiFamily = multiFamily
    self.householdQuarters = householdQuarters
    self.voltage = voltage
    self.undeclaredTenants = undeclaredTenants
    self.city = city
    self.discounts = discounts
    self.netMetering = netMetering
  }

  /// Terms of whole households.
  public init(
    region: String? = nil, medical: Bool = false, multiFamily: Bool = false, households: Int,
    voltage: Int? = nil
  ) {
    self.init(
      region: region, medical: medical, multiFamily: multiFamily,
      householdQuarters: households * 4, voltage: voltage)
  }

  /// Nil where the quarters make no whole household.
  public var households: Int? {
    householdQuarters.isMultiple(of: 4) ? householdQuarters / 4 : nil
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
