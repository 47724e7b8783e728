@testable import Billing

extension Planted {
  static let money: [Planted] = [
    Planted("a payment of nothing", payment { $0.amount = 0 }),
    Planted("a payment taken back", payment { $0.amount = .min }),
    Planted("a payment in no currency", payment { $0.currency = "XXX" }),
    Planted("a key of 65,536 bytes", payment { $0.key = String(repeating: "k", count: 65_536) }),
    Planted("an old payment of nothing", event(.paymentRecorded(.init()))),
    Planted(
      "a credit of more than 64 bits", payment { $0.amount = .max }, payment { $0.amount = .max }),
    Planted("a refund of no credit", refund),
    Planted("a write-off above the debt", writeOff),
    Planted("a second late charge for a bill", charge, charge),
    Planted("a payment in another currency", payment { $0.currency = "VND" }),
    Planted("a waiver of what is no late charge", waiver),
    Planted("a deposit returned above what is held", deposit(2_000_000), returned(3_000_000)),
    Planted("a deposit returned twice", deposit(20_000), returned(20_000), returned(20_000)),
    Planted("a deposit in another currency", deposit(2_000_000), deposit(2_000_000, "VND")),
    Planted("a deposit of half a cent", deposit(5_000)),
    Planted("deposits of more than 64 bits", deposit(large), deposit(large), deposit(large)),
  ]

  static func payment(_ change: (inout PaymentRecordedV2) -> Void) -> Event {
    event(
      .paymentRecordedV2(
        with(PaymentRecordedV2()) {
          ($0.amount, $0.currency) = (1_000_000, "USD")
          change(&$0)
        }))
  }

  private static let large: Int64 = 4_000_000_000_000_000_000

  private static let refund = event(
    .creditRefunded(with(CreditRefunded()) { ($0.amount, $0.currency) = (1_000_000, "USD") }))

  private static let writeOff = event(
    .debtWrittenOff(with(DebtWrittenOff()) { ($0.amount, $0.currency) = (1_000_000_000, "USD") }))

  private static let charge = event(
    .chargeAssessed(
      with(ChargeAssessed()) {
        ($0.kind, $0.amount, $0.currency, $0.bill) = (.lateCharge, 1_000_000, "USD", 1)
      }))

  private static let waiver = event(
    .lateChargeWaived(
      with(LateChargeWaived()) { ($0.charge, $0.amount, $0.currency) = (1, 1_000_000, "USD") }))

  private static func deposit(_ amount: Int64, _ currency: String = "USD") -> Event {
    event(
      .depositReceived(with(DepositReceived()) { ($0.amount, $0.currency) = (amount, currency) }))
  }

  private static func returned(_ amount: Int64) -> Event {
    event(.depositReturned(with(DepositReturned()) { ($0.amount, $0.currency) = (amount, "USD") }))
  }
}
