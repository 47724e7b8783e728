import Quantities

/// The upper limits of a segment's tiers but the open one, worked out one after the other, with
/// nothing allocated.
///
/// A percentage that does not fall on a whole watt-hour is rounded half up, and so is a part of a
/// household.
struct TierLimits {
  let count: Int
  /// The baseline allowance, where the limits or a credit need it.
  let allowance: Energy
  private let limits: Tiers.Limits?
  private let householdQuarters: Int
  private let days: Int
  private let scheduledDays: Int
  /// Whether the segment is one whole scheduled cycle.
  private let isWhole: Bool
  private let rounding: SplitRounding
  private var tier = 0
  private var reached = Energy.zero

  init(_ segment: BillSegment, isClimbed: Bool, allowance: Energy) {
    self.allowance = allowance
    limits = segment.schedule.tiers?.limits
    count = isClimbed ? max(0, (segment.schedule.tiers?.count ?? 0) - 1) : 0
    householdQuarters = segment.terms.householdQuarters
    (days, scheduledDays) = (segment.period.days, segment.scheduledDays)
    isWhole = segment.period == segment.cycle && days == scheduledDays
    rounding = segment.schedule.splitRounding
  }

  /// In watt-hours, ascending; of the first `count` calls.
  mutating func next() -> Int64 {
    defer { tier += 1 }
    switch limits {
    case .percentOfBaseline(let limits)?:
      return allowance.part(millionths: limits[tier]).wattHours
    case .fixedWidths(let widths, let oddCycle)?:
      let shared = widths[tier] * householdQuarters
      if oddCycle == .byDays, !isWhole {
        reached += rounding.share(of: shared, days, outOf: scheduledDays * 4)
      } else {
        reached += SplitRounding.wattHour.share(of: shared, 1, outOf: 4)
      }
      return reached.wattHours
    case nil: preconditionFailure("a limit is asked for without tiers")
    }
  }

  /// What has not been asked for yet.
  var all: [Int64] {
    var rest = self
    return (tier..<count).map { _ in rest.next() }
  }
}
