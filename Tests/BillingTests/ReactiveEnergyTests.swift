import Quantities
import Testing

@testable import Billing

/// Reactive energy that a register has counted, on bills.
struct ReactiveEnergyTests {
  @Test func `reactive energy is billed from its register, from the first cycle it opens`() throws {
    let books = try Books.ofOneRegister("EVN-KD", on: "2025-12-01") { $0.voltage = 400 }
    for (channel, kWh) in [
      (Channel.registerNormal, 300), (.registerPeak, 100), (.registerOffPeak, 50),
    ] {
      try books.ingest([
        index("V", "2025-12-01", "0", channel), index("V", "2026-01-01", "10", channel),
        index("V", "2026-02-01", "\(10 + kWh)", channel),
      ])
    }
    let report = try books.ingest([
      index("V", "2026-01-01", "0", .registerReactive),
      index("V", "2026-02-01", "279", .registerReactive),
    ])
    #expect(report.reads == 2)
    let facts = try books.bill(through: "2026-02-01").facts
    #expect(facts["V-20260101"]?.lines.contains { $0.kind == .reactive } == false)
    // cos phi = 450 / sqrt(450^2 + 279^2) = 0.85: 5.88 percent.
    let bill = try #require(facts["V-20260201"])
    #expect(
      bill.table == [
        "300 kWh x 3152 = 945600", "100 kWh x 5422 = 542200", "50 kWh x 1918 = 95900",
        "1583700 VND x 0.0588 = 93122", "1676822 VND x 0.08 = 134146",
      ])
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a plan that asks for no reactive energy refuses its register`() throws {
    let books = try Books.ofOneRegister()
    let report = try books.ingest([index("V", "2024-01-01", "0", .registerReactive)])
    #expect(report.reads == 0 && report.rejected.count == 1)
  }

  @Test func `a meter of intervals has its reactive energy from a register`() throws {
    let books = try Books.ofOneRegister("EVN-KD", on: "2026-02-01") { $0.voltage = 400 }
    try books.ingest(
      try period("2026-02-01", "2026-03-01").dates.map {
        Row(account: "V", date: $0, minutes: 30, values: Array(repeating: 500, count: 48))
      })
    // 672 kWh active; 504 kvarh make cos phi 0.8.
    try books.ingest([
      index("V", "2026-02-01", "0", .registerReactive),
      index("V", "2026-03-01", "504", .registerReactive),
    ])
    let bill = try #require(try books.bill(through: "2026-03-01").facts["V-20260301"])
    let line = try #require(bill.lines.first { $0.kind == .reactive })
    #expect(line.price == 125_000)
    // Without intervals days are missing: a register of reactive energy bills no energy.
    #expect(
      try books.bill(through: "2026-04-01").exceptions.map(\.exception) == [
        .missingDays(try Array(period("2026-03-01", "2026-04-01").dates))
      ])
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }
}
