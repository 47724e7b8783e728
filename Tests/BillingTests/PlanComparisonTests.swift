import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// The same usage on every open plan: own reads, own cycles, priced as bills are.
@Suite struct PlanComparisonTests {
  private static let zone = Result { try zoneTable("America/Los_Angeles") }

  /// A day's hours like a home's, with its 23 or 25 of them.
  private func rows(
    _ account: String, from start: String, to end: String, _ random: inout SeededRandom
  ) throws -> [Row] {
    let zone = try Self.zone.get()
    return try period(start, end).dates.map { date in
      let values = (0..<zone.day(date).minutes / 60).map { hour in
        Int32(Int.random(in: 100...900, using: &random) + (hour > 15 ? 700 : 0))
      }
      return Row(account: account, date: date, values: values)
    }
  }

  private func totals(_ offer: PlanComparison.Offer) throws -> [Money] { try offer.months.get() }

  @Test(arguments: [UInt64(11), 12, 13])
  func `an account's own plan costs what its bills say, and any other what a twin on it is billed`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed)
    let books = try Books()
    let readDay = Int.random(in: 1...31, using: &random)
    let plans = ["D", "TOU-D-A", "TOU-D-B"]
    for plan in plans {
      try books.enroll("own-\(plan)", plan, on: "2015-03-09", readDay: readDay)
    }
    let usage = try rows("own-D", from: "2015-03-09", to: "2016-05-20", &random)
    for plan in plans {
      try books.ingest(
        usage.map { Row(account: "own-\(plan)", date: $0.date, values: $0.values) })
    }
    try books.bill(through: "2016-05-20")
    let bills = try plans.map { plan in try books.view("own-\(plan)").bills.map(\.total) }
    for (place, plan) in plans.enumerated() {
      let comparison = try PlanComparison(try books.view("own-\(plan)"))
      #expect(comparison.months.count == 12 && comparison.skipped.isEmpty)
      #expect(comparison.months.map(\.total) == Array(bills[place].suffix(12)))
      #expect(comparison.months.map(\.issued) == comparison.months.map { Optional($0.total) })
      #expect(comparison.offers.first?.plan == plan && comparison.offers.first?.isOwn == true)
      for (other, code) in plans.enumerated() {
        let offer = try #require(comparison.offers.first { $0.plan == code })
        #expect(try totals(offer) == Array(bills[other].suffix(12)), "\(plan) beside \(code)")
        #expect(offer.total == (try totals(offer)).reduce(.zero, +))
        #expect(offer.total == offer.charges.total)
        #expect(offer.charges.kinds.reduce(.zero) { $0 + $1.amount } == offer.total)
        #expect(offer.charges.energy == comparison.usage)
        #expect(offer.charges.periods.reduce(.zero) { $0 + $1.energy } == comparison.usage)
      }
      let others = comparison.offers.dropFirst().compactMap(\.total)
      #expect(others == others.sorted())
      #expect(comparison.offers.allSatisfy { !$0.plan.hasPrefix("EVN") })
    }
  }

  @Test func `a switch inside the year is priced as it was, beside each plan all the time`() throws
  {
    var random = SeededRandom(5)
    let books = try Books()
    try books.enroll("1", "D", on: "2015-03-02", readDay: 2)
    try books.ingest(try rows("1", from: "2015-03-02", to: "2015-09-02", &random))
    try books.change("1", to: "TOU-D-A", on: "2015-06-11")
    try books.bill(through: "2015-09-02")
    let comparison = try PlanComparison(try books.view("1"))
    #expect(comparison.hasSwitched && comparison.plan == "TOU-D-A")
    #expect(comparison.total == (try books.view("1")).bills.reduce(.zero) { $0 + $1.total })
    #expect(comparison.offers[0].total != comparison.total)
    #expect(comparison.months.count == 6 && comparison.wantedMonths == 12)
  }

  @Test func `each month has the prices that were in force, unless the current ones are asked for`()
    throws
  {
    var random = SeededRandom(6)
    let books = try Books()
    try books.enroll("1", "D", on: "2014-06-01")
    try books.ingest(try rows("1", from: "2014-06-01", to: "2015-07-01", &random))
    try books.bill(through: "2015-07-01")
    let view = try books.view("1")
    let then = try PlanComparison(view, months: 13)
    #expect(then.months.map(\.total) == view.bills.map(\.total))
    let tou = try #require(then.offers.first { $0.plan == "TOU-D-T" })
    #expect(throws: BillException.noPrice(plan: "TOU-D-T", on: try day("2014-06-01"))) {
      try tou.months.get()
    }
    #expect(tou.total == nil)
    let now = try PlanComparison(view, months: 13, isAtCurrentPrices: true)
    #expect(now.offers.allSatisfy { $0.total != nil })
    // The current prices began on 2 March 2015: cycles from April on are what they were.
    #expect(now.months.suffix(3).map(\.total) == then.months.suffix(3).map(\.total))
    #expect(zip(now.months, then.months).prefix(9).contains { $0.total != $1.total })
    #expect(now.total == now.offers[0].total)
  }

  @Test func `who left TOU sees until when the lock-out runs, and the first cycle start after it`()
    throws
  {
    var random = SeededRandom(7)
    let books = try Books()
    try books.enroll("1", "TOU-D-A", on: "2015-03-02", readDay: 5)
    try books.change("1", to: "D", on: "2015-06-11")
    try books.ingest(try rows("1", from: "2015-03-02", to: "2015-08-05", &random))
    let comparison = try PlanComparison(try books.view("1"))
    let offer = try #require(comparison.offers.first { $0.plan == "TOU-D-B" })
    #expect(offer.outlook.lockedUntil == (try day("2016-06-11")))
    #expect(offer.outlook.from == (try day("2016-07-05")))
    #expect(offer.lockoutMonths == 12)
    try books.enroll("2", "D", on: "2015-03-02", readDay: 5)
    try books.ingest(try rows("2", from: "2015-03-02", to: "2015-08-05", &random))
    let free = try PlanComparison(try books.view("2"), asOf: try day("2015-08-05"))
    #expect(free.offers.dropFirst().allSatisfy { $0.outlook.refusal == nil })
    #expect(free.offers.dropFirst().allSatisfy { $0.outlook.from == ServiceDate("2015-09-05") })
  }

  @Test func `seats under a cap are counted over all accounts`() throws {
    let capped = try BuiltinSchedules.sce.schedules().map { schedule in
      guard schedule.code == "TOU-D-B" else { return schedule }
      return try #require(
        try RateSchedule.parse(schedule.text + "\nenrolment-cap: 2\n", file: "cap").first)
    }
    let books = try Books(capped)
    var random = SeededRandom(8)
    for number in ["1", "2", "3"] {
      try books.enroll(number, number == "3" ? "D" : "TOU-D-B", on: "2015-03-02")
    }
    try books.ingest(try rows("3", from: "2015-03-02", to: "2015-05-01", &random))
    let comparison = try PlanComparison(try books.view("3"), state: books.state)
    let full = try #require(comparison.offers.first { $0.plan == "TOU-D-B" }).outlook
    #expect(full.seats == 0 && full.refusal == .capReached(plan: "TOU-D-B", cap: 2))
    #expect(full.from == nil)
    try books.moveOut("2", on: "2015-04-01")
    let later = try PlanComparison(try books.view("3"), state: books.state)
    let free = try #require(later.offers.first { $0.plan == "TOU-D-B" }).outlook
    #expect(free.seats == 1 && free.refusal == nil)
  }

  @Test func `a cycle with a missing day is left out by name, and estimated days are counted`()
    throws
  {
    var random = SeededRandom(9)
    let books = try Books()
    try books.enroll("1", "D", on: "2015-03-02", readDay: 2)
    var usage = try rows("1", from: "2015-03-02", to: "2015-07-02", &random)
    usage.removeAll { $0.date.description == "2015-04-20" }
    for index in usage.indices where usage[index].date.description.hasPrefix("2015-06-2") {
      usage[index].quality = .estimated
    }
    try books.ingest(usage)
    let comparison = try PlanComparison(try books.view("1"))
    #expect(comparison.skipped.map(\.period) == [try period("2015-04-02", "2015-05-02")])
    #expect(comparison.skipped.first?.reason == .missingDays([try day("2015-04-20")]))
    #expect(comparison.months.map(\.estimatedDays) == [0, 0, 10])
    #expect(comparison.offers.allSatisfy { (try? $0.months.get())?.count ?? 3 == 3 })
  }

  @Test
  func `a register meter's home is compared by its registers, other plans say what they lack`()
    throws
  {
    let books = try Books()
    try books.enroll("PC01", "EVN-SH", on: "2025-06-06", readDay: 6)
    try books.ingest([
      try index("PC01", "2025-06-06", "1000"), try index("PC01", "2025-07-06", "1310.5"),
      try index("PC01", "2025-08-06", "1702"),
    ])
    try books.bill(through: "2025-08-06")
    let view = try books.view("PC01")
    let comparison = try PlanComparison(view)
    #expect(comparison.months.map(\.total) == view.bills.map(\.total))
    #expect(comparison.offers.map(\.plan) == ["EVN-SH", "EVN-SH-TT", "EVN-KD", "EVN-SX"])
    #expect(try totals(comparison.offers[0]) == view.bills.map(\.total))
    for offer in comparison.offers.dropFirst(2) {
      guard case .failure(let reason) = offer.months else {
        Issue.record("\(offer.plan) needs the supply voltage")
        continue
      }
      #expect("\(reason)".contains("needs the supply voltage"))
      #expect(offer.outlook.refusal != nil)
    }
    #expect(comparison.own.aboveFirstTier?.energy == comparison.usage - Energy(wattHours: 100_000))
  }

  @Test func `without a whole cycle nothing is compared, and no plan is free of charge`() throws {
    let books = try Books()
    try books.enroll("1", "D", on: "2015-03-02")
    let comparison = try PlanComparison(try books.view("1"))
    #expect(comparison.months.isEmpty && comparison.usage == .zero && comparison.total == .zero)
  }
}
