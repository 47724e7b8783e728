import Journal
import Quantities

/// What somebody asks of one account: each is decided by itself.
public enum Command: Sendable {
  case pay(Payment)
  case adjust(Adjustment)
  case moveOut(number: String, on: ServiceDate)
  case cancelMoveOut(number: String)
  case switchPlan(PlanSwitchRequest)
  case cancelSwitch(number: String, firstDay: ServiceDate, overrideReason: String? = nil)
  case changeTerms(TermsRequest)
  /// With the table of the account's zone, which is published when the journal has none.
  case enroll(Enrollment, zone: ZoneTable?)
  case correct(BillCorrection)
}

/// What a command did.
public enum Outcome: Sendable, Equatable {
  case recorded(position: UInt64)
  /// The same was recorded before: nothing was appended.
  case repeated
}

/// What the decisions of a commit look at that another command of it may change, as hashes: where
/// two are the same by chance, a command waits for the next commit in vain.
private struct Concerns {
  private var taken: Set<UInt64>

  init(room: Int) { taken = Set(minimumCapacity: 2 * room) }

  /// Takes what a command concerns; false where one before it has any of that.
  mutating func take(_ command: Command, _ state: BillingState) -> Bool {
    let (account, other) = Self.of(command, state)
    guard !taken.contains(account), other.map({ !taken.contains($0) }) ?? true else { return false }
    taken.insert(account)
    if let other { taken.insert(other) }
    return true
  }

  private static func of(
    _ command: Command, _ state: BillingState
  ) -> (account: UInt64, other: UInt64?) {
    switch command {
    case .pay(let payment):
      // Turned around, so that a key that is an account's number does not concern that account.
      (KeyFilter.hash(payment.number), payment.key.map { ~KeyFilter.hash($0) })
    case .adjust(let adjustment):
      (KeyFilter.hash(adjustment.number), adjustment.key.map { ~KeyFilter.hash($0) })
    case .moveOut(let number, _), .cancelMoveOut(let number), .cancelSwitch(let number, _, _):
      (KeyFilter.hash(number), enrolments)
    case .changeTerms(let request): (KeyFilter.hash(request.number), nil)
    case .switchPlan(let request): (KeyFilter.hash(request.number), enrolments)
    case .enroll(let request, _): (KeyFilter.hash(request.number), enrolments)
    case .correct(.cancel(let bill, _, _, _)), .correct(.reinstate(let bill, _, _)),
      .correct(.waive(let bill, _, _)):
      (KeyFilter.hash(BillNumber(bill)?.account ?? bill), nil)
    // Whose it is, only the state knows.
    case .correct(.decline(let proposal, _)):
      (KeyFilter.hash((try? state.decline(proposal))?.number ?? ""), nil)
    }
  }

  /// Caps count all accounts of a plan, and an account's integer those of its partition.
  private static let enrolments: UInt64 = 0
}

extension Engine {
  /// Records commands as one commit: as many, from the first on, as do not concern one another.
  ///
  /// A decision sees what is durable and nothing else, so a command that concerns what one before
  /// it in the commit has changed (the same account, the same payment key, seats of a plan) waits
  /// for the next. That costs a sync only where it happens, keeps the order of arrival, and needs
  /// no state that a failed write would have to undo.
  ///
  /// - Returns: what became of each of them, in order: of one command at least. A refusal is of
  ///   one command and leaves the others alone.
  /// - Throws: when the commit failed: nothing of it is acknowledged, and the engine has ended.
  public func record(
    _ commands: ArraySlice<Command>, at: Instant
  ) throws -> [Result<Outcome, any Error>] {
    var concerns = Concerns(room: commands.count)
    var events: [Event] = []
    var outcomes: [Result<Outcome, any Error>] = []
    // Where the events of each command that has any start, and which it is.
    var recorded: [(event: Int, command: Int)] = []
    for command in commands {
      guard concerns.take(command, state) else { break }
      do {
        let decided = try decide(command, at: at)
        try judge(decided)
        if !decided.isEmpty {
          recorded.append((events.count, outcomes.count))
          events += decided
        }
        outcomes.append(.success(.repeated))
      } catch { outcomes.append(.failure(error)) }
    }
    let positions = try append(events, at: at)
    for (event, command) in recorded {
      outcomes[command] = .success(.recorded(position: positions[event]))
    }
    return outcomes
  }

  private func record(_ command: Command, at: Instant) throws -> Outcome {
    try record([command], at: at)[0].get()
  }

  /// The events that a command makes, what it is about first; none when it was recorded before.
  private func decide(_ command: Command, at: Instant) throws -> [Event] {
    switch command {
    case .pay(let payment): return try decide(payment)
    case .adjust(let adjustment): return try state.adjust(adjustment).map { [$0] } ?? []
    case .moveOut(let number, let day):
      guard let account = try state.moveOut(number, on: day) else { return [] }
      return [Event(.accountMovedOut(AccountMovedOut()), account: account, effective: day.day)]
    case .cancelMoveOut(let number):
      let (account, day) = try state.cancelMoveOut(number)
      return [Event(.moveOutCancelled(MoveOutCancelled()), account: account, effective: day.day)]
    case .switchPlan(let request):
      guard let (account, day, fact) = try state.switchPlan(request) else { return [] }
      let notice = NoticeRecorded(
        .planSwitched, ["from": fact.from, "to": fact.to, "on": day.description])
      return [
        Event(.planSwitched(fact), account: account, effective: day.day),
        Event(.noticeRecorded(notice), account: account, effective: day.day),
      ]
    case .cancelSwitch(let number, let firstDay, let reason):
      let zone = state.find(number).flatMap { state.system.zones[$0.agreement.zone] }
      let today = zone?.date(at: recordedAt(at).seconds) ?? firstDay
      let (account, fact) = try state.cancelSwitch(
        number, firstDay: firstDay, today: today, overrideReason: reason)
      return [Event(.planSwitchCancelled(fact), account: account, effective: firstDay.day)]
    case .changeTerms(let request):
      guard let (account, fact) = try state.changeTerms(request) else { return [] }
      return [Event(fact, account: account, effective: request.on.day)]
    case .enroll(let request, let zone):
      guard let fact = try state.enroll(request, zone: zone) else { return [] }
      let partitions = state.identity.partitions
      let partition = partition(ofAccount: fact.number, of: partitions)
      let id = AccountID(
        slot: UInt32(state.partitions[Int(partition)].agreements.count), partition: partition,
        of: partitions)
      let enrolled = Event(.accountEnrolled(fact), account: id.raw, effective: request.on.day)
      guard let zone, zone.name == fact.zone, state.system.zones[zone.name] == nil else {
        return [enrolled]
      }
      return [enrolled, Event(.zoneTablePublished(zone.fact))]
    case .correct(let correction): return try decide(correction, at: at)
    }
  }

  private func decide(_ payment: Payment) throws(PaymentRefusal) -> [Event] {
    guard let (account, fact) = try state.pay(payment) else { return [] }
    let currency = Currency(code: fact.currency) ?? .usd
    let notice = NoticeRecorded(
      .paymentReceived,
      [
        "amount": payment.amount.text(in: currency), "currency": currency.code,
        "on": payment.on.description,
      ])
    return [
      Event(.paymentRecordedV2(fact), account: account, effective: payment.on.day),
      Event(.noticeRecorded(notice), account: account, effective: payment.on.day),
    ]
  }

  public func pay(_ payment: Payment, at: Instant) throws -> Outcome {
    try record(.pay(payment), at: at)
  }

  public func adjust(_ adjustment: Adjustment, at: Instant) throws -> Outcome {
    try record(.adjust(adjustment), at: at)
  }

  public func moveOut(_ number: String, on day: ServiceDate, at: Instant) throws -> Outcome {
    try record(.moveOut(number: number, on: day), at: at)
  }

  public func cancelMoveOut(_ number: String, at: Instant) throws -> Outcome {
    try record(.cancelMoveOut(number: number), at: at)
  }

  public func changeTerms(_ request: TermsRequest, at: Instant) throws -> Outcome {
    try record(.changeTerms(request), at: at)
  }

  public func cancelSwitch(
    _ number: String, firstDay: ServiceDate, overrideReason: String? = nil, at: Instant
  ) throws -> Outcome {
    try record(
      .cancelSwitch(number: number, firstDay: firstDay, overrideReason: overrideReason), at: at)
  }

  /// - Returns: the first day on the new plan too.
  public func switchPlan(
    _ request: PlanSwitchRequest, at: Instant
  ) throws -> (outcome: Outcome, firstDay: ServiceDate?) {
    let day = try state.switchPlan(request)?.day
    return (try record(.switchPlan(request), at: at), day)
  }
}
