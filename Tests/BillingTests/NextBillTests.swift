import Journal
import Quantities
import Testing

@testable import Billing

/// The projected next bill: what it must and must not look at.
struct NextBillTests {
  @Test func `no read on or after the as-of day is looked at`() throws {
    let whole = try Books()
    let cut = try Books()
    for books in [whole, cut] { try books.enroll("1", on: "2015-03-02") }
    try whole.ingest(days("1", from: "2015-03-10", 100, wattHours: 700))
    try whole.ingest(days("1", from: "2015-06-18", 40, wattHours: 2500))
    try cut.ingest(days("1", from: "2015-03-10", 100, wattHours: 700))
    for asOf in ["2015-03-12", "2015-05-01", "2015-05-20", "2015-06-18"] {
      let one = try NextBill(whole.view("1"), asOf: day(asOf))
      let other = try NextBill(cut.view("1"), asOf: day(asOf))
      #expect(one.estimate?.total == other.estimate?.total)
      #expect(one.estimate?.low == other.estimate?.low)
      #expect(one.estimate?.high == other.estimate?.high)
      #expect(one.usageToDate == other.usageToDate)
    }
  }

  @Test func `without a read there is a reason and no total`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    let bill = try NextBill(books.view("1"))
    #expect(bill.estimate == nil && bill.reason != nil && bill.tiers.count == 4)
  }

  @Test func `a steady home is projected at its level, and the whole cycle at its bill`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(days("1", from: "2015-04-01", 30, wattHours: 500))
    let middle = try NextBill(books.view("1"), asOf: day("2015-04-16"))
    // 15 days of 12 kWh and 15 projected ones, three percent below.
    #expect(middle.usageToDate == Energy(kWh: "180"))
    #expect(middle.usageProjected == Energy(kWh: "354.6"))
    let estimate = try #require(middle.estimate)
    #expect(estimate.low <= estimate.total && estimate.total <= estimate.high)
    #expect(middle.tiers.reduce(.zero) { $0 + $1.used } == middle.usageToDate)
    #expect(middle.tiers.reduce(.zero) { $0 + $1.projected } == middle.usageProjected)
    let last = try NextBill(books.view("1"), asOf: day("2015-04-30"))
    #expect(last.day == 29 && last.cycle.days == 30)
  }

  @Test func `energy that is still to be sent out is projected as well`() throws {
    let books = try Books()
    try books.enroll("1", "TOU-D-A", on: "2015-04-01")
    try books.ingest(
      days("1", from: "2015-04-01", 45, wattHours: 300)
        + days("1", from: "2015-04-01", 45, wattHours: 500, channel: .received))
    let bill = try NextBill(books.view("1"))
    #expect(bill.asOf == (try day("2015-05-16")))
    // 15 days of 24 x 0.2 kWh out, net; as much again ahead, but for the shading.
    #expect(bill.usageToDate == Energy(kWh: "-72"))
    #expect(bill.usageProjected < Energy(kWh: "-140")!)
    let estimate = try #require(bill.estimate)
    #expect(estimate.total < .zero && estimate.low <= estimate.total)
  }

  @Test func `a missing day is estimated, named and never zero`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    var rows = try days("1", from: "2015-04-01", 20, wattHours: 500)
    rows.remove(at: 9)
    try books.ingest(rows)
    let bill = try NextBill(books.view("1"), asOf: day("2015-04-21"))
    #expect(bill.estimatedDays == [try day("2015-04-10")])
    #expect(bill.usageToDate == Energy(kWh: "228"))
    #expect(bill.usageProjected > Energy(kWh: "350")!)
  }

  @Test func `a switch ahead is priced`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(days("1", from: "2015-04-01", 10, wattHours: 900))
    let before = try NextBill(books.view("1"))
    try books.change("1", to: "TOU-D-B", on: "2015-04-16")
    let after = try NextBill(books.view("1"))
    #expect(after.draft?.segments.map(\.schedule.code) == ["D", "TOU-D-B"])
    #expect(before.estimate?.total != after.estimate?.total)
  }
}
