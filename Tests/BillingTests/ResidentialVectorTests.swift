import Foundation
import TestSupport
import Testing

@testable import Billing

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
