import Quantities
import Testing

@testable import Billing

/// A line of a bill; the amount in cents.
func billLine(
  _ kind: BillLine.Kind, _ cents: Int64, _ authority: String = "", isDeferred: Bool = false
) -> BillLine {
  var line = BillLine()
  (line.kind, line.amount, line.authority) = (kind, cents * 10_000, authority)
  line.deferred = isDeferred
  return line
}

/// Money events as no decision has to make them: what the books do with them is what is asked.
extension Books {
  /// - Returns: the bill's position.
  @discardableResult
  func issue(
    _ lines: [BillLine], to number: String = "1", due: String = "2015-05-20",
    currency: String = "USD", replacing old: UInt64? = nil
  ) throws -> UInt64 {
    var bill = BillIssuedV2()
    bill.bill = "\(number)-\(position)"
    bill.currency = currency
    bill.lines = lines
    bill.total = lines.reduce(0) { $1.deferred ? $0 : $0 + $1.amount }
    bill.tax = lines.reduce(0) { $1.kind == .tax ? $0 + $1.amount : $0 }
    bill.due = try day(due).day
    bill.replacesAfter = old.map { $0 + 1 } ?? 0
    return try record(.billIssuedV2(bill), of: number)
  }

  @discardableResult
  func record(_ fact: Event.OneOf_Fact, of number: String = "1") throws -> UInt64 {
    let account = try #require(state.account(number))
    return try #require(
      try engine.commit([Event(fact, account: account, effective: 16_560)], at: clock).first)
  }

  private func issued(_ position: UInt64) throws -> BillIssuedV2 {
    let found = try events().first { $0.position == position }?.event.fact
    guard case .billIssuedV2(let bill) = found else { throw Died() }
    return bill
  }

  @discardableResult
  func cancel(_ position: UInt64, of number: String = "1") throws -> UInt64 {
    let bill = try issued(position)
    var fact = BillCancelled()
    (fact.position, fact.bill, fact.currency) = (position, bill.bill, bill.currency)
    (fact.total, fact.tax) = (-bill.total, -bill.tax)
    fact.lines = bill.lines.map { line in
      var line = line
      line.amount = -line.amount
      return line
    }
    return try record(.billCancelled(fact), of: number)
  }

  func reinstate(_ position: UInt64, _ cancellation: UInt64, of number: String = "1") throws {
    let bill = try issued(position)
    var fact = BillReinstated()
    (fact.position, fact.cancellation, fact.bill) = (position, cancellation, bill.bill)
    (fact.currency, fact.total, fact.tax) = (bill.currency, bill.total, bill.tax)
    (fact.lines, fact.due) = (bill.lines, bill.due)
    try record(.billReinstated(fact), of: number)
  }

  @discardableResult
  func adjust(
    _ kind: Adjustment.Kind, _ amount: String, of number: String = "1", key: String? = nil
  ) throws -> Outcome {
    let amount = try #require(Money(amount))
    return try engine.adjust(
      Adjustment(number: number, kind, amount: amount, on: try day("2015-06-01"), key: key),
      at: clock)
  }

  /// As folded live.
  func standing(_ number: String = "1") throws -> AccountBalance {
    try #require(state.find(number).map { $0.state.balances[$0.index] })
  }

  /// What stands in an account of the books, in cents.
  func cents(_ account: LedgerAccount) -> Int128 { state.ledger[account] / 10_000 }
}
