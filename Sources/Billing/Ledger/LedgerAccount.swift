/// An account of the books, in the order of a trial balance. Debits are positive.
///
/// Raw values index the totals of the state's canonical form: to add one, add it at the end of its
/// group and raise the ledger's version.
public enum LedgerAccount: UInt8, CaseIterable, Sendable {
  /// What customers owe: the sum of the open items.
  case receivable
  case cash
  /// Charges of the relevant periods of net metering that still run: not due yet.
  case deferredNetMetering

  /// What customers have paid beyond their bills.
  case creditBalances
  case depositsHeld
  /// Taxes and surcharges, by whom they are payable to.
  case taxPayable

  case energy
  case baselineCredit
  case daily
  case monthly
  case minimum
  case discount
  case householdCredit
  case reactive
  case backBilling
  case lateCharge
  case returnedPayment
  case reconnection
  /// What is left of a relevant period's credits when it ends: they expire.
  case expiredNetMetering
  /// Parts of a bill's total that no line of it explains.
  case unlisted

  /// Energy bought from customers who sent out more than they used.
  case netSurplus
  case writeOffs

  /// Its kind and its name, as plain-text accounting writes them.
  public var path: (root: String, name: String) {
    switch self {
    case .receivable: ("assets", "receivable")
    case .cash: ("assets", "cash")
    case .deferredNetMetering: ("assets", "deferred-net-metering")
    case .creditBalances: ("liabilities", "credit-balances")
    case .depositsHeld: ("liabilities", "deposits")
    case .taxPayable: ("liabilities", "tax")
    case .energy: ("income", "energy")
    case .baselineCredit: ("income", "baseline-credit")
    case .daily: ("income", "daily-charge")
    case .monthly: ("income", "monthly-charge")
    case .minimum: ("income", "minimum-charge")
    case .discount: ("income", "discount")
    case .householdCredit: ("income", "household-credit")
    case .reactive: ("income", "reactive-power")
    case .backBilling: ("income", "back-billing")
    case .lateCharge: ("income", "late-charge")
    case .returnedPayment: ("income", "returned-payment")
    case .reconnection: ("income", "reconnection")
    case .expiredNetMetering: ("income", "expired-net-metering")
    case .unlisted: ("income", "unlisted")
    case .netSurplus: ("expenses", "net-surplus")
    case .writeOffs: ("expenses", "write-offs")
    }
  }

  /// Whether it is the sum of what each customer has of it.
  public var isOfCustomers: Bool {
    switch self {
    case .receivable, .deferredNetMetering, .creditBalances, .depositsHeld: true
    case .cash, .taxPayable, .energy, .baselineCredit, .daily, .monthly, .minimum, .discount,
      .householdCredit, .reactive, .backBilling, .lateCharge, .returnedPayment, .reconnection,
      .expiredNetMetering, .unlisted, .netSurplus, .writeOffs:
      false
    }
  }

  /// What a line of a bill is booked against.
  ///
  /// - Parameter hasAuthority: whether it is payable to one.
  init(_ kind: BillLine.Kind, isDeferred: Bool, hasAuthority: Bool) {
    switch kind {
    case .energy: self = .energy
    case .baselineCredit: self = .baselineCredit
    case .daily: self = .daily
    case .monthly: self = .monthly
    case .minimum: self = .minimum
    case .tax, .surcharge: self = .taxPayable
    case .discount: self = .discount
    case .credit: self = .householdCredit
    case .reactive: self = .reactive
    // A deferred one takes out of the period what is not due: it expires.
    case .trueUp: self = isDeferred ? .expiredNetMetering : .deferredNetMetering
    case .netSurplus: self = .netSurplus
    // What is no longer asked for of a tax is not owed to its authority either.
    case .backBilling: self = hasAuthority ? .taxPayable : .backBilling
    case .unknown, .UNRECOGNIZED: self = .unlisted
    }
  }

  init(_ kind: ChargeAssessed.ChargeKind) {
    switch kind {
    case .lateCharge: self = .lateCharge
    case .returnedPayment: self = .returnedPayment
    case .reconnection: self = .reconnection
    case .unknown, .UNRECOGNIZED: self = .unlisted
    }
  }
}
