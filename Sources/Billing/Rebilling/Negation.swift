import Quantities

extension BillLine {
  /// The same line taken back: as many units fewer at the same price. Its evidence stays that of
  /// the bill that it was on.
  var negated: BillLine {
    var line = self
    // Nothing bounds a quantity that somebody else wrote.
    line.quantity = 0 &- quantity
    line.amount = -amount
    return line
  }

  /// What the customer reads of it, by which two bills are told to be the same.
  var withoutEvidence: BillLine {
    var line = self
    line.evidence = []
    return line
  }
}

extension BillCancelled {
  /// A bill taken back whole.
  init(_ bill: BillIssuedV2, at position: UInt64, _ reason: CancellationReason, note: String) {
    self.init()
    self.position = position
    self.bill = bill.bill
    self.reason = reason
    self.note = note
    currency = bill.currency
    total = -bill.total
    tax = -bill.tax
    lines = bill.lines.map(\.negated)
  }

  /// Whether it takes back a bill exactly.
  func negates(_ other: BillIssuedV2) -> Bool {
    bill == other.bill && currency == other.currency && total == -other.total && tax == -other.tax
      && lines == other.lines.map(\.negated)
  }
}

extension BillReinstated {
  /// A bill that stands again as it was, due on its old date.
  init(_ bill: BillIssuedV2, at position: UInt64, cancelledAt cancellation: UInt64, note: String) {
    self.init()
    self.position = position
    self.cancellation = cancellation
    self.bill = bill.bill
    self.note = note
    (currency, total, tax) = (bill.currency, bill.total, bill.tax)
    (lines, due) = (bill.lines, bill.due)
  }
}
