import Quantities
import Tariff

/// What a cycle used, by segment, and the events that say so.
struct CycleUsage: Sendable {
  /// By segment and time-of-use period.
  var energy: [[Energy]]
  /// By segment, in varh; nil where no register counts reactive energy.
  var reactive: [Energy]?
  /// What the registers counted; none of interval meters.
  var registers: [RegisterSpan] = []
  /// By segment: whether its energy was divided by days for want of an index at its edge; none where
  /// nothing was.
  var isSplitByDays: [Bool] = []
  /// By segment: the events, by their kind.
  var behind: [[Evidence]]
  /// Days whose energy is estimated, at least in part, ascending.
  var estimatedDays: [ServiceDate] = []
}

extension BillCalculator {
  /// What a cycle used, from the reads and indices of one account.
  ///
  /// - Parameters:
  ///   - delivered: held reads of the cycle.
  ///   - received: held reads of `receivedPeriod`.
  ///   - registers: the account's register indices by channel.
  ///   - bills: the account's standing bills, of which those beside the cycle matter to registers.
  mutating func usage(
    _ planned: [PlannedSegment], cycle: BillingPeriod, _ agreement: ServiceAgreement,
    delivered: [DayRead], received: [DayRead], registers: [Channel: [RegisterIndex]],
    bills: [BillRecord]
  ) throws(BillException) -> CycleUsage {
    guard let zone = system.zones[agreement.zone] else { throw .noZone(agreement.zone) }
    if delivered.isEmpty, registers.countEnergy {
      let counted = try RegisterUsage(
        planned, cycle: cycle, registers: registers, bills: bills,
        multiplier: agreement.multiplier)
      // An index that is estimated leaves the whole cycle's energy estimated.
      let isEstimated = counted.reads.contains { $0.contains(where: \.isEstimated) }
      return CycleUsage(
        energy: counted.usage, reactive: counted.reactive, registers: counted.spans,
        isSplitByDays: counted.isSplitByDays,
        behind: counted.reads.map { reads in
          [
            Evidence("RegisterRead", reads.filter { !$0.isEstimated }.map(\.position)),
            Evidence(ReadSource.estimated.kind, reads.filter(\.isEstimated).map(\.position)),
          ].compactMap(\.self)
        }, estimatedDays: isEstimated ? Array(cycle.dates) : [])
    }
    let missing = missingDays(of: delivered, in: cycle)
    guard missing.isEmpty else { throw .missingDays(missing) }
    // Who has sent energy out must report it on every later day; a look back of one cycle tells.
    if let first = received.first {
      let sending = BillingPeriod(start: max(first.date, cycle.start), end: cycle.end)
      let missing = missingDays(of: received, in: sending)
      guard missing.isEmpty else { throw .missingReceived(missing) }
    }
    let received = received.filter { cycle.contains($0.date) }
    var usage = CycleUsage(energy: [], behind: [])
    for segment in planned {
      usage.energy.append(try sums(segment, delivered, received, zone))
      let behind = (delivered + received).filter { segment.period.contains($0.date) }
      usage.behind.append(
        [ReadSource.recorded, .corrected, .estimated].compactMap { source in
          Evidence(source.kind, behind.filter { $0.source == source }.compactMap(\.position))
        })
    }
    // Reactive energy is counted by a register even where the energy comes in intervals.
    if RegisterUsage.countsReactive(planned, cycle, registers) {
      let counted = try RegisterUsage(
        planned, cycle: cycle, registers: registers, bills: bills,
        multiplier: agreement.multiplier, isReactiveOnly: true)
      (usage.reactive, usage.registers) = (counted.reactive, counted.spans)
      for index in planned.indices {
        let reads = Evidence("RegisterRead", counted.reads[index].map(\.position))
        if let reads { usage.behind[index].append(reads) }
      }
    }
    usage.estimatedDays = Set(
      (delivered + received).filter { $0.quality == .estimated }.map(\.date)
    ).sorted()
    return usage
  }

  private func missingDays(of reads: [DayRead], in period: BillingPeriod) -> [ServiceDate] {
    let whole = Set(reads.filter { !$0.hasGap }.map(\.date))
    return period.dates.filter { !whole.contains($0) }
  }

  /// Net energy by time-of-use period: delivered less received.
  mutating func sums(
    _ segment: PlannedSegment, _ delivered: [DayRead], _ received: [DayRead], _ zone: ZoneTable
  ) throws(BillException) -> [Energy] {
    try clock.usage(
      segment.schedule, delivered: delivered, received: received, in: segment.period, zone: zone)
  }
}
