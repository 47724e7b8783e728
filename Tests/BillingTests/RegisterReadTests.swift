import Quantities
import Tariff
import Testing

@testable import Billing

/// Bills from the index of a register.
struct RegisterReadTests {
  @Test(arguments: [
    ("99990", "150", "160"), ("9990", "10", "20"), ("9000", "1000", "2000"),
    ("999999.5", "0.5", "1"),
  ])
  func `a register that turned over has counted on`(
    opening: String, closing: String, counted: String
  ) throws {
    let (from, to) = (try #require(Energy(kWh: opening)), try #require(Energy(kWh: closing)))
    #expect(
      registerDifference(from: from.wattHours, to: to.wattHours)
        == (try #require(Energy(kWh: counted))).wattHours)
  }

  @Test(arguments: [
    ("99990", "10001"), ("89999", "5"), ("5000", "4999"), ("8999", "1"), ("95", "5"),
    ("999", "1"),
  ])
  func `a register that ran backwards is no turn-over`(opening: String, closing: String) throws {
    let (from, to) = (try #require(Energy(kWh: opening)), try #require(Energy(kWh: closing)))
    #expect(registerDifference(from: from.wattHours, to: to.wattHours) == nil)
  }

  @Test func `a turn-over is billed`() throws {
    let books = try Books.ofOneRegister()
    try books.ingest([index("V", "2024-01-01", "99950"), index("V", "2024-02-01", "1")])
    // 51 kWh: 50 x 1806 + 1866 = 92,166; VAT 7,373.28.
    let bill = try #require(try books.bill(through: "2024-02-01").facts["V-20240201"])
    #expect(
      bill.table == [
        "50 kWh x 1806 = 90300", "1 kWh x 1866 = 1866", "92166 VND x 0.08 = 7373",
      ])
    #expect(bill.totalText == "99539")
    #expect(bill.due == bill.dated + 5)
    #expect(try books.audit("V-20240201").isIdentical)
  }

  @Test func `an index within three days of the read day closes the cycle`() throws {
    let books = try Books.ofOneRegister()
    try books.ingest([
      index("V", "2024-01-02", "100"), index("V", "2024-02-04", "150"),
      index("V", "2024-02-27", "180"), index("V", "2024-03-05", "190"),
    ])
    let report = try books.bill(through: "2024-04-01")
    #expect(
      report.bills.map { "\($0.draft.fact.bill) \($0.draft.segments[0].netUsage.kWh)" } == [
        "V-20240201 50", "V-20240301 30",
      ])
    // The second opened where the first closed, on 4 February; 5 March is nearer to 1 March than
    // nothing, but four days off.
    #expect(
      report.exceptions.map(\.exception) == [
        .missingIndex(register: "total", on: try day("2024-04-01"))
      ])
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `an index four days off closes nothing`() throws {
    let books = try Books.ofOneRegister()
    try books.ingest([index("V", "2024-01-01", "100"), index("V", "2024-02-05", "150")])
    #expect(
      try books.bill(through: "2024-02-01").exceptions.map(\.exception) == [
        .missingIndex(register: "total", on: try day("2024-02-01"))
      ])
    try books.ingest([index("V", "2024-02-04", "149")])
    #expect(try books.bill(through: "2024-02-01").bills.count == 1)
  }

  @Test func `the nearest index counts, of two equally near the earlier`() throws {
    let books = try Books.ofOneRegister()
    try books.ingest([
      index("V", "2024-01-01", "100"), index("V", "2024-01-30", "140"),
      index("V", "2024-02-03", "150"),
    ])
    let bill = try #require(try books.bill(through: "2024-02-01").bills.first)
    #expect(bill.draft.segments[0].netUsage.kWh == "40")
  }

  @Test func `kWh are split by days at a price change, the last segment taking the rest`() throws {
    // 2024-10-01 to 2024-11-01, new prices on 11 October: 10 and 21 of 31 days.
    let books = try Books.ofOneRegister(on: "2024-10-01")
    try books.ingest([index("V", "2024-10-01", "0"), index("V", "2024-11-01", "100")])
    let bill = try #require(try books.bill(through: "2024-11-01").facts["V-20241101"])
    // 32 and 68 kWh; tiers of 50 x 10/31 = 16 and 50 x 21/31 = 34 kWh.
    #expect(
      bill.table == [
        "16 kWh x 1806 = 28896", "16 kWh x 1866 = 29856", "34 kWh x 1893 = 64362",
        "34 kWh x 1956 = 66504", "189618 VND x 0.08 = 15169",
      ])
    #expect(bill.lines.prefix(4).allSatisfy { $0.text.hasSuffix("split by days") })
    #expect(try books.audit("V-20241101").isIdentical)
  }

  @Test func `the index of the day of a price change is used`() throws {
    let books = try Books.ofOneRegister(on: "2024-10-01")
    try books.ingest([
      index("V", "2024-10-01", "0"), index("V", "2024-10-11", "20"),
      index("V", "2024-11-01", "100"),
    ])
    let bill = try #require(try books.bill(through: "2024-11-01").facts["V-20241101"])
    #expect(bill.lines.allSatisfy { !$0.text.contains("split") })
    #expect(
      bill.table.prefix(4) == [
        "16 kWh x 1806 = 28896", "4 kWh x 1866 = 7464", "34 kWh x 1893 = 64362",
        "34 kWh x 1956 = 66504",
      ])
  }

  @Test func `an index of a price change before the cycle's own opening is not used`() throws {
    let rates = try BuiltinSchedules.evn.schedules()
    let last = try #require(rates.last { $0.versionID == "EVN-SH 2025-05-10" })
    let text = last.text.replacing("effective: 2025-05-10", with: "effective: 2025-06-02")
    let books = try Books(rates + RateSchedule.parse(text, file: "june.yaml"))
    try books.enroll("V", "EVN-SH", on: "2025-06-01")
    try books.ingest([
      index("V", "2025-06-02", "10"), index("V", "2025-06-03", "12"),
      index("V", "2025-07-01", "100"),
    ])
    try books.ingest([index("V", "2025-06-01", "9")])
    let bill = try #require(try books.bill(through: "2025-07-01").bills.first)
    #expect(bill.draft.segments.map(\.netUsage.kWh) == ["1", "90"])
  }

  @Test func `an index counts as often as the multiplier says`() throws {
    let books = try Books.ofOneRegister { $0.multiplier = 40 }
    try books.ingest([index("V", "2024-01-01", "10"), index("V", "2024-02-01", "12.5")])
    let bill = try #require(try books.bill(through: "2024-02-01").bills.first)
    #expect(bill.draft.segments[0].netUsage.kWh == "100")
    #expect(bill.draft.fact.table.first == "50 kWh x 1806 = 90300")
  }

  @Test func `three registers are priced by their periods`() throws {
    let books = try Books.ofOneRegister("EVN-KD", on: "2025-06-01") { $0.voltage = 400 }
    let rows = try [
      (Channel.registerNormal, "300"), (.registerPeak, "100"), (.registerOffPeak, "50"),
    ].flatMap { channel, kWh in
      try [index("V", "2025-06-01", "0", channel), index("V", "2025-07-01", kWh, channel)]
    }
    try books.ingest(Array(rows.dropLast()))
    #expect(
      try books.bill(through: "2025-07-01").exceptions.map(\.exception) == [
        .missingIndex(register: "offpeak", on: try day("2025-07-01"))
      ])
    try books.ingest(rows)
    let bill = try #require(try books.bill(through: "2025-07-01").facts["V-20250701"])
    #expect(
      bill.table == [
        "300 kWh x 3152 = 945600", "100 kWh x 5422 = 542200", "50 kWh x 1918 = 95900",
        "1583700 VND x 0.08 = 126696",
      ])
    #expect(bill.totalText == "1710396")
    #expect(try books.audit("V-20250701").isIdentical)
  }

  @Test func `schedule D bills a register meter`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-05-20", readDay: 20)
    try books.ingest([index("1", "2015-05-20", "1000"), index("1", "2015-06-20", "1620")])
    // 12 winter and 19 summer days of 20 kWh, each with its own ladder.
    let bill = try #require(try books.bill(through: "2015-06-20").facts["1-20150620"])
    #expect(
      bill.table == [
        "132 kWh x 0.15 = 19.80", "39.6 kWh x 0.19 = 7.52", "68.4 kWh x 0.25 = 17.10",
        "294.5 kWh x 0.15 = 44.18", "85.5 kWh x 0.19 = 16.25", "31 day x 0.031 = 0.96",
      ])
  }
}
