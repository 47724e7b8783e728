import Journal
import Quantities

/// The sum of all postings by currency and account, in millionths: zero over each currency. In 128
/// bits, because a country's turnover in dong passes 64 within years.
public struct LedgerTotals: Hashable, Sendable {
  /// To whom taxes and surcharges are payable, in the order of their first postings.
  private(set) var authorities: [String] = []
  /// By currency, one row after the other; the accounts, and behind them the authorities.
  private var amounts: [[Int128]] = Array(
    repeating: Array(repeating: 0, count: accounts), count: Currency.known.count)
  private static let accounts = LedgerAccount.allCases.count

  public init() {}

  public mutating func add(_ entry: LedgerEntry) {
    for posting in entry.postings {
      add(Int128(posting.amount), posting.account, posting.authority, entry.currencyIndex)
    }
  }

  mutating func add(_ other: LedgerTotals) {
    for currency in Currency.known.indices {
      for row in other.rows(currency) { add(row.amount, row.account, row.authority, currency) }
    }
  }

  @inline(__always)
  private mutating func add(
    _ amount: Int128, _ account: LedgerAccount, _ authority: String, _ currency: Int
  ) {
    let place =
      account == .taxPayable ? Self.accounts + index(of: authority) : Int(account.rawValue)
    amounts[currency][place] += amount
  }

  /// Authorities are few: to look along them takes less than to hash a name.
  private mutating func index(of authority: String) -> Int {
    if let known = authorities.firstIndex(of: authority) { return known }
    authorities.append(authority)
    for currency in amounts.indices { amounts[currency].append(0) }
    return authorities.count - 1
  }

  /// What stands in an account; of taxes, over all authorities.
  subscript(_ account: LedgerAccount, _ currency: Currency = .usd) -> Int128 {
    guard let index = Currency.known.firstIndex(of: currency) else { return 0 }
    guard account == .taxPayable else { return amounts[index][Int(account.rawValue)] }
    return amounts[index][Self.accounts...].reduce(0, +)
  }

  /// Zero in every currency after every event: double entry.
  var isBalanced: Bool { amounts.allSatisfy { $0.reduce(0, +) == 0 } }

  /// One line of a trial balance.
  public struct Row: Hashable, Sendable {
    public let account: LedgerAccount
    /// To whom a tax is owed; empty for every other account.
    public let authority: String
    /// In millionths of the currency; a debit is positive.
    public let amount: Int128
  }

  /// The accounts of a currency that anything stands in, authorities by name.
  public func rows(in currency: Currency) -> [Row] {
    Currency.known.firstIndex(of: currency).map(rows) ?? []
  }

  private func rows(_ currency: Int) -> [Row] {
    LedgerAccount.allCases.flatMap { account -> [Row] in
      guard account == .taxPayable else {
        return [
          Row(
            account: account, authority: "", amount: amounts[currency][Int(account.rawValue)])
        ]
      }
      return zip(authorities, amounts[currency][Self.accounts...]).sorted { $0.0 < $1.0 }
        .map { Row(account: account, authority: $0, amount: $1) }
    }.filter { $0.amount != 0 }
  }

  func write(to writer: inout ByteWriter) {
    writer.put(UInt32(authorities.count))
    for authority in authorities { writer.put(text: authority) }
    for amount in amounts.joined() { writer.put(amount) }
  }

  init(from reader: inout ByteReader) throws {
    for _ in 0..<(try reader.get(UInt32.self)) { authorities.append(try reader.getText()) }
    amounts = []
    for _ in Currency.known {
      var row: [Int128] = []
      for _ in 0..<(Self.accounts + authorities.count) { row.append(try reader.get()) }
      amounts.append(row)
    }
  }

  /// Far from where a sum overflows.
  var isPlausible: Bool {
    amounts.joined().allSatisfy { $0.magnitude <= UInt128(1) << 110 } && isBalanced
      && Set(authorities).count == authorities.count
  }
}
