import Quantities

/// One side of an entry.
public struct Posting: Hashable, Sendable {
  public let account: LedgerAccount
  /// To whom a tax or surcharge is payable; empty for any other account.
  public let authority: String
  /// In millionths: debits positive, credits negative.
  public let amount: Int64
}

/// What one event does to the books: its postings sum to zero.
public struct LedgerEntry: Hashable, Sendable {
  /// Index of `Currency.known`.
  private(set) var currencyIndex = 0
  /// In the order of the event's parts; an account may come again.
  public private(set) var postings: [Posting] = []

  public var currency: Currency { Currency.known[currencyIndex] }

  /// Starts the entry of another event, with the room of the one before.
  mutating func start(in code: String) {
    currencyIndex = Currency.known.firstIndex { $0.code == code } ?? 0
    postings.removeAll(keepingCapacity: true)
  }

  mutating func post(_ amount: Int64, to account: LedgerAccount, of authority: String = "") {
    guard amount != 0 else { return }
    postings.append(Posting(account: account, authority: authority, amount: amount))
  }

  /// Moves an amount from one account into another.
  mutating func move(_ amount: Int64, from: LedgerAccount, to: LedgerAccount) {
    post(amount, to: to)
    post(-amount, to: from)
  }

  var sum: Int128 { postings.reduce(0) { $0 + Int128($1.amount) } }
}
