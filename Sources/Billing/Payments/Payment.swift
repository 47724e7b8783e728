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

/// Why money is not booked, in order of precedence.
public enum PaymentRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case unknownAccount(String)
  case notPositive(String)
  case finerThanMinorUnit(currency: String, decimals: Int)
  case badKey
  case keyUsed(key: String, position: UInt64)
  case moreThanHeld(deposit: String)
  case moreThanCredit(String)
  case moreThanOwed(String)
  /// What the account has or owes would pass what can be counted.
  case beyondMeasure

  public var description: String {
    switch self {
    case .unknownAccount(let number): "there is no account \(number)"
    case .notPositive(let amount): "an amount is more than zero, not \(amount)"
    case .finerThanMinorUnit(let currency, let decimals):
      decimals == 0
        ? "an amount in \(currency) has no decimals"
        : "an amount in \(currency) has at most \(decimals) decimals"
    case .badKey: "a key has 1 to 255 bytes"
    case .keyUsed(let key, let position):
      "key “\(key)” was used at position \(position) for something else"
    case .moreThanHeld(let deposit): "the deposit held is \(deposit): no more can be returned"
    case .moreThanCredit(let credit): "the credit is \(credit): no more can be refunded"
    case .moreThanOwed(let owed): "the account owes \(owed): no more can be written off"
    case .beyondMeasure: "the account's credit or deposit would be beyond all measure"
    }
  }
}

extension BillingState {
  /// The currency of an account's plan.
  func currency(of agreement: ServiceAgreement, on day: ServiceDate) -> Currency {
    system.book.currency(of: agreement.plan(on: day).code) ?? .usd
  }

  /// Decides a payment; nil when the same key brought the same payment before.
  func pay(
    _ payment: Payment
  ) throws(PaymentRefusal) -> (account: UInt32, fact: PaymentRecordedV2)? {
    let sum = KeyedSum(
      number: payment.number, amount: payment.amount, on: payment.on, key: payment.key,
      purpose: .payment(payment.method))
    guard let (account, partition, index, currency) = try place(of: sum) else { return nil }
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
