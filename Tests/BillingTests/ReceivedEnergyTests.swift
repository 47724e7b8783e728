import Quantities
import Testing

@testable import Billing

/// Energy sent out is a channel of its own.
struct ReceivedEnergyTests {
  @Test func `received energy is a channel of its own and is netted on the bill`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(
      days("1", from: "2015-04-01", 30, wattHours: 500)
        + days("1", from: "2015-04-01", 30, wattHours: 200, channel: .received))
    // 30 days of 24 x 0.3 kWh: 216 kWh, all in the first tier of 330.
    let bill = try #require(try books.bill(through: "2015-05-01").facts["1-20150501"])
    #expect(bill.table == ["216 kWh x 0.15 = 32.40", "30 day x 0.031 = 0.93"])
    #expect(try books.audit("1-20150501").isIdentical)
    #expect(
      try books.view("1").reads(.received, in: period("2015-04-01", "2015-05-01")).count == 30)
  }

  @Test func `a gap in the received channel is not a zero either`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    var received = try days("1", from: "2015-04-03", 20, wattHours: 200, channel: .received)
    received[4].values[12] = nil
    received.remove(at: 9)
    try books.ingest(days("1", from: "2015-04-01", 30, wattHours: 500) + received)
    #expect(
      try books.bill(through: "2015-05-01").exceptions.map(\.exception) == [
        .missingReceived(
          try ["2015-04-07", "2015-04-12"].map(day)
            + period("2015-04-23", "2015-05-01").dates.map { $0 })
      ])
  }

  @Test func `who has sent energy out is not billed for a month without a word of it`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(
      days("1", from: "2015-04-01", 61, wattHours: 500)
        + days("1", from: "2015-04-01", 30, wattHours: 200, channel: .received))
    let report = try books.bill(through: "2015-06-01")
    #expect(report.bills.map(\.draft.fact.bill) == ["1-20150501"])
    #expect(report.exceptions.map(\.exception.missing.count) == [31])
    try books.ingest(days("1", from: "2015-05-01", 31, wattHours: 0, channel: .received))
    #expect(try books.bill(through: "2015-06-01").bills.count == 1)
    #expect(try books.audit("1-20150601").isIdentical)
  }
}
