import Quantities

/// Why a cycle is not billed, in order of precedence. Nothing is billed silently wrong: an
/// exception names what is missing.
public enum BillException: Error, Equatable, Sendable {
  /// Positions are lost that may have been the account's, or schedules that it is billed by.
  case lostHistory(LostHistory)
  case notServed(on: ServiceDate)
  /// A rule of validation has doubts about a value of the cycle.
  case held(by: ReadFlag)
  /// A bill that stands has some of its days and not the last.
  case partlyBilled(by: String)
  case noPrice(plan: String, on: ServiceDate)
  case noZone(String)
  /// Days without a read, or with a gap inside.
  case missingDays([ServiceDate])
  /// The same of energy sent out, once an account has sent some.
  case missingReceived([ServiceDate])
  /// No index within three days of a date on which the cycle needs one.
  case missingIndex(register: String, on: ServiceDate)
  case registerRanBackwards(register: String, from: Energy, to: Energy)
  /// The plan prices hours, the meter has a register that does not tell them apart.
  case unfitRegisters(plan: String)
  /// Bills of the net-metering year that this cycle closes are missing from a day on.
  case relevantPeriodOpen(from: ServiceDate)
  /// The plan has no net metering any more, and would never settle what the year has deferred.
  case noNetMetering(plan: String, on: ServiceDate)
  case tooCoarse(plan: String, minutes: Int, needed: Int)
  case pricing(String)

  /// The days that are missing, for a list.
  public var missing: [ServiceDate] {
    switch self {
    case .missingDays(let days), .missingReceived(let days): days
    case .missingIndex(_, let date): [date]
    case .notServed(let date), .noPrice(_, let date), .relevantPeriodOpen(let date),
      .noNetMetering(_, let date):
      [date]
    case .lostHistory, .held, .partlyBilled, .noZone, .registerRanBackwards, .unfitRegisters,
      .tooCoarse, .pricing:
      []
    }
  }
}

extension BillException: CustomStringConvertible {
  public var description: String {
    switch self {
    case .lostHistory(let lost): "\(lost)"
    case .notServed(let date): "the account has no service on \(date)"
    case .held(let flag):
      "held by \(flag.words): correct the read, or settle it with wattbook settle --flag "
        + "\(flag.position) --reason"
    case .partlyBilled(let number):
      "bill \(number) has a part of its days: bill all of them with wattbook rebill --bill \(number)"
    case .noPrice(let plan, let date): "plan \(plan) has no price on \(date)"
    case .noZone(let name): "the journal has no table of zone \(name)"
    case .missingDays(let days):
      "reads are missing on \(ServiceDate.runs(days))"
    case .missingReceived(let days):
      "reads of energy sent out are missing on \(ServiceDate.runs(days))"
    case .missingIndex(let register, let date):
      "register \(register) has no index within three days of \(date)"
    case .registerRanBackwards(let register, let from, let to):
      "register \(register) ran backwards from \(from.kWh) to \(to.kWh) kWh"
    case .unfitRegisters(let plan): "plan \(plan) cannot be billed from this meter's registers"
    case .relevantPeriodOpen(let date):
      "the cycle closes a year of net metering whose days from \(date) on are not billed: "
        + "bill them first"
    case .noNetMetering(let plan, let date):
      "plan \(plan) has no net metering on \(date), and the account is net metered: end it with "
        + "wattbook net-metering --end by the first day of this cycle"
    case .tooCoarse(let plan, let minutes, let needed):
      "plan \(plan) needs intervals of \(needed) minutes, the reads have \(minutes)"
    case .pricing(let reason): reason
    }
  }
}

extension ServiceDate {
  /// Ascending days for people: `2015-11-09 to 2015-11-30 (22 days), 2015-12-02`.
  public static func runs(_ days: [ServiceDate]) -> String {
    var runs: [BillingPeriod] = []
    for day in days {
      if let last = runs.last, last.end == day {
        runs[runs.count - 1] = BillingPeriod(start: last.start, end: day.adding(days: 1))
      } else {
        runs.append(BillingPeriod(start: day, end: day.adding(days: 1)))
      }
    }
    return runs.map { run in
      let last = run.end.adding(days: -1)
      return switch run.days {
      case 1: "\(run.start)"
      case 2: "\(run.start), \(last)"
      default: "\(run.start) to \(last) (\(run.days) days)"
      }
    }.joined(separator: ", ")
  }
}
