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
  public let fact: BillIssuedV2
}

/// Makes a cycle's bill from reads, agreement and rate schedules: the one path of bill, dry run,
/// projection and audit.
struct BillCalculator: Sendable {
  /// Raised when a rule changes; a released version's code stays, chosen by the bill's number.
  static let pricingRules: UInt32 = 1

  let system: SystemState
  private var clock = PeriodClock()

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

  /// - Parameters:
  ///   - delivered: held reads of the cycle.
  ///   - received: held reads of `receivedPeriod`.
  ///   - registers: the account's register indices by channel.
  ///   - bills: the account's bills, of which those beside the cycle matter to registers.
  ///   - knownBefore: positions below it are what the draft is made from.
  mutating func draft(
    _ agreement: ServiceAgreement, cycle: BillingPeriod, dated: ServiceDate,
    delivered: [DayRead], received: [DayRead], registers: [Channel: [RegisterIndex]],
    bills: [BillRecord], knownBefore: UInt64
  ) throws(BillException) -> BillDraft {
    let planned = try segments(of: cycle, agreement)
    guard let zone = system.zones[agreement.zone] else { throw .noZone(agreement.zone) }
    var evidence = EvidenceList()
    var spans: [RegisterSpan] = []
    var usage: [[Energy]]
    var reactive: [Energy]?
    var readEvidence: [[UInt32]]
    var split = Array(repeating: false, count: planned.count)
    if delivered.isEmpty, !registers.isEmpty {
      let counted = try RegisterUsage(
        planned, cycle: cycle, registers: registers, bills: bills,
        multiplier: agreement.multiplier)
      usage = counted.usage
      reactive = counted.reactive
      spans = counted.spans
      split = counted.isSplitByDays
      readEvidence = counted.positions.map { evidence.add("RegisterRead", $0) }
    } else {
      usage = []
      readEvidence = []
      let missing = missingDays(of: delivered, in: cycle)
      guard missing.isEmpty else { throw .missingDays(missing) }
      // Who has sent energy out must report it on every later day; a look back of one cycle tells.
      if let first = received.first {
        let sending = BillingPeriod(start: max(first.date, cycle.start), end: cycle.end)
        let missing = missingDays(of: received, in: sending)
        guard missing.isEmpty else { throw .missingReceived(missing) }
      }
      let received = received.filter { cycle.contains($0.date) }
      for segment in planned {
        usage.append(try sums(segment, delivered, received, zone))
        let behind = (delivered + received).filter { segment.period.contains($0.date) }
        readEvidence.append(
          evidence.add(
            "MeterReadRecorded", behind.filter { !$0.isCorrection }.compactMap(\.position))
            + evidence.add("ReadCorrected", behind.filter(\.isCorrection).compactMap(\.position)))
      }
    }
    let scheduled = agreement.scheduledCycle(containing: cycle.start)
    let segments = planned.indices.map { index in
      var segment = BillSegment(
        planned[index], agreement, usage: usage[index], cycle: cycle, scheduledDays: scheduled.days)
      segment.reactive = reactive?[index]
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
    fact.bill = billNumber(agreement.number, cycle)
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
      if let segment = line.segment, split[segment] { billed.text += ", split by days" }
      return billed
    }
    fact.evidence = evidence.items
    fact.registers = spans
    return BillDraft(segments: segments, priced: priced, fact: fact)
  }

  /// A bill's number: account number and the date on which its cycle ended.
  func billNumber(_ account: String, _ cycle: BillingPeriod) -> String {
    "\(account)-\(cycle.end.description.filter { $0 != "-" })"
  }

  /// The days whose received reads matter to a cycle: its own, and a month before them by which an
  /// account is known to send energy out.
  static func receivedPeriod(_ cycle: BillingPeriod) -> BillingPeriod {
    BillingPeriod(start: cycle.start.adding(days: -31), end: cycle.end)
  }

  private func missingDays(of reads: [DayRead], in period: BillingPeriod) -> [ServiceDate] {
    let whole = Set(reads.filter { !$0.hasGap }.map(\.date))
    return period.dates.filter { !whole.contains($0) }
  }

  /// Net energy by time-of-use period: delivered less received.
  mutating func sums(
    _ segment: PlannedSegment, _ delivered: [DayRead], _ received: [DayRead], _ zone: ZoneTable
  ) throws(BillException) -> [Energy] {
    let schedule = segment.schedule
    var sums = [Int64](repeating: 0, count: schedule.periods.count)
    for (reads, sign) in [(delivered, Int64(1)), (received, -1)] {
      for read in reads where segment.period.contains(read.date) {
        if schedule.isTimeOfUse, schedule.coarsestIntervalMinutes % read.intervalMinutes != 0 {
          throw .tooCoarse(
            plan: schedule.code, minutes: read.intervalMinutes,
            needed: schedule.coarsestIntervalMinutes)
        }
        guard
          let periods = clock.periods(
            schedule, on: read.date, intervalMinutes: read.intervalMinutes,
            count: read.values.count, zone: zone)
        else { throw .missingDays([read.date]) }
        for (period, value) in zip(periods, read.values) where value != MeterRows.gap {
          sums[Int(period)] += sign * Int64(value)
        }
      }
    }
    return sums.map { Energy(wattHours: $0) }
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
  private var earlierBills: [UInt32]

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
    let terms = account.termsEvidence(in: cycle).flatMap { evidence.add($0.kind, $0.positions) }
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
    case .tax: return schedules[line.schedule] ?? []
    case .trueUp, .netSurplus: return agreement + earlierBills + (schedules[line.schedule] ?? [])
    default: break
    }
    return agreement + schedules.values.joined().sorted()
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
