import Foundation
import Journal
import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// A real house of Southern California: its year on every plan of 2015, to the cent.
@Suite(.enabled(if: hasSharedData, "the meter files lie beside the package"))
struct InlandYearTests {
  static let file = "\(sharedData)/load_8760_inland_sf_2015.csv"

  private static let starts = [
    "D": "2015-01-01", "TOU-D-A": "2015-03-02", "TOU-D-B": "2015-03-02", "TOU-D-T": "2015-06-01",
  ]

  /// The file's lines from a day on, with an account before each.
  private static func rows(_ number: String, from start: String) throws -> [String] {
    let first = try zoneTable("America/Los_Angeles").moment(of: day(start))
    return try String(contentsOfFile: file, encoding: .utf8).split(whereSeparator: \.isNewline)
      .dropFirst().filter { line in
        let moment = try #require(Instant(String(line.prefix { $0 != "," })))
        return moment.seconds >= first
      }.map { "\(number),\($0)" }
  }

  @Test(.enabled(if: Peer.hasPython, "Python 3.9 with zoneinfo"))
  func `the year costs what an independent program says, on every plan, line by line`() throws {
    let books = try Books(BuiltinSchedules.sce.schedules())
    var lines = ["account,start,kwh"]
    var homes: [String: Enrollment] = [:]
    for (plan, start) in Self.starts {
      for readDay in [1, 17] {
        let number = "\(plan)-\(readDay)"
        try books.enroll(number, plan, on: start, readDay: readDay)
        homes[number] = Enrollment(number: number, plan: plan, on: try day(start), region: "10")
        lines += try Self.rows(number, from: start)
      }
    }
    #expect(try books.ingest(text: lines.joined(separator: "\n")).rejected.isEmpty)
    let report = try books.bill(through: "2016-01-01")
    #expect(report.exceptions.isEmpty)
    // Read day 1: 12, 10, 10 and 7 cycles; read day 17: the opening one and those that end in the
    // year.
    #expect(report.bills.count == 12 + 10 + 10 + 7 + 12 + 10 + 10 + 7)
    var request = ReferenceBills()
    request.meters["house"] = ReferenceBills.Meter(
      from: "2015-01-01",
      delivered: try Self.rows("", from: "2015-01-01").map { line in
        let energy = try #require(Energy(kWh: String(line.split(separator: ",")[1])))
        return Int32(energy.wattHours)
      })
    request.bills = try report.bills.map { bill in
      let home = try #require(homes[bill.account])
      return ReferenceBills.Bill(bill.draft.fact.period, meter: "house", terms: home)
    }
    for (bill, expected) in zip(report.bills, try request.tables()) {
      let fact = bill.draft.fact
      #expect(fact.table == expected, "\(fact.bill)")
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
    let text = (["account,start,kwh"] + (try Self.rows("3012345678", from: "2015-01-01")))
      .joined(separator: "\n")
    let report = try books.ingest(text: text)
    #expect(report.reads == 365)
    #expect(report.rejected.isEmpty)
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
