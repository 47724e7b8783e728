import Quantities

/// Whether an account can bear what an event does to it: what no decision of ours makes is refused
/// in replay, and nothing overflows.
extension AccountBalance {
  /// Whether the balance stays within 64 bits, and its open items countable, with one more posting:
  /// positive is owed.
  func canBear(_ posting: Int64, after issued: [BillRecord] = []) -> Bool {
    // Of other bills before it the worst is assumed: that none of them takes from another.
    let others = issued.filter { ($0.total.millionths > 0) == (posting > 0) }
    let before = others.reduce(
      posting > 0 ? open.reduce(Int128(0)) { $0 + Int128($1.remaining) } : Int128(credit)
    ) { $0 + Int128($1.total.millionths.magnitude) }
    return before + Int128(posting.magnitude) <= Int128(Int64.max)
      && open.count + issued.count < Int(UInt16.max)
  }

  /// Whether an event can be booked; of one that moves no money it is not asked.
  func judge(_ event: Event, _ judgement: EventJudgement) throws(EventFault) {
    switch event.fact {
    case .billIssuedV2(let fact): try judge(fact.total, fact.currency, judgement)
    case .billCancelled(let fact): try judge(fact.total, fact.currency, judgement)
    case .billReinstated(let fact): try judge(fact.total, fact.currency, judgement)
    case .paymentRecordedV2(let fact): try judge(-fact.amount, fact.currency, judgement)
    case .chargeAssessed(let fact):
      try judge(fact.amount, fact.currency, judgement)
      try judgement.require(
        fact.kind != .lateCharge || fact.bill == 0 || !past(of: fact.bill).hasLateCharge,
        "it is a second late charge for a bill")
    case .depositReceived(let fact):
      try judge(0, fact.currency, judgement)
      try judgement.require(
        !deposit.addingReportingOverflow(fact.amount).overflow,
        "the account's deposit would be beyond all measure")
    case .depositReturned(let fact):
      try judge(fact.applied ? -fact.amount : 0, fact.currency, judgement)
      try judgement.require(fact.amount <= deposit, "it returns more deposit than is held")
    case .creditRefunded(let fact):
      try judge(0, fact.currency, judgement)
      try judgement.require(fact.amount <= credit, "it refunds more than the account's credit")
    case .debtWrittenOff(let fact):
      try judge(0, fact.currency, judgement)
      try judgement.require(fact.amount <= receivable, "it writes off more than the account owes")
    case .lateChargeWaived(let fact):
      try judge(-fact.amount, fact.currency, judgement)
      try judgement.require(
        pasts.contains {
          $0.lateCharge?.position == fact.charge && $0.lateCharge?.amount == fact.amount
        },
        "it takes back what is no late charge that stands")
    case .rateSchedulePublished, .zoneTablePublished, .meterFileIngested, .accountEnrolled,
      .accountMovedOut, .moveOutCancelled, .planSwitched, .planSwitchCancelled, .termsChanged,
      .discountGranted, .discountEnded, .netMeteringStarted, .netMeteringEnded, .readCorrected,
      .registerRead, .meterReadRejected, .readEstimated, .readFlagged, .flagSettled,
      .rebillProposed,
      .rebillDeclined, .noticeRecorded, .personDetailsRecorded, .personErased, .billIssued,
      .paymentRecorded, nil:
      break
    }
  }

  /// Whether the account, which has one currency, that of its plans, can bear an amount in one.
  ///
  /// - Parameter issued: bills that will be booked before it.
  func judge(
    _ amount: Int64, _ code: String, _ judgement: EventJudgement, after issued: [BillRecord] = []
  ) throws(EventFault) {
    let isBlank = open.isEmpty && credit == 0 && deposit == 0
    try judgement.require(
      isBlank || Currency.known[Int(currency)].code == code,
      "it is in \(code), which the account's balance is not")
    try judgement.require(
      canBear(amount, after: issued), "the account's balance would be beyond all measure")
  }
}
