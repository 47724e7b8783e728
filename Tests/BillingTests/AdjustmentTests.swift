import Quantities
import Tariff
import Testing

@testable import Billing

/// Deposits, refunds, write-offs and late charges.
struct AdjustmentTests {
  private func made() throws -> Books {
    let books = try Books(partitions: 3, Self.schedules)
    for number in ["1", "2"] { try books.enroll(number, on: "2015-04-01") }
    return books
  }

  @Test func `a deposit pays nothing until it is applied, and what is left of it is credit`() throws
  {
    let books = try made()
    try books.issue([billLine(.energy, 5000)])
    try books.adjust(.deposit, "80.00")
    #expect(try books.standing().deposit == 80_000_000)
    #expect(try books.standing().receivable == 50_000_000)
    try books.adjust(.depositReturn(isApplied: false), "10.00")
    #expect(books.cents(.cash) == 7000 && books.cents(.depositsHeld) == -7000)
    try books.adjust(.depositReturn(isApplied: true), "70.00")
    #expect(try books.standing().deposit == 0 && books.standing().open.isEmpty)
    #expect(try books.standing().credit == 20_000_000)
    try books.adjust(.refund, "20.00")
    #expect(books.cents(.cash) == 5000 && books.cents(.creditBalances) == 0)
  }

  @Test func `a write-off takes the oldest open items first`() throws {
    let books = try made()
    try books.issue([billLine(.energy, 5000)], due: "2015-06-20")
    try books.issue([billLine(.energy, 3000)], due: "2015-05-20")
    try books.adjust(.writeOff(reason: "gone"), "40.00")
    #expect(try books.standing().open.map(\.remaining) == [40_000_000])
    #expect(try books.standing().open.map(\.due) == [day("2015-06-20")])
    #expect(books.cents(.writeOffs) == 4000 && books.cents(.receivable) == 4000)
  }

  @Test func `each refusal of an adjustment`() throws {
    let books = try made()
    try books.enroll("V", "EVN-SH", on: "2015-04-01")
    #expect(throws: PaymentRefusal.unknownAccount("3")) {
      try books.adjust(.deposit, "1.00", of: "3")
    }
    #expect(throws: PaymentRefusal.notPositive("0.00")) { try books.adjust(.deposit, "0") }
    #expect(throws: PaymentRefusal.finerThanMinorUnit(currency: "VND", decimals: 0)) {
      try books.adjust(.deposit, "1000.50", of: "V")
    }
    #expect(throws: PaymentRefusal.badKey) { try books.adjust(.deposit, "1.00", key: "") }
    #expect(throws: PaymentRefusal.moreThanHeld(deposit: "0.00")) {
      try books.adjust(.depositReturn(isApplied: false), "0.01")
    }
    #expect(throws: PaymentRefusal.moreThanCredit("0.00")) { try books.adjust(.refund, "0.01") }
    #expect(throws: PaymentRefusal.moreThanOwed("0.00")) {
      try books.adjust(.writeOff(reason: "gone"), "0.01")
    }
    try books.adjust(.deposit, "4000000000000.00")
    try books.adjust(.deposit, "4000000000000.00")
    #expect(throws: PaymentRefusal.beyondMeasure) {
      try books.adjust(.deposit, "4000000000000.00")
    }
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a key counts once, whatever the money is for`() throws {
    let books = try made()
    let position = books.position
    try books.adjust(.deposit, "10.00", key: "K")
    #expect(try books.adjust(.deposit, "10.00", key: "K") == .repeated)
    let used = PaymentRefusal.keyUsed(key: "K", position: position)
    #expect(throws: used) { try books.adjust(.deposit, "11.00", key: "K") }
    #expect(throws: used) {
      try books.adjust(.depositReturn(isApplied: false), "10.00", key: "K")
    }
    #expect(throws: used) { try books.pay("1", "10.00", on: "2015-06-01", key: "K") }
    try books.engine.saveSnapshot(always: true)
    try books.reopen()
    #expect(try books.adjust(.deposit, "10.00", key: "K") == .repeated)
  }

  /// Schedule D with a late charge of 0.9 percent, of which who has CARE pays none.
  private static let schedules: [RateSchedule] = {
    let care = "\ndiscounts: [{ name: CARE, rates: [{ from: 2013-01-01, percent: 30 }] }]"
    let rule = "\nlate-charge: { percent: 0.9, exempt: [CARE] }\n"
    let found = try? Books.builtin.filter { $0.code == "D" }
      .flatMap { try RateSchedule.parse($0.text + care + rule, file: "late.yaml") }
    return (found ?? []) + Books.builtin.filter { $0.code == "EVN-SH" }
  }()

  private func assess(
    _ books: Books, on date: String, isDryRun: Bool = false
  ) throws -> [LateChargeAssessment] {
    var charges: [LateChargeAssessment] = []
    _ = try books.engine.assessLateCharges(
      on: try day(date), isDryRun: isDryRun, at: books.clock,
      each: { charges.append($0) })
    return charges
  }

  @Test func `a bill past due costs a late charge once, of what is still open`() throws {
    let books = try made()
    try books.issue([billLine(.energy, 5476)], due: "2015-05-20")
    try books.issue([billLine(.energy, 3000)], due: "2015-06-20")
    try books.pay("1", "10.00", on: "2015-05-02")
    #expect(try assess(books, on: "2015-05-20").isEmpty)
    let position = books.position
    #expect(try assess(books, on: "2015-05-21", isDryRun: true).count == 1)
    #expect(books.position == position)
    // 0.9 percent of 44.76 USD are 0.40284.
    let charge = try #require(try assess(books, on: "2015-05-21").first)
    #expect(charge.overdue == Money("44.76") && charge.amount == Money("0.40"))
    #expect(charge.percent == "0.9")
    #expect(try assess(books, on: "2015-05-22").isEmpty)
    #expect(books.cents(.lateCharge) == -40)
    // The second bill is charged for, the charge itself is not.
    let second = try assess(books, on: "2016-01-01")
    #expect(second.map(\.overdue) == [Money("30.00")])
    let summary = try AccountSummary(books.view("1"))
    #expect(summary.charges.map(\.amount) == [Money("0.40"), Money("0.27")])
    #expect(
      summary.notices.last?.notice.text(in: .english)
        == "A late charge of $0.27 is on your account: 0.9 percent of $30.00 that bill "
        + "\(second[0].bill) still had open after 06/20/2015.")
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }

  @Test func `a bill that was cancelled and stands again costs no second late charge`() throws {
    for isPaid in [false, true] {
      let books = try made()
      let bill = try books.issue([billLine(.energy, 5000)], due: "2015-05-20")
      #expect(try assess(books, on: "2015-05-21").count == 1)
      if isPaid { try books.pay("1", "50.00", on: "2015-05-22") }
      let cancelled = try books.cancel(bill)
      // Other money: the account is not as it was.
      try books.adjust(.deposit, "10.00")
      if isPaid { try books.adjust(.refund, "49.55") }
      try books.reinstate(bill, cancelled)
      #expect(try books.standing().open.contains { $0.bill == bill })
      #expect(try assess(books, on: "2015-05-23").isEmpty)
      try books.engine.saveSnapshot(always: true)
      try books.reopen()
      #expect(try assess(books, on: "2015-05-24").isEmpty)
      #expect(try books.replayed(threads: 2).digest == books.state.digest)
    }
  }

  @Test func `the bill in another's place costs a late charge of its own`() throws {
    let books = try made()
    let bill = try books.issue([billLine(.energy, 5000)], due: "2015-05-20")
    #expect(try assess(books, on: "2015-05-21").count == 1)
    try books.cancel(bill)
    try books.issue([billLine(.energy, 3000)], due: "2015-06-20", replacing: bill)
    let charge = try #require(try assess(books, on: "2015-06-21").first)
    #expect(charge.overdue == Money("30.00") && charge.bill.hasSuffix("-2"))
  }

  @Test(arguments: [false, true])
  func `a waived late charge is owed no more or given back, and never charged again`(
    isPaid: Bool
  ) throws {
    let books = try made()
    try books.issue([billLine(.energy, 5000)], due: "2015-05-20")
    let charge = try #require(try assess(books, on: "2015-05-21").first)
    if isPaid { try books.pay("1", "50.45", on: "2015-05-22") }
    let before = try books.standing().owed
    let early = BillCorrection.waive(bill: charge.bill, note: "", on: try day("2015-05-20"))
    let tooEarly = BillCorrectionRefusal.tooEarly(
      try day("2015-05-20"), allowed: try day("2015-05-21"))
    #expect(throws: tooEarly) { try books.engine.correct(early, at: books.clock) }
    let waive = BillCorrection.waive(
      bill: charge.bill, note: "mail strike", on: try day("2015-05-23"))
    try books.engine.correct(waive, at: books.clock)
    #expect(try books.standing().owed == before - (try #require(Money("0.45"))))
    #expect(books.cents(.lateCharge) == 0 && books.state.ledger.isBalanced)
    #expect(books.cents(.creditBalances) == (isPaid ? -45 : 0))
    let position = books.position
    #expect(throws: BillCorrectionRefusal.noLateCharge(charge.bill)) {
      try books.engine.correct(waive, at: books.clock)
    }
    #expect(books.position == position)
    #expect(try assess(books, on: "2015-05-24").isEmpty)
    let summary = try AccountSummary(books.view("1"))
    #expect(summary.charges.map(\.isWaived) == [true])
    #expect(
      summary.notices.last?.notice.text(in: .english)
        == "The late charge of $0.45 for bill \(charge.bill) is taken back.")
    try books.engine.saveSnapshot(always: true)
    try books.reopen()
    #expect(throws: BillCorrectionRefusal.noLateCharge(charge.bill)) {
      try books.engine.correct(waive, at: books.clock)
    }
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }

  @Test func `a late charge outlives its cancelled bill until somebody waives it`() throws {
    let books = try made()
    let bill = try books.issue([billLine(.energy, 5000)], due: "2015-05-20")
    let charge = try #require(try assess(books, on: "2015-05-21").first)
    try books.cancel(bill)
    #expect(try books.standing().owed == Money("0.45"))
    #expect(books.state.lateCharge(of: charge.bill)?.amount == Money("0.45"))
    try books.engine.correct(.waive(bill: charge.bill, note: "", on: nil), at: books.clock)
    #expect(try books.standing().owed == .zero)
    #expect(books.state.lateCharge(of: charge.bill) == nil)
  }

  @Test func `money recovers the oldest of the debts that were given up first`() throws {
    let books = try made()
    let old = try books.issue([billLine(.energy, 5000)], due: "2015-05-20")
    let new = try books.issue([billLine(.energy, 3000)], due: "2015-04-20")
    // The newer was due earlier, so it is given up first.
    try books.adjust(.writeOff(reason: "gone"), "80.00")
    try books.pay("1", "50.00", on: "2015-07-01")
    let pasts = try books.standing().pasts
    #expect(pasts.first { $0.item == old }?.writtenOff == 0)
    #expect(pasts.first { $0.item == new }?.writtenOff == 30_000_000)
  }

  @Test func `money for a debt that was given up is no credit to give back`() throws {
    let books = try made()
    let bill = try books.issue([billLine(.energy, 5000)], due: "2015-05-20")
    try books.issue([billLine(.energy, 3000)], due: "2015-06-20")
    try books.adjust(.writeOff(reason: "gone"), "50.00")
    // What is open comes first, then what was given up, then credit.
    try books.pay("1", "60.00", on: "2015-07-01")
    #expect(try books.standing().owed == .zero)
    #expect(books.cents(.writeOffs) == 2000 && books.cents(.creditBalances) == 0)
    #expect(throws: PaymentRefusal.self) { try books.adjust(.refund, "30.00") }
    try books.adjust(.deposit, "100.00")
    try books.adjust(.depositReturn(isApplied: true), "25.00")
    #expect(books.cents(.writeOffs) == 0 && books.cents(.creditBalances) == -500)
    // All of it was paid in the end: a cancellation gives it back, and takes no loss back.
    try books.cancel(bill)
    #expect(books.cents(.creditBalances) == -5500 && books.cents(.writeOffs) == 0)
    #expect(books.state.ledger.isBalanced)
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }

  @Test func `who has CARE pays no late charge while it is in force`() throws {
    let books = try made()
    let granted = DiscountGranted.with {
      ($0.discount, $0.lastDay) = ("CARE", ServiceDate("2015-12-31")?.day ?? 0)
    }
    let account = try #require(books.state.account("2"))
    try books.engine.commit(
      [Event(.discountGranted(granted), account: account, effective: try day("2015-04-01").day)],
      at: books.clock)
    for number in ["1", "2"] {
      try books.issue([billLine(.energy, 5000)], to: number, due: "2015-05-20")
    }
    #expect(try assess(books, on: "2015-06-01").map(\.account) == ["1"])
    #expect(try assess(books, on: "2015-12-31").isEmpty)
    #expect(try assess(books, on: "2016-01-01").map(\.account) == ["2"])
  }
}
