import Quantities

/// A run of days of one billing cycle under one version, one season and one set of terms.
public struct BillSegment: Sendable {
  public var schedule: RateSchedule
  public var period: BillingPeriod
  /// The terms of the segment's first day; of discounts that exclude one another the first.
  public var terms: ServiceTerms
  /// In ascending order of their days.
  public var allotmentChanges: [AllotmentChange]
  /// Net energy (delivered less received) per time-of-use period, indexed as `schedule.periods`.
  public var usage: [Energy]
  /// Reactive energy in volt-ampere-hours reactive; nil where no meter counts it.
  public var reactive: Energy?
  /// The whole billing cycle that this is a part of.
  public var cycle: BillingPeriod
  /// Days of the scheduled monthly cycle this belongs to; `cycle.days` in an ordinary month.
  public var scheduledDays: Int

  public init(
    schedule: RateSchedule, period: BillingPeriod, terms: ServiceTerms, usage: [Energy],
    cycle: BillingPeriod, scheduledDays: Int, allotmentChanges: [AllotmentChange] = [],
    reactive: Energy? = nil
  ) {
    precondition(period.days > 0, "a segment has a day")
    precondition(
      cycle.start <= period.start && period.end <= cycle.end, "a segment lies in its cycle")
    precondition(usage.count == schedule.periods.count, "usage is given per time-of-use period")
    precondition(
      allotmentChanges.count < 2
        || zip(allotmentChanges, allotmentChanges.dropFirst()).allSatisfy { $0.on < $1.on },
      "changes ascend")
    precondition(scheduledDays > 0, "a scheduled cycle has a day")
    self.schedule = schedule
    self.period = period
    self.terms = terms
    if terms.discounts.count > 1 {
      self.terms.discounts = schedule.compatible(terms.discounts)
    }
    self.usage = usage
    self.reactive = reactive
    self.cycle = cycle
    self.scheduledDays = scheduledDays
    self.allotmentChanges = allotmentChanges
  }
}

extension BillSegment {
  /// Energy net over all time-of-use periods.
  public var netUsage: Energy { usage.reduce(.zero, +) }

  /// The baseline allowance: the sum over the days of each day's allotment, the medical addition
  /// included; zero on schedules without a baseline.
  public var allowance: Energy {
    @inline(__always)
    get throws(PricingError) {
      guard schedule.needsRegion else { return .zero }
      guard allotmentChanges.isEmpty else { return try allowanceInParts() }
      return try schedule.allotment(
        region: terms.region, medical: terms.medical, from: period.start, until: period.end)
    }
  }

  private func allowanceInParts() throws(PricingError) -> Energy {
    var sum = Energy.zero
    var (from, region, medical) = (period.start, terms.region, terms.medical)
    for change in allotmentChanges where change.on < period.end {
      if change.on > from {
        sum += try schedule.allotment(
          region: region, medical: medical, from: from, until: change.on)
      }
      (from, region, medical) = (max(change.on, period.start), change.region, change.medical)
    }
    return sum
      + (try schedule.allotment(region: region, medical: medical, from: from, until: period.end))
  }

  /// The tier at whose price everything is billed, whatever is used; nil where usage climbs.
  @inline(__always)
  var onlyTier: Int? { terms.undeclaredTenants ? schedule.undeclaredTenantsTier : nil }

  /// The upper limits of all tiers but the open one; none without tiers or with only one tier.
  @inline(__always)
  func tierLimits() throws(PricingError) -> TierLimits {
    let isClimbed = onlyTier == nil
    let limits = schedule.tiers?.limits
    var needsAllowance = schedule.baselineCredit != nil
    if isClimbed, case .percentOfBaseline? = limits { needsAllowance = true }
    return TierLimits(
      count: isClimbed ? schedule.energyPrices.tiers - 1 : 0,
      allowance: needsAllowance ? try allowance : .zero, limits: limits,
      householdQuarters: terms.householdQuarters, days: period.days,
      scheduledDays: scheduledDays, isWhole: period == cycle && period.days == scheduledDays,
      rounding: schedule.splitRounding)
  }

  @inline(__always)
  func priceClass() throws(PricingError) -> Int {
    guard !schedule.voltageClasses.isEmpty else { return 0 }
    guard let volts = terms.voltage, let index = schedule.priceClass(volts: volts) else {
      throw .voltageMissing(version: schedule.versionID)
    }
    return index
  }

  /// Whether energy is carried to the end of the relevant period instead of being due.
  @inline(__always)
  var isDeferred: Bool { terms.netMetering && schedule.netMetering != nil }

  /// Usage by period is small enough for every product with a price.
  @inline(__always)
  func checkRange() throws(PricingError) {
    for index in usage.indices where usage[index].wattHours.magnitude > 1_000_000_000_000 {
      throw .outOfRange(version: schedule.versionID)
    }
  }
}

/// The net energy that earns the baseline credit: up to the cap in either direction, because a net
/// generator pays the credit back.
func creditedUsage<Number: SignedInteger>(net: Number, cap: Number) -> Number {
  min(max(net, -cap), cap)
}

extension Energy {
  /// A part in millionths, rounded half up to a watt-hour.
  func part(millionths: Int64) -> Energy {
    Energy(
      wattHours: Int64(
        dividedHalfAwayFromZero(Int128(wattHours) * Int128(millionths), by: 1_000_000)))
  }
}
