import Journal
import Quantities
import Tariff

/// A part of a cycle under one plan, one version and one season, before its usage is known.
struct PlannedSegment: Sendable {
  var schedule: RateSchedule
  var period: BillingPeriod
  /// The index of its plan among the agreement's.
  var plan: Int
}

/// Makes a cycle's bill from reads, agreement and rate schedules: the one path of bill, dry run,
/// projection and audit.
struct BillCalculator: Sendable {
  /// Raised when a rule changes; a released version's code stays, chosen by the bill's number.
  static let pricingRules: UInt32 = 1

  let system: SystemState
  var clock = PeriodClock()

  init(system: SystemState) { self.system = system }

  /// Cuts a cycle where the plan, the price version or the season changes.
  func segments(
    of cycle: BillingPeriod, _ agreement: ServiceAgreement
  ) throws(BillException) -> [PlannedSegment] {
    var segments: [PlannedSegment] = []
    var spans: [(plan: Int, period: BillingPeriod)] = []
    for (index, plan) in agreement.plans.enumerated() {
      let next = index + 1 < agreement.plans.count ? agreement.plans[index + 1].from : cycle.end
      let from = index == 0 ? cycle.start : plan.from
      guard from < next else { continue }
      let held = BillingPeriod(start: from, end: next)
      if let period = held.intersection(cycle) { spans.append((index, period)) }
    }
    for (plan, period) in spans {
      let code = agreement.plans[plan].code
      // Of the whole cycle: who comes to a plan during it finds the version that the cycle has.
      let parts = system.book.parts(of: code, in: cycle)
      let ends = parts.dropFirst().map(\.from) + [cycle.end]
      for (part, end) in zip(parts, ends) {
        guard let days = BillingPeriod(start: part.from, end: end).intersection(period) else {
          continue
        }
        guard let schedule = part.schedule else { throw .noPrice(plan: code, on: days.start) }
        segments.append(PlannedSegment(schedule: schedule, period: days, plan: plan))
      }
    }
    guard !segments.isEmpty else { throw .noPrice(plan: agreement.lastPlan, on: cycle.start) }
    return segments
  }

  /// A cycle's bill from the reads and indices of its account.
  ///
  /// - Parameter knownBefore: positions below it are what the draft is made from.
  mutating func draft(
    _ agreement: ServiceAgreement, cycle: BillingPeriod, dated: ServiceDate,
    delivered: [DayRead], received: [DayRead], registers: [Channel: [RegisterIndex]],
    bills: [BillRecord], knownBefore: UInt64
  ) throws(BillException) -> BillDraft {
    let planned = try segments(of: cycle, agreement)
    let usage = try usage(
      planned, cycle: cycle, agreement, delivered: delivered, received: received,
      registers: registers, bills: bills)
    return try draft(
      agreement, cycle: cycle, planned, usage, dated: dated, bills: bills,
      knownBefore: knownBefore)
  }

  /// The same from what the cycle used.
  func draft(
    _ agreement: ServiceAgreement, cycle: BillingPeriod, _ planned: [PlannedSegment],
    _ usage: CycleUsage, dated: ServiceDate, bills: [BillRecord], knownBefore: UInt64
  ) throws(BillException) -> BillDraft {
    var evidence = EvidenceList()
    let readEvidence = usage.behind.map { behind in behind.map { evidence.add($0) } }
    let scheduledDays = agreement.scheduledDays(of: cycle)
    let segments = planned.indices.map { index in
      var segment = BillSegment(
        planned[index], agreement, usage: usage.energy[index], cycle: cycle,
        scheduledDays: scheduledDays)
      segment.reactive = usage.reactive?[index]
      return segment
    }
    let year = agreement.relevantYear(of: cycle, in: system.book)
    var carried: RelevantPeriod?
    if let year { carried = try RelevantPeriod(year, before: cycle, bills: bills) }
    let priced: PricedBill
    do throws(PricingError) { priced = try price(segments, carried: carried) } catch {
      throw .pricing("\(error)")
    }
    var earlierBills: [UInt32] = []
    if let year, year.endsHere {
      let earlier = bills.filter { $0.period.start >= year.start && $0.period.start < cycle.start }
      earlierBills =
        Evidence("BillIssued", earlier.map(\.position).sorted()).map { [evidence.add($0)] } ?? []
    }
    let behind = LineEvidence(
      agreement, planned, cycle, reads: readEvidence, zone: system.zonePositions[agreement.zone],
      schedules: system.schedulePositions, earlierBills: earlierBills, in: &evidence)
    var draft = BillDraft(
      priced: priced, number: BillNumber(account: agreement.number, end: cycle.end).description,
      period: cycle, dated: dated,
      due: dated.adding(days: planned[planned.count - 1].schedule.dueDays),
      estimatedDays: usage.estimatedDays)
    draft.write(usage, evidence.items, behind, knownBefore: knownBefore)
    return draft
  }

  /// The days whose received reads matter to a cycle: its own, and a month before them by which an
  /// account is known to send energy out.
  static func receivedPeriod(_ cycle: BillingPeriod) -> BillingPeriod {
    BillingPeriod(start: cycle.start.adding(days: -31), end: cycle.end)
  }
}

extension BillSegment {
  /// A planned part of a cycle with its usage, under the terms of its days.
  init(
    _ planned: PlannedSegment, _ agreement: ServiceAgreement, usage: [Energy],
    cycle: BillingPeriod, scheduledDays: Int
  ) {
    self.init(
      schedule: planned.schedule, period: planned.period,
      terms: agreement.terms(on: planned.period.start, in: cycle), usage: usage, cycle: cycle,
      scheduledDays: scheduledDays,
      allotmentChanges: agreement.allotmentChanges(in: planned.period, of: cycle))
  }
}
