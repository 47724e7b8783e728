import Quantities

/// The step to which energy and tier widths are rounded when days divide them.
public enum SplitRounding: String, CaseIterable, Sendable {
  case kilowattHour = "kWh"
  case wattHour = "Wh"

  public var step: Energy {
    switch self {
    case .kilowattHour: Energy(wattHours: 1000)
    case .wattHour: Energy(wattHours: 1)
    }
  }

  /// `energy` x `part` / `whole`, rounded half away from zero to the step.
  public func share(of energy: Energy, _ part: Int, outOf whole: Int) -> Energy {
    let step = Int128(step.wattHours)
    let exact = Int128(energy.wattHours) * Int128(part)
    return Energy(
      wattHours: Int64(dividedHalfAwayFromZero(exact, by: Int128(whole) * step) * step))
  }

  /// Divides what a register counted over segments by their days: each segment takes its rounded
  /// share but never more than is left, the last one takes the rest. The rule of Vietnam's
  /// distribution companies for a meter that was not read on the day prices changed.
  public func split(_ energy: Energy, byDays days: [Int]) -> [Energy] {
    precondition(!days.isEmpty && days.allSatisfy { $0 > 0 }, "a segment has a day")
    let whole = days.reduce(0, +)
    var rest = energy
    var parts = days.dropLast().map { days in
      let share = share(of: energy, days, outOf: whole)
      let part = energy < .zero ? max(share, rest) : min(share, rest)
      rest -= part
      return part
    }
    parts.append(rest)
    return parts
  }
}
