import Foundation
import Quantities
import Tariff
import Testing

@testable import Billing
@testable import Journal

/// The golden journal of version 1, read and made again.
struct GoldenJournalTests {
  private static let isWriting =
    ProcessInfo.processInfo.environment["WATTBOOK_WRITE_GOLDEN"] == "1"
  private static let bills = "\(GoldenJournal.folder)/bills.json"

  /// With WATTBOOK_WRITE_GOLDEN=1 the bills are written anew, and the journal where there is none:
  /// for a new format's folder, or when a projector's new version changes the state digest.
  @Test(.enabled(if: isWriting)) func `write the golden journal`() throws {
    let files = FileManager.default
    if !files.fileExists(atPath: GoldenJournal.folder) {
      let rates = Books.builtin.filter { GoldenJournal.plans.contains($0.code) }
      let books = try GoldenJournal.books(rates, zone: zoneTable)
      try files.createDirectory(
        atPath: GoldenJournal.folder, withIntermediateDirectories: true)
      for name in try names(books.path) {
        try files.copyItem(
          atPath: "\(books.path)/\(name)", toPath: "\(GoldenJournal.folder)/\(name)")
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let json = try encoder.encode(GoldenBills(GoldenJournal.folder)) + [0x0A]
    try json.write(to: URL(filePath: Self.bills))
  }

  /// The journal's files, without the lock and the bills beside them.
  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      .filter { $0 != "lock" && $0 != "bills.json" }
  }

  /// A copy, because a test changes nothing that is committed.
  private func copied(_ body: (String) throws -> Void) throws {
    let path = Books.freshPath()
    try FileManager.default.copyItem(atPath: GoldenJournal.folder, toPath: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try #require(FileManager.default.contents(atPath: path)))
  }

  @Test func `the golden journal is whole and gives its bills`() throws {
    let expected = try JSONDecoder().decode(
      GoldenBills.self, from: Data(contentsOf: URL(filePath: Self.bills)))
    try copied { path in
      let reader = try JournalReader(path: path)
      #expect(try reader.verify(deep: true).damages.isEmpty)
      let found = try GoldenBills(path)
      #expect(found.events == expected.events && found.reads == expected.reads)
      #expect(found.stateDigest == expected.stateDigest)
      #expect(found.bills.count == expected.bills.count)
      for (bill, wanted) in zip(found.bills, expected.bills) {
        #expect(bill == wanted, "\(wanted.bill)")
      }
      for audit in try GoldenBills.audits(reader) {
        #expect(audit.isIdentical, "\(audit.number): \(audit.differences)")
      }
    }
  }

  @Test func `the golden journal has every kind of event and of read`() throws {
    try copied { path in
      var listing = EventListing(try JournalReader(path: path))
      var kinds: Set<String> = []
      var shapes: Set<String> = []
      var qualities: Set<String> = []
      try listing.run(positions: 0...UInt64.max) { event in
        kinds.insert(event.kind)
        guard event.kind == "MeterReadRecorded" else { return }
        let fields = event.factJSON.split(separator: ",\"")
        shapes.insert("\(fields[0]) \(event.factJSON.split(separator: ",").count)")
        qualities.insert(String(fields[2]))
      }
      #expect(
        kinds == [
          "RateSchedulePublished", "ZoneTablePublished", "MeterFileIngested", "AccountEnrolled",
          "AccountMovedOut", "PlanSwitched", "PlanSwitchCancelled", "ReadCorrected",
          "RegisterRead", "MeterReadRejected", "BillIssued", "PaymentRecorded", "NoticeRecorded",
          "MeterReadRecorded",
        ])
      // Delivered days of 24, 25 and 96 values, received ones of 24 and 25.
      #expect(shapes.count == 5)
      #expect(qualities.count == 2)
    }
  }

  @Test func `the golden journal is made again event for event`() throws {
    let golden = try JournalReader(path: GoldenJournal.folder)
    let system = try SystemState(golden)
    let rates = system.book.codes.flatMap { system.book.versions(of: $0) }
      .sorted {
        system.schedulePositions[$0.versionID] ?? 0 < system.schedulePositions[$1.versionID] ?? 0
      }
    let books = try GoldenJournal.books(rates) { name in
      try #require(system.zones[name])
    }
    #expect(try listing(books.reader) == listing(golden))
  }

  /// Every event with its position; the bytes differ, for reads are written in a later layout.
  private func listing(_ reader: JournalReader) throws -> [String] {
    var lines: [String] = []
    var listing = EventListing(reader)
    try listing.run(positions: 0...UInt64.max) { event in
      lines.append(
        "\(event.position) \(event.header.commit) \(event.header.recordedAt) \(event.kind) "
          + "\(event.account ?? "-") \(event.effective) \(event.factJSON)")
    }
    return lines
  }

  @Test func `a later version goes on where the golden journal ends`() throws {
    try copied { path in
      let engine = try Engine(path: path, origin: Books.origin, wait: 5)
      let position = engine.state.position
      let zone = try #require(engine.zone(ofAccount: GoldenJournal.home))
      #expect(zone.name == "America/Los_Angeles")
      let payment = Payment(
        number: GoldenJournal.home, amount: Money(millionths: 1_000_000), on: try day("2016-01-02"),
        key: "R-1")
      #expect(throws: PaymentRefusal.self) { try engine.pay(payment, at: Instant(seconds: 0)) }
      _ = try engine.moveOut(
        GoldenJournal.home, on: day("2016-01-02"), at: Instant(seconds: 1_451_700_000))
      #expect(engine.state.position == position + 1)
      #expect(try Replay(JournalReader(path: path)).run().digest == engine.state.digest)
    }
  }

  @Test func `the golden journal is small`() throws {
    let sizes = try FileManager.default.contentsOfDirectory(atPath: GoldenJournal.folder)
      .map { try bytes("\(GoldenJournal.folder)/\($0)").count }
    #expect(sizes.reduce(0, +) < 200_000)
  }
}
