import Journal
import Quantities
import Tariff

/// Bills of one account that are made again together, ascending by period: most often one.
struct RebillGroup {
  let partition: Int
  let index: Int
  let agreement: ServiceAgreement
  let bills: [BillRecord]
  /// Those of them that somebody asked for, by position.
  let asked: Set<UInt64>
  /// Whether one of them has settled the year of net metering of the others.
  let isSettled: Bool
}

/// A bill beside the one that its cycle comes to now.
struct Redraft {
  let record: BillRecord
  let old: BillIssuedV2
  let draft: BillDraft
  let isSettled: Bool

  /// What the customer will have paid more in the end: deferred lines too, unless a bill that is
  /// made again with this one settles them.
  var difference: Money {
    let (new, more) = (draft.fact, draft.total.millionths &- old.total)
    // What is deferred on one of them only is not settled by another bill: it is due now or then.
    let isDeferredOnBoth =
      new.lines.contains(where: \.deferred) == old.lines.contains(where: \.deferred)
    return Money(
      millionths: isSettled || !isDeferredOnBoth
        ? more : more &+ Self.deferred(new) &- Self.deferred(old))
  }

  /// Whether the customer would read another bill.
  var differs: Bool {
    draft.fact.lines.map(\.withoutEvidence) != old.lines.map(\.withoutEvidence)
      || (draft.fact.start, draft.fact.end) != (old.start, old.end)
  }

  private static func deferred(_ bill: BillIssuedV2) -> Int64 {
    bill.lines.reduce(0) { $1.deferred ? $0 &+ $1.amount : $0 }
  }
}

extension [Redraft] {
  /// The difference that a bill of a group is proposed with: where a year of net metering is
  /// settled, that of the whole group, since one cannot be billed again without the others.
  func difference(of bill: BillRecord) -> Money {
    guard first?.isSettled ?? false else {
      return first { $0.record.position == bill.position }?.difference ?? .zero
    }
    return Money(millionths: reduce(0) { $0 &+ $1.difference.millionths })
  }
}

extension PartitionState {
  /// The bills that some of an account's standing bills are made again with.
  ///
  /// Two bills side by side share the index at which one closes and the other opens. As long as it
  /// is the one that their edge would be billed at, each can be made again alone; once another has
  /// taken its place, or lies nearer, both are, or energy would be billed twice or not at all. So
  /// bills come to what the indices say, whichever came first. And the bill that has settled a year of net
  /// metering is made again with each bill of the year.
  func groups(
    of asked: Set<UInt64>, _ index: Int, _ agreement: ServiceAgreement, _ book: RateBook
  ) -> [RebillGroup] {
    let standing = bills.standing(index).sorted { $0.period.start < $1.period.start }
    var groups: [[BillRecord]] = []
    for bill in standing {
      if let last = groups.last?.last, sharesFormerIndex(last, bill, index) {
        groups[groups.count - 1].append(bill)
      } else {
        groups.append([bill])
      }
    }
    groups.removeAll { asked.isDisjoint(with: $0.map(\.position)) }
    // Of groups that one bill has settled one is made, the last bill its settlement.
    var settled: [UInt64: [BillRecord]] = [:]
    var made: [(bills: [BillRecord], isSettled: Bool)] = []
    for group in groups {
      if let last = settlement(of: group, standing, agreement, book) {
        settled[last.position, default: [last]] += group.filter { $0.position != last.position }
      } else {
        made.append((group, false))
      }
    }
    made += settled.values.map { ($0.sorted { $0.period.start < $1.period.start }, true) }
    return made.sorted { $0.bills[0].period.start < $1.bills[0].period.start }.map { group in
      RebillGroup(
        partition: Int(slots.partition), index: index, agreement: agreement, bills: group.bills,
        asked: asked.intersection(group.bills.map(\.position)), isSettled: group.isSettled)
    }
  }

  /// The standing bill that has settled the year of net metering of some bills.
  func settlement(
    of bills: [BillRecord], _ standing: [BillRecord], _ agreement: ServiceAgreement,
    _ book: RateBook
  ) -> BillRecord? {
    guard agreement.history?.netMetering.isEmpty == false, let first = bills.first else {
      return nil
    }
    return standing.first { bill in
      guard bill.period.start >= first.period.start,
        let year = agreement.relevantYear(of: bill.period, in: book)
      else { return false }
      return year.endsHere && year.start <= first.period.start
    }
  }

  /// Whether one of two bills side by side stands at an index that is not the edge's any more.
  func sharesFormerIndex(_ first: BillRecord, _ next: BillRecord, _ index: Int) -> Bool {
    guard first.period.end == next.period.start, let registers = usage.registers[index]
    else { return false }
    return first.closings.contains { closing in
      guard let opening = next.openings.first(where: { $0.channel == closing.channel }),
        let reads = Channel(rawValue: closing.channel).flatMap({ registers[$0] })
      else { return false }
      let opened = first.openings.first { $0.channel == closing.channel }?.read
      let now = RegisterUsage.nearest(reads, to: next.period.start.day, after: opened)?.position
      return closing.position != now || opening.position != now
    }
  }
}

/// What bills are made again from.
private struct RedraftSources: ~Copyable {
  let reader: JournalReader
  /// Of reads batches.
  let locations: [BatchLocation]
  var opener: BatchOpener
  var recorded: RecordedBills
  var calculator: BillCalculator
}

extension Engine {
  private static let groupsPerChunk = 256

  /// Makes bills again from all that is known, and hands each group over with what came of it.
  ///
  /// - Parameters:
  ///   - groups: by partition and index.
  ///   - dated: the new bills' date, from which limits of back-billing count.
  ///   - firstBill: where the first bill of a group will stand when it is recorded, and each next
  ///     one two positions later: a bill of the group may name those before it.
  ///   - between: asked for between some groups and the next, and at the end. What is committed in
  ///     `each` would copy the partition, which is read there.
  func redraft(
    _ groups: [RebillGroup], dated: (RebillGroup) -> ServiceDate,
    firstBill: (RebillGroup) -> UInt64,
    each: (RebillGroup, Result<[Redraft], BillException>) throws -> Void,
    between: () throws -> Void
  ) throws {
    guard !groups.isEmpty else { return }
    let reader = try writer.reader()
    var sources = RedraftSources(
      reader: reader, locations: try reader.locations { $0.kind == .reads },
      opener: BatchOpener(reader), recorded: try RecordedBills(reader),
      calculator: BillCalculator(system: state.system))
    var next = 0
    while next < groups.count {
      let partition = groups[next].partition
      let chunk = groups[next...].prefix(Self.groupsPerChunk).prefix { $0.partition == partition }
      next = chunk.endIndex
      try redraft(chunk, &sources, dated: dated, firstBill: firstBill, each: each)
      try between()
    }
  }

  /// The same of groups of one partition.
  private func redraft(
    _ groups: ArraySlice<RebillGroup>, _ sources: inout RedraftSources,
    dated: (RebillGroup) -> ServiceDate, firstBill: (RebillGroup) -> UInt64,
    each: (RebillGroup, Result<[Redraft], BillException>) throws -> Void
  ) throws {
    let state = state.partitions[groups[groups.startIndex].partition]
    let reads = try readsBehind(groups, state, sources.locations, &sources.opener)
    let wholes = try sources.recorded.bills(
      at: groups.flatMap { group in
        group.bills.map { ($0.position, group.agreement.account) }
      })
    for group in groups {
      let first = firstBill(group)
      let result: Result<[Redraft], BillException>
      do throws(BillException) {
        if let loss = self.state.loss(touching: group.agreement.account) {
          throw .lostHistory(LostHistory(loss))
        }
        var made: [Redraft] = []
        let others = state.bills.standing(group.index).filter { !group.bills.contains($0) }
        for record in group.bills {
          guard let old = wholes[record.position] else { continue }
          let drafted = made.enumerated().map { place, redraft in
            BillRecord(redraft.draft, at: first &+ 2 &* UInt64(place))
          }
          let draft = try sources.calculator.redraft(
            record, group, dated: dated(group), reads, state,
            bills: others + drafted, knownBefore: sources.reader.nextPosition)
          made.append(
            Redraft(
              record: record, old: old,
              draft: draft.following(
                state.bills[group.index] + drafted, replacing: (record.position, old)),
              isSettled: group.isSettled))
        }
        result = .success(made)
      } catch { result = .failure(error) }
      try each(group, result)
    }
  }

  private func readsBehind(
    _ groups: ArraySlice<RebillGroup>, _ state: PartitionState, _ locations: [BatchLocation],
    _ opener: inout BatchOpener
  ) throws -> DayReads {
    var wanted: Set<ReadDay> = []
    var dates = Int32.max..<Int32.max
    for group in groups {
      for bill in group.bills {
        let days = BillCalculator.receivedPeriod(
          group.agreement.cycle(containing: bill.period.start))
        dates =
          min(
            dates.lowerBound, days.start.day)..<(dates.isEmpty
          ? days.end.day : max(dates.upperBound, days.end.day))
        for day in days.dates { wanted.insert(ReadDay(index: group.index, date: day.day)) }
      }
    }
    let indices = groups.map(\.index)
    return try DayReads(
      (indices.min() ?? 0)...(indices.max() ?? 0), dates: dates, slots: state.slots,
      usage: state.usage,
      locations: locations.filter { $0.header.partition == state.slots.partition },
      only: wanted, opener: &opener)
  }
}

extension BillCalculator {
  /// The cycle that a bill's first day falls into, from what is known now.
  fileprivate mutating func redraft(
    _ bill: BillRecord, _ group: RebillGroup, dated: ServiceDate, _ reads: DayReads,
    _ state: PartitionState, bills: [BillRecord], knownBefore: UInt64
  ) throws(BillException) -> BillDraft {
    let (agreement, index, start) = (group.agreement, group.index, bill.period.start)
    guard agreement.isServed(on: start) else { throw .notServed(on: start) }
    let cycle = agreement.cycle(containing: start)
    if let flag = state.flags.holding(index, in: cycle) { throw .held(by: flag) }
    try requireNetMetering(of: cycle, agreement)
    return try draft(
      agreement, cycle: cycle, dated: dated,
      delivered: reads.days(index, .delivered, in: cycle),
      received: reads.days(index, .received, in: Self.receivedPeriod(cycle)),
      registers: state.usage.registers[index] ?? [:], bills: bills, knownBefore: knownBefore)
  }
}
