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
  let limits: Tiers.Limits?
  let householdQuarters: Int
  let days: Int
  let scheduledDays: Int
  /// Whether the segment is one whole scheduled cycle.
  let isWhole: Bool
  let rounding: SplitRounding
  private var tier = 0
  private var reached = Energy.zero

  init(
    count: Int, allowance: Energy, limits: Tiers.Limits?, householdQuarters: Int, days: Int,
    scheduledDays: Int, isWhole: Bool, rounding: SplitRounding
  ) {
    (self.count, self.allowance, self.limits) = (count, allowance, limits)
    self.householdQuarters = householdQuarters
    (self.days, self.scheduledDays, self.isWhole) = (days, scheduledDays, isWhole)
    self.rounding = rounding
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
