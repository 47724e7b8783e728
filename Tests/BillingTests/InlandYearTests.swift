import Foundation
import Journal
import Quantities
import Tariff
import Testing

@testable import Billing

/// A real house of Southern California: its year on every plan of 2015, to the cent.
@Suite(.enabled(if: hasSharedData, "the meter files lie beside the package"))
struct InlandYearTests {
  static let file = "\(sharedData)/load_8760_inland_sf_2015.csv"

  /// Enrolls an account a plan and read day and takes the house's hours in for each.
  static func books() throws -> (Books, [Int: ReferenceBill.Day]) {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let hours = hours2015(text)
    let books = try Books(BuiltinSchedules.sce.schedules())
    var rows: [Row] = []
    for plan in ReferenceBill.Plan.allCases {
      for readDay in [1, 17] {
        let number = "\(plan.rawValue)-\(readDay)"
        try books.enroll(number, plan.rawValue, on: start(plan), readDay: readDay)
        rows += hours.filter { $0.key >= civil(start(plan)) }.sorted { $0.key < $1.key }.map {
          Row(
            account: number, date: ServiceDate(day: Int32($0.key)),
            values: $0.value.map { Int32($0.wattHours) })
        }
      }
    }
    try books.ingest(rows)
    return (books, hours)
  }

  private static func start(_ plan: ReferenceBill.Plan) -> String {
    switch plan {
    case .d: "2015-01-01"
    case .a, .b: "2015-03-02"
    case .t: "2015-06-01"
    }
  }

  @Test func `the year costs what an independent computation says, on every plan`() throws {
    let (books, hours) = try Self.books()
    let report = try books.bill(through: "2016-01-01")
    #expect(report.exceptions.isEmpty)
    // Read day 1: 12, 10, 10 and 7 cycles; read day 17: the opening one and those that end in the
    // year.
    #expect(report.bills.count == 12 + 10 + 10 + 7 + 12 + 10 + 10 + 7)
    for bill in report.bills {
      let fact = bill.draft.fact
      let plan = try #require(
        ReferenceBill.Plan.allCases.first { bill.account.hasPrefix("\($0.rawValue)-") })
      let reference = ReferenceBill(plan, Int(fact.start)..<Int(fact.end), hours)
      #expect(fact.total == Int64(reference.cents) * 10_000, "\(fact.bill)")
      #expect(fact.lines.count == reference.lines, "\(fact.bill)")
      #expect(fact.lines.reduce(0) { $0 + $1.amount } == fact.total)
      #expect(fact.due == fact.dated + 19)
    }
    for audit in try books.audits() {
      #expect(audit.isIdentical, "\(audit.number): \(audit.differences)")
      #expect(audit.since.isEmpty)
      #expect(audit.totalNow?.millionths == audit.bill.total)
    }
  }

  @Test func `the hours go in as a long CSV with an account column`() throws {
    let books = try Books(BuiltinSchedules.sce.schedules())
    try books.enroll("3012345678")
    let lines = try String(contentsOfFile: Self.file, encoding: .utf8)
      .split(whereSeparator: \.isNewline)
    let text = (["account,start,kwh"] + lines.dropFirst().map { "3012345678,\($0)" })
      .joined(separator: "\n")
    let report = try books.ingest(text: text)
    #expect(report.reads == 365)
    #expect(report.rejected.isEmpty)
    let bill = try #require(try books.bill(through: "2015-02-01").facts["3012345678-20150201"])
    let reference = ReferenceBill(
      .d, civil("2015-01-01")..<civil("2015-02-01"), hours2015(lines.joined(separator: "\n")))
    #expect(bill.total == Int64(reference.cents) * 10_000)
    let position = books.position
    #expect(try books.ingest(text: text).wasKnown)
    #expect(books.position == position)
  }

  @Test func `a plan has no price before its first day`() throws {
    let books = try Books(BuiltinSchedules.sce.schedules())
    let refusal = EnrollmentRefusal.noPrice(
      plan: "TOU-D-T", on: try day("2015-05-31"), firstDay: try day("2015-06-01"))
    #expect(throws: refusal) { try books.enroll("1", "TOU-D-T", on: "2015-05-31") }
    #expect(try books.enroll("1", "TOU-D-T", on: "2015-06-01") != .repeated)
  }

  @Test func `a year of Green Button has 365 service days and their hours`() throws {
    let source = try #require(BuiltinSchedules.sce.schedules().first)
    let text = source.text.replacing("effective: 2013-04-01", with: "effective: 2011-01-01")
    let books = try Books(RateSchedule.parse(text, file: "2011.yaml"))
    try books.enroll("5", on: "2011-01-01")
    let report = try books.ingest(
      file: "\(sharedData)/greenbutton/Inland_Single_Family_2011_hourly.xml", account: "5")
    #expect(report.reads == 365)
    #expect(report.rejected.isEmpty)
    let reads = try books.view("5").reads(in: period("2011-01-01", "2012-01-01"))
    #expect(reads.count == 365)
    let spring = try day("2011-03-13")
    let autumn = try day("2011-11-06")
    for read in reads {
      let hours = read.date == spring ? 23 : read.date == autumn ? 25 : 24
      #expect(read.values.count == hours && !read.hasGap, "\(read.date)")
    }
    let bills = try books.bill(through: "2012-01-01")
    #expect(bills.bills.count == 12)
    #expect(bills.exceptions.isEmpty)
    // March has 31 days of 11 kWh in region 10; prices of the first version are 13, 17, 27, 30.
    let march = try #require(bills.facts["5-20110401"])
    let used = reads.filter { $0.date.yearMonthDay.month == 3 }
      .reduce(0) { $0 + Int($1.energy.wattHours) }
    let limits = [341_000, 443_300, 682_000, Int.max]
    var cents = (31 * 31 + 5) / 10
    for (tier, price) in [13, 17, 27, 30].enumerated() {
      let energy = max(0, min(used, limits[tier]) - (tier == 0 ? 0 : limits[tier - 1]))
      cents += (energy * price + 500) / 1000
    }
    #expect(march.total == Int64(cents) * 10_000)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }
}
