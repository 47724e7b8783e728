import Quantities
import Yams

/// One dated version of one rate schedule, as its document states it.
///
/// A value exists only when the whole document was understood: `parse(_:file:)` is the only way to
/// make one, so every table here is complete and in range. It is a class because bills, segments and
/// books all hold the same one, and never changes.
public final class RateSchedule: Sendable {
  /// The exact text of the document, its comments too: what a journal keeps and an auditor reads.
  public let text: String
  /// The plan's code: `TOU-D-A`.
  public let code: String
  public let name: String
  public let utility: String
  public let currency: Currency
  /// The IANA name of the zone whose civil days are billed.
  public let zone: String
  /// The first day on which these prices hold.
  public let effective: ServiceDate
  /// `TOU-D-A 2015-03-02`.
  public let versionID: String
  /// The last day on which they hold; nil until another version follows.
  public let lastDay: ServiceDate?
  public let source: String
  /// What the prices are rounded to, when they are: `cents`.
  public let precision: String?
  /// Days from the bill's date to its due date.
  public let dueDays: Int

  /// At least one; an unnamed season stands for the whole year.
  public let seasons: [Season]
  private let calendar: SeasonCalendar
  public let holidays: HolidayCalendar
  /// At least one; an unnamed period stands for every hour.
  public let periods: [TimeOfUsePeriod]
  private let clock: TimeOfUseClock
  /// The greatest length in minutes, a divisor of 60, whose multiples meet every window's edge:
  /// 60 when windows start on the hour, 30 when one starts at 09:30.
  public let coarsestIntervalMinutes: Int
  /// From the highest voltage down to 0; empty when prices do not depend on the voltage.
  public let voltageClasses: [VoltageClass]
  /// Nil when one price holds for every kilowatt-hour of a period.
  public let tiers: Tiers?
  /// The index of the tier at whose price undeclared tenants get every kilowatt-hour.
  public let undeclaredTenantsTier: Int?
  public let baseline: BaselineAllotments?
  public let baselineCredit: BaselineCredit?
  public let energyPrices: EnergyPrices
  /// What each of `energyPrices` is called on a bill.
  let energyNames: [String]
  /// What a baseline credit is called, by voltage class and then season.
  let creditNames: [String]
  public let reactivePower: ReactivePower?
  public let dailyCharges: [FixedCharge]
  public let monthlyCharges: [FixedCharge]
  /// The least that a day of service costs before taxes.
  public let dailyMinimum: FixedCharge?
  public let discounts: [Discount]
  public let netMetering: NetMetering?
  public let surcharges: [Surcharge]
  public let credits: [DatedCredit]
  public let taxes: [Tax]

  /// Nil where an overdue bill costs nothing more.
  public let lateCharge: LateCharge?
  /// Nil where nothing limits a correction.
  public let backBilling: BackBilling?
  /// A correction that changes a bill by no more than this is made without asking; zero without
  /// the key.
  public let rebillTolerance: Money
  /// How many accounts may be on the plan at once; nil when nobody counts.
  public let enrolmentCap: Int?
  /// Months without another switch after the plan is left; 0 when leaving locks nothing.
  public let lockoutMonths: Int
  /// Whether meters that report only an index may be on this plan.
  public let acceptsRegisters: Bool
  public let seasonChange: ChangeRule
  public let priceChange: ChangeRule
  public let splitRounding: SplitRounding

  /// Worth using only when the reader collected no error: what could not be read is a placeholder.
  init(_ root: Node, text document: String, _ reader: ScheduleReader) {
    let keys = reader.keys(of: root)
    let from = reader.date(keys["effective"], "effective")
    let registers = reader.choice(
      keys["register-meters"], "register-meters", ScheduleReader.RegisterMeters.self)
    text = document
    code = reader.code(keys["schedule"]) ?? ""
    name = reader.text(keys["name"], "name") ?? ""
    utility = reader.text(keys["utility"], "utility") ?? ""
    currency = reader.currency(keys["currency"]) ?? .usd
    zone = reader.zone(keys["zone"]) ?? ""
    effective = reader.asIfEffective ?? from ?? ServiceDate(day: 0)
    versionID = "\(code) \(effective)"
    let last = reader.date(keys["last-day"], "last-day")
    lastDay = reader.asIfEffective == nil ? last : nil
    source = reader.text(keys["source"], "source") ?? ""
    precision = reader.text(keys["precision"], "precision")
    dueDays = reader.integer(keys["due-days"], "due-days", 0...365) ?? 0
    seasons = reader.seasons(keys["seasons"])
    calendar = SeasonCalendar(seasons)
    holidays = reader.holidays(keys["holidays"])
    (periods, clock) = reader.periods(keys["periods"], registers: registers)
    coarsestIntervalMinutes = clock.coarsestIntervalMinutes
    voltageClasses = reader.voltageClasses(keys["voltage-classes"])
    tiers = reader.tiers(keys["tiers"], oddCycle: keys["odd-cycle"])
    undeclaredTenantsTier = reader.tier(
      keys["undeclared-tenants-tier"], "undeclared-tenants-tier", of: tiers)
    baseline = reader.baseline(keys["baseline"], seasons: seasons)
    baselineCredit = reader.baselineCredit(keys["baseline-credit"])
    energyPrices = reader.energyPrices(
      keys["energy"], classes: voltageClasses.map(\.name), seasons: seasons.map(\.name),
      periods: periods.map(\.name), tiers: tiers?.count ?? 0)
    reactivePower = reader.reactivePower(keys["reactive-power"])
    dailyCharges = reader.list(keys["daily"], "daily")
      .map { reader.fixedCharge($0, "a daily charge") }
    monthlyCharges = reader.list(keys["monthly"], "monthly")
      .map { reader.fixedCharge($0, "a monthly charge") }
    dailyMinimum = keys["daily-minimum"].map { reader.fixedCharge($0, "daily-minimum") }
    discounts = reader.discounts(keys["discounts"], tiers: tiers, effective: from)
    let names = Set(discounts.map(\.name))
    netMetering = reader.netMetering(keys["net-metering"], effective: from)
    surcharges = reader.list(keys["surcharges"], "surcharges")
      .map { reader.surcharge($0, discounts: names, effective: from) }
    credits = reader.list(keys["credits"], "credits").map { reader.credit($0) }
    taxes = reader.list(keys["taxes"], "taxes")
      .map { reader.tax($0, discounts: names, effective: from) }
    lateCharge = reader.lateCharge(keys["late-charge"], discounts: names)
    backBilling = reader.backBilling(keys["back-billing"])
    rebillTolerance = Money(
      millionths: reader.price(keys["rebill-tolerance"], "rebill-tolerance")?.millionthsPerUnit
        ?? 0)
    enrolmentCap = reader.integer(keys["enrolment-cap"], "enrolment-cap", 0...1_000_000_000)
    lockoutMonths = reader.integer(keys["lockout-months"], "lockout-months", 0...120) ?? 0
    acceptsRegisters = registers == .accepted
    seasonChange = reader.choice(keys["season-change"], "season-change") ?? .segmented
    priceChange = reader.choice(keys["price-change"], "price-change") ?? .segmented
    splitRounding = reader.choice(keys["split-rounding"], "split-rounding") ?? .wattHour
    let classNames = voltageClasses.map(\.name)
    // What seasons are called says nothing where they are pooled.
    let pooled = seasonChange == .pooled
    let seasonNames = seasons.map { pooled ? "" : $0.name }
    let isWhole = reader.errors.isEmpty
    energyNames =
      isWhole
      ? EnergyPrices.names(
        classes: classNames, seasons: seasonNames, periods: periods.map(\.name),
        tiers: tiers?.names ?? [""]) : []
    creditNames =
      isWhole
      ? EnergyPrices.names(
        classes: classNames, seasons: seasonNames, periods: ["Baseline credit"], tiers: [""]) : []
    reader.validate(self, root, keys)
  }
}

/// What a change of season or of version inside a billing cycle does to the cycle.
public enum ChangeRule: String, CaseIterable, Sendable {
  /// The cycle is cut; each part is priced with its own days' allowance and its own usage.
  case segmented
  /// The cycle stays whole: one ladder over the sum of the days' allotments, at the prices of the
  /// version in force on its first day.
  case pooled
}

extension RateSchedule {
  /// The index into `seasons`.
  public func season(on date: ServiceDate) -> Int { calendar.season(on: date) }

  /// The first day after a date on which another season may begin; far away with only one.
  func endOfSeason(_ date: ServiceDate) -> ServiceDate { calendar.run(from: date).end }

  /// What is allotted on some days, each by its season, the medical addition included.
  func allotment(
    region: String?, medical: Bool, from start: ServiceDate, until end: ServiceDate
  ) throws(PricingError) -> Energy {
    guard let region else { throw .regionMissing(version: versionID) }
    guard let place = baseline?.place(of: region) else {
      throw .regionUnknown(version: versionID, region: region)
    }
    let addition = medical ? baseline?.medical ?? .zero : .zero
    var sum = Energy.zero
    var date = start
    while date < end {
      let run = calendar.run(from: date)
      let next = min(run.end, end)
      let daily = baseline?[place, season: run.season] ?? .zero
      sum += (daily + addition) * date.days(to: next)
      date = next
    }
    return sum
  }

  public func dayType(of date: ServiceDate) -> DayType {
    if holidays.isHoliday(date) { return .holiday }
    switch date.weekday {
    case 6: return .saturday
    case 7: return .sunday
    default: return .weekday
    }
  }

  /// The index into `periods`.
  ///
  /// - Parameter minute: minute of the local wall clock, 0 to 1,439.
  public func period(on date: ServiceDate, minute: Int) -> Int {
    period(on: dayType(of: date), minute: minute)
  }

  /// The same for a day whose type is already known.
  public func period(on dayType: DayType, minute: Int) -> Int { clock[dayType, minute] }

  /// Whether the price depends on the hour.
  public var isTimeOfUse: Bool { periods.count > 1 }

  /// The index into `periods` of what a meter's register measures; nil when it measures none.
  ///
  /// - Parameter register: `total`, `normal`, `peak` or `offpeak`.
  public func period(ofRegister register: String) -> Int? {
    guard acceptsRegisters, let register = Register(rawValue: register) else { return nil }
    return periods.firstIndex { $0.registers.contains(register) }
  }

  /// Whether an account must name its baseline region.
  public var needsRegion: Bool { baseline != nil }

  public func knows(region: String) -> Bool { baseline?.regions[region] != nil }

  /// The index into `voltageClasses` for a supply voltage; nil when prices do not depend on it.
  public func priceClass(volts: Int) -> Int? { voltageClasses.firstIndex { volts >= $0.fromVolts } }
}
