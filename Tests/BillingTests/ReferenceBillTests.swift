import Foundation
import Quantities
import TestSupport
import Testing

@testable import Billing

/// What the whole engine bills, from reads in a journal, beside a program that was written from the
/// printed rules: line by line.
@Suite(.enabled(if: Peer.hasPython, "Python 3.9 with zoneinfo, by WATTBOOK_PYTHON or as python3"))
struct ReferenceBillTests {
  /// A home with a plan, a read day, a place and intervals of its own, over some months.
  private static func home(
    _ number: Int, _ random: inout SeededRandom
  ) throws -> (terms: Enrollment, meter: ReferenceBills.Meter, rows: [Row]) {
    let plan = random.pick(["D", "D", "TOU-D-A", "TOU-D-B", "TOU-D-T", "EVN-SH", "EVN-SH"])
    let starts = [
      // Changes of price, of season and of clocks lie within.
      "D": ["2014-05-20", "2014-06-25", "2015-02-10", "2015-09-20", "2015-10-20"],
      "TOU-D-A": ["2015-03-02", "2015-05-15", "2015-10-10", "2016-02-20", "2017-12-20"],
      "TOU-D-B": ["2015-03-02", "2015-05-15", "2015-10-10", "2016-02-20", "2018-10-25"],
      "TOU-D-T": ["2015-06-20", "2015-09-10", "2015-10-20", "2016-03-01", "2021-06-20"],
      "EVN-SH": [
        "2015-03-01", "2017-11-12", "2019-03-05", "2023-04-20", "2023-10-25", "2025-04-28",
        // The rate of VAT changes in these.
        "2022-01-12", "2022-12-10", "2023-06-05",
      ],
    ]
    let first = try day(random.pick(starts[plan] ?? []))
    var terms = Enrollment(number: "home-\(number)", plan: plan, on: first)
    let isVietnamese = plan == "EVN-SH"
    if isVietnamese {
      // Months are whole: the account begins on its read day.
      terms.readDay = first.yearMonthDay.day
      terms.households = Int.random(in: 1...3, using: &random)
    } else {
      terms.readDay = Int.random(in: 1...31, using: &random)
      terms.region = random.pick(["5", "6", "8", "9", "10", "13", "14", "15", "16"])
      terms.medical = Int.random(in: 0..<4, using: &random) == 0
      terms.multiFamily = Int.random(in: 0..<4, using: &random) == 0
    }
    let minutes = random.pick([15, 30, 60])
    var meter = ReferenceBills.Meter(from: first.description, minutes: minutes)
    let sendsOut = !isVietnamese && Int.random(in: 0..<3, using: &random) == 0
    let most = Int32(random.pick([300, 900, 2500]) * minutes / 60)
    let zone = try zoneTable(isVietnamese ? "Asia/Ho_Chi_Minh" : "America/Los_Angeles")
    var rows: [Row] = []
    for date in BillingPeriod(start: first, end: first.adding(days: 70)).dates {
      let count = zone.day(date).minutes / minutes
      for channel in sendsOut ? [Channel.delivered, .received] : [.delivered] {
        let values = (0..<count).map { _ in Int32.random(in: 0...most, using: &random) }
        if channel == .delivered { meter.delivered += values } else { meter.received += values }
        rows.append(
          Row(
            account: terms.number, date: date, channel: channel, minutes: minutes, values: values))
      }
    }
    return (terms, meter, rows)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `random homes are billed line by line as the printed rules say`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let books = try Books()
    var request = ReferenceBills()
    var homes: [String: Enrollment] = [:]
    var rows: [Row] = []
    for number in 0..<60 {
      let home = try Self.home(number, &random)
      homes[home.terms.number] = home.terms
      request.meters[home.terms.number] = home.meter
      rows += home.rows
    }
    let results = try books.engine.enroll(
      homes.values.sorted { $0.number < $1.number }, zone: { try? zoneTable($0) }, at: books.clock)
    for result in results { #expect(try result.get() != .repeated) }
    let report = try books.ingest(rows.shuffled(using: &random))
    #expect(report.rejected.isEmpty)
    let bills = try books.bill(through: "2026-01-01").bills
    #expect(bills.count >= 100)
    for bill in bills {
      request.bills.append(
        ReferenceBills.Bill(
          bill.draft.fact.period, meter: bill.account,
          terms: try #require(homes[bill.account])))
    }
    for (bill, expected) in zip(bills, try request.tables()) {
      #expect(bill.draft.fact.table == expected, "\(bill.draft.fact.bill)")
    }
  }
}
