import Quantities
import Tariff
import Testing

@testable import Billing

/// Rate schedules on their way into the journal and out of it.
struct PublishedScheduleTests {
  /// Schedule D of March 2015 with a tax that has a name of some bytes.
  private func document(taxBytes: Int) throws -> String {
    let last = try #require(Books.builtin.last { $0.code == "D" })
    let name = "Tax" + String(repeating: "-", count: taxBytes - 3)
    return last.text + "\ntaxes: [{ name: \(name), rates: [{ from: 2015-01-01, percent: 5 }] }]\n"
  }

  @Test func `a tax with the longest name that is accepted can be billed`() throws {
    let books = try Books(RateSchedule.parse(document(taxBytes: 128), file: "tax.yaml"))
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(days("1", from: "2015-04-01", 30, wattHours: 400))
    let bill = try #require(try books.bill(through: "2015-05-01").bills.first)
    #expect(bill.draft.fact.lines.last?.authority.utf8.count == 128)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a version that was published before names had bounds is still read`() throws {
    let books = try Books()
    var fact = RateSchedulePublished()
    fact.text = try document(taxBytes: 129).replacing(
      "effective: 2015-03-02", with: "effective: 2016-01-01")
    fact.code = "D"
    fact.effectiveFrom = try day("2016-01-01").day
    try books.engine.commit(
      [Event(.rateSchedulePublished(fact), effective: fact.effectiveFrom)], at: books.clock)
    try books.engine.saveSnapshot(always: true)
    try books.reopen()
    let version = try #require(
      books.state.system.book.version(of: "D", on: day("2016-01-01")))
    #expect(version.taxes[0].name.utf8.count == 129)
    #expect(try books.replayed().digest == books.state.digest)
  }
}
