import Foundation
import Quantities
import Testing

@testable import Tariff

@Test(
  "Vietnam's tiers of 2015: full in a scheduled month, by days of the month before otherwise",
  arguments: [
    (250, 31, 31, 1, ["50", "50", "100", "50"], "441550"),
    (250, 31, 33, 1, ["53", "53", "106", "38"], "434413"),
    (500, 30, 28, 2, ["93", "93", "187", "127"], "899297"),
  ])
func tiersOf2015(
  kWh: Int, scheduledDays: Int, days: Int, households: Int, quantities: [String], subtotal: String
) throws {
  let bill = try price([
    segment(
      builtin("EVN-SH", on: "2015-06-01"), from: "2015-06-01", days: days, ["\(kWh)"],
      ServiceTerms(households: households), scheduledDays: scheduledDays)
  ])
  #expect(bill.energyLines.map(\.quantity.text) == quantities)
  #expect(bill.subtotal.text(in: .vnd) == subtotal)
}

@Test("steps of 100 and 300 in a cycle of 45 days for 30 become 150 and 450")
func stepProration() throws {
  let schedule = try changed(
    builtin("EVN-SH", on: "2025-05-10"),
    [
      "51-100 kWh, width-kWh: 50": "51-100 kWh, width-kWh: 200",
      "width-kWh: 50 }": "width-kWh: 100 }",
    ])
  let bands = try tierBands(
    of: segment(
      schedule, from: "2025-06-01", days: 45, ["0"], ServiceTerms(), scheduledDays: 30))
  #expect(bands.prefix(2).map { $0.to?.kWh } == ["150", "450"])
}

@Test(
  "a baseline credit on 500 kWh: capped at the allowance, and paid back by a net generator",
  arguments: [("750", "-50"), ("250", "-25"), ("-100", "10")])
func creditExamples(net: String, amount: String) throws {
  let schedule = try changed(
    builtin("TOU-D-A", on: "2015-03-02"), ["winter: 11.0": "winter: 20"])
  let bill = try price([segment(schedule, from: "2015-03-02", days: 25, ["0", net, "0"])])
  #expect(bill.lines.first { $0.kind == .baselineCredit }?.amount == Money(amount))
}

/// A third utility, which is documents alone.
private let ergon: RateBook = {
  var book = RateBook()
  let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Journal/examples/ergon.yaml")
  do {
    let text = try String(contentsOf: file, encoding: .utf8)
    for schedule in try RateSchedule.parse(text, file: "ergon.yaml") { try book.add(schedule) }
  } catch {
    Issue.record("\(error)")
  }
  return book
}()

@Test("a third utility is its documents: prices to a thousandth of a cent, a summer over New Year")
func thirdUtility() throws {
  let summer = try #require(ergon.version(of: "ERGON-12A", on: day("2018-02-01")))
  let bill = try price([
    segment(summer, from: "2018-02-01", days: 28, ["20", "100"], ServiceTerms())
  ])
  #expect(
    bill.table == ["20 kWh at 0.67251", "100 kWh at 0.23177", "28 day at 0.98833"])
  #expect(bill.lines.map { $0.amount.text(in: bill.currency) } == ["13.45", "23.18", "27.67"])
  #expect(bill.currency.code == "AUD" && bill.lines[0].description == "peak, summer")
  // 1 February 2018 is a Thursday; a peak to half past nine cannot be told from hourly values.
  #expect(try [1289, 1290].map { summer.period(on: try day("2018-02-01"), minute: $0) } == [0, 1])
  #expect(summer.coarsestIntervalMinutes == 30)
  #expect(
    try ["2016-02-29", "2018-12-01", "2018-11-30"].map { summer.season(on: try day($0)) } == [
      0, 0, 1,
    ])
  let cycle = BillingPeriod(start: try day("2018-02-20"), end: try day("2018-03-20"))
  #expect(ergon.boundaries(of: "ERGON-12A", in: cycle) == [try day("2018-03-01")])
}

@Test("a third utility's price change cuts a cycle like anybody's")
func thirdUtilityPriceChange() throws {
  let cycle = BillingPeriod(start: try day("2018-06-16"), end: try day("2018-07-16"))
  let cuts = ergon.boundaries(of: "ERGON-11", in: cycle)
  #expect(cuts == [try day("2018-07-01")])
  let bill = try price(
    zip([cycle.start] + cuts, cuts + [cycle.end]).map { from, to in
      try segment(
        #require(ergon.version(of: "ERGON-11", on: from)), from: "\(from)",
        days: from.days(to: to), ["150"], ServiceTerms(), cycle: cycle)
    })
  #expect(
    bill.table == [
      "150 kWh at 0.28479", "150 kWh at 0.27828", "15 day at 0.95846", "15 day at 0.97843",
    ])
  #expect(bill.total == Money("113.52"))
}
