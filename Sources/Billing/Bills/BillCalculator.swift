import Journal
import Quantities
import Tariff

/// A part of a cycle under one plan, one version and one season, before its usage is known.
struct PlannedSegment: Sendable {
  var schedule: RateSchedule
  var period: BillingPeriod
  var plan: PlanSpan
}

/// A bill as the events known make it, before it is issued.
public struct BillDraft: Sendable {
  public let segments: [BillSegment]
  public let priced: PricedBill
  public internal(set) var fact: BillIssuedV2
  /// Days whose energy is estimated, at least in part.
  public let estimatedDays: [ServiceDate]

  /// What the bill asks for.
  public var total: Money { Money(millionths: fact.total) }
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
    var spans: [(plan: PlanSpan, period: BillingPeriod)] = []
    for (index, plan) in agreement.plans.enumerated() {
      let next = index + 1 < agreement.plans.count ? agreement.plans[index + 1].from : cycle.end
      let from = index == 0 ? cycle.start : plan.from
      guard from < next else { continue }
      let held = BillingPeriod(start: from, end: next)
      if let period = held.intersection(cycle) { spans.append((plan, period)) }
    }
    for (plan, period) in spans {
      let cuts = system.book.boundaries(of: plan.code, in: period)
      for (from, to) in zip([period.start] + cuts, cuts + [period.end]) {
        guard let schedule = system.book.version(of: plan.code, on: from) else {
          throw .noPrice(plan: plan.code, on: from)
        }
        segments.append(
          PlannedSegment(
            schedule: schedule, period: BillingPeriod(start: from, end: to), plan: plan))
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
    let readEvidence = usage.behind.map { behind in
      behind.flatMap { evidence.add($0.kind, $0.positions) }
    }
    let scheduled = agreement.scheduledCycle(containing: cycle.start)
    let segments = planned.indices.map { index in
      var segment = BillSegment(
        planned[index], agreement, usage: usage.energy[index], cycle: cycle,
        scheduledDays: scheduled.days)
      segment.reactive = usage.reactive?[index]
      return segment
    }
    let year = planned[planned.count - 1].schedule.netMetering.flatMap {
      agreement.relevantYear(of: cycle, cycles: $0.periodMonths)
    }
    var carried: RelevantPeriod?
    if let year { carried = try RelevantPeriod(year, before: cycle, bills: bills) }
    let priced: PricedBill
    do throws(PricingError) { priced = try price(segments, carried: carried) } catch {
      throw .pricing("\(error)")
    }
    var earlierBills: [UInt32] = []
    if let year, year.endsHere {
      earlierBills = evidence.add(
        "BillIssued",
        bills.filter { $0.period.start >= year.start && $0.period.start < cycle.start }
          .map(\.position).sorted())
    }
    let behind = LineEvidence(
      agreement, planned, cycle, reads: readEvidence, zone: system.zonePositions[agreement.zone],
      schedules: system.schedulePositions, earlierBills: earlierBills, in: &evidence)
    var fact = BillIssuedV2()
    fact.bill = BillNumber(account: agreement.number, end: cycle.end).description
    (fact.start, fact.end) = (cycle.start.day, cycle.end.day)
    fact.dated = dated.day
    fact.due = dated.adding(days: planned[planned.count - 1].schedule.dueDays).day
    fact.currency = priced.currency.code
    fact.total = priced.total.millionths
    fact.tax = priced.tax.millionths
    fact.knownBefore = knownBefore
    fact.pricingRules = Self.pricingRules
    fact.lines = priced.lines.map { line in
      var billed = BillLine(line, evidence: behind.indices(of: line))
      if let segment = line.segment, usage.isSplitByDays[segment] {
        billed.text += ", split by days"
      }
      return billed
    }
    fact.evidence = evidence.items
    fact.registers = usage.registers
    fact.estimated = !usage.estimatedDays.isEmpty
    return BillDraft(
      segments: segments, priced: priced, fact: fact, estimatedDays: usage.estimatedDays)
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

/// Which events stand behind which kind of line.
private struct LineEvidence {
  private var bySegment: [[UInt32]] = []
  private var schedules: [String: [UInt32]] = [:]
  private var agreement: [UInt32] = []
  private let earlierBills: [UInt32]
  private let terms: [UInt32]

  init(
    _ account: ServiceAgreement, _ planned: [PlannedSegment], _ cycle: BillingPeriod,
    reads: [[UInt32]], zone: UInt64?, schedules positions: [String: UInt64],
    earlierBills: [UInt32], in evidence: inout EvidenceList
  ) {
    let enrolled = evidence.add("AccountEnrolled", [account.enrolledAt])
    agreement = enrolled
    if account.end == cycle.end, let movedOut = account.movedOutAt {
      agreement += evidence.add("AccountMovedOut", [movedOut])
    }
    self.earlierBills = earlierBills
    terms = account.termsEvidence(in: cycle).flatMap { evidence.add($0.kind, $0.positions) }
    agreement += terms
    let zones = zone.map { evidence.add("ZoneTablePublished", [$0]) } ?? []
    for (index, segment) in planned.enumerated() {
      let version = segment.schedule.versionID
      let schedule = positions[version].map { evidence.add("RateSchedulePublished", [$0]) } ?? []
      schedules[version] = schedule
      let isSwitched = segment.plan.position != account.enrolledAt
      let plan = isSwitched ? evidence.add("PlanSwitched", [segment.plan.position]) : []
      agreement += plan.filter { !agreement.contains($0) }
      bySegment.append(reads[index] + enrolled + terms + plan + schedule + zones)
    }
  }

  func indices(of line: ChargeLine) -> [UInt32] {
    if let segment = line.segment { return bySegment[segment] }
    switch line.kind {
    // City and exemptions are terms.
    case .tax: return (schedules[line.schedule] ?? []) + terms
    case .trueUp, .netSurplus: return agreement + earlierBills + (schedules[line.schedule] ?? [])
    // On the energy of the whole cycle.
    case .surcharge: return Set(bySegment.joined()).sorted()
    case .daily, .monthly, .minimum, .discount, .credit, .energy, .baselineCredit, .reactive:
      return agreement + schedules.values.joined().sorted()
    }
  }
}

extension BillLine {
  fileprivate init(_ line: ChargeLine, evidence: [UInt32]) {
    self.init()
    text = line.description
    quantity = line.quantity.value
    quantityDecimals = UInt32(line.quantity.decimals)
    unit = line.unit
    price = line.price.millionthsPerUnit
    amount = line.amount.millionths
    schedule = line.schedule
    self.evidence = evidence
    authority = line.authority ?? ""
    deferred = line.isDeferred
    kind =
      switch line.kind {
      case .energy: .energy
      case .baselineCredit: .baselineCredit
      case .daily: .daily
      case .monthly: .monthly
      case .minimum: .minimum
      case .tax: .tax
      case .discount: .discount
      case .credit: .credit
      case .surcharge: .surcharge
      case .reactive: .reactive
      case .trueUp: .trueUp
      case .netSurplus: .netSurplus
      }
  }
}
