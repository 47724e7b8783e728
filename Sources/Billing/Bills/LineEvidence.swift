import Quantities
import Tariff

/// Which events stand behind which kind of line, by their indices in the bill's evidence.
struct LineEvidence {
  /// A segment's part of `listed`, with the publication of its schedule.
  private struct Segment {
    let version: String
    let listed: Range<Int>
    let schedule: UInt32?
  }

  /// What stands behind each segment, then behind the agreement, then the schedules.
  private var listed: [UInt32] = []
  private var segments: [Segment] = []
  private let agreement: Range<Int>
  private let earlierBills: [UInt32]
  private let terms: [UInt32]

  init(
    _ account: ServiceAgreement, _ planned: [PlannedSegment], _ cycle: BillingPeriod,
    reads: [[UInt32]], zone: UInt64?, schedules positions: [String: UInt64],
    earlierBills: [UInt32], in evidence: inout EvidenceList
  ) {
    let enrolled = evidence.add("AccountEnrolled", at: account.enrolledAt)
    var agreement = [enrolled]
    if account.end == cycle.end, let movedOut = account.movedOutAt {
      agreement.append(evidence.add("AccountMovedOut", at: movedOut))
    }
    self.earlierBills = earlierBills
    terms = account.termsEvidence(in: cycle).compactMap { kind, positions in
      Evidence(kind, positions).map { evidence.add($0) }
    }
    agreement += terms
    let zone = zone.map { evidence.add("ZoneTablePublished", at: $0) }
    listed.reserveCapacity(16)
    segments.reserveCapacity(planned.count)
    for (index, segment) in planned.enumerated() {
      let version = segment.schedule.versionID
      let schedule = positions[version].map { evidence.add("RateSchedulePublished", at: $0) }
      let start = listed.count
      listed += reads[index]
      listed.append(enrolled)
      listed += terms
      if segment.plan > 0 {
        let position = account.plans[segment.plan].position
        let plan = evidence.add("PlanSwitched", at: position)
        if !agreement.contains(plan) { agreement.append(plan) }
        listed.append(plan)
      }
      if let schedule { listed.append(schedule) }
      if let zone { listed.append(zone) }
      segments.append(
        Segment(version: version, listed: start..<listed.count, schedule: schedule))
    }
    self.agreement = listed.count..<listed.count + agreement.count
    listed += agreement
    for segment in segments {
      guard let schedule = segment.schedule,
        !listed[self.agreement.upperBound...].contains(schedule)
      else { continue }
      listed.append(schedule)
    }
    listed[self.agreement.upperBound...].sort()
  }

  private func schedule(_ version: String) -> [UInt32] {
    segments.first { $0.version == version }?.schedule.map { [$0] } ?? []
  }

  func indices(of line: ChargeLine) -> ArraySlice<UInt32> {
    if let segment = line.segment { return listed[segments[segment].listed] }
    switch line.kind {
    // City and exemptions are terms.
    case .tax: return schedule(line.schedule) + terms[...]
    case .trueUp, .netSurplus:
      return listed[agreement] + earlierBills + schedule(line.schedule)
    // On the energy of the whole cycle.
    case .surcharge: return Set(listed[..<agreement.lowerBound]).sorted()[...]
    case .daily, .monthly, .minimum, .discount, .credit, .energy, .baselineCredit, .reactive:
      return listed[agreement.lowerBound...]
    }
  }
}
