import Quantities

/// What each rule of validation is called, measures and does.
///
/// The limits are those that utilities publish for their own validation, widened where a home is
/// more restless than the businesses that they were written for: a flag that holds a bill must
/// mean something.
public enum ReadRule {
  /// Days of an account's own use before it is compared with it: two weeks have every weekday
  /// twice.
  static let daysOfHistory: Int32 = 14
  /// The running mean of a day's energy: each day counts one sixteenth, so that it forgets a season
  /// in about two months.
  static let meanShift: Int64 = 4
  /// `HIGH`: times the mean. Utilities look at 2 to 3 times for a month; single days of a home
  /// with heating reach 3.
  static let highTimes: Int64 = 4
  /// `HIGH` too: less than this above the mean, in watt-hours, is a washing day.
  static let highExcess: Int64 = 10_000
  /// `LOW`: one part in so many of the mean, of homes that use more than `lowMean` watt-hours a
  /// day; a refrigerator alone is more.
  static let lowParts: Int64 = 10
  static let lowMean: Int64 = 4_000
  /// `SPIKE`: California's direct-access standard looks at the highest interval against the third
  /// highest of the day and stops at 180 percent above it: 2.8 times, in tenths.
  static let spikeTenths: Int64 = 28
  /// `SPIKE` too: times the highest hour ever held before, because in a home one kettle passes the
  /// first test, and in watt-hours an hour, because nothing below an oven's is worth a look.
  static let spikeTimes: Int64 = 3
  static let spikeHour: Int64 = 5_000
  /// `ZERO_RUN`: days. Shorter than this people are away for a few days with the main switch off.
  static let zeroDays: Int64 = 7
  /// `OVERLAP`: hours at the start of a day that repeat the end of the day before, with
  /// `overlapKinds` different values among them. A file cut by the wrong clock shifts by 7 or 8.
  static let overlapHours = 6
  static let overlapKinds = 4
  /// `SUM_AGAINST_REGISTER`: kilowatt-hours per unit of the multiplier, as California's standard
  /// has it: an index read at each end may be cut off by one.
  static let sumWattHours: Int64 = 2_000
  /// `MULTIPLIER`: the gap must be so many times the tolerance before a factor is believed.
  static let multiplierTolerances: Int64 = 10
  /// `PROLONGED_ESTIMATION`: days, two of the longest cycles. Utilities read within two cycles, or
  /// look for why they cannot.
  static let estimatedDays: Int32 = 62
}

extension ReadFlagged.Rule {
  /// All but the one that is none.
  public static let named = allCases.filter { $0 != .unknown }

  /// The name in reports and on the command line, nil for none.
  public var name: String {
    switch self {
    case .duplicate: "duplicate"
    case .overlap: "overlap"
    case .high: "high"
    case .low: "low"
    case .spike: "spike"
    case .negative: "negative"
    case .zeroRun: "zero-run"
    case .sumAgainstRegister: "sum-against-register"
    case .multiplier: "multiplier"
    case .prolongedEstimation: "prolonged-estimation"
    case .unknown, .UNRECOGNIZED: "unknown"
    }
  }

  /// Whether a bill must wait for somebody to look. What may well be true only advises: a home is
  /// empty, a heat wave comes, a week is like the one before.
  var holds: Bool {
    switch self {
    case .overlap, .spike, .negative, .sumAgainstRegister, .multiplier, .prolongedEstimation: true
    case .duplicate, .high, .low, .zeroRun, .unknown, .UNRECOGNIZED: false
    }
  }

  /// What was found beside the limit, in words.
  public func words(found: Int64, limit: Int64) -> String {
    func kWh(_ wattHours: Int64) -> String { "\(Energy(wattHours: wattHours).kWh) kWh" }
    return switch self {
    case .duplicate: "all \(found) hours are those of the day before"
    case .overlap: "the first \(found) hours are the last of the day before"
    case .high: "\(kWh(found)) on a day, more than \(kWh(limit))"
    case .low: "\(kWh(found)) on a day, less than \(kWh(limit))"
    case .spike: "\(kWh(found)) in an hour, more than \(kWh(limit))"
    case .negative: "the register counted \(kWh(found))"
    case .zeroRun: "nothing used on \(found) days, \(limit) are a run"
    case .sumAgainstRegister:
      "the intervals differ from the register by \(kWh(found)), more than \(kWh(limit))"
    case .multiplier: "the intervals are \(found) times the register, its multiplier is \(limit)"
    case .prolongedEstimation: "\(found) estimated in a row, \(limit) are the limit"
    case .unknown, .UNRECOGNIZED: "found \(found), limit \(limit)"
    }
  }
}

extension ReadFlag {
  /// The rule, the days and what was found.
  public var words: String {
    let days = first == last ? "\(firstDay)" : "\(firstDay) to \(lastDay)"
    return "\(rule.name) on \(days): \(rule.words(found: found, limit: limit))"
  }
}

extension MeterReadRejection {
  /// The rule of validation that a refusal is the verdict of; nil for what is no read at all.
  public var verdict: ReadFlagged.Rule? {
    switch self {
    case .negative, .negativeIndex, .registerRanBackwards: .negative
    case .absurd, .registerJumped: .high
    case .malformed, .unknownAccount, .dayOutsideZoneTable, .noZoneTable, .dayBeforeService,
      .dayAfterService, .intervalLength, .intervalCount, .tooCoarse, .unfitMeter, .unfitRegister,
      .lowerQuality, .incomplete:
      nil
    }
  }
}
