import Quantities

/// Whether an account can bear what an event does to it: what no decision of ours makes is refused
/// in replay, and nothing overflows.
extension AccountBalance {
  /// Whether the balance stays within 64 bits, and its open items countable, with one more posting:
  /// positive is owed.
  func canBear(_ posting: Int64) -> Bool {
    guard posting > 0 else { return !credit.subtractingReportingOverflow(posting).overflow }
    let owed = open.reduce(Int64(0)) { $0 + $1.remaining }
    return !owed.addingReportingOverflow(posting).overflow && open.count < Int(UInt16.max)
  }

  func judge(_ fact: ChargeAssessed, _ judgement: EventJudgement) throws(EventFault) {
    try judgeCurrency(fact.currency, judgement)
    try judgement.require(
      canBear(fact.amount), "the account's balance would be beyond all measure")
  }

  func judge(_ fact: DepositReceived, _ judgement: EventJudgement) throws(EventFault) {
    try judgeCurrency(fact.currency, judgement)
    try judgement.require(
      !deposit.addingReportingOverflow(fact.amount).overflow,
      "the account's deposit would be beyond all measure")
  }

  func judge(_ fact: DepositReturned, _ judgement: EventJudgement) throws(EventFault) {
    try judgeCurrency(fact.currency, judgement)
    try judgement.require(fact.amount <= deposit, "it returns more deposit than is held")
    try judgement.require(
      !fact.applied || canBear(-fact.amount), "the account's credit would be beyond all measure")
  }

  func judge(_ fact: CreditRefunded, _ judgement: EventJudgement) throws(EventFault) {
    try judgeCurrency(fact.currency, judgement)
    try judgement.require(fact.amount <= credit, "it refunds more than the account's credit")
  }

  func judge(_ fact: DebtWrittenOff, _ judgement: EventJudgement) throws(EventFault) {
    try judgeCurrency(fact.currency, judgement)
    try judgement.require(fact.amount <= receivable, "it writes off more than the account owes")
  }

  func judge(_ fact: LateChargeWaived, _ judgement: EventJudgement) throws(EventFault) {
    try judgeCurrency(fact.currency, judgement)
    try judgement.require(
      pasts.contains {
        $0.lateCharge?.position == fact.charge && $0.lateCharge?.amount == fact.amount
      },
      "it takes back what is no late charge that stands")
    try judgement.require(
      canBear(-fact.amount), "the account's balance would be beyond all measure")
  }

  /// An account has one currency, that of its plans.
  private func judgeCurrency(
    _ code: String, _ judgement: EventJudgement
  ) throws(EventFault) {
    let isBlank = open.isEmpty && credit == 0 && deposit == 0
    try judgement.require(
      isBlank || Currency.known[Int(currency)].code == code,
      "it is in \(code), which the account's balance is not")
  }
}
