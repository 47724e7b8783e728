import Journal
import Quantities

/// Judges each decoded event before a projection sees it: checksums tell that bytes are as they
/// were written, not that one of our decisions wrote them. No fold may trap on what another wrote,
/// or believe it.
struct EventJudgement {
  let position: UInt64

  func require(_ holds: Bool, _ reason: @autoclosure () -> String) throws(EventFault) {
    guard holds else { throw EventFault(position: position, reason: reason()) }
  }

  /// Whether an account's event stands where its account's events stand.
  func judgePlace(
    of event: Event, in header: BatchHeader, partitions: Int
  ) throws(EventFault) {
    let account = AccountID(raw: event.account)
    try require(
      event.account >= UInt32(partitions)
        && account.partition(of: partitions) == header.partition,
      "account \(event.account) does not belong in partition \(header.partition)")
    try require(
      header.mayHold(account: event.account),
      "account \(event.account) is not among those that the batch's header names")
  }
}

extension PartitionState {
  /// Judges one account's event and folds it in.
  ///
  /// - Parameter isJudged: whether its fields have been, before it was written.
  mutating func fold(
    _ recorded: RecordedEvent, in header: BatchHeader, _ system: SystemState, isJudged: Bool = false
  ) throws(EventFault) {
    let judgement = EventJudgement(position: recorded.position)
    try judgement.judgePlace(of: recorded.event, in: header, partitions: slots.partitions)
    if !isJudged { try judgement.judgeFields(of: recorded.event) }
    if case .accountEnrolled(let fact) = recorded.event.fact {
      return try EnrolledAccount.with(fact, recorded.event) { enrolled throws(EventFault) in
        try fold(enrolled, at: recorded.position, system)
      }
    }
    do throws(EventFault) { try judge(recorded.event, judgement) } catch {
      return try leaveOut(recorded.event.account, error, system)
    }
    apply(recorded, system)
  }

  func requireEnrolled(
    _ index: Int, _ account: UInt32, _ judgement: EventJudgement
  ) throws(EventFault) {
    try judgement.require(agreements.isEnrolled(index), "account \(account) is not enrolled")
  }

  /// Whether a bill's days can follow on what has been folded.
  func judge(
    _ period: BillingPeriod, replacesAfter: UInt64, _ index: Int, _ judgement: EventJudgement
  ) throws(EventFault) {
    try judgement.requireUnbilled(period, bills, index)
    try judgement.require(
      replacesAfter == 0 || bills.bill(index, at: replacesAfter - 1)?.isCancelled ?? false,
      "it replaces a bill that is not cancelled")
  }

  /// Whether the event can follow on what has been folded.
  func judge(_ event: Event, _ judgement: EventJudgement) throws(EventFault) {
    // Another account of the partition is passed over where only one is folded.
    guard let index = slots.index(of: event.account) else { return }
    try requireEnrolled(index, event.account, judgement)
    // Made only for the kinds that ask: most do not.
    var agreement: ServiceAgreement { agreements[index]! }
    var accepted: ArraySlice<PlanSpan> { agreement.plans.dropFirst() }
    switch event.fact {
    case .accountMovedOut:
      try judgement.require(
        agreement.end == nil
          && event.effective > agreement.plans[agreement.plans.count - 1].from.day,
        "the account cannot move out on that day")
    case .moveOutCancelled:
      try judgement.require(
        agreement.end?.day == event.effective, "it cancels a move-out that was not recorded")
    case .planSwitched(let fact):
      try judgement.require(
        event.effective >= agreement.start.day && fact.from == agreement.lastPlan
          && accepted.last.map { event.effective > $0.from.day } ?? true,
        "the switch does not follow on the plans before it")
    case .planSwitchCancelled(let fact):
      try judgement.require(
        accepted.last.map { $0.code == fact.to && $0.from.day == event.effective } ?? false,
        "it cancels a switch that was not accepted")
    case .billIssuedV2(let bill):
      try judge(bill.period, replacesAfter: bill.replacesAfter, index, judgement)
      try balances[index].judge(event, judgement)
    case .readEstimated(let fact):
      try judgement.require(
        usage.canEstimate(fact, of: index, on: event.effective),
        "the estimate does not follow on what is held of the day")
    case .readFlagged(let fact):
      try judgement.require(event.effective <= fact.lastDay, "the flag ends before it starts")
    case .flagSettled(let fact):
      try judgement.require(
        flags[index].contains { $0.position == fact.flag && $0.isStanding },
        "it settles a flag that does not stand")
    case .personDetailsRecorded(let fact):
      try judgement.require(
        persons.canRecord(index, with: KeyID(fact.details.key)),
        "the details are sealed with a key that is not the person's")
    case .personErased(let fact):
      try judgement.require(
        persons[index].map { !$0.isErased && $0.key == KeyID(fact.key) } ?? false,
        "it erases a person who is not on record")
    case .billCancelled(let fact):
      let bill = bills.bill(index, at: fact.position)
      try judgement.require(
        bill.map { !$0.isCancelled } ?? false, "it cancels a bill that does not stand")
      try judgement.require(
        bill?.total.millionths == -fact.total, "it cancels another amount than the bill's")
      try balances[index].judge(event, judgement)
    case .billReinstated(let fact):
      let bill = bills.bill(index, at: fact.position)
      try judgement.require(
        bill?.cancelledAt == fact.cancellation, "it reinstates a bill that is not cancelled so")
      try judgement.require(
        bill?.total.millionths == fact.total, "it reinstates another amount than the bill's")
      if let bill { try judgement.requireUnbilled(bill.period, bills, index) }
      try balances[index].judge(event, judgement)
    case .rebillProposed(let fact):
      try judgement.require(
        bills.bill(index, at: fact.position) != nil, "it proposes to rebill what is no bill")
    case .rebillDeclined(let fact):
      try judgement.require(
        rebilling.bill(of: fact.proposal, index) != nil, "it declines a proposal that is not open")
    case .termsChanged, .discountGranted, .discountEnded, .netMeteringStarted, .netMeteringEnded:
      try judgement.require(
        event.effective >= agreement.start.day, "terms change before the account is served")
      guard case .termsChanged(let fact) = event.fact, fact.hasReadDay else { break }
      let day = ServiceDate(day: event.effective)
      try judgement.require(
        agreement.readDayChange(onOrAfter: day, bills[index]) == day,
        "the read day does not change with a cycle that has never been billed")
    case .paymentRecordedV2, .chargeAssessed, .depositReceived, .depositReturned, .creditRefunded,
      .debtWrittenOff, .lateChargeWaived:
      try balances[index].judge(event, judgement)
    case .billIssued,
      .paymentRecorded, .readCorrected, .registerRead, .noticeRecorded, .accountEnrolled,
      .rateSchedulePublished,
      .zoneTablePublished, .meterFileIngested, .meterReadRejected, nil:
      break
    }
  }
}

extension EventJudgement {
  /// No day of a service point is in two bills that stand.
  fileprivate func requireUnbilled(
    _ days: BillingPeriod, _ bills: BillProjection, _ index: Int
  ) throws(EventFault) {
    let other = bills.standing(index, on: days)
    try require(
      other == nil, "days of it are on the bill at position \(other?.position ?? 0), which stands")
  }
}
