/// The only place that knows what superseded kinds of events mean.
///
/// To change a kind: give its new version a number of its own in `events.proto`, say here what the
/// old one is in the new one's terms, and let decisions make only the new one. Projections then see
/// one shape; `EventFields` refuses the old one, so that none is appended again or folded unseen.
/// What this says of an old event never changes: bills were made of it.
extension Event {
  /// Brings the event to its newest shape: a function of the event alone.
  mutating func upcast() {
    switch fact {
    case .paymentRecorded(let old):
      var payment = PaymentRecordedV2()
      payment.amount = old.amount
      payment.currency = old.currency
      payment.key = old.key
      payment.method = .notTold
      fact = .paymentRecordedV2(payment)
    case .billIssued(let old): fact = .billIssuedV2(BillIssuedV2(old))
    default: break
    }
  }
}

extension BillIssuedV2 {
  fileprivate init(_ old: BillIssued) {
    self.init()
    bill = old.bill
    (start, end, dated, due) = (old.start, old.end, old.dated, old.due)
    (currency, total, tax) = (old.currency, old.total, old.tax)
    (knownBefore, pricingRules) = (old.knownBefore, old.pricingRules)
    lines = old.lines.map { line in
      var line = line
      line.kind = line.kindOfFirstVersion
      if line.kind == .tax { line.authority = line.text }
      return line
    }
    (evidence, registers) = (old.evidence, old.registers)
  }
}

extension BillLine {
  /// Lines of the first version tell their kind by unit and price alone.
  fileprivate var kindOfFirstVersion: Kind {
    switch unit {
    case "kWh": price < 0 ? .baselineCredit : .energy
    case "day": .daily
    case "month": .monthly
    default: price == 1_000_000 ? .minimum : .tax
    }
  }
}
