import Quantities

/// A bill or charge that is not paid in full.
public struct OpenItem: Hashable, Sendable {
  /// Position of the `BillIssuedV2` or `ChargeAssessed` event.
  public var bill: UInt64
  public var due: ServiceDate
  /// What is left to pay, in millionths.
  public var remaining: Int64
  /// Whether the customer was told that it is past due.
  var isNoticed = false

  /// Past due is the day after the due date, as long as anything is open.
  public func isPastDue(on day: ServiceDate) -> Bool { due < day }
}

/// What an account owes, or has too much.
///
/// Payments apply to open items by due date, in the order they are recorded, and are never
/// re-allocated; an excess pays what was written off, and then becomes a credit balance, which pays
/// the next bill. A bill in the
/// customer's favour, or one cancelled that was paid, applies as a payment does: nobody is past due
/// and in credit at once.
public struct AccountBalance: Hashable, Sendable {
  /// By due date, then by position.
  public internal(set) var open: [OpenItem] = []
  /// Paid beyond all bills, in millionths.
  public internal(set) var credit: Int64 = 0
  /// Held until service has been paid for, in millionths.
  public internal(set) var deposit: Int64 = 0
  /// How the account stood before each of the cancellations that nothing has followed but others:
  /// a wrong one is undone exactly.
  var cancellations: [Cancellation] = []
  /// Of items that something else than money has come to, in the order that it came.
  var pasts: [ItemPast] = []
  var currency: UInt8 = 0

  struct Cancellation: Hashable, Sendable {
    /// Position of the bill.
    var bill: UInt64
    var open: [OpenItem]
    var credit: Int64
  }

  /// The sum of the open items.
  var receivable: Int64 { open.reduce(0) { $0 + $1.remaining } }

  /// Receivable less credit: positive is owed.
  public var owed: Money { Money(millionths: receivable - credit) }

  /// Adds what is due, a bill or a charge: paid by credit as far as that goes, the rest an open item.
  mutating func charge(
    _ amount: Int64, due: Int32, at position: UInt64, _ entry: inout LedgerEntry
  ) {
    let paid = min(credit, amount)
    credit -= paid
    entry.post(paid, to: .creditBalances)
    entry.post(amount - paid, to: .receivable)
    guard amount > paid else { return }
    let item = OpenItem(bill: position, due: ServiceDate(day: due), remaining: amount - paid)
    let place = open.firstIndex { ($0.due, $0.bill) > (item.due, item.bill) }
    open.insert(item, at: place ?? open.count)
  }

  /// Applies money to open items by due date; what is left becomes credit.
  ///
  /// - Parameter isPaid: it is the customer's, and pays debts that were given up before any of it is
  ///   a credit to give back.
  mutating func settle(_ amount: Int64, isPaid: Bool, _ entry: inout LedgerEntry) {
    var left = amount
    while left > 0, !open.isEmpty { left -= take(left, from: 0) }
    entry.post(left - amount, to: .receivable)
    if isPaid {
      let recovered = recover(left)
      entry.post(-recovered, to: .writeOffs)
      left -= recovered
    }
    entry.post(-left, to: .creditBalances)
    credit += left
  }

  /// Adds an amount of either sign that is of one bill: one in the customer's favour takes from the
  /// bill's own item first, then from what was written off of it.
  mutating func book(
    _ amount: Int64, of bill: UInt64, due: Int32, _ entry: inout LedgerEntry
  ) {
    guard amount < 0 else {
      charge(amount, due: due, at: bill, &entry)
      return writeOffAgain(past(of: bill).reversed, of: bill, &entry)
    }
    var left = -amount
    if let item = open.firstIndex(where: { $0.bill == bill }) {
      let part = take(left, from: item)
      entry.post(-part, to: .receivable)
      left -= part
    }
    left -= reverseWriteOff(of: bill, &entry)
    settle(left, isPaid: false, &entry)
  }

  /// - Returns: how much of the amount the item took.
  mutating func take(_ amount: Int64, from item: Int) -> Int64 {
    let part = min(amount, open[item].remaining)
    open[item].remaining -= part
    if open[item].remaining == 0 { open.remove(at: item) }
    return part
  }

  /// Brings back how the account stood before the last cancellation, where that was of this bill
  /// and nothing else has happened; else the bill is owed again as a new one would be.
  mutating func reinstate(
    _ amount: Int64, of bill: UInt64, due: Int32, _ entry: inout LedgerEntry
  ) {
    let now = self
    guard let last = cancellations.popLast(), last.bill == bill else {
      cancellations = []
      return book(amount, of: bill, due: due, &entry)
    }
    (open, credit) = (last.open, last.credit)
    let loss = restoreWriteOff(of: bill, isOwed: amount > 0)
    guard receivable - credit - (now.receivable - now.credit) == amount - loss else {
      self = now
      cancellations = []
      return book(amount, of: bill, due: due, &entry)
    }
    // The customer may have been told in between.
    for item in now.open where item.isNoticed {
      if let same = open.firstIndex(where: { $0.bill == item.bill }) { open[same].isNoticed = true }
    }
    entry.post(receivable - now.receivable, to: .receivable)
    entry.post(now.credit - credit, to: .creditBalances)
    entry.post(loss, to: .writeOffs)
  }
}
