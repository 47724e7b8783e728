import Quantities

/// Money from a customer.
public struct Payment: Sendable {
  public var number: String
  public var amount: Money
  /// The day on which the money counts.
  public var on: ServiceDate
  /// The caller's key: the same payment sent twice counts once.
  public var key: String?
  public var method: PaymentRecordedV2.Method

  public init(
    number: String, amount: Money, on: ServiceDate, key: String? = nil,
    method: PaymentRecordedV2.Method = .notTold
  ) {
    self.number = number
    self.amount = amount
    self.on = on
    self.key = key
    self.method = method
  }
}

/// Why a payment is refused, in order of precedence.
public enum PaymentRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case unknownAccount(String)
  case notPositive(String)
  case finerThanMinorUnit(currency: String, decimals: Int)
  case badKey
  case keyUsed(key: String, position: UInt64)
  /// The credit balance would pass what an account can hold.
  case beyondMeasure

  public var description: String {
    switch self {
    case .unknownAccount(let number): "there is no account \(number)"
    case .notPositive(let amount): "a payment is more than zero, not \(amount)"
    case .finerThanMinorUnit(let currency, let decimals):
      decimals == 0
        ? "a payment in \(currency) has no decimals"
        : "a payment in \(currency) has at most \(decimals) decimals"
    case .badKey: "a payment's key has 1 to 255 bytes"
    case .keyUsed(let key, let position):
      "key “\(key)” was used at position \(position) for another payment"
    case .beyondMeasure: "the account's credit would be beyond all measure"
    }
  }
}

extension BillingState {
  /// The currency of an account's plan.
  func currency(of agreement: ServiceAgreement, on day: ServiceDate) -> Currency {
    system.book.currency(of: agreement.plan(on: day).code) ?? .usd
  }

  private func paymentKey(_ key: String) -> Ledger.PaymentKey? {
    let hash = KeyFilter.hash(key)
    for partition in partitions.indices {
      if let known = partitions[partition].balances.payment(under: key, hash) { return known }
    }
    return nil
  }

  /// Decides a payment; nil when the same key brought the same payment before.
  func pay(
    _ payment: Payment
  ) throws(PaymentRefusal) -> (account: UInt32, fact: PaymentRecordedV2)? {
    // In place: a copy of a partition's projections costs more than all the rest.
    guard let account = account(payment.number) else { throw .unknownAccount(payment.number) }
    let partition = partition(of: account)
    guard let index = partitions[partition].slots.index(of: account),
      partitions[partition].agreements.isEnrolled(index)
    else { throw .unknownAccount(payment.number) }
    let plan = partitions[partition].agreements.plan(index, on: payment.on)
    let currency = system.book.currency(of: plan) ?? .usd
    guard payment.amount > .zero else { throw .notPositive(payment.amount.text(in: currency)) }
    guard payment.amount.millionths % currency.minorUnitMillionths == 0 else {
      throw .finerThanMinorUnit(currency: currency.code, decimals: currency.decimals)
    }
    if let key = payment.key, let known = paymentKey(key) {
      guard known.account == account, known.amount == payment.amount.millionths,
        known.on == payment.on.day, known.method == UInt8(clamping: payment.method.rawValue)
      else { throw .keyUsed(key: key, position: known.position) }
      return nil
    }
    let credit = partitions[partition].balances[index].credit
    guard !credit.addingReportingOverflow(payment.amount.millionths).overflow else {
      throw .beyondMeasure
    }
    var fact = PaymentRecordedV2()
    fact.amount = payment.amount.millionths
    fact.currency = currency.code
    fact.key = payment.key ?? ""
    fact.method = payment.method
    return (account, fact)
  }
}
