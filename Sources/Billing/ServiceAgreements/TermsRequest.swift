import Quantities
import Tariff

/// A request to change what an account is priced by, from a day on.
public struct TermsRequest: Sendable, Hashable {
  public enum Change: Sendable, Hashable {
    /// Terms that are not told stay as they are.
    case terms(ChangedTerms)
    /// Eligibility for a discount through its last day; granted again, it is recertified.
    case grantDiscount(String, through: ServiceDate)
    /// The day is the first without eligibility.
    case endDiscount(String, reason: String)
    case startNetMetering
    /// The day is the first without net metering.
    case endNetMetering
  }

  public var number: String
  public var on: ServiceDate
  public var change: Change

  public init(number: String, on: ServiceDate, change: Change) {
    self.number = number
    self.on = on
    self.change = change
  }
}

/// Terms with their new values; nil stays as it is. Region and medical baseline count from the
/// day, all others from the first cycle that starts on it or later.
public struct ChangedTerms: Sendable, Hashable {
  public var region: String?
  public var medical: Bool?
  public var multiFamily: Bool?
  /// Households that share the meter, in quarters: 4 is one household.
  public var householdQuarters: Int?
  /// Supply voltage in volts.
  public var voltage: Int?
  /// Whose users tax is due; empty for none.
  public var city: String?
  /// Tenants for less than a year whose persons nobody has declared.
  public var undeclaredTenants: Bool?
  /// Day of the month on which cycles end, from the one on that starts with the change.
  public var readDay: Int?

  public init() {}

  var isEmpty: Bool { self == ChangedTerms() }

  /// The terms with these in their place.
  fileprivate func changing(_ terms: ServiceTerms) -> ServiceTerms {
    var terms = terms
    if let region { terms.region = region.isEmpty ? nil : region }
    if let medical { terms.medical = medical }
    if let multiFamily { terms.multiFamily = multiFamily }
    if let householdQuarters { terms.householdQuarters = householdQuarters }
    if let voltage { terms.voltage = voltage }
    if let city { terms.city = city.isEmpty ? nil : city }
    if let undeclaredTenants { terms.undeclaredTenants = undeclaredTenants }
    return terms
  }
}

/// Why terms are not changed, in order of precedence.
public enum TermsRefusal: Error, Equatable, Sendable {
  case unknownAccount(String)
  case notServed(on: ServiceDate)
  case noPrice(plan: String, on: ServiceDate)
  case nothingToChange
  case badRegion(String)
  case unknownRegion(String, plan: String)
  case badHouseholds
  case badVoltage
  case badReadDay(Int)
  /// Neither the version of that day nor a later one taxes users of the city.
  case unknownCity(String, plan: String)
  /// No such version has a tier for undeclared tenants.
  case noTenantsRule(plan: String)
  /// No plan that the account might be on from that day asks for it.
  case voltageUnused(plan: String)
  case unknownDiscount(String, plan: String)
  case endsBeforeItStarts(ServiceDate)
  /// Eligibility for another discount overlaps, and nobody has both.
  case excluded(String, by: String, from: ServiceDate, through: ServiceDate)
  case notGranted(String, on: ServiceDate)
  case noNetMetering(plan: String)
  case netMeteredAlready(since: ServiceDate)
  case notNetMetered(on: ServiceDate)
  /// It began on that day, and somebody has said when it ends.
  case netMeteringEnds(since: ServiceDate, on: ServiceDate)
  /// The day is inside a cycle, or before the end of what has been billed or accepted.
  case readDayKept(on: ServiceDate, next: ServiceDate)
}

extension TermsRefusal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownAccount(let number): "there is no account \(number)"
    case .notServed(let day): "the account has no service on \(day)"
    case .noPrice(let plan, let day): "plan \(plan) has no price on \(day)"
    case .nothingToChange: "nothing to change: name at least one term"
    case .badRegion(let region): "a baseline region has at most 32 bytes: “\(region.prefix(40))”"
    case .unknownRegion(let region, let plan): "plan \(plan) has no baseline region \(region)"
    case .badHouseholds: "a meter serves a quarter of a household to 100,000 of them"
    case .badVoltage: "a supply voltage is 1 volt to 1,000,000"
    case .badReadDay(let day): "read day \(day) is not a day of the month, 1 to 31"
    case .unknownCity(let city, let plan):
      "plan \(plan) has no users tax of \(city); wattbook tariff show \(plan) lists its cities, "
        + "and an account without city pays none"
    case .noTenantsRule(let plan):
      "plan \(plan) has no rule for undeclared tenants; publish a version that has one (wattbook "
        + "tariff)"
    case .voltageUnused(let plan):
      "neither plan \(plan) nor another one in its currency has prices by the supply voltage"
    case .unknownDiscount(let name, let plan):
      "plan \(plan) has no discount \(name); publish a version that has it (wattbook tariff)"
    case .endsBeforeItStarts(let day): "the last day of eligibility, \(day), is before the first"
    case .excluded(let name, let held, let from, let last):
      "nobody has both \(name) and \(held), for which the account is eligible from \(from) through "
        + "\(last): end that first (wattbook discount --end \(held)), or grant \(name) for other days"
    case .notGranted(let name, let day): "the account is not eligible for \(name) on \(day)"
    case .noNetMetering(let plan):
      "plan \(plan) has no net metering; publish a version that has it (wattbook tariff)"
    case .netMeteredAlready(let since): "the account is net metered since \(since)"
    case .netMeteringEnds(let since, let end):
      "net metering since \(since) ends on \(end): to have it go on, end it on \(since) "
        + "(wattbook net-metering --end --on \(since)), and start it again"
    case .notNetMetered(let day): "the account is not net metered on \(day)"
    case .readDayKept(let day, let next):
      "a read day changes on the first day of a cycle that has never been billed, and after every "
        + "change accepted before: \(day) is none, the next possible day is \(next) (--on); an "
        + "accepted change is taken back by the read day before it, on its own day"
    }
  }
}

extension BillingState {
  /// Whether an account has had terms other than its enrolment's.
  public func hasChangedTerms(_ number: String) -> Bool {
    !(find(number)?.agreement.history?.changes.isEmpty ?? true)
  }

  /// Decides a change of terms; nil when it is so already.
  func changeTerms(
    _ request: TermsRequest
  ) throws(TermsRefusal) -> (account: UInt32, fact: Event.OneOf_Fact)? {
    guard let (state, index, agreement) = find(request.number) else {
      throw .unknownAccount(request.number)
    }
    let day = request.on
    guard agreement.isServed(on: day) else { throw .notServed(on: day) }
    let plan = agreement.plan(on: day).code
    guard let schedule = system.book.version(of: plan, on: day) else {
      throw .noPrice(plan: plan, on: day)
    }
    let history = agreement.history ?? TermsHistory()
    let fact: Event.OneOf_Fact
    switch request.change {
    case .terms(let changed):
      try check(changed, schedule, on: day)
      let known = agreement.terms(on: day)
      var changed = changed
      if changed.readDay == agreement.readDay(on: day).day { changed.readDay = nil }
      guard changed.changing(known) != known || changed.readDay != nil else { return nil }
      if changed.readDay != nil {
        let next = agreement.readDayChange(onOrAfter: day, state.bills[index])
        guard agreement.isServed(on: next) else { throw .notServed(on: next) }
        guard next == day else { throw .readDayKept(on: day, next: next) }
      }
      fact = .termsChanged(TermsChanged(changed))
    case .grantDiscount(let name, let last):
      guard schedule.discounts.contains(where: { $0.name == name }) else {
        throw .unknownDiscount(name, plan: plan)
      }
      guard last >= day else { throw .endsBeforeItStarts(last) }
      let isGranted = history.discounts.contains {
        $0.name == name && $0.from <= day && $0.lastDay >= last
      }
      guard !isGranted else { return nil }
      let held = history.discounts.first { span in
        span.from <= last && day <= span.lastDay && !span.isEmpty
          && system.book.versions(of: plan).contains {
            $0.effective >= schedule.effective && $0.exclude(name, span.name)
          }
      }
      if let held {
        throw .excluded(name, by: held.name, from: held.from, through: held.lastDay)
      }
      var granted = DiscountGranted()
      granted.discount = name
      granted.lastDay = last.day
      fact = .discountGranted(granted)
    case .endDiscount(let name, let reason):
      let spans = history.discounts.filter { $0.name == name }
      if spans.contains(where: { $0.endedAt != nil && $0.lastDay == day.adding(days: -1) }),
        !spans.contains(where: { !$0.isEmpty && $0.lastDay >= day })
      {
        return nil
      }
      guard spans.contains(where: { !$0.isEmpty && $0.lastDay >= day }) else {
        throw .notGranted(name, on: day)
      }
      var ended = DiscountEnded()
      ended.discount = name
      ended.reason = reason
      fact = .discountEnded(ended)
    case .startNetMetering:
      guard schedule.netMetering != nil else { throw .noNetMetering(plan: plan) }
      if let next = agreement.plans.first(where: { next in
        next.from > day && system.book.version(of: next.code, on: next.from)?.netMetering == nil
      }) {
        throw .noNetMetering(plan: next.code)
      }
      if let span = history.netMetering.last(where: { !$0.isEmpty && $0.lastDay >= day }) {
        guard span.from == day else { throw .netMeteredAlready(since: span.from) }
        guard span.endedAt == nil else {
          throw .netMeteringEnds(since: day, on: span.lastDay.adding(days: 1))
        }
        return nil
      }
      fact = .netMeteringStarted(NetMeteringStarted())
    case .endNetMetering:
      // On its first day it never was; on one before an end, that day is the end.
      let last = day.adding(days: -1)
      guard let span = history.netMetering.last(where: { $0.from <= day && last <= $0.lastDay })
      else { throw .notNetMetered(on: day) }
      guard day <= span.lastDay else { return nil }
      fact = .netMeteringEnded(NetMeteringEnded())
    }
    return (agreement.account, fact)
  }

  private func check(
    _ changed: ChangedTerms, _ schedule: RateSchedule, on day: ServiceDate
  ) throws(TermsRefusal) {
    guard !changed.isEmpty else { throw .nothingToChange }
    if let region = changed.region, region.utf8.count > 32 { throw .badRegion(region) }
    if let region = changed.region, schedule.needsRegion, !schedule.knows(region: region) {
      throw .unknownRegion(region, plan: schedule.code)
    }
    if let quarters = changed.householdQuarters, !(1...400_000).contains(quarters) {
      throw .badHouseholds
    }
    if let voltage = changed.voltage, !(1...1_000_000).contains(voltage) { throw .badVoltage }
    if let readDay = changed.readDay, !(1...31).contains(readDay) { throw .badReadDay(readDay) }
    func hasRule(
      _ plan: String, since first: ServiceDate, _ rule: (RateSchedule) -> Bool
    ) -> Bool {
      system.book.versions(of: plan).contains { $0.effective >= first && rule($0) }
    }
    if let city = changed.city, !city.isEmpty {
      let isKnown = hasRule(schedule.code, since: schedule.effective) { version in
        version.taxes.contains { $0.cities[city] != nil }
      }
      guard isKnown else { throw .unknownCity(city, plan: schedule.code) }
    }
    if changed.undeclaredTenants == true {
      let isKnown = hasRule(schedule.code, since: schedule.effective) {
        $0.undeclaredTenantsTier != nil
      }
      guard isKnown else { throw .noTenantsRule(plan: schedule.code) }
    }
    if changed.voltage != nil {
      // A plan that asks for it takes nobody who has not told it before.
      let isAsked = system.book.codes.contains { code in
        let first = system.book.version(of: code, on: day)?.effective ?? day
        return hasRule(code, since: first) {
          !$0.voltageClasses.isEmpty && $0.currency == schedule.currency
        }
      }
      guard isAsked else { throw .voltageUnused(plan: schedule.code) }
    }
  }
}

extension TermsChanged {
  fileprivate init(_ changed: ChangedTerms) {
    self.init()
    if let region = changed.region { self.region = region }
    if let medical = changed.medical { self.medical = medical }
    if let multiFamily = changed.multiFamily { self.multiFamily = multiFamily }
    if let quarters = changed.householdQuarters { householdQuarters = UInt32(quarters) }
    if let voltage = changed.voltage { self.voltage = UInt32(voltage) }
    if let city = changed.city { self.city = city }
    if let undeclared = changed.undeclaredTenants { undeclaredTenants = undeclared }
    if let readDay = changed.readDay { self.readDay = UInt32(readDay) }
  }
}
