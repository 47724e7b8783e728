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

/// The tiers of a segment, lowest first, on the net total of all time-of-use periods, at the prices
/// that its lines show: a tier that a discount bills at another tier's price has that one. Empty on
/// plans without tiers.
public func tierBands(of segment: BillSegment) throws(PricingError) -> [TierBand] {
  let schedule = segment.schedule
  guard let tiers = schedule.tiers else { return [] }
  let limits = try segment.tierLimits().all.map { Energy(wattHours: $0) }
  let first = try segment.firstPrice()
  return (0...limits.count).map { index in
    let tier = segment.onlyTier ?? index
    let billed = segment.billedTier(tier)
    return TierBand(
      name: tiers.names[tier], from: index == 0 ? .zero : limits[index - 1],
      to: index < limits.count ? limits[index] : nil,
      prices: schedule.periods.indices.map {
        schedule.energyPrices[first + $0 * tiers.count + billed]
      })
  }
}

/// What one more kilowatt-hour in each time-of-use period would cost in this segment, the baseline
/// credit and the account's discounts included, before taxes, surcharges and rounding; with net
/// metering, what it adds to the sum that is carried.
///
/// It is the difference of two exact charges, so a kilowatt-hour that crosses a tier's limit costs
/// a mix of both prices, and one that shifts the other periods' shares of a tier includes that;
/// shares are computed to a millionth of a watt-hour here, so that no rounding shows.
public func nextKWhPrice(in segment: BillSegment) throws(PricingError) -> [Price] {
  let schedule = segment.schedule
  let scale: Int128 = 1_000_000
  let limits = try segment.tierLimits()
  let ladder = TierLadder(limits: limits.all.map { Int128($0) * scale })
  let first = try segment.firstPrice()
  let credit = Int128(schedule.baselineCredit?.price.millionthsPerUnit ?? 0)
  let part = schedule.baselineCredit?.cap ?? 0
  let cap = Int128(limits.allowance.part(millionths: part).wattHours) * scale
  let tiers = (0...ladder.limits.count).map { index in
    segment.billedTier(segment.onlyTier ?? index)
  }

  func charge(_ usage: [Int128]) -> Int128 {
    var charge = -creditedUsage(net: usage.reduce(0, +), cap: cap) * credit
    for (index, energy) in ladder.steps(of: usage).enumerated() {
      let (row, period) = index.quotientAndRemainder(dividingBy: usage.count)
      let price = schedule.energyPrices[first + period * schedule.energyPrices.tiers + tiers[row]]
      charge += energy * Int128(price.millionthsPerUnit)
    }
    return charge
  }

  try segment.checkRange()
  let usage = segment.usage.map { Int128($0.wattHours) * scale }
  let now = charge(usage)
  let left = 1_000_000 - Int128(segment.discountedPart)
  return usage.indices.map { period in
    var more = usage
    more[period] += 1000 * scale
    let difference = dividedHalfAwayFromZero(
      (charge(more) - now) * left, by: 1000 * scale * 1_000_000)
    return Price(millionthsPerUnit: Int64(difference))
  }
}
