import Quantities
import Testing

@testable import Billing

/// What a run tells of net-metered accounts, whose years it bills one after the other.
@Suite struct NetMeteringRunTests {
  @Test func `a cycle of net metering that cannot be billed is told once, whichever others can`()
    throws
  {
    let books = try Books([ShortYear.domestic("2015-03-02")])
    // A day is missing of May, of April, and of May where nothing is net metered.
    for (number, gap) in [("1", "2015-05-20"), ("2", "2015-04-20"), ("3", "2015-05-20")] {
      try books.enroll(number, on: "2015-04-02", readDay: 2)
      let missing = try day(gap)
      try books.ingest(
        days(number, from: "2015-04-02", 153, wattHours: 666).filter { $0.date != missing })
      guard number != "3" else { continue }
      _ = try books.engine.changeTerms(
        TermsRequest(number: number, on: day("2015-04-02"), change: .startNetMetering),
        at: books.clock)
    }
    let exceptions = [
      "1 2015-05-02 \(BillException.missingDays([try day("2015-05-20")]))",
      "1 2015-06-02 \(BillException.relevantPeriodOpen(from: try day("2015-05-02")))",
      "2 2015-04-02 \(BillException.missingDays([try day("2015-04-20")]))",
      "2 2015-06-02 \(BillException.relevantPeriodOpen(from: try day("2015-04-02")))",
      "3 2015-05-02 \(BillException.missingDays([try day("2015-05-20")]))",
    ]
    let first = try books.bill(through: "2015-09-02")
    #expect(
      first.facts.keys.sorted() == [
        "1-20150502", "1-20150802", "1-20150902", "2-20150602", "2-20150802", "2-20150902",
        "3-20150502", "3-20150702", "3-20150802", "3-20150902",
      ])
    // The same when nothing is left to be billed.
    for report in [first, try books.bill(through: "2015-09-02")] {
      #expect(
        report.exceptions.map { "\($0.account) \($0.period.start) \($0.exception)" }.sorted()
          == exceptions)
      #expect(report.billCount == report.bills.count)
    }
  }
}
