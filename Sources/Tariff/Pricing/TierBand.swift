import Quantities

/// One tier of a segment, in kilowatt-hours of that segment's net usage.
public struct TierBand: Hashable, Sendable {
  public let name: String
  public let from: Energy
  /// Nil for the open tier.
  public let to: Energy?
  /// By time-of-use period.
  public let prices: [Price]
}

/// The tiers of a segment, lowest first, on the net total of all time-of-use periods; empty on
/// plans without tiers.
public func tierBands(of segment: BillSegment) throws(PricingError) -> [TierBand] {
  guard let tiers = segment.schedule.tiers, let limits = try segment.tierLimits() else { return [] }
  let prices = try segment.energyPrices()
  return tiers.names.enumerated().map { tier, name in
    TierBand(
      name: name, from: tier == 0 ? .zero : limits[tier - 1],
      to: tier < limits.count ? limits[tier] : nil, prices: prices.map { $0[tier] })
  }
}

/// What one more kilowatt-hour in each time-of-use period would cost in this segment, the baseline
/// credit included, before taxes and rounding.
///
/// It is the difference of two exact charges, so a kilowatt-hour that crosses a tier's limit costs
/// a mix of both prices, and one that shifts the other periods' shares of a tier includes that;
/// shares are computed to a millionth of a watt-hour here, so that no rounding shows.
public func nextKWhPrice(in segment: BillSegment) throws(PricingError) -> [Price] {
  let scale: Int128 = 1_000_000
  let ladder = TierLadder(
    limits: try segment.tierLimits()?.map { Int128($0.wattHours) * scale } ?? [])
  let prices = try segment.energyPrices()
  let cap = Int128(try segment.creditCap().wattHours) * scale
  let credit = Int128(segment.schedule.baselineCredit?.price.millionthsPerUnit ?? 0)

  func charge(_ usage: [Int128]) -> Int128 {
    var charge = -segment.creditedUsage(net: usage.reduce(0, +), cap: cap) * credit
    for (tier, step) in ladder.steps(of: usage).enumerated() {
      for (period, energy) in step.enumerated() {
        charge += energy * Int128(prices[period][tier].millionthsPerUnit)
      }
    }
    return charge
  }

  let usage = try segment.wattHours().map { $0 * scale }
  let now = charge(usage)
  return usage.indices.map { period in
    var more = usage
    more[period] += 1000 * scale
    let difference = dividedHalfAwayFromZero(charge(more) - now, by: 1000 * scale)
    return Price(millionthsPerUnit: Int64(difference))
  }
}
