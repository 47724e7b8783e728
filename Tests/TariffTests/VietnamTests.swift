import Foundation
import Quantities
import TestSupport
import Testing

@testable import Tariff

private func residential(
  _ on: String, _ kWh: String, days: Int = 30, scheduledDays: Int? = nil,
  _ terms: ServiceTerms = ServiceTerms()
) throws -> PricedBill {
  try price([
    segment(
      builtin("EVN-SH", on: on), from: on, days: days, [kWh], terms, scheduledDays: scheduledDays)
  ])
}

@Test("tier widths go by quarters of a household: four tenants are one")
func tenants() throws {
  let schedule = try builtin("EVN-SH", on: "2025-06-01")
  func limits(_ quarters: Int, days: Int = 31) throws -> [String?] {
    try tierBands(
      of: segment(
        schedule, from: "2025-06-01", days: days, ["0"],
        ServiceTerms(householdQuarters: quarters), scheduledDays: 31)
    ).map { $0.to?.kWh }
  }
  #expect(try limits(3) == ["37.5", "75", "150", "225", "300", nil])
  #expect(try limits(1) == ["12.5", "25", "50", "75", "100", nil])
  #expect(try limits(6) == ["75", "150", "300", "450", "600", nil])
  // Days divide the width of three quarters once: 37.5 x 10 / 31 = 12.1, not 38 x 10 / 31.
  #expect(try limits(3, days: 10) == ["12", "24", "48", "72", "96", nil])
  #expect(ServiceTerms(householdQuarters: 3).households == nil)
  #expect(ServiceTerms(householdQuarters: 8).households == 2)
}

@Test("undeclared tenants pay one tier's price for every kilowatt-hour")
func undeclaredTenants() throws {
  let terms = ServiceTerms(undeclaredTenants: true)
  let bill = try residential("2026-01-01", "450", terms)
  #expect(bill.table == ["450 kWh at 2380", "1071000 VND at 0.08"])
  #expect(bill.lines[0].kind == .energy(period: 0, tier: 2))
  #expect(bill.lines[0].description == "101-200 kWh")
  let segment = try segment(
    builtin("EVN-SH", on: "2026-01-01"), from: "2026-01-01", days: 31, ["10"], terms)
  let bands = try tierBands(of: segment)
  #expect(bands.map(\.name) == ["101-200 kWh"] && bands[0].to == nil && bands[0].from == .zero)
  #expect(try nextKWhPrice(in: segment).map(\.text) == ["2380"])
  #expect(try residential("2026-01-01", "0", terms).table == ["0 kWh at 2380"])
  // A document that names no such tier bills by the ladder.
  #expect(try residential("2025-06-01", "60", terms).table.first == "50 kWh at 1984")
}

@Test(
  "a price change inside a period, two households: kWh and widths by days, the rest to the last")
func priceChangeOfTwoHouseholds() throws {
  let cycle = BillingPeriod(start: try day("2025-05-01"), end: try day("2025-06-01"))
  let (old, new) = (
    try builtin("EVN-SH", on: "2025-05-09"), try builtin("EVN-SH", on: "2025-05-10")
  )
  let terms = ServiceTerms(householdQuarters: 8)
  let parts = old.splitRounding.split(try kWh("500"), byDays: [9, 22]).map(\.kWh)
  #expect(parts == ["145", "355"])
  let bill = try price([
    segment(old, from: "2025-05-01", days: 9, [parts[0]], terms, cycle: cycle),
    segment(new, from: "2025-05-10", days: 22, [parts[1]], terms, cycle: cycle),
  ])
  #expect(
    bill.table == [
      "29 kWh at 1893", "29 kWh at 1956", "58 kWh at 2271", "29 kWh at 2860", "71 kWh at 1984",
      "71 kWh at 2050", "142 kWh at 2380", "71 kWh at 2998", "1163511 VND at 0.08",
    ])
  #expect(bill.tax.text(in: .vnd) == "93081")
}

@Test("the power factor is P / sqrt(P^2 + Q^2) in hundredths, exact at its edges")
func powerFactor() throws {
  func cosPhi(_ active: Int64, _ reactive: Int64) -> Int? {
    ReactivePower.cosPhi(
      active: Energy(wattHours: active), reactive: Energy(wattHours: reactive))
  }
  #expect(cosPhi(3, 4) == 60 && cosPhi(4, 3) == 80 && cosPhi(1, 1) == 71 && cosPhi(1, 2) == 45)
  #expect(cosPhi(5, 0) == 100 && cosPhi(4, -3) == 80)
  #expect(cosPhi(0, 1) == nil && cosPhi(-5, 1) == nil)
  // 0.28 / sqrt(0.28^2 + 0.96^2) is 0.28; a half, 0.125 = 8 / 64, has no whole root to lie on.
  #expect(cosPhi(28, 96) == 28)
  #expect(cosPhi(1_000_000_000_000_000, 1_000_000_000_000_000) == 71)
  var random = SeededRandom(11)
  for _ in 0..<5000 {
    let (p, q) = (
      Int64.random(in: 1...900_000, using: &random), Int64.random(in: 0...900_000, using: &random)
    )
    let exact = 100 * Double(p) / (Double(p) * Double(p) + Double(q) * Double(q)).squareRoot()
    let found = try #require(cosPhi(p, q))
    #expect(abs(Double(found) - exact) <= 0.5 + 1e-9, "seed 11, \(p) and \(q)")
  }
}

@Test("reactive power costs a part of the charges for active energy by the table, taxed with them")
func reactivePower() throws {
  let schedule = try builtin("EVN-KD", on: "2026-01-01")
  func line(_ kvarh: String?) throws -> ChargeLine? {
    var segment = try segment(
      schedule, from: "2026-01-01", days: 31, ["300", "100", "50"], ServiceTerms(voltage: 400))
    segment.reactive = try kvarh.map { try kWh($0) }
    let bill = try price([segment])
    let line = bill.lines.first { $0.kind == .reactive }
    if line != nil {
      #expect(bill.tax == ExactCharge(millionths: 80_000, of: bill.subtotal).rounded(to: .vnd))
    }
    return line
  }
  let found = try #require(try line("279"))
  #expect(found.description == "Reactive power, cos phi 0.85")
  #expect(found.table == "1583700 VND at 0.0588" && found.amount == Money("93122"))
  #expect(found.segment == 0 && !found.isDeferred)
  #expect(try line("600")?.price.text == "0.5" && line("700")?.price.text == "0.5254")
  // 217.945 kvarh are 0.90 to the hundredth; 0.8949 is not.
  #expect(try line("217.945") == nil && line("0") == nil && line(nil) == nil)
  #expect(try line("225")?.price.text == "0.0112")
}

@Test("the table of reactive power is (0.9 / cos phi - 1) x 100 to two decimals, 52.54 below 0.60")
func reactiveTable() throws {
  for (code, book) in [("EVN-KD", builtinBook), ("EVN-SX", builtinBook)] {
    let rule = try #require(book.version(of: code, on: try day("2026-01-01"))?.reactivePower)
    for cosPhi in 60...89 {
      let hundredths = Int128(90_00) * 100 - Int128(cosPhi) * 10_000
      let part = dividedHalfAwayFromZero(hundredths, by: Int128(cosPhi))
      #expect(rule.part(cosPhi: cosPhi) == Int64(part) * 100, "cos phi \(cosPhi)")
    }
    #expect(rule.part(cosPhi: 59) == 525_400 && rule.part(cosPhi: 0) == 525_400)
    #expect(rule.part(cosPhi: 90) == 0 && rule.part(cosPhi: 100) == 0)
  }
}

@Test("the prepaid card has one price a kilowatt-hour by date")
func prepaid() throws {
  let schedule = try builtin("EVN-SH-TT", on: "2025-06-01")
  let bill = try price([segment(schedule, from: "2025-06-01", days: 30, ["100"], ServiceTerms())])
  #expect(bill.table == ["100 kWh at 2909", "290900 VND at 0.08"])
  #expect(bill.total.text(in: .vnd) == "314172")
  #expect(
    try builtin("EVN-SH-TT", on: "2019-03-20").energyPrices.price(season: 0, period: 0)
      == Price("2461"))
}

@Test("the hours of 2026: peak 17:30 to 22:30 but on Sundays, off-peak to six every day")
func hoursOf2026() throws {
  for schedule in try BuiltinSchedules.evn963.schedules() {
    func names(_ date: String) throws -> [String] {
      try [0, 359, 360, 1049, 1050, 1349, 1350].map {
        schedule.periods[schedule.period(on: try day(date), minute: $0)].name
      }
    }
    let weekday = ["off-peak", "off-peak", "normal", "normal", "peak", "peak", "normal"]
    #expect(try names("2026-04-27") == weekday && names("2026-05-02") == weekday)
    #expect(try names("2026-05-03") == weekday.map { $0 == "peak" ? "normal" : $0 })
    #expect(schedule.coarsestIntervalMinutes == 30)
    let before = try builtin(schedule.code, on: "2026-04-21")
    #expect(schedule.energyPrices == before.energyPrices)
    #expect(schedule.reactivePower == before.reactivePower)
  }
}

@Test("five tiers of other widths are a matter of the document alone")
func fiveTiers() throws {
  let four = try builtin("EVN-SH", on: "2025-05-10")
  let start = try #require(four.text.range(of: "tiers:"))
  let end = try #require(four.text.range(of: "taxes:"))
  let tiers = """
    tiers:
      - { name: 0-100 kWh, width-kWh: 100 }
      - { name: 101-200 kWh, width-kWh: 100 }
      - { name: 201-400 kWh, width-kWh: 200 }
      - { name: 401-700 kWh, width-kWh: 300 }
      - { name: 701 kWh and more }
    odd-cycle: by days
    energy: [1984, 2380, 2998, 3460, 3967]


    """
  let text = four.text.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: tiers)
  let schedule = try #require(try RateSchedule.parse(text, file: "five.yaml").first)
  let bill = try price([segment(schedule, from: "2026-06-01", days: 30, ["750"], ServiceTerms())])
  #expect(
    bill.table == [
      "100 kWh at 1984", "100 kWh at 2380", "200 kWh at 2998", "300 kWh at 3460",
      "50 kWh at 3967", "2272350 VND at 0.08",
    ])
}

@Test("documents that state a rule again cut no cycle and change no price")
func restated() throws {
  for (code, before) in [
    ("EVN-SH", "2025-12-31"), ("EVN-KD", "2025-12-31"), ("EVN-SX", "2025-12-31"),
  ] {
    let cycle = BillingPeriod(start: try day("2025-12-16"), end: try day("2026-01-16"))
    #expect(builtinBook.boundaries(of: code, in: cycle).isEmpty)
    #expect(
      try builtin(code, on: "2026-01-01").energyPrices == builtin(code, on: before).energyPrices)
  }
}
