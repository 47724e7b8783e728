import Journal
import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// What accounts owe: payments against bills, credit, and the books' own balance.
struct LedgerTests {
  /// A home with three bills of $54.33 each, due on the 20th of the months after.
  private func billed() throws -> Books {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    // 30 days of 11.76 kWh: 330 and 22.8 kWh, 49.50 + 4.33, and a charge of 0.93.
    try books.ingest(days("1", from: "2015-04-01", 30, wattHours: 490))
    try books.bill(through: "2015-05-01")
    return books
  }

  private func usd(_ text: String) throws -> Money { try #require(Money(text)) }

  @Test func `a bill is open until it is paid and past due the day after its due date`() throws {
    let books = try billed()
    let item = try #require(try books.balance("1").open.first)
    #expect(item.remaining == (try usd("54.76")).millionths)
    #expect(item.due == (try day("2015-05-20")))
    #expect(!item.isPastDue(on: try day("2015-05-20")))
    #expect(item.isPastDue(on: try day("2015-05-21")))
    try books.pay("1", "54.76", on: "2015-05-20")
    #expect(try books.balance("1").open.isEmpty)
    #expect(try books.balance("1").owed == .zero)
  }

  @Test func `payments apply by due date, and an excess pays the next bill`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    let zone = try zoneTable("America/Los_Angeles")
    try books.ingest(days("1", from: "2015-04-01", to: "2015-08-01", in: zone, wattHours: 100))
    // 72, 74.4, 72 and 74.4 kWh at 15 cents, and the charge: 11.73, 12.12, 11.73, 12.12.
    try books.bill(through: "2015-06-01")
    try books.pay("1", "15.00", on: "2015-06-02")
    #expect(try books.balance("1").open.map(\.remaining) == [8_850_000])
    #expect(try books.balance("1").open.map(\.due) == [try day("2015-06-20")])
    try books.pay("1", "30.00", on: "2015-06-03")
    #expect(try books.balance("1").open.isEmpty)
    #expect(try books.balance("1").credit == 21_150_000)
    #expect(try books.balance("1").owed == (try usd("-21.15")))
    try books.bill(through: "2015-07-01")
    #expect(try books.balance("1").credit == 9_420_000)
    #expect(try books.balance("1").open.isEmpty)
    try books.bill(through: "2015-08-01")
    #expect(try books.balance("1").credit == 0)
    #expect(try books.balance("1").open.map(\.remaining) == [2_700_000])
    let view = try books.view("1")
    #expect(view.bills.map(\.total) == (try ["11.73", "12.12", "11.73", "12.12"].map(usd)))
  }

  @Test func `a bill issued late with an earlier due date is paid first`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    let zone = try zoneTable("America/Los_Angeles")
    try books.ingest(days("1", from: "2015-05-01", to: "2015-06-01", in: zone, wattHours: 100))
    #expect(try books.bill(through: "2015-06-01").exceptions.count == 1)
    try books.ingest(days("1", from: "2015-04-01", to: "2015-05-01", in: zone, wattHours: 100))
    try books.bill(through: "2015-05-01", on: "2015-05-04")
    #expect(
      try books.balance("1").open.map(\.due)
        == ["2015-05-23", "2015-06-20"].map(day))
    try books.pay("1", "11.73", on: "2015-06-01")
    #expect(try books.balance("1").open.map(\.due) == [try day("2015-06-20")])
  }

  @Test func `a net generator's bill is a credit`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(
      days("1", from: "2015-04-01", 30, wattHours: 100)
        + days("1", from: "2015-04-01", 30, wattHours: 200, channel: .received))
    // -72 kWh at 15 cents and 93 cents.
    let bill = try #require(try books.bill(through: "2015-05-01").bills.first).draft.fact
    #expect(bill.totalText == "-9.87")
    #expect(try books.balance("1").credit == 9_870_000)
    #expect(try books.balance("1").open.isEmpty)
  }

  @Test func `each refusal of a payment`() throws {
    let books = try billed()
    try books.enroll("2", on: "2015-04-01")
    try books.enroll("V", "EVN-SH", on: "2015-04-01")
    #expect(throws: PaymentRefusal.unknownAccount("3")) {
      try books.pay("3", "1.00", on: "2015-05-02")
    }
    #expect(throws: PaymentRefusal.notPositive("0.00")) {
      try books.pay("1", "0", on: "2015-05-02")
    }
    #expect(throws: PaymentRefusal.notPositive("-1.00")) {
      try books.pay("1", "-1", on: "2015-05-02")
    }
    #expect(throws: PaymentRefusal.finerThanMinorUnit(currency: "USD", decimals: 2)) {
      try books.pay("1", "1.005", on: "2015-05-02")
    }
    #expect(throws: PaymentRefusal.finerThanMinorUnit(currency: "VND", decimals: 0)) {
      try books.pay("V", "1000.5", on: "2015-05-02")
    }
    let position = books.position
    try books.pay("1", "10.00", on: "2015-05-02", key: "R-17")
    #expect(try books.pay("1", "10.00", on: "2015-05-02", key: "R-17") == .repeated)
    let used = PaymentRefusal.keyUsed(key: "R-17", position: position)
    #expect(throws: used) { try books.pay("1", "10.01", on: "2015-05-02", key: "R-17") }
    #expect(throws: used) { try books.pay("1", "10.00", on: "2015-05-03", key: "R-17") }
    #expect(throws: used) { try books.pay("2", "10.00", on: "2015-05-02", key: "R-17") }
    // Without a key every payment is one of its own.
    #expect(try books.pay("1", "10.00", on: "2015-05-02") != .repeated)
    #expect(try books.pay("1", "10.00", on: "2015-05-02") != .repeated)
    #expect(try books.balance("1").owed == (try usd("24.76")))
  }

  @Test func `a key is the same key in one character or in two, before a snapshot and after`()
    throws
  {
    let books = try billed()
    let (one, two) = ("caf\u{E9}", "cafe\u{301}")
    try books.pay("1", "10.00", on: "2015-05-20", key: one)
    for key in [one, two] {
      #expect(try books.pay("1", "10.00", on: "2015-05-20", key: key) == .repeated)
      #expect(throws: PaymentRefusal.self) {
        try books.pay("1", "20.00", on: "2015-05-20", key: key)
      }
    }
    try books.engine.saveSnapshot(always: true)
    try books.reopen()
    #expect(try books.pay("1", "10.00", on: "2015-05-20", key: two) == .repeated)
    #expect(try books.balance("1").owed == (try usd("44.76")))
  }

  @Test func `a credit beyond all measure is refused, not a crash at every replay`() throws {
    let books = try billed()
    try books.pay("1", "9000000000000.00", on: "2015-05-02")
    #expect(throws: PaymentRefusal.beyondMeasure) {
      try books.pay("1", "9000000000000.00", on: "2015-05-02")
    }
    try books.enroll("2", on: "2015-04-01")
    try books.pay("2", "9000000000000.00", on: "2015-05-02")
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a turnover beyond 64 bits still balances`() throws {
    let books = try Books(partitions: 1)
    for number in ["1", "2", "3"] {
      try books.enroll(number, "EVN-SH", on: "2024-01-01")
      try books.pay(number, "9000000000000", on: "2024-01-02")
    }
    let totals = books.state.ledger
    #expect(totals[.cash, .vnd] == 27_000_000_000_000_000_000)
    #expect(totals.isBalanced)
  }

  @Test func `a past-due notice is sent once for each bill`() throws {
    let books = try billed()
    #expect(try books.bill(through: "2015-05-20").pastDue == 0)
    #expect(try books.bill(through: "2015-05-21").pastDue == 1)
    #expect(try books.bill(through: "2015-05-22").pastDue == 0)
    let notice = try #require(try AccountSummary(books.view("1")).notices.last)
    #expect(notice.template == "pastDue")
    #expect(
      notice.notice.text(in: .english)
        == "Your bill 1-20150501 is past due: it was due on 05/20/2015, and $54.76 is open.")
    #expect(
      notice.notice.text(in: .vietnamese)
        == "Hóa đơn 1-20150501 đã quá hạn: hạn thanh toán là ngày 20/05/2015, còn nợ 54,76 USD.")
  }

  @Test func `notices are rendered in both languages`() throws {
    let books = try Books()
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    try books.ingest([index("V", "2024-01-01", "0"), index("V", "2024-02-01", "401")])
    try books.bill(through: "2024-02-01")
    try books.pay("V", "1059859", on: "2024-02-03")
    try books.enroll("1", on: "2015-04-01")
    try books.change("1", to: "TOU-D-A", on: "2015-05-01")
    let bill = try AccountSummary(books.view("V")).notices.map(\.notice)
    #expect(
      bill.map { $0.text(in: .english) } == [
        "Your bill V-20240201 for 01/01/2024 to 01/31/2024 is ready: 1,059,859 đ, due 02/06/2024.",
        "We received your payment of 1,059,859 đ on 02/03/2024. Thank you.",
      ])
    #expect(
      bill.map { $0.text(in: .vietnamese) } == [
        "Hóa đơn V-20240201 cho kỳ 01/01/2024 đến 31/01/2024 đã sẵn sàng: 1.059.859 đ, "
          + "hạn thanh toán 06/02/2024.",
        "Chúng tôi đã nhận được khoản thanh toán 1.059.859 đ ngày 03/02/2024. Xin cảm ơn quý khách.",
      ])
    let change = try AccountSummary(books.view("1")).notices.map(\.notice)
    #expect(
      change.map { $0.text(in: .english) } == [
        "Your plan changes from D to TOU-D-A on 05/01/2015."
      ])
    #expect(
      change.map { $0.text(in: .vietnamese) } == [
        "Giá biểu của quý khách đổi từ D sang TOU-D-A từ ngày 01/05/2015."
      ])
  }

  @Test func `the account shows its due date and its next statement date`() throws {
    let books = try billed()
    let summary = try AccountSummary(books.view("1"), on: try day("2015-05-21"))
    #expect(summary.dueDate == (try day("2015-05-20")))
    #expect(summary.pastDue == (try usd("54.76")))
    #expect(summary.owed == (try usd("54.76")))
    #expect(summary.nextStatement == (try day("2015-06-01")))
    #expect(summary.bills.map(\.number) == ["1-20150501"])
    #expect(summary.plan == "D" && summary.lockout == nil)
    #expect(try AccountSummary(books.view("1"), on: try day("2015-05-20")).pastDue == .zero)
    try books.pay("1", "60.00", on: "2015-05-21", key: "R-1")
    let paid = try AccountSummary(books.view("1"))
    #expect(paid.dueDate == nil && paid.pastDue == .zero)
    #expect(paid.credit == (try usd("5.24")))
    #expect(paid.payments.map(\.key) == ["R-1"])
    #expect(paid.day == (try day("2015-05-21")))
  }

  @Test func `the next statement before the first bill closes the opening cycle`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-10", readDay: 17)
    #expect(try AccountSummary(books.view("1")).nextStatement == (try day("2015-04-17")))
  }

  /// Random bills and payments against a plain list of what is open.
  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func `payments, bills and credit balance against a plain reckoning`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let books = try Books(partitions: 3)
    let numbers = (0..<5).map { "\($0)" }
    for number in numbers { try books.enroll(number, on: "2015-04-01") }
    var plain: [String: PlainAccount] = [:]
    for step in 0..<120 {
      let number = random.pick(numbers)
      if Bool.random(using: &random) {
        let amount = Int64.random(in: 1...20_000, using: &random) * 10_000
        try books.pay(number, Money(millionths: amount).text(in: .usd), on: "2015-05-02")
        plain[number, default: PlainAccount()].pay(amount)
      } else {
        var bill = BillIssuedV2()
        bill.bill = "\(number)-\(step)"
        bill.currency = "USD"
        bill.total = Int64.random(in: -5000...20_000, using: &random) * 10_000
        bill.tax = bill.total / 10
        bill.due = 16_500 + Int32.random(in: 0...60, using: &random)
        let account = try #require(books.state.account(number))
        try books.engine.commit(
          [Event(.billIssuedV2(bill), account: account, effective: 16_500)], at: books.clock)
        plain[number, default: PlainAccount()].bill(bill.total, due: bill.due)
      }
      let balance = try #require(books.state.find(number).map { $0.state.balances[$0.index] })
      #expect(balance.open.map(\.remaining) == plain[number]?.open.map(\.left), "step \(step)")
      #expect(balance.credit == plain[number]?.credit, "step \(step)")
      #expect(books.state.ledger.isBalanced)
    }
    #expect(try books.replayed().digest == books.state.digest)
  }
}

/// What an account owes, reckoned in the plainest way.
private struct PlainAccount {
  var open: [(due: Int32, left: Int64)] = []
  var credit: Int64 = 0

  mutating func pay(_ amount: Int64) {
    credit += amount
    while credit > 0, let first = open.first {
      let part = min(credit, first.left)
      credit -= part
      open[0].left -= part
      if part == first.left { open.removeFirst() }
    }
  }

  mutating func bill(_ total: Int64, due: Int32) {
    guard total > 0 else { return pay(-total) }
    let paid = min(credit, total)
    credit -= paid
    guard total > paid else { return }
    open.append((due, total - paid))
    // A sort that keeps the order of equals: by due date, then by age.
    open = open.enumerated().sorted { ($0.element.due, $0.offset) < ($1.element.due, $1.offset) }
      .map(\.element)
  }
}
