import Quantities

/// Money that moves between an account and the utility on no bill, and is no payment.
public struct Adjustment: Sendable {
  public enum Kind: Sendable, Equatable {
    /// The customer leaves a deposit.
    case deposit
    /// It is given back: paid out, or applied to what the account owes, the rest as credit.
    case depositReturn(isApplied: Bool)
    /// A credit balance, or a part of it, is paid out.
    case refund
    /// Nobody will pay it: off the open items, the oldest first.
    case writeOff(reason: String)
  }

  public var number: String
  public var kind: Kind
  public var amount: Money
  /// The day on which it counts.
  public var on: ServiceDate
  /// The caller's key: the same adjustment sent twice counts once.
  public var key: String?

  public init(
    number: String, _ kind: Kind, amount: Money, on: ServiceDate, key: String? = nil
  ) {
    self.number = number
    self.kind = kind
    self.amount = amount
    self.on = on
    self.key = key
  }

  fileprivate var purpose: KeyPurpose {
    switch kind {
    case .deposit: .depositReceived
    case .depositReturn(let isApplied): isApplied ? .depositApplied : .depositPaidOut
    case .refund: .refund
    case .writeOff: .writeOff
    }
  }
}

extension BillingState {
  /// Decides an adjustment; nil when the same key brought the same before.
  func adjust(_ adjustment: Adjustment) throws(PaymentRefusal) -> Event? {
    let sum = KeyedSum(
      number: adjustment.number, amount: adjustment.amount, on: adjustment.on,
      key: adjustment.key, purpose: adjustment.purpose)
    guard let (account, partition, index, currency) = try place(of: sum) else { return nil }
    let balance = partitions[partition].balances[index]
    let amount = adjustment.amount.millionths
    guard amount <= EventJudgement.moneyLimit else { throw .beyondMeasure }
    func text(_ millionths: Int64) -> String { Money(millionths: millionths).text(in: currency) }
    let fact: Event.OneOf_Fact
    switch adjustment.kind {
    case .deposit:
      guard !balance.deposit.addingReportingOverflow(amount).overflow else {
        throw .beyondMeasure
      }
      var received = DepositReceived()
      (received.amount, received.currency) = (amount, currency.code)
      received.key = adjustment.key ?? ""
      fact = .depositReceived(received)
    case .depositReturn(let isApplied):
      guard amount <= balance.deposit else { throw .moreThanHeld(deposit: text(balance.deposit)) }
      guard !isApplied || !balance.credit.addingReportingOverflow(amount).overflow else {
        throw .beyondMeasure
      }
      var returned = DepositReturned()
      (returned.amount, returned.currency) = (amount, currency.code)
      (returned.key, returned.applied) = (adjustment.key ?? "", isApplied)
      fact = .depositReturned(returned)
    case .refund:
      guard amount <= balance.credit else { throw .moreThanCredit(text(balance.credit)) }
      var refunded = CreditRefunded()
      (refunded.amount, refunded.currency) = (amount, currency.code)
      refunded.key = adjustment.key ?? ""
      fact = .creditRefunded(refunded)
    case .writeOff(let reason):
      guard amount <= balance.receivable else { throw .moreThanOwed(text(balance.receivable)) }
      var written = DebtWrittenOff()
      (written.amount, written.currency) = (amount, currency.code)
      (written.key, written.reason) = (adjustment.key ?? "", reason)
      fact = .debtWrittenOff(written)
    }
    return Event(fact, account: account, effective: adjustment.on.day)
  }
}
