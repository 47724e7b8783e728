import Quantities
import Testing

@testable import Billing

/// The forecast against numbers from a second implementation in Python.
struct UsageForecastTests {
  /// A made-up home, the same in both implementations.
  struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    let origin: String
    let known: [Int64?]
    let elapsed: Int
    let left: Int
    /// Watt-hours.
    let level: Int64
    let season: Int64?
    let seasonBefore: Int64?
    let total: Int64
    let low: Int64
    let high: Int64
    let firstDays: [Int64]
    let missing: [Int: Int64]

    var testDescription: String { name }
  }

  private static func year(_ days: Int, missing: Set<Int>) -> [Int64?] {
    (0..<days).map { day in
      guard !missing.contains(day) else { return nil }
      let season = abs((day + 20) % 366 - 183) * 60
      return Int64(6000 + season + day * 37 % 101 * 45 + ([2, 3].contains(day % 7) ? 2500 : 0))
    }
  }

  private static var spells: [Int64?] {
    (0..<640).map { day in
      guard day != 610 else { return nil }
      let spell = day / 9 * 53 % 97 * 90
      let value = Int64(5000 + (day + 150) % 365 * 20 + spell + day * 29 % 13 * 100)
      return day % 50 == 0 ? value * 5 : value
    }
  }

  static let vectors = [
    Vector(
      name: "one day known", origin: "2024-03-01", known: [12_345], elapsed: 1, left: 30,
      level: 12_345, season: nil, seasonBefore: nil, total: 359_239, low: 258_652, high: 499_342,
      firstDays: [11_974, 11_975, 11_974], missing: [:]),
    Vector(
      name: "75 days, three of them missing", origin: "2024-01-01",
      known: year(75, missing: [50, 66, 67]), elapsed: 15, left: 15, level: 14_572,
      season: 236_175, seasonBefore: 340_381, total: 212_672, low: 182_897, high: 250_952,
      firstDays: [14_178, 14_178, 14_178], missing: [66: 15_023, 67: 14_585]),
    Vector(
      name: "800 days with a hole of three weeks", origin: "2022-01-01",
      known: year(800, missing: Set(300..<320).union([790])), elapsed: 12, left: 18,
      level: 15_168, season: 290_816, seasonBefore: 355_717, total: 254_405, low: 242_193,
      high: 287_223, firstDays: [14_133, 14_134, 14_133], missing: [790: 15_508]),
    Vector(
      name: "640 days with spells and spikes", origin: "2021-05-10",
      known: Array(spells.prefix(635)), elapsed: 10, left: 20, level: 10_024, season: 247_615,
      seasonBefore: 250_630, total: 210_053, low: 180_645, high: 279_160,
      firstDays: [10_502, 10_503, 10_502], missing: [:]),
  ]

  @Test(arguments: vectors)
  func `the forecast is that of the second implementation`(_ vector: Vector) throws {
    let origin = Int(try #require(ServiceDate(vector.origin)).day)
    let sums = SeasonSums(origin: origin, days: vector.known)
    let asOf = vector.known.count
    #expect(sums.level(asOf) == vector.level)
    let season = sums.season(before: asOf)
    #expect(season?.expected(asOf, asOf + vector.left) == vector.season)
    #expect(season?.expected(asOf - 21, asOf) == vector.seasonBefore)
    let forecast = try #require(
      UsageForecast(
        origin: origin, known: vector.known, elapsed: vector.elapsed, left: vector.left))
    #expect(forecast.total == vector.total)
    #expect(forecast.low == vector.low)
    #expect(forecast.high == vector.high)
    #expect(Array(forecast.days.prefix(3)) == vector.firstDays)
    #expect(forecast.days.count == vector.left)
    #expect(forecast.days.reduce(0, +) == vector.total)
    for (day, wattHours) in vector.missing {
      #expect(
        UsageForecast.estimate(missing: day, known: vector.known, origin: origin) == wattHours)
    }
  }

  @Test(arguments: [
    ("2024-01-01", -95, 40), ("2024-01-21", -100, 50), ("2024-03-01", -80, 14),
    ("2024-04-21", 0, -50), ("2024-04-22", 1, -50), ("2024-07-22", 99, 48),
    ("2024-10-21", 0, -50), ("2025-07-22", 99, 48), ("1969-12-31", -95, 40),
  ])
  func `the wave of the year turns in January and in July`(
    _ date: String, _ u: Int64, _ v: Int64
  ) throws {
    let wave = SeasonSums.wave(Int(try #require(ServiceDate(date)).day))
    #expect(wave == (u, v))
  }

  @Test func `nothing is forecast without a known day`() {
    #expect(UsageForecast(origin: 0, known: [], elapsed: 0, left: 30) == nil)
    #expect(UsageForecast(origin: 0, known: [nil, nil], elapsed: 2, left: 28) == nil)
  }
}
