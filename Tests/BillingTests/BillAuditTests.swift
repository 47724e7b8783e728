import Journal
import Quantities
import Testing

@testable import Billing

/// Audits of bills that are as they should be, and of bills that somebody planted.
struct BillAuditTests {
  /// A home with a cycle that a season cuts, everything known but the bill.
  private func books() throws -> Books {
    let books = try Books()
    try books.enroll("1", on: "2015-05-01", readDay: 15)
    try books.ingest(days("1", from: "2015-05-01", 60, wattHours: 900))
    try books.bill(through: "2015-05-15")
    return books
  }

  /// Issues the next bill with something changed in it, past the engine's decision.
  private func planted(
    _ books: Books, _ change: (inout BillIssuedV2) -> Void
  ) throws -> BillAudit {
    let report = try books.bill(through: "2015-06-15", isDryRun: true)
    var fact = try #require(report.facts["1-20150615"])
    change(&fact)
    let account = try #require(books.state.account("1"))
    try books.engine.commit(
      [Event(.billIssuedV2(fact), account: account, effective: fact.dated)], at: books.clock)
    return try books.audit("1-20150615")
  }

  @Test func `a bill that nobody touched is identical`() throws {
    let audit = try planted(books()) { _ in }
    #expect(audit.isIdentical, "\(audit.differences)")
    // 17 days of 11 kWh and 14 of 15.5; 21.6 kWh a day: winter 367.2 of 187, summer 302.4 of 217.
    #expect(
      audit.bill.table == [
        "187 kWh x 0.15 = 28.05", "56.1 kWh x 0.19 = 10.66", "124.1 kWh x 0.25 = 31.03",
        "217 kWh x 0.15 = 32.55", "65.1 kWh x 0.19 = 12.37", "20.3 kWh x 0.25 = 5.08",
        "31 day x 0.031 = 0.96",
      ])
    #expect(audit.bill.totalText == "120.70")
    #expect(audit.recomputedTotal == audit.bill.total)
  }

  @Test func `one cent more on a line is found and the line named`() throws {
    let audit = try planted(books()) { $0.lines[1].amount += 10_000 }
    #expect(
      audit.differences.map(\.description) == [
        "bill, sum of lines: recorded 120.71, recomputed 120.70",
        "line 2, amount: recorded 10.67, recomputed 10.66",
      ])
  }

  @Test func `one cent more on a line and in the total is found too`() throws {
    let audit = try planted(books()) {
      $0.lines[6].amount += 10_000
      $0.total += 10_000
    }
    #expect(
      audit.differences.map(\.description) == [
        "line 7, amount: recorded 0.97, recomputed 0.96",
        "bill, total: recorded 120.71, recomputed 120.70",
      ])
  }

  @Test func `another version of the schedule is found`() throws {
    let audit = try planted(books()) { $0.lines[0].schedule = "D 2014-07-07" }
    #expect(
      audit.differences.map(\.description) == [
        "line 1, schedule: recorded D 2014-07-07, recomputed D 2015-03-02"
      ])
  }

  @Test func `evidence that is missing is found`() throws {
    let audit = try planted(books()) { $0.lines[2].evidence.removeFirst() }
    #expect(audit.differences.map(\.line) == [2])
    #expect(audit.differences.map(\.field) == ["evidence"])
    let dangling = try planted(books()) { $0.evidence.removeAll() }
    #expect(Set(dangling.differences.map(\.line)) == Set(0...6))
  }

  @Test func `evidence of other events is found`() throws {
    let audit = try planted(books()) { bill in
      let reads = bill.evidence.firstIndex { $0.kind == "MeterReadRecorded" } ?? 0
      bill.evidence[reads].last -= 1
    }
    #expect(audit.differences.map(\.line) == [0, 1, 2])
    #expect(Set(audit.differences.map(\.field)) == ["evidence"])
  }

  @Test(arguments: ["quantity", "price", "unit", "description"])
  func `a changed field of a line is found`(field: String) throws {
    let audit = try planted(books()) { bill in
      switch field {
      case "quantity": bill.lines[3].quantity += 1
      case "price": bill.lines[3].price += 1
      case "unit": bill.lines[3].unit = "MWh"
      default: bill.lines[3].text += "!"
      }
    }
    #expect(audit.differences.map(\.line) == [3])
    #expect(audit.differences.map(\.field) == [field])
  }

  @Test(arguments: [
    "due", "tax", "total", "number", "pricing rules", "registers", "line",
  ])
  func `a changed field of the bill is found`(field: String) throws {
    let audit = try planted(books()) { bill in
      switch field {
      case "due": bill.due += 1
      case "tax": bill.tax += 10_000
      case "total": bill.total -= 10_000
      case "number": bill.bill = "1-20150615"
      case "pricing rules": bill.pricingRules += 1
      case "registers": bill.registers.append(RegisterSpan())
      default: bill.lines.removeLast()
      }
    }
    guard field != "number" else { return }
    #expect(audit.differences.map(\.field).contains(field))
    #expect(!audit.isIdentical)
  }

  @Test func `a bill with another number is found by its period`() throws {
    let books = try books()
    var fact = try #require(
      try books.bill(through: "2015-06-15", isDryRun: true).facts["1-20150615"])
    fact.bill = "1-20150614"
    let account = try #require(books.state.account("1"))
    try books.engine.commit(
      [Event(.billIssuedV2(fact), account: account, effective: fact.dated)], at: books.clock)
    let audit = try BillAudit(
      books.reader, .period(account: "1", start: day("2015-05-15")))
    #expect(audit.differences.map(\.field) == ["number"])
  }

  @Test func `a bill that forgets what was known is found`() throws {
    let books = try books()
    let late = books.position
    try books.ingest([
      Row(
        account: "1", date: day("2015-06-01"), values: Array(repeating: 2000, count: 24))
    ])
    let report = try books.bill(through: "2015-06-15", isDryRun: true)
    var fact = try #require(report.facts["1-20150615"])
    fact.knownBefore = late
    let account = try #require(books.state.account("1"))
    try books.engine.commit(
      [Event(.billIssuedV2(fact), account: account, effective: fact.dated)], at: books.clock)
    let audit = try books.audit("1-20150615")
    #expect(audit.differences.map(\.field).contains("known before"))
    #expect(audit.differences.contains { $0.line == 3 && $0.field != "known before" })
  }

  @Test func `a bill for a cycle that cannot be priced is found`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-05-01")
    try books.ingest(days("1", from: "2015-05-01", 31, wattHours: 900))
    let report = try books.bill(through: "2015-06-01", isDryRun: true)
    var fact = try #require(report.facts["1-20150601"])
    fact.start += 31
    fact.end += 30
    fact.bill = "1-20150701"
    let account = try #require(books.state.account("1"))
    try books.engine.commit(
      [Event(.billIssuedV2(fact), account: account, effective: fact.dated)], at: books.clock)
    let audit = try books.audit("1-20150701")
    #expect(!audit.isIdentical)
    #expect(audit.differences.map(\.field) == ["bill"])
    #expect(audit.totalNow == nil)
  }

  @Test func `a correction after the bill leaves it identical and is told with the new total`()
    throws
  {
    let books = try books()
    try books.bill(through: "2015-06-15")
    let position = books.position
    // 20 June days more in the open tier of summer: 24 x 100 Wh more on one day.
    try books.ingest([
      Row(account: "1", date: day("2015-06-10"), values: Array(repeating: 1000, count: 24))
    ])
    let audit = try books.audit("1-20150615")
    #expect(audit.isIdentical, "\(audit.differences)")
    #expect(audit.since.map(\.kind) == ["ReadCorrected"])
    #expect(audit.since.map(\.position) == [position])
    // 2.4 kWh more in the third tier of summer: 22.7 kWh x 0.25 = 5.675, 60 cents more than 5.08.
    #expect(audit.totalNow == Money("121.30"))
    // Nothing of it was known before.
    let then = try books.audit("1-20150615", knownAt: .position(position - 1))
    #expect(then.since.isEmpty)
    #expect(then.totalNow == Money("120.70"))
  }

  @Test func `a correction of another cycle is not told`() throws {
    let books = try books()
    try books.bill(through: "2015-06-15")
    try books.ingest([
      Row(account: "1", date: day("2015-05-10"), values: Array(repeating: 1000, count: 24))
    ])
    #expect(try books.audit("1-20150615").since.isEmpty)
    #expect(try books.audit("1-20150515").since.count == 1)
  }

  @Test func `a register bill keeps its total when an index of its edge is corrected`() throws {
    let books = try Books()
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    try books.ingest([
      index("V", "2024-01-01", "100"), index("V", "2024-02-01", "270"),
      index("V", "2024-03-01", "440"),
    ])
    try books.bill(through: "2024-02-01")
    try books.ingest([index("V", "2024-02-01", "275")], name: "later.csv")
    let audit = try books.audit("V-20240201")
    #expect(audit.isIdentical, "\(audit.differences)")
    #expect(audit.since.map(\.kind) == ["RegisterRead"])
    // 175 kWh: 50 x 1806 + 50 x 1866 + 75 x 2167 = 346,125 and 8 percent.
    #expect(audit.totalNow == Money("373815"))
    // The next bill opens where this one closed, so that the five kWh are billed once.
    try books.bill(through: "2024-03-01")
    let next = try books.audit("V-20240301")
    #expect(next.isIdentical)
    #expect(next.bill.registers.map(\.openingIndex) == [270_000])
    #expect(next.bill.registers.map(\.closingIndex) == [440_000])
  }

  @Test func `what is not there cannot be audited`() throws {
    let books = try books()
    #expect(throws: AuditFailure.self) { try books.audit("1-20140615") }
    #expect(throws: AuditFailure.self) { try books.audit("2-20150515") }
    #expect(throws: AuditFailure.self) {
      try BillAudit(books.reader, .period(account: "1", start: day("2015-05-02")))
    }
  }
}

extension BillAudit {
  fileprivate var recomputedTotal: Int64? { try? recomputed.get().fact.total }
}
