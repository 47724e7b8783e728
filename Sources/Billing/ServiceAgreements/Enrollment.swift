import Quantities
import Tariff

/// A request to serve an account from a day on.
public struct Enrollment: Sendable, Hashable {
  public var number: String
  public var plan: String
  public var region: String?
  public var on: ServiceDate
  public var medical = false
  public var allElectric = false
  public var multiFamily = false
  public var households = 1
  /// Supply voltage in volts.
  public var voltage: Int?
  public var multiplier = 1
  public var readDay = 1
  /// The service point's zone; the rate schedule's own where nil.
  public var zone: String?

  public init(number: String, plan: String, on: ServiceDate, region: String? = nil) {
    self.number = number
    self.plan = plan
    self.on = on
    self.region = region
  }
}

/// Why an account is not enrolled, in order of precedence.
public enum EnrollmentRefusal: Error, Equatable, Sendable {
  case badNumber(String)
  case badReadDay(Int)
  case badHouseholds(Int)
  case badMultiplier(Int)
  case noPrice(plan: String, on: ServiceDate, firstDay: ServiceDate?)
  /// Allotments of all-electric homes are not in any schedule here; they are never extrapolated.
  case allElectric(plan: String)
  case badRegion(String)
  case regionNeeded(plan: String)
  case unknownRegion(String, plan: String)
  case voltageNeeded(plan: String)
  case unknownZone(String)
  case alreadyEnrolled(number: String)
  case capReached(plan: String, cap: Int)
}

extension EnrollmentRefusal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .badNumber(let number):
      "account number “\(number)” must have 1 to 32 bytes without spaces, commas or quotes"
    case .badReadDay(let day): "read day \(day) is not a day of the month, 1 to 31"
    case .badHouseholds(let count): "\(count) households cannot share a meter"
    case .badMultiplier(let factor): "a meter's multiplier is 1 to 100,000, not \(factor)"
    case .noPrice(let plan, let day, let first):
      first.map { "plan \(plan) has no price on \(day): the next day that has one is \($0)" }
        ?? "plan \(plan) has no price on \(day): publish its rate schedule first (wattbook tariff)"
    case .allElectric(let plan):
      "all-electric homes cannot be enrolled on \(plan): its schedule has no all-electric allotment"
    case .badRegion(let region): "a baseline region has at most 32 bytes: “\(region.prefix(40))”"
    case .regionNeeded(let plan): "plan \(plan) needs the baseline region (--region)"
    case .unknownRegion(let region, let plan): "plan \(plan) has no baseline region \(region)"
    case .voltageNeeded(let plan): "plan \(plan) needs the supply voltage (--voltage)"
    case .unknownZone(let zone): "there is no zone \(zone) in the time-zone database"
    case .alreadyEnrolled(let number):
      "account \(number) is enrolled already, with other terms"
    case .capReached(let plan, let cap): "plan \(plan) is full: its cap is \(cap) accounts"
    }
  }
}

extension BillingState {
  /// Decides an enrolment; nil when the same was recorded before.
  ///
  /// - Parameter joining: accounts of the same request that join the plan before this one.
  func enroll(
    _ request: Enrollment, zone: ZoneTable?, joining: Int = 0
  ) throws(EnrollmentRefusal) -> AccountEnrolled? {
    let number = request.number.utf8
    guard (1...32).contains(number.count),
      number.allSatisfy({ $0 > 0x20 && $0 != 0x22 && $0 != 0x2C && $0 != 0x7F })
    else { throw .badNumber(request.number) }
    guard (1...31).contains(request.readDay) else { throw .badReadDay(request.readDay) }
    guard (1...100_000).contains(request.households) else {
      throw .badHouseholds(request.households)
    }
    guard (1...100_000).contains(request.multiplier) else {
      throw .badMultiplier(request.multiplier)
    }
    guard let schedule = system.book.version(of: request.plan, on: request.on) else {
      throw .noPrice(
        plan: request.plan, on: request.on,
        firstDay: system.book.versions(of: request.plan).first { $0.effective > request.on }?
          .effective)
    }
    guard !request.allElectric else { throw .allElectric(plan: request.plan) }
    if let region = request.region, region.utf8.count > 32 { throw .badRegion(region) }
    if schedule.needsRegion {
      guard let region = request.region else { throw .regionNeeded(plan: request.plan) }
      guard schedule.knows(region: region) else {
        throw .unknownRegion(region, plan: request.plan)
      }
    }
    guard schedule.voltageClasses.isEmpty || request.voltage ?? 0 > 0 else {
      throw .voltageNeeded(plan: request.plan)
    }
    let zoneName = request.zone ?? schedule.zone
    guard system.zones[zoneName] != nil || zone?.name == zoneName else {
      throw .unknownZone(zoneName)
    }
    var fact = AccountEnrolled()
    fact.number = request.number
    fact.plan = request.plan
    fact.region = request.region ?? ""
    fact.medical = request.medical
    fact.multiFamily = request.multiFamily
    fact.households = UInt32(request.households)
    fact.voltage = UInt32(clamping: request.voltage ?? 0)
    fact.multiplier = UInt32(request.multiplier)
    fact.readDay = UInt32(request.readDay)
    fact.zone = zoneName
    if let known = find(request.number)?.agreement {
      guard known.isEnrolled(as: fact, on: request.on) else {
        throw .alreadyEnrolled(number: request.number)
      }
      return nil
    }
    if let cap = schedule.enrolmentCap, seats(on: request.plan) + joining >= cap {
      throw .capReached(plan: request.plan, cap: cap)
    }
    return fact
  }
}

extension ServiceAgreement {
  fileprivate func isEnrolled(as fact: AccountEnrolled, on day: ServiceDate) -> Bool {
    let same = ServiceTerms(
      region: fact.region.isEmpty ? nil : fact.region, medical: fact.medical,
      multiFamily: fact.multiFamily, householdQuarters: Int(fact.households) * 4,
      voltage: fact.voltage == 0 ? nil : Int(fact.voltage))
    return same == terms && Int(fact.multiplier) == multiplier && Int(fact.readDay) == readDay
      && fact.zone == zone && start == day && plans[0].code == fact.plan
  }
}
