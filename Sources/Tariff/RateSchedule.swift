import Quantities

/// One dated version of one rate schedule, as its document states it.
///
/// A value exists only when the whole document was understood: `parse(_:file:)` is the only way to
/// make one, so every table here is complete and in range.
public struct RateSchedule: Sendable {
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
  /// The last day on which they hold; nil until another version follows.
  public let lastDay: ServiceDate?
  public let source: String
  /// What the prices are rounded to, when they are: `cents`.
  public let precision: String?
  /// Days from the bill's date to its due date.
  public let dueDays: Int

  /// At least one; an unnamed season stands for the whole year.
  public let seasons: [Season]
  public let holidays: HolidayCalendar
  /// At least one; an unnamed period stands for every hour.
  public let periods: [TimeOfUsePeriod]
  let clock: TimeOfUseClock
  /// From the highest voltage down to 0; empty when prices do not depend on the voltage.
  public let voltageClasses: [VoltageClass]
  /// Nil when one price holds for every kilowatt-hour of a period.
  public let tiers: Tiers?
  public let baseline: BaselineAllotments?
  public let baselineCredit: BaselineCredit?
  public let energyPrices: EnergyPrices
  public let dailyCharges: [FixedCharge]
  public let monthlyCharges: [FixedCharge]
  /// The least that a day of service costs before taxes.
  public let dailyMinimum: FixedCharge?
  public let taxes: [Tax]
  /// Nil where an overdue bill costs nothing more.
  public var lateCharge: LateCharge?
  /// Nil where nothing limits a correction.
  public var backBilling: BackBilling?
  /// A correction that changes a bill by no more than this is made without asking; zero without
  /// the key.
  public var rebillTolerance = Money.zero

  /// How many accounts may be on the plan at once; nil when nobody counts.
  public let enrolmentCap: Int?
  /// Months without another switch after the plan is left; 0 when leaving locks nothing.
  public let lockoutMonths: Int
  /// Whether meters that report only an index may be on this plan.
  public let acceptsRegisters: Bool
  public let seasonChange: ChangeRule
  public let priceChange: ChangeRule
  public let splitRounding: SplitRounding
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
  /// `TOU-D-A 2015-03-02`.
  public var versionID: String { "\(code) \(effective)" }

  /// The index into `seasons`.
  public func season(on date: ServiceDate) -> Int {
    guard seasons.count > 1 else { return 0 }
    let day = MonthDay(of: date)
    // The seasons cover the year, so one is found.
    return seasons.firstIndex { $0.contains(day) } ?? 0
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

  /// The greatest length in minutes, a divisor of 60, whose multiples meet every window's edge:
  /// 60 when windows start on the hour, 30 when one starts at 09:30.
  public var coarsestIntervalMinutes: Int { clock.coarsestIntervalMinutes }

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
