/// The only place that knows what superseded kinds of events mean.
///
/// To change a kind: give its new version a number of its own in `events.proto`, say here what the
/// old one is in the new one's terms, and let decisions make only the new one. Projections then see
/// one shape; `EventFields` refuses the old one, so that none is appended again or folded unseen.
/// What this says of an old event never changes: bills were made of it.
extension Event {
  /// Brings the event to its newest shape: a function of the event alone.
  mutating func upcast() {
    guard case .paymentRecorded(let old) = fact else { return }
    var payment = PaymentRecordedV2()
    payment.amount = old.amount
    payment.currency = old.currency
    payment.key = old.key
    payment.method = .notTold
    fact = .paymentRecordedV2(payment)
  }
}
