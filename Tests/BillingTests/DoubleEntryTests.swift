import Journal
import Quantities
import Tariff
import Testing

@testable import Billing

/// The books: what each event posts, and that what is undone leaves nothing behind.
struct DoubleEntryTests {
  private func made() throws -> Books {
    let books = try Books(partitions: 3)
    for number in ["1", "2"] { try books.enroll(number, on: "2015-04-01") }
    return books
  }

  @Test func `each line of a bill is booked against its own account, taxes by authority`() throws {
    let books = try made()
    try books.issue([
      billLine(.energy, 5000), billLine(.baselineCredit, -300), billLine(.daily, 93),
      billLine(.monthly, 10), billLine(.minimum, 20), billLine(.discount, -700),
      billLine(.credit, -4000), billLine(.reactive, 15), billLine(.tax, 250, "City of Pomona"),
      billLine(.surcharge, 12, "STATE"), billLine(.surcharge, 3, "STATE"),
      billLine(.backBilling, -100), billLine(.netSurplus, -50),
      billLine(.backBilling, -30, "City of Pomona"),
    ])
    let expected: [(LedgerAccount, Int128)] = [
      (.receivable, 223), (.energy, -5000), (.baselineCredit, 300), (.daily, -93),
      (.monthly, -10), (.minimum, -20), (.discount, 700), (.householdCredit, 4000),
      (.reactive, -15), (.backBilling, 100), (.netSurplus, 50), (.taxPayable, -235),
      (.unlisted, 0),
    ]
    for (account, amount) in expected { #expect(books.cents(account) == amount, "\(account)") }
    let taxes = books.state.ledger.rows(in: .usd).filter { $0.account == .taxPayable }
    #expect(taxes.map(\.authority) == ["City of Pomona", "STATE"])
    #expect(taxes.map(\.amount) == [-2_200_000, -150_000])
    #expect(books.state.ledger.isBalanced)
  }

  @Test func `deferred energy is not receivable until the true-up, and none of it stays`() throws {
    let books = try made()
    try books.issue([billLine(.energy, 3000, isDeferred: true), billLine(.daily, 93)])
    #expect(books.cents(.receivable) == 93 && books.cents(.deferredNetMetering) == 3000)
    #expect(books.cents(.energy) == -3000)
    try books.issue([billLine(.energy, -1000, isDeferred: true), billLine(.daily, 93)])
    #expect(books.cents(.deferredNetMetering) == 2000)
    try books.issue([
      billLine(.energy, 500, isDeferred: true), billLine(.trueUp, 2500), billLine(.daily, 93),
    ])
    #expect(books.cents(.deferredNetMetering) == 0)
    #expect(books.cents(.receivable) == 2500 + 3 * 93)
    #expect(books.cents(.energy) == -2500)
  }

  @Test func `credits that are left at the end of the relevant period expire`() throws {
    let books = try made()
    try books.issue([billLine(.energy, -4000, isDeferred: true), billLine(.daily, 93)])
    let last = try books.issue([
      billLine(.energy, 1000, isDeferred: true), billLine(.trueUp, 3000, isDeferred: true),
      billLine(.netSurplus, -120), billLine(.daily, 93),
    ])
    #expect(books.cents(.deferredNetMetering) == 0)
    #expect(books.cents(.expiredNetMetering) == -3000 && books.cents(.energy) == 3000)
    #expect(books.cents(.netSurplus) == 120 && books.cents(.receivable) == 2 * 93 - 120)
    try books.cancel(last)
    #expect(books.cents(.deferredNetMetering) == -4000 && books.cents(.netSurplus) == 0)
  }

  @Test func `a cancelled bill posts the reverse, and what was paid of it is credit`() throws {
    let books = try made()
    let bill = try books.issue([billLine(.energy, 1000), billLine(.tax, 50, "STATE")])
    try books.pay("1", "4.00", on: "2015-05-02")
    try books.cancel(bill)
    #expect(try books.standing().open.isEmpty && books.standing().credit == 4_000_000)
    #expect(books.cents(.energy) == 0 && books.cents(.taxPayable) == 0)
    #expect(books.cents(.cash) == 400 && books.cents(.creditBalances) == -400)
  }

  @Test func `a cancelled bill in the customer's favour is owed again`() throws {
    let books = try made()
    let bill = try books.issue([billLine(.energy, -300)])
    #expect(try books.standing().credit == 3_000_000)
    try books.adjust(.refund, "1.00")
    let cancellation = try books.cancel(bill)
    #expect(try books.standing().open.map(\.remaining) == [1_000_000])
    #expect(books.cents(.receivable) == 100 && books.cents(.creditBalances) == 0)
    try books.reinstate(bill, cancellation)
    #expect(try books.standing().credit == 2_000_000)
  }

  @Test func `a cancellation undone brings every balance back to what it was`() throws {
    let books = try made()
    let first = try books.issue([billLine(.energy, 10_000)], due: "2015-05-20")
    let second = try books.issue([billLine(.energy, 5000)], due: "2015-06-20")
    try books.pay("1", "60.00", on: "2015-05-02")
    let before = (try books.standing(), books.state.ledger)
    let cancelled = try books.cancel(first)
    // What was paid of it pays the other.
    #expect(try books.standing().open.isEmpty && books.standing().credit == 10_000_000)
    let alsoCancelled = try books.cancel(second)
    try books.reinstate(second, alsoCancelled)
    // A notice, the other account's money and a restart change nothing of this.
    try books.record(.noticeRecorded(NoticeRecorded(.planSwitched, [:])))
    try books.pay("2", "1.00", on: "2015-06-01")
    try books.engine.saveSnapshot(always: true)
    try books.reopen()
    try books.reinstate(first, cancelled)
    #expect(try books.standing() == before.0)
    #expect(books.cents(.receivable) == before.1[.receivable] / 10_000)
    #expect(books.cents(.creditBalances) == before.1[.creditBalances] / 10_000 - 100)
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }

  /// That the customer was told that a bill is past due, as a bill run records it.
  private func tellPastDue(_ books: Books, _ bill: UInt64) throws {
    try books.record(.noticeRecorded(NoticeRecorded(.pastDue, ["position": String(bill)])))
  }

  @Test func `who was told that a bill is past due is not told again when it stands again`() throws
  {
    let books = try made()
    let first = try books.issue([billLine(.energy, 10_000)], due: "2015-05-20")
    let second = try books.issue([billLine(.energy, 5000)], due: "2015-06-20")
    try tellPastDue(books, first)
    let cancelled = try books.cancel(first)
    // Of the other one somebody is told while the first does not stand.
    try tellPastDue(books, second)
    try books.engine.saveSnapshot(always: true)
    try books.reopen()
    try books.reinstate(first, cancelled)
    #expect(try books.standing().open.map(\.bill) == [first, second])
    #expect(try books.standing().open.map(\.isNoticed) == [true, true])
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }

  @Test func `a bill reinstated after a payment is due as it was`() throws {
    let books = try made()
    let first = try books.issue([billLine(.energy, 10_000)], due: "2015-05-20")
    try books.issue([billLine(.energy, 5000)], due: "2015-06-20")
    let cancelled = try books.cancel(first)
    try books.pay("1", "60.00", on: "2015-05-02")
    try books.reinstate(first, cancelled)
    #expect(try books.standing().open.map(\.due) == [day("2015-05-20")])
    #expect(try books.standing().open.map(\.remaining) == [90_000_000])
    #expect(try books.standing().credit == 0)
  }

  @Test func `cancelling everything leaves cash against credit, and nothing else`() throws {
    let books = try made()
    var bills: [UInt64] = []
    for cents in [4000, -700, 3000, 25] as [Int64] {
      bills.append(
        try books.issue([
          billLine(.energy, cents), billLine(.tax, cents / 5, "STATE"),
          billLine(.energy, 77, isDeferred: true),
        ]))
      try books.pay("1", "12.00", on: "2015-05-02")
    }
    for bill in [bills[2], bills[0], bills[3], bills[1]] { try books.cancel(bill) }
    let rows = books.state.ledger.rows(in: .usd)
    #expect(rows.map(\.account) == [.cash, .creditBalances])
    #expect(rows.map(\.amount) == [48_000_000, -48_000_000])
    #expect(try books.standing().credit == 48_000_000)
  }

  /// A bill of $100 of which $60 are paid and $40 written off.
  private func writtenOff() throws -> (books: Books, bill: UInt64) {
    let books = try made()
    let bill = try books.issue([billLine(.energy, 10_000)])
    try books.pay("1", "60.00", on: "2015-05-02")
    try books.adjust(.writeOff(reason: "gone"), "40.00")
    return (books, bill)
  }

  @Test func `what was written off of a cancelled bill is no loss any more, and nobody's credit`()
    throws
  {
    let (books, bill) = try writtenOff()
    let before = (try books.standing(), books.state.ledger.rows(in: .usd))
    let cancelled = try books.cancel(bill)
    #expect(try books.standing().credit == 60_000_000 && books.standing().open.isEmpty)
    #expect(books.cents(.writeOffs) == 0 && books.cents(.creditBalances) == -6000)
    // No more than what was paid is given back.
    #expect(throws: PaymentRefusal.moreThanCredit("60.00")) {
      try books.adjust(.refund, "60.01")
    }
    try books.engine.saveSnapshot(always: true)
    try books.reopen()
    try books.reinstate(bill, cancelled)
    #expect(try books.standing() == before.0)
    #expect(books.state.ledger.rows(in: .usd) == before.1)
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }

  @Test func `a bill that stands again is written off again as far as it is still open`() throws {
    let (books, bill) = try writtenOff()
    let cancelled = try books.cancel(bill)
    try books.pay("1", "5.00", on: "2015-05-03")
    try books.reinstate(bill, cancelled)
    #expect(try books.standing().open.isEmpty && books.standing().credit == 0)
    #expect(books.cents(.writeOffs) == 3500 && books.cents(.energy) == -10_000)
    // The loss that is left is what a second cancellation takes back.
    try books.cancel(bill)
    #expect(books.cents(.writeOffs) == 0 && books.cents(.creditBalances) == -6500)
  }

  @Test(arguments: [(90, 30, 0), (120, 40, 20), (50, 0, -10)] as [(Int64, Int128, Int128)])
  func `a bill in a written-off one's place is written off as far, and what is more is open`(
    total: Int64, lost: Int128, owed: Int128
  ) throws {
    let (books, bill) = try writtenOff()
    try books.cancel(bill)
    let again = try books.issue([billLine(.energy, total * 100)], replacing: bill)
    #expect(books.cents(.writeOffs) == lost * 100)
    #expect(books.cents(.receivable) + books.cents(.creditBalances) == owed * 100)
    try books.cancel(again)
    #expect(books.cents(.writeOffs) == 0 && books.cents(.creditBalances) == -6000)
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }

  /// Schedule D with net metering.
  private static let schedules: [RateSchedule] = {
    let rule =
      "\nnet-metering: { period-months: 12, surplus-price: [{ from: 2013-01-01, price: 0.04 }] }\n"
    do {
      return try Books.builtin.filter { $0.code == "D" }
        .flatMap { try RateSchedule.parse($0.text + rule, file: "net.yaml") }
    } catch {
      Issue.record("\(error)")
      return []
    }
  }()

  @Test(arguments: [200, 700] as [Int32])
  func `a year of net metering leaves nothing deferred`(received: Int32) throws {
    let books = try Books(partitions: 1, Self.schedules)
    try books.enroll("1", on: "2014-04-01")
    let account = try #require(books.state.account("1"))
    try books.engine.commit(
      [
        Event(
          .netMeteringStarted(NetMeteringStarted()), account: account,
          effective: try day("2014-04-01").day)
      ], at: books.clock)
    let zone = try zoneTable("America/Los_Angeles")
    try books.ingest(
      days("1", from: "2014-04-01", to: "2015-04-01", in: zone, wattHours: 500)
        + days(
          "1", from: "2014-04-01", to: "2015-04-01", in: zone, wattHours: received,
          channel: .received))
    try books.bill(through: "2015-03-01")
    #expect(
      received < 500 ? books.cents(.deferredNetMetering) > 0 : books.cents(.deferredNetMetering) < 0
    )
    let energy = books.cents(.energy)
    try books.bill(through: "2015-04-01")
    #expect(books.cents(.deferredNetMetering) == 0 && books.cents(.energy) != energy)
    #expect((books.cents(.expiredNetMetering) < 0) == (received > 500))
    #expect((books.cents(.netSurplus) > 0) == (received > 500))
    let last = try #require(try books.view("1").bills.last)
    try books.cancel(last.position)
    #expect(
      books.cents(.energy) == energy
        && books.cents(.deferredNetMetering) == -energy - books.cents(.baselineCredit))
    #expect(books.state.ledger.isBalanced)
  }
}
