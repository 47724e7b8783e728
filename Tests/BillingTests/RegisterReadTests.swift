import Foundation
import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// Bills from the index of a register.
struct RegisterReadTests {
  private func books(
    _ plan: String = "EVN-SH", on: String = "2024-01-01",
    _ change: (inout Enrollment) -> Void = { _ in }
  ) throws -> Books {
    let books = try Books()
    try books.enroll("V", plan, on: on, change)
    return books
  }

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
    let books = try books()
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
    let books = try books()
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
    let books = try books()
    try books.ingest([index("V", "2024-01-01", "100"), index("V", "2024-02-05", "150")])
    #expect(
      try books.bill(through: "2024-02-01").exceptions.map(\.exception) == [
        .missingIndex(register: "total", on: try day("2024-02-01"))
      ])
    try books.ingest([index("V", "2024-02-04", "149")])
    #expect(try books.bill(through: "2024-02-01").bills.count == 1)
  }

  @Test func `the nearest index counts, of two equally near the earlier`() throws {
    let books = try books()
    try books.ingest([
      index("V", "2024-01-01", "100"), index("V", "2024-01-30", "140"),
      index("V", "2024-02-03", "150"),
    ])
    let bill = try #require(try books.bill(through: "2024-02-01").bills.first)
    #expect(bill.draft.segments[0].netUsage.kWh == "40")
  }

  @Test func `kWh are split by days at a price change, the last segment taking the rest`() throws {
    // 2024-10-01 to 2024-11-01, new prices on 11 October: 10 and 21 of 31 days.
    let books = try books(on: "2024-10-01")
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
    let books = try books(on: "2024-10-01")
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
    let books = try books { $0.multiplier = 40 }
    try books.ingest([index("V", "2024-01-01", "10"), index("V", "2024-02-01", "12.5")])
    let bill = try #require(try books.bill(through: "2024-02-01").bills.first)
    #expect(bill.draft.segments[0].netUsage.kWh == "100")
    #expect(bill.draft.fact.table.first == "50 kWh x 1806 = 90300")
  }

  @Test func `three registers are priced by their periods`() throws {
    let books = try books("EVN-KD", on: "2025-06-01") { $0.voltage = 400 }
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

  @Test func `reactive energy is billed from its register, from the first cycle it opens`() throws {
    let books = try books("EVN-KD", on: "2025-12-01") { $0.voltage = 400 }
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
    let books = try books()
    let report = try books.ingest([index("V", "2024-01-01", "0", .registerReactive)])
    #expect(report.reads == 0 && report.rejected.count == 1)
  }

  @Test func `a meter of intervals has its reactive energy from a register`() throws {
    let books = try books("EVN-KD", on: "2026-02-01") { $0.voltage = 400 }
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

  @Test func `another index of the day supersedes, one held before is a duplicate`() throws {
    let books = try books()
    func now() throws -> Int64? {
      try books.view("V").state.usage.registers[0]?[.registerTotal]?.last?.index
    }
    try books.ingest([index("V", "2024-01-01", "0"), index("V", "2024-02-01", "50")])
    let report = try books.ingest([index("V", "2024-02-01", "60")])
    #expect(report.corrected == 1 && report.reads == 0)
    #expect(try now() == 60_000)
    let position = books.position
    let stale = try books.ingest([index("V", "2024-01-01", "0"), index("V", "2024-02-01", "50")])
    #expect(stale.duplicates == 2)
    #expect(books.position == position)
    let back = try books.ingest([index("V", "2024-02-01", "50")], isCorrection: true)
    #expect(back.corrected == 1)
    #expect(try now() == 50_000)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `of two indices for a day in one file the later line supersedes the earlier`() throws {
    let books = try books()
    let report = try books.ingest([
      index("V", "2024-01-01", "7"), index("V", "2024-01-01", "8"), index("V", "2024-01-01", "7"),
      index("V", "2024-02-01", "50"),
    ])
    #expect(report.reads == 2 && report.corrected == 1 && report.duplicates == 1)
    let reads = try books.events().filter { $0.event.kind == "RegisterRead" }
    let first = try #require(reads.first { $0.event.registerRead.index == 7000 })
    let second = try #require(reads.first { $0.event.registerRead.index == 8000 })
    #expect(first.event.registerRead.supersedesAfter == 0)
    #expect(second.event.registerRead.supersedesAfter == first.position + 1)
  }

  @Test func `an index between two that are held must fit both`() throws {
    let books = try books()
    try books.ingest([index("V", "2024-01-01", "100"), index("V", "2024-03-01", "300")])
    #expect(try books.ingest([index("V", "2024-02-01", "301")]).rejected.count == 1)
    #expect(try books.ingest([index("V", "2024-02-01", "99")]).rejected.count == 1)
    #expect(try books.ingest([index("V", "2024-02-01", "300")]).reads == 1)
  }

  /// January's index is right, February's was misread.
  private func misread(_ kWh: String) throws -> Books {
    let books = try books()
    try books.ingest([index("V", "2024-01-01", "100"), index("V", "2024-02-01", kWh)])
    return books
  }

  private func held(_ books: Books) throws -> [Int64] {
    try books.view("V").state.usage.registers[0]?[.registerTotal]?.map { $0.index / 1000 } ?? []
  }

  @Test func `a refused index is told which one held it contradicts, and what to do`() throws {
    let books = try misread("5000")
    let right = try index("V", "2024-03-01", "300")
    #expect(
      try books.ingest([right]).rejected.map(\.reason) == [
        "register ran backwards: from 5000 to 300 kWh, against the index held of 2024-02-01; where "
          + "that one is wrong, send the right one of its day and this line again, in one file"
      ])
    #expect(
      try books.ingest([index("V", "2024-02-20", "99000")]).rejected.map(\.reason) == [
        "absurd value: from 5000 to 99000 kWh in 19 days, against the index held of 2024-02-01; "
          + "where that one is wrong, send the right one of its day and this line again, in one file"
      ])
    let report = try books.ingest([right, index("V", "2024-02-01", "200")], name: "both.csv")
    #expect(report.rejected.isEmpty && report.corrected == 1 && report.reads == 1)
    #expect(try held(books) == [100, 200, 300])
  }

  @Test
  func `wrong indices that follow each other are corrected by one file, in any order of lines`()
    throws
  {
    let lines = [("02-01", "5000"), ("03-01", "5100"), ("04-01", "5200")]
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
      let books = try misread("200")
      try books.ingest([index("V", "2024-03-01", "300"), index("V", "2024-04-01", "400")])
      let report = try books.ingest(
        order.map { try index("V", "2024-\(lines[$0].0)", lines[$0].1) })
      #expect(report.rejected.isEmpty && report.corrected == 3)
      #expect(try held(books) == [100, 5000, 5100, 5200])
      #expect(try books.replayed().digest == books.state.digest)
    }
  }

  @Test func `of two lines for a day the later speaks for the days after it`() throws {
    let books = try books()
    let report = try books.ingest([
      index("V", "2024-01-01", "100"), index("V", "2024-02-01", "5000"),
      index("V", "2024-02-01", "200"), index("V", "2024-03-01", "300"),
    ])
    #expect(report.rejected.isEmpty && report.reads == 3 && report.corrected == 1)
    #expect(try held(books) == [100, 200, 300])
  }

  @Test func `what no line of the file makes right is refused once`() throws {
    let books = try misread("5000")
    let report = try books.ingest([
      index("V", "2024-03-01", "300"), index("V", "2024-04-01", "5100"),
      index("V", "2024-05-01", "400"),
    ])
    #expect(report.rejected.map(\.line) == [2, 4] && report.reads == 1)
    #expect(try held(books) == [100, 5000, 5100])
  }
}

/// A bill of the vectors that an independent program computed.
struct ResidentialVector: Sendable, CustomTestStringConvertible {
  let id: String
  let start: String
  let kWh: Int
  let households: Int
  let rows: [String]
  let pretax: Int
  let vat: Int
  let total: Int

  var testDescription: String { id }

  static let all: [ResidentialVector] = {
    guard let data = FileManager.default.contents(atPath: "\(sharedData)/vectors/bills.json"),
      let list = try? JSONSerialization.jsonObject(with: data) as? [[String: Any]]
    else { return [] }
    return list.compactMap { object in
      guard let id = object["id"] as? String, id.hasPrefix("evn-2"),
        let rows = object["rows"] as? [[Any]], let pretax = object["pretax"] as? Int,
        let vat = object["vat"] as? Int, let total = object["total"] as? Int,
        let kWh = Int(id.dropFirst(15).prefix { $0.isNumber })
      else { return nil }
      return ResidentialVector(
        id: id, start: String(id.dropFirst(4).prefix(10)), kWh: kWh,
        households: id.hasSuffix("3-households") ? 3 : 1,
        rows: rows.map { "\($0[0]) kWh x \($0[1]) = \($0[2])" }, pretax: pretax, vat: vat,
        total: total)
    }
  }()
}

@Suite(.enabled(if: !ResidentialVector.all.isEmpty, "the vectors lie beside the package"))
struct ResidentialVectorTests {
  @Test(arguments: ResidentialVector.all)
  func `a residential bill is the vector's`(vector: ResidentialVector) throws {
    let books = try Books()
    // The first whole month under the version.
    let start = try day(vector.start).dayOfMonth(1, addingMonths: 1)
    let end = start.dayOfMonth(1, addingMonths: 1)
    try books.enroll("PC05II0730790", "EVN-SH", on: "\(start)") {
      $0.households = vector.households
    }
    try books.ingest([
      index("PC05II0730790", "\(start)", "1234"),
      index("PC05II0730790", "\(end)", "\(1234 + vector.kWh)"),
    ])
    let bill = try #require(try books.bill(through: "\(end)").bills.first).draft.fact
    #expect(bill.total == Int64(vector.total) * 1_000_000)
    #expect(bill.tax == Int64(vector.vat) * 1_000_000)
    #expect(bill.table.filter { $0.contains("kWh") } == vector.rows)
    #expect(bill.total - bill.tax == Int64(vector.pretax) * 1_000_000)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }
}
