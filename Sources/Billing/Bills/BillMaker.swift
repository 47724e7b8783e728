import Journal
import Quantities
import Tariff

/// Makes the bills of one part after the other.
struct BillMaker {
  let through: ServiceDate
  let dated: ServiceDate
  let isDryRun: Bool
  let keepsDrafts: Bool
  let cyclesPerWork: Int
  private let knownBefore: UInt64
  private let reader: JournalReader
  /// Reads batches by partition.
  private let locations: [[BatchLocation]]
  private var calculator: BillCalculator
  /// Plans of cycles, and where each that accounts share is by what it depends on; those of single
  /// accounts are of one part only.
  private(set) var plans: [CyclePlan] = []
  private var places: [PlanKey: Int] = [:]
  /// By partition, once asked for: accounts that not only have first reads of delivered energy.
  private var special: [Set<Int>?]

  private struct PlanKey: Hashable {
    var code: String
    var zone: String
    var start: Int32
    var end: Int32
  }

  init(
    through: ServiceDate, dated: ServiceDate, isDryRun: Bool, keepsDrafts: Bool,
    cyclesPerWork: Int, _ reader: JournalReader,
    _ locations: [[BatchLocation]], _ system: SystemState
  ) {
    (self.through, self.dated) = (through, dated)
    self.isDryRun = isDryRun
    self.keepsDrafts = keepsDrafts
    self.cyclesPerWork = cyclesPerWork
    self.reader = reader
    self.locations = locations
    knownBefore = reader.nextPosition
    calculator = BillCalculator(system: system)
    special = Array(repeating: nil, count: locations.count)
  }

  /// Makes the bills of a part from the state before the run, or after the part of it that came
  /// before.
  mutating func make(_ work: BillWork, _ state: borrowing BillingState) throws -> BilledWork {
    let partition = state.partitions[work.partition]
    var due = partition.dueCycles(of: work.accounts, through: through)
    var made = BilledWork()
    guard !due.isEmpty else { return made }
    let all = due.count
    // Bills of a dry run are on no record, and later ones build on them: they are made together.
    var left = isDryRun ? [:] : leaveLater(&due)
    var postponed: Int?
    let sums = try sums(&due, work, partition)
    let rest = due.filter { !($0.place.map(sums.isWhole) ?? false) }
    let reads = try reads(rest, work, partition)
    let replaced = try replacedBills(due, partition)
    var batches = BilledBatches(partition: UInt16(work.partition))
    var issued: (index: Int, bills: [BillRecord]) = (-1, [])
    // Of the bill before: only where the account has another does anybody look at it.
    var last: BillRecord?
    for item in due {
      let account = item.account
      if issued.index != account.index {
        issued = (account.index, [])
      } else if let last {
        issued.bills.append(last)
      }
      last = nil
      if postponed == account.index { continue }
      if !isDryRun, !issued.bills.isEmpty, closesYear(item) {
        postponed = account.index
        left[account.index] = account.after
        // Tried again with the rest of the account.
        while made.exceptions.last?.account == account.agreement.number {
          made.exceptions.removeLast()
        }
        continue
      }
      do throws(BillException) {
        if let bill = item.isPartOn { throw .partlyBilled(by: bill) }
        if let loss = state.loss(touching: account.agreement.account) {
          throw .lostHistory(LostHistory(loss))
        }
        let bills = partition.bills[account.index]
        let old = bills.predecessor(of: item.cycle).flatMap { record in
          replaced[record.position].map { (position: record.position, bill: $0) }
        }
        var draft = try draft(
          item, sums, reads, partition, after: issued.bills,
          dated: max(dated, bills.earliestDate(of: item.cycle) ?? dated))
        if let old {
          draft = draft.following(bills + issued.bills, replacing: old)
        }
        last = try record(
          of: draft, account.agreement, partition.balances[account.index], after: issued.bills)
        if !isDryRun {
          batches.add(draft, of: account.agreement.account, replacing: old?.bill.bill)
        }
        made.billCount += 1
        if keepsDrafts {
          made.bills.append(BilledCycle(account: account.agreement.number, draft: draft))
        } else {
          made.summaries.append(BillSummary(draft, of: account.agreement.number))
        }
      } catch {
        made.exceptions.append(
          UnbilledCycle(
            account: account.agreement.number, period: item.cycle, exception: error))
      }
    }
    made.batches = batches.all
    keepSharedPlans()
    if !left.isEmpty {
      made.rest = BillWork(
        partition: work.partition,
        accounts: left.sorted { $0.key < $1.key }.map { .init(index: $0.key, after: $0.value) },
        weight: work.weight * (all - made.billCount - made.exceptions.count) / all)
    }
    return made
  }

  /// What the state will keep of a bill, which every fold must be able to take.
  private func record(
    of draft: BillDraft, _ agreement: ServiceAgreement, _ balance: AccountBalance,
    after issued: [BillRecord]
  ) throws(BillException) -> BillRecord {
    let plain = draft.plainRecord(at: .max)
    do throws(EventFault) {
      let judgement = EventJudgement(position: knownBefore)
      if plain == nil {
        try judgement.judgeFields(
          of: Event(
            .billIssuedV2(draft.fact), account: agreement.account, effective: draft.dated.day))
      }
      try balance.judge(
        draft.total.millionths, draft.priced.currency.code, judgement, after: issued)
    } catch { throw .pricing("the bill cannot be recorded: \(error.reason)") }
    return plain ?? BillRecord(draft.fact, at: .max)
  }

  /// Takes the later cycles away where there are more than a part makes.
  ///
  /// By date, because reads mostly lie so in the journal: fewer accounts at a time would open each
  /// batch again and again.
  ///
  /// - Returns: the accounts that they are of, with the day from which they go on.
  private func leaveLater(_ due: inout [DueCycle]) -> [Int: Int32] {
    guard due.count > cyclesPerWork else { return [:] }
    let last = due.map(\.cycle.end.day).sorted()[cyclesPerWork - 1]
    var rest: [Int: Int32] = [:]
    due.removeAll { item in
      guard item.cycle.end.day > last else { return false }
      rest[item.account.index] = max(last, item.account.after)
      return true
    }
    return rest
  }

  private func closesYear(_ item: DueCycle) -> Bool {
    let agreement = item.account.agreement
    guard agreement.history.map({ !$0.netMetering.isEmpty }) ?? false else { return false }
    return agreement.relevantYear(of: item.cycle, in: calculator.system.book)?.endsHere ?? false
  }

  /// The bill of a cycle, from its sums where it has them.
  ///
  /// - Parameter issued: bills of the account that this run has made before.
  private mutating func draft(
    _ item: DueCycle, _ sums: borrowing CycleSums, _ reads: DayReads, _ state: PartitionState,
    after issued: [BillRecord], dated: ServiceDate
  ) throws(BillException) -> BillDraft {
    // The agreement stays where it is: a copy of it takes as long as a line of a bill.
    let (account, index, cycle) = (item.account, item.account.index, item.cycle)
    if let flag = state.flags.holding(index, in: cycle) { throw .held(by: flag) }
    try calculator.requireNetMetering(of: cycle, account.agreement)
    let bills = state.bills.standing(index) + issued
    let planned =
      if let plan = item.plan {
        plans[plan].planned
      } else {
        try calculator.segments(of: cycle, account.agreement)
      }
    let usage =
      if let place = item.place, let usage = sums.usage(place) {
        usage
      } else {
        try calculator.usage(
          planned, cycle: cycle, account.agreement,
          delivered: reads.days(index, .delivered, in: cycle),
          received: reads.days(index, .received, in: BillCalculator.receivedPeriod(cycle)),
          registers: state.usage.registers[index] ?? [:], bills: bills)
      }
    // Its evidence is known before the commit that holds it; its position is this or later.
    return try calculator.draft(
      account.agreement, cycle: cycle, planned, usage, dated: dated, bills: bills,
      knownBefore: knownBefore)
  }

  /// Sums the cycles of all accounts that have nothing but first reads of delivered energy.
  private mutating func sums(
    _ due: inout [DueCycle], _ work: BillWork, _ state: PartitionState
  ) throws -> CycleSums {
    let special = special[work.partition] ?? state.usage.accountsWithMoreThanReads
    self.special[work.partition] = special
    var wanted: [(index: Int, plan: Int)] = []
    var dates = Int32.max..<Int32.max
    for place in due.indices {
      let (index, cycle) = (due[place].account.index, due[place].cycle)
      guard cycle.days <= 64, !special.contains(index),
        let plan = plan(of: due[place].account.agreement, cycle)
      else { continue }
      (due[place].plan, due[place].place) = (plan, wanted.count)
      wanted.append((index, plan))
      dates =
        dates.isEmpty
        ? cycle.start.day..<cycle.end.day
        : min(dates.lowerBound, cycle.start.day)..<max(dates.upperBound, cycle.end.day)
    }
    var sums = CycleSums(wanted, plans: plans)
    guard let first = wanted.first, let last = wanted.last else { return sums }
    let accounts = state.slots.account(at: first.index)...state.slots.account(at: last.index)
    var opener = BatchOpener(reader)
    for location in locations[work.partition] {
      let header = location.header
      guard header.firstAccount <= accounts.upperBound, accounts.lowerBound <= header.lastAccount,
        header.firstDate < dates.upperBound, dates.lowerBound <= header.lastDate
      else { continue }
      try opener.open(location) { content in
        sums.add(
          try ReadBatchView(content, header: header, partitions: state.slots.partitions),
          state.slots)
      }
    }
    return sums
  }

  /// The place of a cycle's plan; nil where it cannot be planned.
  private mutating func plan(of agreement: ServiceAgreement, _ cycle: BillingPeriod) -> Int? {
    let isShared = agreement.plans.count == 1
    let key = PlanKey(
      code: agreement.plans[0].code, zone: agreement.zone, start: cycle.start.day,
      end: cycle.end.day)
    if isShared, let known = places[key] { return known }
    guard let planned = try? calculator.segments(of: cycle, agreement),
      let zone = calculator.system.zones[agreement.zone]
    else { return nil }
    plans.append(CyclePlan(planned, cycle: cycle, zone: zone))
    if isShared { places[key] = plans.count - 1 }
    return plans.count - 1
  }

  private mutating func keepSharedPlans() {
    guard plans.count > places.count else { return }
    var shared: [CyclePlan] = []
    for (key, place) in places {
      places[key] = shared.count
      shared.append(plans[place])
    }
    plans = shared
  }

  /// The reads of cycles that are not summed.
  private func reads(
    _ due: [DueCycle], _ work: BillWork, _ state: PartitionState
  ) throws -> DayReads {
    var opener = BatchOpener(reader)
    var wanted: Set<ReadDay> = []
    for item in due {
      for date in BillCalculator.receivedPeriod(item.cycle).dates {
        wanted.insert(ReadDay(index: item.account.index, date: date.day))
      }
    }
    let dates = wanted.map(\.date)
    guard let first = due.first, let last = due.last, let from = dates.min(), let to = dates.max()
    else {
      return try DayReads(
        0...0, dates: 0..<0, slots: state.slots, usage: state.usage, locations: [],
        opener: &opener)
    }
    return try DayReads(
      first.account.index...last.account.index, dates: from..<to + 1, slots: state.slots,
      usage: state.usage,
      locations: locations[work.partition], only: wanted, opener: &opener)
  }

  /// The cancelled bills whose place the bills of some cycles take, whole.
  private func replacedBills(
    _ due: [DueCycle], _ state: PartitionState
  ) throws -> [UInt64: BillIssuedV2] {
    let wanted = due.compactMap { due in
      state.bills[due.account.index].predecessor(of: due.cycle).map {
        ($0.position, due.account.agreement.account)
      }
    }
    guard !wanted.isEmpty else { return [:] }
    var recorded = try RecordedBills(reader)
    return try recorded.bills(at: wanted)
  }
}
