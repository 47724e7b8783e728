import Foundation
import Quantities
import TestSupport
import Testing

@testable import Tariff

/// Bills computed by an independent program in exact decimals, kept beside the package.
struct Vector: Sendable, CustomTestStringConvertible {
  let id: String
  private let json: Data

  private static let file = URL(filePath: "\(sharedData)/vectors/bills.json")

  static let all: [Vector] = {
    guard let data = try? Data(contentsOf: file),
      let list = try? JSONSerialization.jsonObject(with: data) as? [[String: Any]]
    else { return [] }
    return list.compactMap { object in
      guard let id = object["id"] as? String,
        let json = try? JSONSerialization.data(withJSONObject: object)
      else { return nil }
      return Vector(id: id, json: json)
    }
  }()

  static func named(_ prefix: String) -> [Vector] { all.filter { $0.id.hasPrefix(prefix) } }

  var testDescription: String { id }

  private func value(_ key: String) throws -> Any {
    let object = try JSONSerialization.jsonObject(with: json) as? [String: Any]
    return try #require(object?[key], "\(id) has no \(key)")
  }

  func text(_ key: String) throws -> String { "\(try value(key))" }

  func money(_ key: String) throws -> Money { try #require(Money(try text(key))) }

  func exact(_ key: String) throws -> ExactCharge { try exactCharge(try text(key)) }

  func rows(_ key: String = "rows") throws -> [[String]] {
    try #require(try value(key) as? [[Any]]).map { $0.map { "\($0)" } }
  }
}

private func exactCharge(_ text: String) throws -> ExactCharge {
  ExactCharge(billionths: Int128(try #require(DecimalText.parse(text, scale: 9))))
}

/// Rows of (tier, kWh, price, amount) against the energy lines of a segment.
private func expectTiers(_ lines: [ChargeLine], are rows: [[String]]) throws {
  let used = rows.filter { Energy(kWh: $0[1]) != .zero }
  try #require(lines.count == used.count)
  for (line, row) in zip(lines, used) {
    #expect(line.kind == .energy(period: 0, tier: (Int(row[0]) ?? 0) - 1))
    #expect(line.quantity == Quantity(try kWh(row[1])))
    #expect(line.price == Price(row[2]))
    #expect(line.exact == (try exactCharge(row[3])))
  }
}

@Suite(.enabled(if: !Vector.all.isEmpty, "the vectors lie beside the package"))
struct VectorTests {
  @Test("schedule D: 1,000 kWh in region 10 in a winter month")
  func domestic() throws {
    let vector = try #require(Vector.named("sce-D-w30").first)
    let bill = try price([
      segment(builtin("D", on: "2015-03-02"), from: "2015-03-02", days: 30, ["1000"])
    ])
    try expectTiers(bill.energyLines, are: vector.rows())
    #expect(bill.exact(bill.energyLines) == (try vector.exact("energy")))
    let basic = try #require(bill.lines.last)
    #expect(basic.kind == .daily)
    #expect(basic.exact == (try vector.exact("basic")))
    #expect(bill.total == (try vector.money("total")))
  }

  @Test("pooled seasons: one ladder over the sum of the days' allotments")
  func pooled() throws {
    let vector = try #require(Vector.named("sce-D-season-pooled").first)
    let schedule = try changed(
      builtin("D", on: "2015-03-02"), ["season-change: segmented": "season-change: pooled"])
    let segment = try segment(schedule, from: "2015-05-17", days: 30, ["700"])
    #expect(try segment.allowance == kWh(vector.text("allowance")))
    let bill = try price([segment])
    try expectTiers(bill.energyLines, are: vector.rows())
    #expect(bill.exact(bill.energyLines) == (try vector.exact("energy")))
  }

  @Test("segmented seasons: each season climbs its own ladder")
  func segmentedSeasons() throws {
    let vector = try #require(Vector.named("sce-D-season-segmented").first)
    let schedule = try builtin("D", on: "2015-03-02")
    try expectSegments(
      vector, ("winter", schedule, "2015-05-17", "200"), ("summer", schedule, "2015-06-01", "500"))
  }

  @Test("a price change cuts the cycle: each version prices its own days and energy")
  func priceChange() throws {
    let vector = try #require(Vector.named("sce-D-ratechange").first)
    try expectSegments(
      vector, ("old", builtin("D", on: "2015-03-01"), "2015-02-15", "350"),
      ("new", builtin("D", on: "2015-03-02"), "2015-03-02", "350"))
  }

  private func expectSegments(
    _ vector: Vector, _ parts: (rows: String, RateSchedule, start: String, kWh: String)...
  ) throws {
    let start = try day(parts[0].start)
    let cycle = BillingPeriod(start: start, end: start.adding(days: 30))
    let bill = try price(
      parts.map { try segment($0.1, from: $0.start, days: 15, [$0.kWh], cycle: cycle) })
    for (index, part) in parts.enumerated() {
      try expectTiers(bill.energyLines.filter { $0.segment == index }, are: vector.rows(part.rows))
    }
    #expect(bill.exact(bill.energyLines) == (try vector.exact("energy")))
  }

  @Test("the credit examples of the utility's net metering questions", arguments: ["250", "-100"])
  func credit(_ net: String) throws {
    let vector = try #require(Vector.all.first { $0.id == "sce-A-credit-net\(net)" })
    // 20 kWh a day make an allowance of 500 kWh in 25 days.
    let schedule = try changed(
      builtin("TOU-D-A", on: "2015-03-02"), ["winter: 11.0": "winter: 20"])
    let bill = try price([segment(schedule, from: "2015-03-02", days: 25, ["0", net, "0"])])
    let credit = try #require(bill.lines.first { $0.kind == .baselineCredit })
    #expect(credit.amount == (try vector.money("credit")))
  }

  @Test("TOU-D-T: level I is shared among the periods by their share of the energy")
  func levels() throws {
    let vector = try #require(Vector.named("sce-T").first)
    let bill = try price([
      segment(builtin("TOU-D-T", on: "2015-11-01"), from: "2015-11-01", days: 30, ["200", "600"])
    ])
    let levelOne = bill.energyLines.prefix(2).map(\.quantity)
    let expected = try ["l1on", "l1off"].map { Quantity(try kWh(vector.text($0))) }
    #expect(levelOne == expected)
    #expect(bill.exact(bill.energyLines) == (try vector.exact("energy")))
  }

  @Test("Vietnam's residential tiers and VAT", arguments: Vector.named("evn-20"))
  func residential(_ vector: Vector) throws {
    let parts = vector.id.split(separator: "-").map(String.init)
    let date = parts[1...3].joined(separator: "-")
    let usage = String(parts[4].dropLast(3))
    let households = parts.last == "households" ? Int(parts[5]) ?? 0 : 1
    let schedule = try builtin("EVN-SH", on: date)
    #expect(schedule.effective == (try day(date)))
    let bill = try price([
      segment(
        schedule, from: date, days: 30, [usage], ServiceTerms(region: nil, households: households))
    ])
    #expect(
      bill.energyLines.map { [$0.quantity.text, $0.price.text, $0.exact.text] }
        == (try vector.rows()))
    #expect(bill.subtotal == (try vector.money("pretax")))
    #expect(bill.tax == (try vector.money("vat")))
    #expect(bill.total == (try vector.money("total")))
  }

  @Test("Vietnam's business prices by the hour")
  func business() throws {
    let vector = try #require(Vector.named("evn-kd").first)
    let schedule = try builtin("EVN-KD", on: "2025-06-01")
    let names = schedule.periods.map { $0.name == "off-peak" ? "off" : $0.name }
    let rows = try vector.rows()
    let usage = try names.map { name in try #require(rows.first { $0[0] == name })[1] }
    let bill = try price([
      segment(schedule, from: "2025-06-01", days: 30, usage, ServiceTerms(voltage: 400))
    ])
    for line in bill.energyLines {
      guard case .energy(let period, 0) = line.kind else { continue }
      let row = try #require(rows.first { $0[0] == names[period] })
      #expect([line.quantity.text, line.price.text] == [row[1], row[2]])
    }
    #expect(bill.subtotal == (try vector.money("pretax")))
    #expect(bill.tax == (try vector.money("vat")))
    #expect(bill.total == (try vector.money("total")))
  }

  @Test("every vector is used by a test above")
  func complete() {
    let used = ["sce-D-w30", "sce-D-season-", "sce-D-ratechange", "sce-A-credit-net", "sce-T"]
    let known = used + ["evn-20", "evn-kd"]
    #expect(Vector.all.allSatisfy { vector in known.contains { vector.id.hasPrefix($0) } })
  }
}

/// The vectors beside the bills that price something; the rest are a bank's and a payment code's.
private struct InterchangeVectors: Decodable {
  struct Proration: Decodable {
    var steps: [Int]
    var days: Int
    var normalDays: Int
    var expect: [Int]
  }
  struct Residential: Decodable {
    var kwh: Int
    var prevMonthDays: Int
    var days: Int
    var households: Int
    var quota: [Int]
    var vndBeforeVat: Int
  }
  struct Credit: Decodable {
    var alloc: Int
    var net: Int
    var usd: Double
  }
  var oracleStepProration: Proration
  var evn2015Tiers: [Residential]
  var sceNemBaselineCredit: [Credit]

  static func read() throws -> InterchangeVectors {
    let file = URL(filePath: "\(sharedData)/vectors/interchange.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Self.self, from: Data(contentsOf: file))
  }
}

@Suite(.enabled(if: hasSharedData, "the vectors lie beside the package"))
struct InterchangeVectorTests {
  @Test("steps of a month become steps of 45 days")
  func stepProration() throws {
    let vector = try InterchangeVectors.read().oracleStepProration
    var tiers = ""
    for (index, step) in vector.steps.enumerated() {
      let width = step - (index == 0 ? 0 : vector.steps[index - 1])
      tiers += "  - { name: step \(index), width-kWh: \(width) }\n"
    }
    let text = """
      schedule: STEP
      name: Steps
      utility: Nobody
      currency: USD
      zone: America/Los_Angeles
      effective: 2015-01-01
      source: A vector.
      due-days: 10
      register-meters: accepted
      price-change: segmented
      split-rounding: kWh
      odd-cycle: by days
      tiers:
      \(tiers)  - { name: rest }
      energy: [\((0...vector.steps.count).map { "0.\($0 + 1)" }.joined(separator: ", "))]
      """
    let schedule = try #require(try RateSchedule.parse(text, file: "steps").first)
    let bands = try tierBands(
      of: segment(
        schedule, from: "2015-01-01", days: vector.days, ["0"], scheduledDays: vector.normalDays))
    #expect(bands.dropLast().map { $0.to?.kWh } == vector.expect.map { "\($0)" })
  }

  @Test("Vietnam's quotas are full between scheduled read dates, by days when the date changed")
  func residentialQuotas() throws {
    for vector in try InterchangeVectors.read().evn2015Tiers {
      let segment = try segment(
        builtin("EVN-SH", on: "2015-04-01"), from: "2015-04-01", days: vector.days,
        ["\(vector.kwh)"], ServiceTerms(households: vector.households),
        scheduledDays: vector.prevMonthDays)
      let limits = try tierBands(of: segment).dropLast().map { ($0.to?.wattHours ?? 0) / 1000 }
      #expect(zip(limits, [0] + limits).map { Int($0 - $1) } == vector.quota)
      #expect(try price([segment]).subtotal.text(in: .vnd) == "\(vector.vndBeforeVat)")
    }
  }

  @Test("the credit is capped either way")
  func credits() throws {
    for vector in try InterchangeVectors.read().sceNemBaselineCredit {
      // 20 kWh a day make an allowance of 500 kWh in 25 days.
      #expect(vector.alloc == 500)
      let schedule = try changed(
        builtin("TOU-D-A", on: "2015-03-02"), ["winter: 11.0": "winter: 20"])
      let bill = try price([
        segment(schedule, from: "2015-03-02", days: 25, ["0", "\(vector.net)", "0"])
      ])
      let credit = try #require(bill.lines.first { $0.kind == .baselineCredit })
      #expect(credit.amount.text(in: .usd) == String(format: "%.2f", vector.usd))
    }
  }

  @Test("every vector is priced here, or is none of a tariff")
  func complete() throws {
    let file = URL(filePath: "\(sharedData)/vectors/interchange.json")
    let all = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    let priced = ["oracle_step_proration", "evn_2015_tiers", "sce_nem_baseline_credit"]
    let others = ["vietqr", "aba_valid", "aba_invalid", "espi_dst"]
    #expect(Set(all.keys) == Set(priced + others))
  }
}
