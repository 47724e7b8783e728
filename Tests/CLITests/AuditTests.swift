import Foundation
import Testing

@testable import Billing

/// An audit that finds a difference ends with 1 and names the line.
@Suite struct AuditTests {
  private struct Plant: Sendable {
    let field: String
    let line: Int?
    let change: @Sendable (inout BillIssuedV2) -> Void
  }

  private static let plants = [
    Plant(field: "amount", line: 1) { $0.lines[1].amount += 10_000 },
    Plant(field: "price", line: 0) { $0.lines[0].price += 10_000 },
    Plant(field: "schedule", line: 0) { $0.lines[0].schedule = "D 2015-03-02" },
    Plant(field: "total", line: nil) { $0.total -= 10_000 },
    Plant(field: "evidence", line: 0) { $0.lines[0].evidence.removeFirst() },
  ]

  @Test(arguments: plants.indices)
  func `a planted difference is named by its line`(_ index: Int) throws {
    let plant = Self.plants[index]
    let books = try Books.full.get().inSmallSegments { bill in
      if bill.bill == "1001-20150201" { plant.change(&bill) }
    }
    let audit = "audit --bill 1001-20150201"
    let object = try books.done(audit + " --json", status: 1).object()
    #expect(object["identical"] as? Bool == false)
    let differences = try #require(object["differences"] as? [[String: Any]])
    #expect(
      differences.contains {
        ($0["field"] as? String ?? "").contains(plant.field) && $0["line"] as? Int == plant.line
      }, "\(differences)")
    let text = try books.done(audit, status: 1)
    #expect(text.output.contains("DIFFERS: ") && text.output.contains("NOT identical"))
    try books.done("audit --bill 1001-20150301")
  }
}
