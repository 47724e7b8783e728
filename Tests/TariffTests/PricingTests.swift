import Quantities
import Testing

@testable import Tariff

@Test("one line per tier and segment, one daily charge over both")
func linesOfTwoSegments() throws {
  let cycle = BillingPeriod(start: try day("2015-02-15"), end: try day("2015-03-17"))
  let bill = try price([
    segment(builtin("D", on: "2015-02-15"), from: "2015-02-15", days: 15, ["200"], cycle: cycle),
    segment(builtin("D", on: "2015-03-02"), from: "2015-03-02", days: 15, ["100"], cycle: cycle),
  ])
  #expect(
    bill.table == [
      "165 kWh at 0.15", "35 kWh at 0.19", "100 kWh at 0.15", "30 day at 0.031",
    ])
  #expect(bill.lines.map(\.segment) == [0, 0, 1, nil])
  #expect(bill.lines[1].description == "Tier 2, winter")
  #expect(bill.lines[1].schedule == "D 2014-07-07" && bill.lines[2].schedule == "D 2015-03-02")
  #expect(bill.total.text(in: .usd) == "47.33" && bill.currency == .usd)
}

@Test("a line is rounded once, half away from zero")
func lineRounding() throws {
  // 0.1 kWh at 15 cents is half a cent more than one cent: 2 cents; one less watt-hour: 1 cent.
  for (usage, amount) in [("0.1", "0.02"), ("0.099", "0.01"), ("-0.1", "-0.02")] {
    let bill = try price([
      segment(builtin("D", on: "2015-03-02"), from: "2015-03-02", days: 1, [usage])
    ])
    #expect(bill.lines[0].amount == Money(amount))
  }
}

@Test("a multi-family home pays its own daily charge, on TOU-D-B the common one")
func multiFamily() throws {
  let terms = ServiceTerms(region: "10", multiFamily: true)
  func daily(_ code: String, _ usage: [String]) throws -> ChargeLine? {
    try price([
      segment(builtin(code, on: "2015-03-02"), from: "2015-03-02", days: 30, usage, terms)
    ]).lines.last
  }
  #expect(try daily("D", ["1"])?.amount == Money("0.72"))
  #expect(try daily("TOU-D-B", ["1", "1", "1"])?.amount == Money("15.90"))
}

@Test("a medical baseline adds 16.5 kWh a day, and every limit scales with it")
func medical() throws {
  let segment = try segment(
    builtin("D", on: "2015-03-02"), from: "2015-03-02", days: 30, ["0"],
    ServiceTerms(region: "10", medical: true))
  #expect(try segment.allowance == kWh("825"))
  #expect(
    try tierBands(of: segment).map { $0.to?.kWh } == ["825", "1072.5", "1650", nil])
}

@Test("a change of region or medical baseline alters the allotment of its own days alone")
func allotmentChanges() throws {
  var segment = try segment(
    builtin("D", on: "2015-03-02"), from: "2015-03-02", days: 30, ["500"])
  segment.allotmentChanges = [
    AllotmentChange(on: try day("2015-02-01"), region: "5", medical: false),
    AllotmentChange(on: try day("2015-03-12"), region: "10", medical: true),
    AllotmentChange(on: try day("2015-04-01"), region: "16", medical: false),
  ]
  // Ten days of 15.3 and twenty of 11.0 + 16.5.
  #expect(try segment.allowance == kWh("703"))
  segment.allotmentChanges[1].region = nil
  #expect(throws: PricingError.regionMissing(version: "D 2015-03-02")) { try price([segment]) }
}

@Test("a percentage of the allowance that is no whole watt-hour is rounded half up")
func oddLimits() throws {
  let schedule = try changed(builtin("D", on: "2015-03-02"), ["winter: 11.0": "winter: 0.005"])
  let bands = try tierBands(of: segment(schedule, from: "2015-03-02", days: 1, ["0"]))
  // 130 percent of 5 watt-hours is 6.5.
  #expect(bands.map { $0.to?.wattHours } == [5, 7, 10, nil])
}

@Test("the baseline credit stops at the allowance")
func creditCap() throws {
  let schedule = try builtin("TOU-D-A", on: "2015-03-02")
  func credit(_ usage: [String]) throws -> String? {
    try price([segment(schedule, from: "2015-03-02", days: 30, usage)]).lines
      .first { $0.kind == .baselineCredit }?.amount.text(in: .usd)
  }
  #expect(try credit(["100", "200", "100"]) == "-33.00")
  #expect(try credit(["100", "100", "0"]) == "-20.00")
  #expect(try credit(["-50", "60", "0"]) == "-1.00")
  #expect(try credit(["-500", "60", "0"]) == "33.00")
  #expect(try credit(["-10", "10", "0"]) == nil)
}

@Test("a net export on a tiered plan is credited at the first tier's price")
func netExport() throws {
  let bill = try price([
    segment(builtin("D", on: "2015-03-02"), from: "2015-03-02", days: 30, ["-1000"])
  ])
  #expect(bill.table == ["-1000 kWh at 0.15", "30 day at 0.031"])
}

@Test("on TOU-D-T an exporting period lies in level I and leaves the others as much more room")
func exportingPeriod() throws {
  let bill = try price([
    segment(builtin("TOU-D-T", on: "2015-11-01"), from: "2015-11-01", days: 30, ["-100", "600"])
  ])
  #expect(
    bill.energyLines.map { "\($0.description) \($0.quantity.text)" } == [
      "Level I, On-Peak, winter -100", "Level I, Off-Peak, winter 529",
      "Level II, Off-Peak, winter 71",
    ])
}

@Test("level I is shared in whole watt-hours by largest remainder")
func largestRemainder() {
  #expect(TierLadder<Int>.divide(100, inProportionTo: [1000, 1000, 1000]) == [34, 33, 33])
  #expect(TierLadder<Int>.divide(10, inProportionTo: [15, 26]) == [4, 6])
  #expect(TierLadder<Int>.divide(99, inProportionTo: [1, 2]) == [1, 2])
  #expect(TierLadder<Int>.divide(0, inProportionTo: [1, 2]) == [0, 0])
}

@Test("a bill without usage shows its first price and nothing for it")
func noUsage() throws {
  let bill = try price([
    segment(builtin("TOU-D-A", on: "2015-03-02"), from: "2015-03-02", days: 30, ["0", "0", "0"])
  ])
  #expect(bill.table == ["0 kWh at 0.36", "30 day at 0.031"])
  #expect(bill.total == Money("0.93"))
}

@Test("a plan that needs a region or a voltage names what is missing")
func missingTerms() throws {
  let domestic = try builtin("D", on: "2015-03-02")
  #expect(domestic.needsRegion && domestic.knows(region: "5") && !domestic.knows(region: "7"))
  #expect(throws: PricingError.regionMissing(version: "D 2015-03-02")) {
    try price([segment(domestic, from: "2015-03-02", days: 30, ["1"], ServiceTerms())])
  }
  #expect(throws: PricingError.regionUnknown(version: "D 2015-03-02", region: "7")) {
    try price([segment(domestic, from: "2015-03-02", days: 30, ["1"], ServiceTerms(region: "7"))])
  }
  let business = try builtin("EVN-KD", on: "2025-06-01")
  #expect(throws: PricingError.voltageMissing(version: "EVN-KD 2025-05-10")) {
    try price([segment(business, from: "2025-06-01", days: 30, ["1", "1", "1"])])
  }
  #expect(throws: PricingError.outOfRange(version: "D 2015-03-02")) {
    try price([segment(domestic, from: "2015-03-02", days: 30, ["1000000001"])])
  }
}

@Test("the voltage chooses the price class, its lower edge included")
func voltageClasses() throws {
  let business = try builtin("EVN-KD", on: "2025-06-01")
  let prices = try [400, 5999, 6000, 21_999, 22_000, 110_000].map { volts in
    try nextKWhPrice(
      in: segment(
        business, from: "2025-06-01", days: 30, ["0", "0", "0"], ServiceTerms(voltage: volts)))[1]
      .text
  }
  #expect(prices == ["5422", "5422", "5202", "5202", "5025", "5025"])
}

@Test("fixed widths are full in a scheduled month of any length, by days otherwise")
func fixedWidths() throws {
  let schedule = try builtin("EVN-SH", on: "2025-06-01")
  func limits(_ days: Int, scheduled: Int, households: Int = 1) throws -> [String?] {
    try tierBands(
      of: segment(
        schedule, from: "2025-06-01", days: days, ["0"], ServiceTerms(households: households),
        scheduledDays: scheduled)
    ).map { $0.to?.kWh }
  }
  #expect(try limits(31, scheduled: 31) == ["50", "100", "200", "300", "400", nil])
  #expect(try limits(28, scheduled: 28) == ["50", "100", "200", "300", "400", nil])
  #expect(
    try limits(31, scheduled: 31, households: 3) == ["150", "300", "600", "900", "1200", nil])
  // 50 x 9 / 30 = 15; 100 x 9 / 30 = 30.
  #expect(try limits(9, scheduled: 30) == ["15", "30", "60", "90", "120", nil])
  // 50 x 10 / 31 = 16.13 and 100 x 10 / 31 = 32.26; with two households 32.26 and 64.52.
  #expect(try limits(10, scheduled: 31) == ["16", "32", "64", "96", "128", nil])
  #expect(try limits(10, scheduled: 31, households: 2) == ["32", "64", "129", "194", "259", nil])
}

@Test("Vietnam: a price change inside a month prorates widths by segment and taxes once at the end")
func vietnamPriceChange() throws {
  let cycle = BillingPeriod(start: try day("2025-05-01"), end: try day("2025-06-01"))
  let old = try builtin("EVN-SH", on: "2025-05-01")
  let parts = old.splitRounding.split(try kWh("200"), byDays: [9, 22]).map(\.kWh)
  #expect(parts == ["58", "142"])
  let bill = try price([
    segment(old, from: "2025-05-01", days: 9, [parts[0]], ServiceTerms(), cycle: cycle),
    segment(
      builtin("EVN-SH", on: "2025-05-10"), from: "2025-05-10", days: 22, [parts[1]], ServiceTerms(),
      cycle: cycle),
  ])
  // Widths 50 x 9/31 = 15 and 100 x 9/31 = 29; 50 x 22/31 = 35 and 100 x 22/31 = 71.
  #expect(
    bill.table == [
      "15 kWh at 1893", "15 kWh at 1956", "28 kWh at 2271", "35 kWh at 1984", "35 kWh at 2050",
      "71 kWh at 2380", "1 kWh at 2998", "434491 VND at 0.08",
    ])
  #expect(bill.tax.text(in: .vnd) == "34759" && bill.total.text(in: .vnd) == "469250")
}

@Test("the tax rate is that of the cycle's last day")
func taxDates() throws {
  let schedule = try builtin("EVN-SH", on: "2023-06-15")
  func rate(_ start: String, _ days: Int) throws -> String? {
    try price([segment(schedule, from: start, days: days, ["100"], ServiceTerms())]).lines.last?
      .price.text
  }
  #expect(try rate("2023-06-01", 30) == "0.1")
  #expect(try rate("2023-06-02", 30) == "0.08")
  let dates = ["2022-01-31", "2022-02-01", "2022-12-31", "2023-01-01", "2026-12-31", "2027-01-01"]
  let tax = try #require(try builtin("EVN-SH", on: "2019-03-20").taxes.first)
  #expect(try dates.map { tax.rate(on: try day($0)) / 10_000 } == [10, 8, 8, 10, 8, 10])
}

@Test("register energy is split by days, half up, and the last segment takes the rest")
func splitByDays() throws {
  func split(
    _ kWh: String, _ days: [Int], _ rounding: SplitRounding = .kilowattHour
  ) throws -> [String] {
    rounding.split(try TariffTests.kWh(kWh), byDays: days).map(\.kWh)
  }
  #expect(try split("100", [15, 15]) == ["50", "50"])
  #expect(try split("101", [15, 15]) == ["51", "50"])
  #expect(try split("100", [10, 10, 10]) == ["33", "33", "34"])
  #expect(try split("100", [10, 20], .wattHour) == ["33.333", "66.667"])
  // Three halves rounded up would take more than there is.
  #expect(try split("2", [1, 1, 1, 1]) == ["1", "1", "0", "0"])
  #expect(try split("-2", [1, 1, 1, 1]) == ["-1", "-1", "0", "0"])
  #expect(try split("7", [30]) == ["7"])
}

@Test("monthly charges go by thousandths of a scheduled month, the minimum fills what is missing")
func monthlyAndMinimum() throws {
  let extras = """
    monthly:
      - { name: Meter charge, amount: 2.76 }
    daily-minimum: { name: Minimum charge, single-family: 0.059, multi-family: 0.044 }

    """
  let base = try builtin("TOU-D-B", on: "2015-03-02").text
  let text = base.replacing("amount: 0.53", with: "amount: 0.01") + "\n" + extras
  let schedule = try #require(try RateSchedule.parse(text, file: "extras").first)
  let whole = try price([segment(schedule, from: "2015-03-02", days: 30, ["0", "0", "1"])])
  #expect(
    whole.table == [
      "1 kWh at 0.11", "30 day at 0.01", "1 month at 2.76",
    ])
  let part = try price([
    segment(schedule, from: "2015-03-02", days: 10, ["0", "0", "1"], scheduledDays: 30)
  ])
  #expect(part.lines[2].quantity.text == "0.333" && part.lines[2].exact.text == "0.91908")
  let cheap = try changed(schedule, ["amount: 2.76": "amount: 0"])
  let minimum = try price([segment(cheap, from: "2015-03-02", days: 30, ["0", "0", "1"])])
  #expect(minimum.table.last == "1.36 USD at 1")
  #expect(minimum.total == Money("1.77"))
}

@Test("the last days of the calendar have a price")
func lastDays() throws {
  let bill = try price([
    segment(builtin("D", on: "2015-03-02"), from: "9999-12-01", days: 30, ["100"])
  ])
  #expect(bill.total == Money("15.93"))
}

@Test("an opening, closing, short or long cycle has the allowance and charges of its own days")
func ownDays() throws {
  for days in [1, 10, 33, 62] {
    let segment = try segment(
      builtin("D", on: "2015-11-01"), from: "2015-11-01", days: days, ["1"], scheduledDays: 30)
    #expect(try segment.allowance == kWh("11") * days)
    #expect(try price([segment]).lines.last?.quantity == Quantity(count: days))
  }
}
