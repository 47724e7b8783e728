import Quantities
import Tariff
import Testing

@testable import Billing

/// Limits of back-billing where energy is deferred: three months of what was too little, three
/// years of what was too much, whether it is due now or with the year's settlement.
@Suite struct NetMeteringLimitTests {
  private func change(_ books: Books, _ change: TermsRequest.Change, on date: String) throws {
    _ = try books.engine.changeTerms(
      TermsRequest(number: "1", on: day(date), change: change), at: books.clock)
  }

  private func rebill(_ books: Books, on date: String) throws {
    try books.set(date)
    try books.propose()
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(try books.worklist().isEmpty)
    #expect(try books.audits().allSatisfy(\.isIdentical))
    #expect(books.state.ledger.isBalanced)
  }

  @Test(arguments: ["2015-09-05", "2016-06-05"])
  func `the end of a year that is told of late moves what is due, and costs nothing`(
    _ told: String
  ) throws {
    let books = try ShortYear.books()
    let (owed, before) = (try books.balance("1").owed, try books.view("1").bills)
    // Settled a month earlier: what June deferred is due in June.
    try change(books, .endNetMetering, on: "2015-06-02")
    try rebill(books, on: told)
    #expect(books.cents(.deferredNetMetering) == 0)
    let bills = try books.view("1").bills.filter { !$0.isCancelled }
    #expect(bills.count == 5)
    // What July and August had deferred is due with them now, and nothing else.
    #expect(try books.balance("1").owed == owed + before[3].deferred + before[4].deferred)
  }

  @Test(arguments: ["2015-09-06", "2016-06-06"])
  func `net metering that was a mistake leaves nothing behind, whenever it is taken back`(
    _ told: String
  ) throws {
    let books = try Books([ShortYear.domestic("2015-03-02")])
    try books.enroll("1", on: "2015-04-02", readDay: 2)
    try books.ingest(days("1", from: "2015-04-02", 91, wattHours: 666))
    for end in ["2015-05-02", "2015-06-02", "2015-07-02"] { try books.bill(through: end) }
    let owed = try books.balance("1").owed
    try books.set(told)
    try change(books, .startNetMetering, on: "2015-05-02")
    try rebill(books, on: told)
    #expect(try books.balance("1").owed < owed)
    try change(books, .endNetMetering, on: "2015-05-02")
    try rebill(books, on: told)
    #expect(try books.balance("1").owed == owed)
    #expect(books.cents(.deferredNetMetering) == 0 && books.cents(.backBilling) == 0)
  }

  @Test(arguments: [
    ("2015-07-02", "2.28", 0), ("2015-07-12", "1.52", 1), ("2015-12-01", "0.00", 0),
  ])
  func `too little that was deferred is asked for within the limit, and not after it`(
    _ told: String, _ asked: String, _ limitLines: Int
  ) throws {
    let books = try ShortYear.books()
    let owed = try books.balance("1").owed
    // 12 kWh more on a day of April, at 19 cents, in a year that is settled.
    try books.ingest(
      days("1", from: "2015-04-20", 1, wattHours: 1166), isCorrection: true)
    try rebill(books, on: told)
    // The state's surcharge of 12 kWh is a third of a cent.
    let more = try books.balance("1").owed - owed - (try #require(Money(asked)))
    #expect(more.millionths.magnitude <= 10_000, "\(more)")
    let limits = try books.events().flatMap { recorded -> [BillLine] in
      guard case .billIssuedV2(let bill) = recorded.event.fact else { return [] }
      return bill.lines.filter { $0.kind == .backBilling }
    }
    // The part by days is deferred as the energy is, and in the year's true-up.
    #expect(limits.count { $0.deferred && $0.amount == -760_000 } == limitLines)
  }
}
