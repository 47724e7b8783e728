import Quantities
import Tariff

/// Which events stand behind which kind of line, by their indices in the bill's evidence.
struct LineEvidence {
  private var bySegment: [[UInt32]] = []
  /// By segment: the publication of its schedule.
  private var schedules: [UInt32?] = []
  private var versions: [String] = []
  private var agreement: [UInt32] = []
  /// The agreement and all schedules.
  private var wholeCycle: [UInt32] = []
  private let earlierBills: [UInt32]
  private let terms: [UInt32]

  init(
    _ account: ServiceAgreement, _ planned: [PlannedSegment], _ cycle: BillingPeriod,
    reads: [[UInt32]], zone: UInt64?, schedules positions: [String: UInt64],
    earlierBills: [UInt32], in evidence: inout EvidenceList
  ) {
    let enrolled = evidence.add("AccountEnrolled", at: account.enrolledAt)
    agreement.append(enrolled)
    if account.end == cycle.end, let movedOut = account.movedOutAt {
      agreement.append(evidence.add("AccountMovedOut", at: movedOut))
    }
    self.earlierBills = earlierBills
    terms = account.termsEvidence(in: cycle).compactMap { kind, positions in
      Evidence(kind, positions).map { evidence.add($0) }
    }
    agreement += terms
    let zone = zone.map { evidence.add("ZoneTablePublished", at: $0) }
    for (index, segment) in planned.enumerated() {
      let version = segment.schedule.versionID
      let schedule = positions[version].map { evidence.add("RateSchedulePublished", at: $0) }
      var behind = reads[index]
      behind.reserveCapacity(behind.count + terms.count + 4)
      behind.append(enrolled)
      behind += terms
      if segment.plan.position != account.enrolledAt {
        let plan = evidence.add("PlanSwitched", at: segment.plan.position)
        if !agreement.contains(plan) { agreement.append(plan) }
        behind.append(plan)
      }
      if let schedule { behind.append(schedule) }
      if let zone { behind.append(zone) }
      bySegment.append(behind)
      schedules.append(schedule)
      versions.append(version)
    }
    wholeCycle = agreement
    for index in schedules.indices where versions.firstIndex(of: versions[index]) == index {
      if let schedule = schedules[index] { wholeCycle.append(schedule) }
    }
    wholeCycle[agreement.count...].sort()
  }

  private func schedule(_ version: String) -> [UInt32] {
    versions.firstIndex(of: version).flatMap { schedules[$0] }.map { [$0] } ?? []
  }

  func indices(of line: ChargeLine) -> [UInt32] {
    if let segment = line.segment { return bySegment[segment] }
    switch line.kind {
    // City and exemptions are terms.
    case .tax: return schedule(line.schedule) + terms
    case .trueUp, .netSurplus: return agreement + earlierBills + schedule(line.schedule)
    // On the energy of the whole cycle.
    case .surcharge: return Set(bySegment.joined()).sorted()
    case .daily, .monthly, .minimum, .discount, .credit, .energy, .baselineCredit, .reactive:
      return wholeCycle
    }
  }
}
