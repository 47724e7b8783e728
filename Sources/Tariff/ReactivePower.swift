import Quantities

/// A charge for a low power factor: a part of the charges for active energy, by cos phi.
public struct ReactivePower: Hashable, Sendable {
  public let name: String
  /// In millionths, by hundredths of cos phi from `lowest` up without a gap; above them there is no
  /// charge.
  public let parts: [Int64]
  /// The lowest cos phi of the table, in hundredths.
  public let lowest: Int
  /// The part for a cos phi below the table.
  public let below: Int64

  /// The part in millionths that a power factor costs, 0 for a good one.
  ///
  /// - Parameter cosPhi: in hundredths.
  public func part(cosPhi: Int) -> Int64 {
    guard cosPhi >= lowest else { return below }
    let index = cosPhi - lowest
    return index < parts.count ? parts[index] : 0
  }

  /// cos phi = P / sqrt(P^2 + Q^2) in hundredths, rounded half up; nil without active energy.
  ///
  /// Exact without a root: it is the greatest c with (2c - 1)^2 (P^2 + Q^2) <= (200 P)^2.
  public static func cosPhi(active: Energy, reactive: Energy) -> Int? {
    // 40,000 times the square of this still fits in 128 bits.
    let limit: Int64 = 1_000_000_000_000_000
    guard active > .zero, active.wattHours <= limit, reactive.wattHours.magnitude <= limit
    else { return nil }
    let (p, q) = (Int128(active.wattHours), Int128(reactive.wattHours))
    let (apparent, bound) = (p * p + q * q, 40_000 * p * p)
    var (low, high) = (0, 100)
    while low < high {
      let middle = (low + high + 1) / 2
      let odd = Int128(2 * middle - 1)
      if odd * odd * apparent <= bound { low = middle } else { high = middle - 1 }
    }
    return low
  }
}
