import Journal
import Quantities
import Tariff

/// The projected next bill as of a day: what is known of the cycle, what is left of it, and what
/// the whole will cost at the prices, seasons and accepted switches ahead.
public struct NextBill: Sendable {
  /// A tier with what has been used of it and what is expected.
  public struct Tier: Sendable {
    public let band: TierBand
    public let used: Energy
    public let projected: Energy
  }

  /// A total with its range.
  public struct Estimate: Sendable {
    public let total: Money
    public let low: Money
    public let high: Money
  }

  public let account: String
  public let plan: String
  /// Days before this one are known.
  public let asOf: ServiceDate
  public let cycle: BillingPeriod
  /// Days of the cycle before `asOf`.
  public let day: Int
  public let currency: Currency
  public let usageToDate: Energy
  public let usageProjected: Energy
  /// Days of the cycle before `asOf` without a whole read, which are estimated.
  public let estimatedDays: [ServiceDate]
  /// Days in the usage to date whose energy is estimated, at least in part, by a recorded estimate.
  public let estimatedReads: [ServiceDate]
  public let estimate: Estimate?
  /// Why there is no estimate.
  public let reason: String?
  /// Tiers of the segment that `asOf` falls into; empty on plans without tiers.
  public let tiers: [Tier]
  /// The tier that the next kilowatt-hour falls into, as an index of `tiers`.
  public let currentTier: Int?
  /// Names of the time-of-use periods and the price of one more kilowatt-hour in each, before tax.
  public let nextKWhPrice: [(period: String, price: Price)]
  public let draft: BillDraft?
}

/// Why there is no next bill to speak of.
public enum NextBillFailure: Error, Sendable, CustomStringConvertible {
  case notServed(on: ServiceDate)
  case exception(BillException)

  public var description: String {
    switch self {
    case .notServed(let day): "the account has no service on \(day)"
    case .exception(let exception): exception.description
    }
  }
}

extension NextBill {
  /// - Parameter asOf: days before it are used; the day after the last read when nil.
  public init(_ view: AccountView, asOf wanted: ServiceDate? = nil) throws {
    guard let agreement = view.agreement else {
      preconditionFailure("a view of an account has its enrolment")
    }
    let asOf = try wanted ?? DailyUsage.dayAfterLastRead(view) ?? agreement.start
    // The day after the last day of service closes the last cycle.
    let inside = agreement.end == asOf ? asOf.adding(days: -1) : asOf
    guard agreement.isServed(on: inside) else { throw NextBillFailure.notServed(on: asOf) }
    let cycle = agreement.cycle(containing: inside)
    let usage = try DailyUsage(view, agreement, cycle: cycle, asOf: asOf)
    var calculator = BillCalculator(system: view.system)
    let delivered = CycleForecast(usage.delivered, cycle: cycle, asOf: asOf)
    let received = usage.received.flatMap { CycleForecast($0, cycle: cycle, asOf: asOf) }

    /// The bill with what is not measured at one level each of what comes in and what goes out.
    func bill(
      _ taken: CycleForecast.Level, _ sent: CycleForecast.Level
    ) throws(BillException) -> BillDraft {
      try calculator.requireNetMetering(of: cycle, agreement)
      return try calculator.draft(
        agreement, cycle: cycle, dated: cycle.end, delivered: delivered?.reads(taken) ?? [],
        received: received?.reads(sent) ?? [], registers: [:],
        bills: view.bills.filter { !$0.isCancelled && $0.period.start < cycle.start },
        knownBefore: view.reader.nextPosition)
    }

    var projected: BillDraft?
    var estimate: Estimate?
    var reason: String?
    if !usage.reason.isEmpty {
      reason = usage.reason
    } else if delivered == nil {
      reason = "there is no read before \(asOf) to project from"
    } else {
      do throws(BillException) {
        let middle = try bill(.middle, .middle)
        let low = try bill(.low, .high).priced.total
        let high = try bill(.high, .low).priced.total
        projected = middle
        estimate = Estimate(
          total: middle.priced.total, low: min(low, middle.priced.total),
          high: max(high, middle.priced.total))
      } catch { reason = error.description }
    }

    // Where the account stands now: the current segment with the energy of its known days.
    let planned: [PlannedSegment]
    do throws(BillException) { planned = try calculator.segments(of: cycle, agreement) } catch {
      throw NextBillFailure.exception(error)
    }
    let index = planned.lastIndex { $0.period.start <= min(asOf, cycle.end.adding(days: -1)) } ?? 0
    let zone = view.system.zones[agreement.zone]
    let current = try calculator.segment(
      planned[index], agreement, cycle, delivered: delivered?.measured ?? [],
      received: received?.measured ?? [], zone)
    let bands = (try? tierBands(of: current)) ?? []
    let used = current.netUsage
    let whole = projected.map { $0.segments[index].netUsage } ?? used
    tiers = bands.map { band in
      Tier(
        band: band, used: band.part(of: used), projected: band.part(of: whole))
    }
    currentTier =
      bands.isEmpty
      ? nil : bands.firstIndex { $0.to.map { used < $0 } ?? true } ?? bands.count - 1
    let prices = (try? Tariff.nextKWhPrice(in: current)) ?? []
    nextKWhPrice = zip(current.schedule.periods, prices).map { ($0.name, $1) }

    account = agreement.number
    plan = current.schedule.code
    self.asOf = asOf
    self.cycle = cycle
    day = cycle.start.days(to: asOf)
    currency = current.schedule.currency
    func energy(_ reads: [DayRead]?) -> Energy { (reads ?? []).reduce(.zero) { $0 + $1.energy } }
    usageToDate = energy(delivered?.measured) - energy(received?.measured)
    usageProjected = projected.map { $0.segments.reduce(.zero) { $0 + $1.netUsage } } ?? usageToDate
    estimatedDays = delivered?.missing ?? Array(BillingPeriod(start: cycle.start, end: asOf).dates)
    estimatedReads = ((delivered?.measured ?? []) + (received?.measured ?? []))
      .filter { $0.quality == .estimated }.map(\.date).sorted().reduce(into: []) {
        if $0.last != $1 { $0.append($1) }
      }
    self.estimate = estimate
    self.reason = reason
    draft = projected
  }
}

extension TierBand {
  /// The part of some usage that lies in this tier.
  /// Net export lies in the first.
  fileprivate func part(of usage: Energy) -> Energy {
    guard usage >= .zero else { return from == .zero ? usage : .zero }
    let top = to.map { min($0, usage) } ?? usage
    return max(top - from, .zero)
  }
}

extension BillCalculator {
  /// A planned segment with the energy of the days known.
  fileprivate mutating func segment(
    _ planned: PlannedSegment, _ agreement: ServiceAgreement, _ cycle: BillingPeriod,
    delivered: [DayRead], received: [DayRead], _ zone: ZoneTable?
  ) throws -> BillSegment {
    guard let zone else { throw NextBillFailure.exception(.noZone(agreement.zone)) }
    return BillSegment(
      planned, agreement, usage: try sums(planned, delivered, received, zone), cycle: cycle,
      scheduledDays: agreement.scheduledDays(of: cycle))
  }
}
