import Quantities

/// Why a read is refused, in order of precedence.
public enum MeterReadRejection: Error, Equatable, Sendable {
  /// The line gives no read; the words say why.
  case malformed(String)
  case unknownAccount(String)
  /// Zone tables speak for the years 1970 to 2040 only.
  case dayOutsideZoneTable
  case noZoneTable(String)
  case dayBeforeService(firstDay: ServiceDate)
  case dayAfterService(end: ServiceDate)
  case intervalLength(minutes: Int, dayMinutes: Int)
  case intervalCount(found: Int, expected: Int)
  /// The plan's prices change inside the intervals.
  case tooCoarse(plan: String, minutes: Int, needed: Int)
  /// The plan does not take a meter that reports only an index, or not this register.
  case unfitMeter(plan: String)
  case unfitRegister(String, plan: String)
  case negative(interval: Int, wattHours: Int64)
  case absurd(interval: Int, wattHours: Int64, limit: Int64)
  case negativeIndex(wattHours: Int64)
  /// Against the index held of a day beside it, which may be the wrong one of the two.
  case registerRanBackwards(from: Energy, to: Energy, held: ServiceDate)
  case registerJumped(from: Energy, to: Energy, days: Int, held: ServiceDate)
  case lowerQuality(held: ReadQuality)
  /// The day held is whole, in intervals of another length; this one has gaps.
  case incomplete(minutes: Int)

  /// Whether the index held of another day speaks against it: with that one it falls too.
  var isContradiction: Bool {
    switch self {
    case .registerRanBackwards, .registerJumped: true
    default: false
    }
  }

  /// More than this in an interval is no home: 100 kW, a service of 400 A at 240 V.
  public static let limitWatts: Int64 = 100_000
}

extension MeterReadRejection: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let reason): reason
    case .unknownAccount(let number): "unknown account \(number): enroll it first"
    case .dayOutsideZoneTable: "day out of range: zone tables speak for 1970 to 2040"
    case .noZoneTable(let name): "the journal has no table of zone \(name)"
    case .dayBeforeService(let first): "day before service: it starts on \(first)"
    case .dayAfterService(let end): "day after service: it ended on \(end)"
    case .intervalLength(let minutes, let day):
      "interval length: \(minutes) minutes do not divide a day of \(day) minutes"
    case .intervalCount(let found, let expected):
      "interval count: \(found) values on a day of \(expected)"
    case .tooCoarse(let plan, let minutes, let needed):
      "intervals too coarse: plan \(plan) needs \(needed) minutes, these have \(minutes)"
    case .unfitMeter(let plan): "unfit meter: plan \(plan) needs intervals, this is an index"
    case .unfitRegister(let register, let plan):
      "unfit register: plan \(plan) is not billed from a register “\(register)”"
    case .negative(let interval, let value): "negative value: \(value) Wh in interval \(interval)"
    case .absurd(let interval, let value, let limit):
      "absurd value: \(value) Wh in interval \(interval), the limit is \(limit)"
    case .negativeIndex(let value): "negative index: \(value) Wh"
    case .registerRanBackwards(let from, let to, let held):
      "register ran backwards: from \(from.kWh) to \(to.kWh) kWh, " + Self.contradicted(held)
    case .registerJumped(let from, let to, let days, let held):
      "absurd value: from \(from.kWh) to \(to.kWh) kWh in \(days) days, "
        + Self.contradicted(held)
    case .incomplete(let minutes):
      "incomplete: the day held is whole, in intervals of \(minutes) minutes"
    case .lowerQuality(let held): "lower quality: the value held is \(held)"
    }
  }

  private static func contradicted(_ held: ServiceDate) -> String {
    "against the index held of \(held); where that one is wrong, send the right one of its day and "
      + "this line again, in one file"
  }
}
