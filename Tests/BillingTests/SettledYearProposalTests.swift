import Quantities
import Tariff
import Testing

@testable import Billing

/// A settled year of net metering is proposed, and billed again, as a whole.
struct SettledYearProposalTests {
  struct Case: Sendable {
    var corrections: [(date: String, wattHours: Int32)]
    var rebilled = 0
    var unchanged = 0
  }

  /// April to June are settled with June's bill.
  static let cases: [Case] = [
    Case(corrections: [("2015-04-10", 900)], rebilled: 2),
    Case(corrections: [("2015-04-10", 900), ("2015-05-10", 700)], rebilled: 3),
    Case(corrections: [("2015-04-10", 700), ("2015-06-10", 632)], rebilled: 2),
    // What one month defers more the other defers less.
    Case(corrections: [("2015-04-10", 700), ("2015-05-10", 632)], unchanged: 2),
  ]

  @Test(arguments: cases)
  func `a settled year within the tolerance is billed again, and nothing of it waits`(
    item: Case
  ) throws {
    let books = try ShortYear.books()
    for (date, wattHours) in item.corrections {
      try books.ingest(
        days("1", from: date, 1, wattHours: wattHours), isCorrection: true)
    }
    let proposals = try books.propose(tolerance: "1000.00")
    #expect(proposals.rebilled == item.rebilled && proposals.unchanged == item.unchanged)
    #expect(proposals.proposed == 0 && proposals.unpriced == 0)
    #expect(try books.worklist().isEmpty)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `beyond the tolerance each bill that was asked for waits`() throws {
    let books = try ShortYear.books()
    for date in ["2015-04-10", "2015-05-10"] {
      try books.ingest(days("1", from: date, 1, wattHours: 9000), isCorrection: true)
    }
    let proposals = try books.propose(tolerance: "0.01")
    #expect(proposals.proposed == 2 && proposals.rebilled == 0 && proposals.unchanged == 0)
    #expect(try books.worklist().count == 2)
  }
}
