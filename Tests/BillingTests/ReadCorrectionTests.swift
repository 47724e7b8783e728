import Journal
import Quantities
import Testing

@testable import Billing

/// Which of several values for a day holds.
struct ReadCorrectionTests {
  @Test func `another value supersedes the one held`() throws {
    let books = try Books.ofOneHome()
    try books.ingest(days("1", from: "2015-03-02", 2, wattHours: 500))
    let held = try #require(
      try books.view("1").reads(in: period("2015-03-03", "2015-03-04")).first)
    let report = try books.ingest([row("1", "2015-03-03", 600)])
    #expect(report.corrected == 1 && report.reads == 0)
    let read = try #require(
      try books.view("1").reads(in: period("2015-03-03", "2015-03-04")).first)
    #expect(read.energy == Energy(wattHours: 14_400))
    #expect(read.source == .corrected)
    let fact = try #require(
      try books.events().first { $0.event.kind == "ReadCorrected" }?.event.readCorrected)
    #expect(fact.supersedes == held.position)
    #expect(fact.previousValues == Array(repeating: 500, count: 24))
  }

  @Test func `a value held before is a duplicate unless it is sent as a correction`() throws {
    let books = try Books.ofOneHome()
    let (first, second) = (try row("1", "2015-03-03", 500), try row("1", "2015-03-03", 600))
    try books.ingest([first])
    try books.ingest([second])
    #expect(try books.ingest([first]).duplicates == 1)
    func energy() throws -> Int64? {
      try books.view("1").reads(in: period("2015-03-03", "2015-03-04")).first?.energy.wattHours
    }
    #expect(try energy() == 14_400)
    let back = try books.ingest([first], isCorrection: true)
    #expect(back.corrected == 1)
    #expect(try energy() == 12_000)
    // The one held now is a duplicate also as a correction.
    let position = books.position
    #expect(try books.ingest([first], isCorrection: true).duplicates == 1)
    #expect(books.position == position)
  }

  @Test func `a value of lower quality never replaces one held`() throws {
    let books = try Books.ofOneHome()
    try books.ingest([row("1", "2015-03-03", 500, quality: .edited)])
    let refused = try books.ingest([row("1", "2015-03-03", 400, quality: .estimated)])
    #expect(refused.rejected.map(\.reason) == ["lower quality: the value held is edited"])
    #expect(try books.ingest([row("1", "2015-03-03", 450, quality: .edited)]).corrected == 1)
    #expect(try books.ingest([row("1", "2015-03-03", 460, quality: .actual)]).corrected == 1)
    #expect(try books.ingest([row("1", "2015-03-03", 470, quality: .edited)]).rejected.count == 1)
    let read = try #require(
      try books.view("1").reads(in: period("2015-03-03", "2015-03-04")).first)
    #expect(read.quality == .actual)
    #expect(read.energy == Energy(wattHours: 460 * 24))
  }

  @Test func `a gap is never a zero, and a later file fills it`() throws {
    let books = try Books.ofOneHome()
    var rows = try days("1", from: "2015-03-02", 6, wattHours: 500)
    rows[2].values[7] = nil
    rows.remove(at: 4)
    try books.ingest(rows)
    try books.moveOut("1", on: "2015-03-08")
    let report = try books.bill(through: "2015-03-08")
    #expect(report.bills.isEmpty)
    #expect(
      report.exceptions.map(\.exception) == [
        .missingDays(try ["2015-03-04", "2015-03-06"].map(day))
      ])
    // The file that fills the hour knows no other.
    var filling = rows[2]
    filling.values = Array(repeating: nil, count: 24)
    filling.values[7] = 800
    #expect(try books.ingest([filling]).corrected == 1)
    let read = try #require(
      try books.view("1").reads(in: period("2015-03-04", "2015-03-05")).first)
    #expect(read.energy == Energy(wattHours: 23 * 500 + 800))
    // A gap where a value is held takes nothing away.
    #expect(try books.ingest([rows[2]]).duplicates == 1)
    try books.ingest([row("1", "2015-03-06")])
    let bill = try #require(try books.bill(through: "2015-03-08").bills.first)
    #expect(bill.draft.segments[0].netUsage == Energy(wattHours: 6 * 12_000 + 300))
  }

  @Test func `an estimate fills a gap of a day that was metered`() throws {
    let books = try Books.ofOneHome()
    var metered = try row("1", "2015-03-03")
    metered.values[7] = nil
    try books.ingest([metered])
    var estimate = try row("1", "2015-03-03", quality: .estimated)
    estimate.values[8] = 501
    #expect(try books.ingest([estimate]).rejected.count == 1)
    estimate.values[8] = 500
    #expect(try books.ingest([estimate], name: "other.csv").corrected == 1)
    let read = try #require(
      try books.view("1").reads(in: period("2015-03-03", "2015-03-04")).first)
    #expect(read.quality == .estimated && !read.hasGap)
  }

  @Test func `of two values for a day in one file the later line holds`() throws {
    let books = try Books.ofOneHome()
    let report = try books.ingest([
      row("1", "2015-03-03", 500), row("1", "2015-03-03", 600), row("1", "2015-03-03", 500),
      row("1", "2015-03-03", 700),
    ])
    #expect(report.reads == 1 && report.corrected == 2 && report.duplicates == 1)
    let view = try books.view("1")
    #expect(
      try view.reads(in: period("2015-03-03", "2015-03-04")).map(\.energy.wattHours) == [16_800])
    let supersedes = view.events.compactMap { recorded -> (UInt64, UInt64)? in
      guard case .readCorrected(let fact) = recorded.event.fact else { return nil }
      return (recorded.position, fact.supersedes)
    }
    #expect(supersedes.count == 2)
    #expect(supersedes[1].1 == supersedes[0].0)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `part of a day in other intervals does not take a whole day's place`() throws {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(days("1", from: "2015-04-01", 1, wattHours: 500))
    var quarters = Row(
      account: "1", date: try day("2015-04-01"), minutes: 15,
      values: Array(repeating: 120, count: 96))
    quarters.values[5] = nil
    #expect(
      try books.ingest([quarters]).rejected.map(\.reason) == [
        MeterReadRejection.incomplete(minutes: 60).description
      ])
    quarters.values[5] = 120
    #expect(try books.ingest([quarters]).corrected == 1)
  }
}
