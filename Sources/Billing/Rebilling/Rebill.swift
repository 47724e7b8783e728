import Journal
import Quantities
import Tariff

/// Which bills are made again.
public enum RebillChoice: Sendable {
  /// This one, and those that share a replaced index with it, whatever has been proposed.
  case bill(String)
  /// Those of an account that something was recorded about since.
  case account(String)
  /// All such bills; with an amount, those that differ by no more than it.
  case all(within: Money?)
}

extension RebillChoice {
  fileprivate func isExceeded(by redrafts: [Redraft]) -> Bool {
    guard case .all(let limit?) = self else { return false }
    return redrafts.contains {
      $0.difference.millionths.magnitude > limit.millionths.magnitude
    }
  }
}

/// A bill that was cancelled, or would be, and the one in its place.
public struct RebilledBill: Sendable {
  public let account: String
  public let old: BillIssuedV2
  public let cancelled: BillCancelled
  public let draft: BillDraft
  /// What the customer pays more, deferred lines too.
  public let difference: Money
  /// The number of the bill that it had to be made again with, for an index or a year of net
  /// metering that both share; nil where it was asked for itself.
  public let with: String?
}

/// A bill that could not be made again, and why.
public struct UnpricedBill: Sendable {
  public let account: String
  public let bill: String
  public let exception: BillException
}

/// What a rebilling did.
public struct RebillReport: Sendable {
  /// The bills, unless they were handed out one by one.
  public var rebilled: [RebilledBill] = []
  public var rebilledCount = 0
  /// Bills that would come to the same lines: they stand.
  public var unchanged: [String] = []
  public var exceptions: [UnpricedBill] = []
}

extension Engine {
  /// Cancels bills and bills their cycles again, each group of them in one commit.
  ///
  /// - Parameters:
  ///   - reason: why; what the first fact says that a bill did not know unless given.
  ///   - day: the new bills' date; today unless given, and never before the old bill's.
  ///   - isDryRun: nothing is recorded.
  ///   - each: handed each bill once it is durable, so that of many no draft is kept.
  @discardableResult
  public func rebill(
    _ choice: RebillChoice, reason: BillCancelled.CancellationReason? = nil,
    on day: ServiceDate? = nil, isDryRun: Bool = false, at: Instant,
    each: ((RebilledBill) -> Void)? = nil
  ) throws -> RebillReport {
    var report = RebillReport()
    var pending = PendingRebills(self, at, isDryRun: isDryRun)
    var made: [RebilledBill] = []
    func commit() throws {
      try pending.commit()
      report.rebilledCount += made.count
      if let each { made.forEach(each) } else { report.rebilled += made }
      made = []
    }
    try redraft(
      groups(choice, on: day), dated: { self.dated($0, day, at) },
      firstBill: { pending.position &+ UInt64($0.bills.count) },
      each: { group, result in
        let bills = state.partitions[group.partition].bills[group.index]
        switch result {
        case .failure(let exception):
          report.exceptions += group.bills.compactMap { bill in
            bills.firstIndex(of: bill).map {
              UnpricedBill(
                account: group.agreement.number,
                bill: "\(bills.number($0, of: group.agreement.number))",
                exception: exception)
            }
          }
        case .success(let redrafts) where !redrafts.contains(where: \.differs):
          report.unchanged += redrafts.map(\.old.bill)
          // Nothing is left to be looked at of them.
          for redraft in redrafts { pending.propose(group, redraft.record) }
        // Who is made again with a bill within the limit may be beyond it: both wait for somebody.
        case .success(let redrafts) where choice.isExceeded(by: redrafts): break
        case .success(let redrafts):
          made += pending.rebill(group, redrafts, reason)
        }
      },
      between: { if pending.isFull { try commit() } })
    try commit()
    return report
  }

  /// The date of the bills that take a group's place.
  func dated(_ group: RebillGroup, _ day: ServiceDate?, _ at: Instant) -> ServiceDate {
    max(day ?? today(group.agreement, at), earliestDate(group))
  }

  private func earliestDate(_ group: RebillGroup) -> ServiceDate {
    let bills = state.partitions[group.partition].bills[group.index]
    return group.bills.reduce(ServiceDate(day: .min)) { date, bill in
      max(
        date, bill.correctableFrom, bill.period.end,
        bills.earliestDate(of: bill.period) ?? bill.period.end)
    }
  }

  private func groups(
    _ choice: RebillChoice, on day: ServiceDate?
  ) throws(BillCorrectionRefusal) -> [RebillGroup] {
    switch choice {
    case .bill(let text):
      let bill = try state.bill(text)
      if let cancelled = bill.record.cancelledAt { throw .alreadyCancelled(text, at: cancelled) }
      let groups = bill.state.groups(
        of: [bill.record.position], bill.index, bill.agreement, state.system.book)
      if let day, let group = groups.first {
        let earliest = earliestDate(group)
        guard day >= earliest else { throw .tooEarly(day, allowed: earliest) }
      }
      return groups
    case .account(let number):
      guard let (state, index, agreement) = state.find(number) else {
        throw .unknownAccount(number)
      }
      let cases = state.rebilling.cases[index] ?? [:]
      return state.groups(of: Set(cases.keys), index, agreement, self.state.system.book)
    case .all(let limit):
      return state.rebillGroups { rebill in
        guard let limit else { return true }
        guard let proposal = rebill.proposal, proposal.obstacle.isEmpty else { return false }
        return proposal.difference.magnitude <= limit.millionths.magnitude
      }
    }
  }
}

extension BillingState {
  /// Groups of standing bills of which something is known that they did not know, by partition and
  /// index.
  func rebillGroups(where wanted: (RebillCase) -> Bool) -> [RebillGroup] {
    partitions.flatMap { state in
      state.rebilling.cases.sorted { $0.key < $1.key }.flatMap { index, cases -> [RebillGroup] in
        // Marks of cancelled bills wait for a reinstatement: nobody builds an agreement for them.
        let asked = Set(
          state.bills.standing(index).map(\.position).filter { cases[$0].map(wanted) ?? false })
        guard !asked.isEmpty, let agreement = state.agreements[index] else { return [] }
        return state.groups(of: asked, index, agreement, system.book)
      }
    }
  }
}

/// Events of rebillings that go into one commit, groups by partition and index: so each stands
/// where it is said to stand.
struct PendingRebills {
  private let engine: Engine
  private let at: Instant
  private let isDryRun: Bool
  private(set) var events: [Event] = []
  /// Events of a dry run that were let go, as if they stood in the journal.
  private var passed = 0

  init(_ engine: Engine, _ at: Instant, isDryRun: Bool = false) {
    self.engine = engine
    self.at = at
    self.isDryRun = isDryRun
  }

  /// Whether they are enough for a commit.
  var isFull: Bool { events.count >= 8192 }

  /// Where the next event will stand.
  var position: UInt64 { engine.writer.nextPosition &+ UInt64(passed + events.count) }

  private func rebillCase(_ group: RebillGroup, _ bill: UInt64) -> RebillCase? {
    engine.state.partitions[group.partition].rebilling.cases[group.index]?[bill]
  }

  /// Cancels a group's bills and issues those in their place.
  mutating func rebill(
    _ group: RebillGroup, _ redrafts: [Redraft], _ reason: BillCancelled.CancellationReason?
  ) -> [RebilledBill] {
    let account = group.agreement.account
    let asked = redrafts.first { group.asked.contains($0.record.position) }?.old.bill
    let rebilled = redrafts.map { redraft in
      let known = rebillCase(group, redraft.record.position)?.cause?.reason
      return RebilledBill(
        account: group.agreement.number, old: redraft.old,
        cancelled: BillCancelled(
          redraft.old, at: redraft.record.position, reason ?? known ?? .other,
          note: "billed again as \(redraft.draft.number)"),
        draft: redraft.draft, difference: redraft.difference,
        with: group.asked.contains(redraft.record.position) ? nil : asked)
    }
    events += rebilled.map {
      Event(.billCancelled($0.cancelled), account: account, effective: $0.draft.dated.day)
    }
    for bill in rebilled {
      events += bill.draft.events(of: group.agreement, replacing: bill.old.bill)
    }
    return rebilled
  }

  /// Records what a bill would come to; with a difference of zero that it need not be looked at.
  mutating func propose(
    _ group: RebillGroup, _ bill: BillRecord, difference: Money = .zero, obstacle: String = ""
  ) {
    let state = engine.state.partitions[group.partition]
    let bills = state.bills[group.index]
    guard let cause = state.rebilling.cases[group.index]?[bill.position]?.cause,
      let place = bills.firstIndex(of: bill)
    else { return }
    var fact = RebillProposed()
    fact.position = bill.position
    fact.bill = "\(bills.number(place, of: group.agreement.number))"
    (fact.cause, fact.reason) = (cause.position, cause.reason)
    fact.difference = difference.millionths
    fact.currency = Currency.known[Int(state.balances[group.index].currency)].code
    // Thousands of days that are missing need not be told one by one.
    fact.obstacle = String(obstacle.prefix(400))
    events.append(
      Event(
        .rebillProposed(fact), account: group.agreement.account,
        effective: engine.today(group.agreement, at).day))
  }

  /// Records the events; of a dry run it only lets them go.
  mutating func commit() throws {
    guard !isDryRun else {
      passed += events.count
      events = []
      return
    }
    let first = engine.writer.nextPosition
    let positions = try engine.commit(events, at: at)
    assert(
      positions == Array(first..<first + UInt64(events.count)), "each stands where it was said")
    events = []
  }
}
