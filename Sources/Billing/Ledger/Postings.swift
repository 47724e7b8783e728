import Quantities

/// What each event that moves money does to an account and to the books: the one place that says
/// so, for the fold, the trial balance and the exports. `Journal/FORMAT.md` has it as a table.
extension AccountBalance {
  /// Books an event; false where it moves no money.
  ///
  /// - Parameter entry: becomes the event's own.
  mutating func book(
    _ event: Event, at position: UInt64, _ entry: inout LedgerEntry
  ) -> Bool {
    switch event.fact {
    case .billIssuedV2(let bill):
      start(bill.currency, &entry)
      entry.post(bill.lines, total: bill.total)
      issue(
        bill.total, at: position, due: bill.due, replacesAfter: bill.replacesAfter, &entry)
    case .billCancelled(let fact):
      let before = Cancellation(bill: fact.position, open: open, credit: credit)
      let others = cancellations
      start(fact.currency, &entry)
      cancellations = others.suffix(Self.mostCancellations - 1) + [before]
      entry.post(fact.lines, total: fact.total)
      book(fact.total, of: fact.position, due: event.effective, &entry)
    case .billReinstated(let fact):
      let others = cancellations
      start(fact.currency, &entry)
      cancellations = others
      entry.post(fact.lines, total: fact.total)
      reinstate(fact.total, of: fact.position, due: fact.due, &entry)
    case .paymentRecordedV2(let payment):
      start(payment.currency, &entry)
      entry.post(payment.amount, to: .cash)
      settle(payment.amount, isPaid: true, &entry)
    case .chargeAssessed(let fact):
      start(fact.currency, &entry)
      entry.post(-fact.amount, to: LedgerAccount(fact.kind))
      charge(fact.amount, due: fact.due, at: position, &entry)
      guard fact.kind == .lateCharge else { break }
      changePast(of: fact.bill) {
        $0.hasLateCharge = true
        $0.lateCharge = ItemPast.LateCharge(
          position: position, amount: fact.amount, on: event.effective)
      }
    case .depositReceived(let fact):
      start(fact.currency, &entry)
      deposit += fact.amount
      entry.move(fact.amount, from: .depositsHeld, to: .cash)
    case .depositReturned(let fact):
      start(fact.currency, &entry)
      deposit -= fact.amount
      guard fact.applied else {
        entry.move(fact.amount, from: .cash, to: .depositsHeld)
        break
      }
      entry.post(fact.amount, to: .depositsHeld)
      settle(fact.amount, isPaid: true, &entry)
    case .creditRefunded(let fact):
      start(fact.currency, &entry)
      credit -= fact.amount
      entry.move(fact.amount, from: .cash, to: .creditBalances)
    case .debtWrittenOff(let fact):
      start(fact.currency, &entry)
      writeOff(fact.amount, &entry)
    case .lateChargeWaived(let fact):
      start(fact.currency, &entry)
      for index in pasts.indices where pasts[index].lateCharge?.position == fact.charge {
        pasts[index].lateCharge = nil
      }
      entry.post(fact.amount, to: .lateCharge)
      book(-fact.amount, of: fact.charge, due: event.effective, &entry)
    case .rateSchedulePublished, .zoneTablePublished, .meterFileIngested, .accountEnrolled,
      .accountMovedOut, .moveOutCancelled, .planSwitched, .planSwitchCancelled, .termsChanged,
      .discountGranted, .discountEnded, .netMeteringStarted, .netMeteringEnded, .readCorrected,
      .registerRead,
      .meterReadRejected, .readEstimated, .readFlagged, .flagSettled, .rebillProposed,
      .rebillDeclined, .noticeRecorded, .personDetailsRecorded, .personErased, .billIssued,
      .paymentRecorded, nil:
      return false
    }
    return true
  }

  /// Books a bill from its message.
  mutating func book(_ bill: IssuedBill, at position: UInt64, _ entry: inout LedgerEntry) {
    start(Currency.known[bill.currencyIndex].code, &entry)
    var listed: Int64 = 0
    bill.forEachLine { line in
      let account = LedgerAccount(
        line.kind, isDeferred: line.isDeferred, hasAuthority: !line.authority.isEmpty)
      listed += entry.post(
        line.amount, isDeferred: line.isDeferred, to: account,
        of: account == .taxPayable ? String(decoding: line.authority, as: UTF8.self) : "")
    }
    entry.post(listed - bill.total, to: .unlisted)
    issue(bill.total, at: position, due: bill.due, replacesAfter: bill.replacesAfter, &entry)
  }

  /// More of an account's bills than these are not cancelled by mistake.
  private static let mostCancellations = 240

  private mutating func start(_ currency: String, _ entry: inout LedgerEntry) {
    entry.start(in: currency)
    self.currency = UInt8(entry.currencyIndex)
    if !cancellations.isEmpty { cancellations = [] }
  }
}

extension LedgerEntry {
  /// The other side of a bill: each line against its own account. What is deferred is not
  /// receivable, and not in the total.
  fileprivate mutating func post(_ lines: [BillLine], total: Int64) {
    var listed: Int64 = 0
    // By index: a copy of a line takes longer than what is done with it.
    for index in lines.indices {
      let account = LedgerAccount(
        lines[index].kind, isDeferred: lines[index].deferred,
        hasAuthority: !lines[index].authority.isEmpty)
      listed += post(
        lines[index].amount, isDeferred: lines[index].deferred, to: account,
        of: account == .taxPayable ? lines[index].authority : "")
    }
    post(listed - total, to: .unlisted)
  }

  /// One line of a bill.
  ///
  /// - Returns: its part of the bill's total.
  fileprivate mutating func post(
    _ amount: Int64, isDeferred: Bool, to account: LedgerAccount, of authority: String
  ) -> Int64 {
    if isDeferred { post(amount, to: .deferredNetMetering) }
    post(-amount, to: account, of: authority)
    return isDeferred ? 0 : amount
  }
}
