import Journal
import Quantities

/// A bill that is not paid in full.
public struct OpenItem: Hashable, Sendable {
  /// Position of the `BillIssued` event.
  public var bill: UInt64
  public var due: ServiceDate
  /// What is left to pay, in millionths.
  public var remaining: Int64
  /// Whether the customer was told that it is past due.
  var isNoticed: Bool

  /// Past due is the day after the due date, as long as anything is open.
  public func isPastDue(on day: ServiceDate) -> Bool { due < day }
}

/// What an account owes, or has too much.
public struct AccountBalance: Hashable, Sendable {
  /// By due date, then by position.
  public internal(set) var open: [OpenItem] = []
  /// Paid beyond all bills, in millionths.
  public internal(set) var credit: Int64 = 0
  var currency: UInt8 = 0

  /// Receivable less credit: positive is owed.
  public var owed: Money {
    Money(millionths: open.reduce(0) { $0 + $1.remaining } - credit)
  }
}

/// The other side of every posting, by currency, in millionths: debits positive, credits negative.
/// In 128 bits, because a country's turnover in dong passes 64 within years.
struct LedgerTotals: Hashable, Sendable {
  var receivable: Int128 = 0
  var cash: Int128 = 0
  var creditBalances: Int128 = 0
  var revenue: Int128 = 0
  var taxPayable: Int128 = 0

  /// Zero after every batch: double entry.
  var sum: Int128 { receivable + cash + creditBalances + revenue + taxPayable }
}

/// Account balances in double entry. Payments apply to open items by due date, in the order they
/// are recorded, and are never re-allocated; an excess becomes a credit balance, which pays the
/// next bill. A bill in the customer's favour applies as a payment does: nobody is past due and in
/// credit at once.
struct Ledger: Projector {
  static let name = "balances"
  static let version: UInt16 = 4

  private(set) var balances: [AccountBalance] = []
  private(set) var totals: [LedgerTotals] = Array(
    repeating: LedgerTotals(), count: Currency.known.count)
  /// Payments by the caller's key: position, for comparison on a repeat.
  private(set) var keys: [String: PaymentKey] = [:]
  /// Of the keys; not part of the state.
  private var filter = KeyFilter()

  struct PaymentKey: Hashable, Sendable {
    var account: UInt32
    var amount: Int64
    var on: Int32
    /// Number of the method in the schema.
    var method: UInt8
    var position: UInt64
  }

  init() {}

  subscript(_ index: Int) -> AccountBalance {
    balances.indices.contains(index) ? balances[index] : AccountBalance()
  }

  mutating func apply(_ events: [RecordedEvent], _ slots: SlotMap) {
    for recorded in events {
      let event = recorded.event
      guard let index = slots.index(of: event.account) else { continue }
      switch event.fact {
      case .billIssuedV2(let bill):
        grow(to: index)
        post(bill, to: index, at: recorded.position)
      case .billCancelled(let fact):
        grow(to: index)
        post(fact, to: index, on: event.effective)
      case .paymentRecordedV2(let payment):
        grow(to: index)
        post(payment, to: index)
        if !payment.key.isEmpty {
          use(
            payment.key,
            PaymentKey(
              account: event.account, amount: payment.amount, on: event.effective,
              method: UInt8(clamping: payment.method.rawValue), position: recorded.position))
        }
      case .noticeRecorded(let notice):
        guard notice.template == .pastDue, balances.indices.contains(index) else { continue }
        for item in balances[index].open.indices {
          let bill = String(balances[index].open[item].bill)
          if notice.parameters.contains(where: { $0.name == "position" && $0.value == bill }) {
            balances[index].open[item].isNoticed = true
          }
        }
      case .rateSchedulePublished, .zoneTablePublished, .meterFileIngested, .accountEnrolled,
        .accountMovedOut, .planSwitched, .planSwitchCancelled, .readCorrected, .registerRead,
        .meterReadRejected, .paymentRecorded, .billIssued, .termsChanged, .discountGranted,
        .discountEnded, .netMeteringStarted, .netMeteringEnded, .readEstimated, .readFlagged,
        .flagSettled, .rebillProposed, .rebillDeclined, .billReinstated, .chargeAssessed,
        .depositReceived, .depositReturned, .creditRefunded, .debtWrittenOff,
        .personDetailsRecorded, .personErased, nil:
        continue
      }
    }
    for total in totals { precondition(total.sum == 0, "the ledger's debits equal its credits") }
  }

  /// - Parameter hash: the key's, from `KeyFilter`.
  func payment(under key: String, _ hash: UInt64) -> PaymentKey? {
    filter.mayHold(hash) ? keys[key] : nil
  }

  private mutating func use(_ key: String, _ payment: PaymentKey) {
    keys[key] = payment
    if filter.isFull {
      filter = KeyFilter(room: keys.count * 4)
      for key in keys.keys { filter.insert(KeyFilter.hash(key)) }
    } else {
      filter.insert(KeyFilter.hash(key))
    }
  }

  private mutating func grow(to index: Int) {
    while balances.count <= index { balances.append(AccountBalance()) }
  }

  private mutating func post(_ bill: BillIssuedV2, to index: Int, at position: UInt64) {
    let currency = Currency.known.firstIndex { $0.code == bill.currency } ?? 0
    balances[index].currency = UInt8(currency)
    totals[currency].revenue -= Int128(bill.total - bill.tax)
    totals[currency].taxPayable -= Int128(bill.tax)
    guard bill.total >= 0 else { return settle(-bill.total, of: index, currency) }
    charge(bill.total, due: bill.due, at: position, to: index, currency)
  }

  /// What is owed: paid by credit as far as that goes, the rest an open item.
  private mutating func charge(
    _ amount: Int64, due: Int32, at position: UInt64, to index: Int, _ currency: Int
  ) {
    totals[currency].receivable += Int128(amount)
    let paid = min(balances[index].credit, amount)
    balances[index].credit -= paid
    totals[currency].creditBalances += Int128(paid)
    totals[currency].receivable -= Int128(paid)
    guard amount > paid else { return }
    let item = OpenItem(
      bill: position, due: ServiceDate(day: due), remaining: amount - paid, isNoticed: false)
    let place = balances[index].open.firstIndex { $0.due > item.due }
    balances[index].open.insert(item, at: place ?? balances[index].open.count)
  }

  /// A cancelled bill owes nothing any more, and what was paid of it is credit.
  private mutating func post(_ fact: BillCancelled, to index: Int, on day: Int32) {
    let currency = Currency.known.firstIndex { $0.code == fact.currency } ?? 0
    totals[currency].revenue -= Int128(fact.total - fact.tax)
    totals[currency].taxPayable -= Int128(fact.tax)
    guard fact.total <= 0 else {
      return charge(fact.total, due: day, at: fact.position, to: index, currency)
    }
    var left = -fact.total
    if let item = balances[index].open.firstIndex(where: { $0.bill == fact.position }) {
      let remaining = balances[index].open.remove(at: item).remaining
      totals[currency].receivable -= Int128(remaining)
      left -= remaining
    }
    settle(left, of: index, currency)
  }

  private mutating func post(_ payment: PaymentRecordedV2, to index: Int) {
    let currency = Currency.known.firstIndex { $0.code == payment.currency } ?? 0
    balances[index].currency = UInt8(currency)
    totals[currency].cash += Int128(payment.amount)
    settle(payment.amount, of: index, currency)
  }

  /// Applies money to open items by due date; what is left becomes credit.
  private mutating func settle(_ amount: Int64, of index: Int, _ currency: Int) {
    var left = amount
    while left > 0, !balances[index].open.isEmpty {
      let part = min(left, balances[index].open[0].remaining)
      balances[index].open[0].remaining -= part
      totals[currency].receivable -= Int128(part)
      left -= part
      if balances[index].open[0].remaining == 0 { balances[index].open.removeFirst() }
    }
    balances[index].credit += left
    totals[currency].creditBalances -= Int128(left)
  }

  func write(to writer: inout ByteWriter) {
    writer.put(UInt32(balances.count))
    for balance in balances {
      writer.put(balance.currency)
      writer.put(balance.credit)
      writer.put(UInt16(balance.open.count))
      for item in balance.open {
        writer.put(item.bill)
        writer.put(item.due.day)
        writer.put(item.remaining)
        writer.put(UInt8(item.isNoticed ? 1 : 0))
      }
    }
    for total in totals {
      for part in [
        total.receivable, total.cash, total.creditBalances, total.revenue, total.taxPayable,
      ] { writer.put(part) }
    }
    writer.put(UInt32(keys.count))
    for (key, payment) in keys.sorted(by: { $0.key < $1.key }) {
      writer.put(text: key)
      writer.put(payment.account)
      writer.put(payment.amount)
      writer.put(payment.on)
      writer.put(payment.method)
      writer.put(payment.position)
    }
  }

  init(from reader: inout ByteReader) throws {
    for _ in 0..<(try reader.get(UInt32.self)) {
      var balance = AccountBalance()
      balance.currency = try reader.get()
      balance.credit = try reader.get()
      for _ in 0..<(try reader.get(UInt16.self)) {
        balance.open.append(
          OpenItem(
            bill: try reader.get(), due: ServiceDate(day: try reader.get()),
            remaining: try reader.get(), isNoticed: try reader.get(UInt8.self) == 1))
      }
      balances.append(balance)
    }
    totals = []
    for _ in Currency.known {
      totals.append(
        LedgerTotals(
          receivable: try reader.get(), cash: try reader.get(), creditBalances: try reader.get(),
          revenue: try reader.get(), taxPayable: try reader.get()))
    }
    for _ in 0..<(try reader.get(UInt32.self)) {
      let key = try reader.getText()
      use(
        key,
        PaymentKey(
          account: try reader.get(), amount: try reader.get(), on: try reader.get(),
          method: try reader.get(), position: try reader.get()))
    }
  }
}
