import Quantities

/// What money moved for, as far as a caller's key tells two movements apart: a payment by its
/// method's number in the schema.
struct KeyPurpose: RawRepresentable, Hashable, Sendable {
  var rawValue: UInt8

  static func payment(_ method: PaymentRecordedV2.Method) -> KeyPurpose {
    KeyPurpose(rawValue: UInt8(clamping: method.rawValue))
  }
  static let depositReceived = KeyPurpose(rawValue: 64)
  static let depositPaidOut = KeyPurpose(rawValue: 65)
  static let depositApplied = KeyPurpose(rawValue: 66)
  static let refund = KeyPurpose(rawValue: 67)
  static let writeOff = KeyPurpose(rawValue: 68)
  static let charge = KeyPurpose(rawValue: 69)

  /// How an adjustment is called; nil for payments and charges.
  var adjustment: String? {
    switch self {
    case .depositReceived: "deposit"
    case .depositPaidOut: "deposit paid out"
    case .depositApplied: "deposit applied"
    case .refund: "refund"
    case .writeOff: "write-off"
    default: nil
    }
  }
}

/// An amount that somebody wants booked to an account.
struct KeyedSum: Sendable {
  var number: String
  var amount: Money
  /// The day on which the money counts.
  var on: ServiceDate
  /// The caller's key: the same sum sent twice counts once.
  var key: String?
  var purpose: KeyPurpose
}

extension Event {
  /// What is remembered under the caller's key. A new kind of event must say here whether it has one.
  var keyedSum: (key: String, amount: Int64, purpose: KeyPurpose)? {
    switch fact {
    case .paymentRecordedV2(let fact): (fact.key, fact.amount, .payment(fact.method))
    case .depositReceived(let fact): (fact.key, fact.amount, .depositReceived)
    case .depositReturned(let fact):
      (fact.key, fact.amount, fact.applied ? .depositApplied : .depositPaidOut)
    case .creditRefunded(let fact): (fact.key, fact.amount, .refund)
    case .debtWrittenOff(let fact): (fact.key, fact.amount, .writeOff)
    case .chargeAssessed(let fact): (fact.key, fact.amount, .charge)
    case .rateSchedulePublished, .zoneTablePublished, .meterFileIngested, .meterReadRejected,
      .accountEnrolled, .accountMovedOut, .moveOutCancelled, .planSwitched, .planSwitchCancelled,
      .termsChanged, .discountGranted, .discountEnded, .netMeteringStarted, .netMeteringEnded,
      .readCorrected, .registerRead, .readEstimated, .readFlagged, .flagSettled, .billIssued,
      .billIssuedV2,
      .billCancelled, .billReinstated, .rebillProposed, .rebillDeclined, .paymentRecorded,
      .lateChargeWaived, .noticeRecorded, .personDetailsRecorded, .personErased, nil:
      nil
    }
  }
}

extension BillingState {
  private func use(of key: String) -> Ledger.KeyUse? {
    let hash = KeyFilter.hash(key)
    for partition in partitions.indices {
      if let known = partitions[partition].balances.use(of: key, hash) { return known }
    }
    return nil
  }

  /// Where a sum goes, and in which currency; nil when the same key brought the same before.
  func place(
    of sum: KeyedSum
  ) throws(PaymentRefusal) -> (account: UInt32, partition: Int, index: Int, currency: Currency)? {
    // In place: a copy of a partition's projections costs more than all the rest.
    guard let account = account(sum.number) else { throw .unknownAccount(sum.number) }
    let partition = partition(of: account)
    guard let index = partitions[partition].slots.index(of: account),
      partitions[partition].agreements.isEnrolled(index)
    else { throw .unknownAccount(sum.number) }
    let plan = partitions[partition].agreements.plan(index, on: sum.on)
    let currency = system.book.currency(of: plan) ?? .usd
    guard sum.amount > .zero else { throw .notPositive(sum.amount.text(in: currency)) }
    guard sum.amount.millionths % currency.minorUnitMillionths == 0 else {
      throw .finerThanMinorUnit(currency: currency.code, decimals: currency.decimals)
    }
    guard let key = sum.key else { return (account, partition, index, currency) }
    guard (1...255).contains(key.utf8.count) else { throw .badKey }
    if let known = use(of: key) {
      guard known.account == account, known.amount == sum.amount.millionths,
        known.on == sum.on.day, known.purpose == sum.purpose
      else { throw .keyUsed(key: key, position: known.position) }
      return nil
    }
    return (account, partition, index, currency)
  }
}
