import Foundation
import Journal
import Quantities
import Tariff
import TestSupport

@testable import Billing

/// The journals under `Journal/Golden`, and how the newest came about: every kind of event that is
/// written today, every feature of the reads columns. Later versions of the program must read all
/// of them and give their bills; the files of those before the newest never change.
enum GoldenJournal {
  static let versions = ["v1", "v2", "v3"]
  static let newest = "v3"

  /// SHA-256 of what never changes.
  static let pinned = [
    "v1/00000000000000000000.lz4":
      "c7dd7b9e7fd3965db3496f8ce3b46f1d9f0f42733634853df5c512515a6fc1aa",
    "v1/bills.json":
      "a39ac1d33316ec2c3ad4ec04a63b333deb2b2d0e771683e8e1ad16027dc4bdd5",
    "v1/boundary":
      "5b001e27e116818d42bed755f9475bf45276d7fc83fa9f4928d75ebbded20d04",
    "v1/journal.json":
      "037c8f559ce9d6ee9930f25a200a99cdacd4add56e089a7e98b40eb9b8cf5917",
    "v2/00000000000000000000.lz4":
      "a5019a65a172b3e50e9365f3f8e72d94b04abb4516e105c19d0333e34ccedccb",
    "v2/bills.json":
      "6c6b6e136d0927d49bc273fd8b3eee414ccb8711be3ad9d0aa43f68fc3752c5c",
    "v2/boundary":
      "f26ef56811283c3e9559a541b88841023208427e4aee0e95f8cf556e0ff33f7c",
    "v2/journal.json":
      "037c8f559ce9d6ee9930f25a200a99cdacd4add56e089a7e98b40eb9b8cf5917",
  ]

  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Journal").path

  static func folder(_ version: String) -> String { "\(root)/Golden/\(version)" }

  static let plans: Set = ["D", "TOU-D-A", "TOU-D-B", "EVN-SH"]
  static let (home, medical, hanoi) = ("3012345678", "3098765432", "PC05II0730790")
  static let solar = "3070707070"

  /// The plans of 2015, and from 2016 on schedule D with discounts, taxes and net metering.
  static func schedules() throws -> [RateSchedule] {
    try Books.builtin.filter { plans.contains($0.code) }
      + BuiltinSchedules.sceExtras.schedules().introduced(on: day("2016-01-01"))
      .filter { $0.code == "D" }
  }

  /// Writes the same bytes on every machine whose LZ4 compresses alike: nothing here depends on a
  /// clock, on the built-in schedules of today or on a time-zone database.
  static func books(
    _ rates: [RateSchedule], zone: @escaping (String) throws -> ZoneTable
  ) throws -> Books {
    let books = try Books(partitions: 3, rates, zone: zone)
    func tick() { books.clock.milliseconds += 3_600_000 }
    books.clock = try moment("2015-05-18T17:00:00Z")
    try books.enroll(home, "D", on: "2015-05-20", readDay: 17)
    try books.enroll(hanoi, "EVN-SH", on: "2015-03-16", readDay: 16) { $0.households = 2 }
    try books.enroll(medical, "D", on: "2015-06-01", readDay: 1) {
      $0.region = "13"
      $0.medical = true
      $0.multiFamily = true
    }

    books.clock = try moment("2015-07-18T17:00:00Z")
    let losAngeles = try zone("America/Los_Angeles")
    var first =
      try metered(home, "2015-05-20", "2015-07-18", losAngeles)
      + metered(medical, "2015-06-01", "2015-07-18", losAngeles)
      + sent(medical, "2015-06-01", "2015-07-18", losAngeles)
      + [
        index(hanoi, "2015-03-16", "99800"), index(hanoi, "2015-04-16", "150"),
        index(hanoi, "2015-05-16", "480.5"), index(hanoi, "2015-06-15", "702"),
        index("3000000000", "2015-06-15", "1"),
      ]
    first[3].values[5] = 71_234
    first[4].quality = .estimated
    try books.ingest(first, name: "2015-07.csv")
    tick()
    try books.change(home, to: "TOU-D-A", on: "2015-07-01")
    tick()
    try books.bill(through: "2015-07-17")
    tick()
    try books.pay(home, "100.00", on: "2015-07-20", key: "R-1", method: .directPayment)
    try books.pay(hanoi, "5000000", on: "2015-07-21")
    tick()
    // A correction of a billed day, one of a day that is not, and one of lower quality.
    try persons(books)
    tick()
    try books.ingest(
      [
        Row(account: home, date: day("2015-06-10"), values: Array(repeating: 1111, count: 24)),
        Row(account: home, date: day("2015-07-17"), values: Array(repeating: 999, count: 24)),
        Row(
          account: medical, date: day("2015-07-02"), values: Array(repeating: 1, count: 24),
          quality: .estimated),
        index(hanoi, "2015-06-15", "703"),
      ], name: "corrections.csv")

    books.clock = try moment("2015-11-04T17:00:00Z")
    var second =
      try metered(home, "2015-07-18", "2015-11-03", losAngeles)
      + metered(medical, "2015-07-18", "2015-11-03", losAngeles)
      + sent(medical, "2015-07-18", "2015-11-03", losAngeles)
    let gap = second[20].values[13]
    second[20].values[13] = nil
    second[30].minutes = 15
    second[30].values = (0..<96).map { Int32(100 + $0) }
    try books.ingest(second, name: "2015-11.csv", rowsPerChunk: 90)
    tick()
    try books.bill(through: "2015-11-01", on: "2015-11-05")
    tick()
    second[20].values = second[20].values.indices.map { $0 == 13 ? gap : nil }
    try books.ingest([second[20]], name: "gap.csv")
    try books.bill(through: "2015-11-01", on: "2015-11-06")
    tick()
    try books.change(home, to: "D", asked: "2015-11-06")
    try books.change(home, to: "TOU-D-B", on: "2015-12-01", override: "electric car")
    try books.change(medical, to: "TOU-D-A", on: "2016-01-01")
    tick()
    _ = try books.engine.cancelSwitch(medical, firstDay: day("2016-01-01"), at: books.clock)
    _ = try books.change(medical, to: "TOU-D-A", on: "2015-11-04")
    tick()
    _ = try books.engine.cancelSwitch(
      medical, firstDay: day("2015-11-04"), overrideReason: "of another home", at: books.clock)
    try books.moveOut(medical, on: "2015-11-19")
    tick()
    _ = try books.engine.cancelMoveOut(medical, at: books.clock)
    try books.moveOut(medical, on: "2015-11-20")
    _ = try books.engine.erase(medical, reason: .request, keys: books.keys, at: books.clock)

    books.clock = try moment("2015-12-18T17:00:00Z")
    try books.ingest(
      metered(home, "2015-11-03", "2015-12-18", losAngeles)
        + metered(medical, "2015-11-03", "2015-11-20", losAngeles)
        + sent(medical, "2015-11-03", "2015-11-20", losAngeles), name: "2015-12.csv")
    tick()
    try books.bill(through: "2015-12-17")
    try books.pay(medical, "25.50", on: "2015-12-18", key: "R-2", method: .card)
    try winter(books, losAngeles)
    return books
  }

  /// A home with panels and CARE lives January and February of 2016 and leaves net metering; its
  /// bills are estimated, made again, taken back, let stand, paid late.
  private static func winter(_ books: Books, _ zone: ZoneTable) throws {
    func at(_ text: String) throws { books.clock = try moment("\(text)T20:00:00Z") }
    func change(_ on: String, _ change: TermsRequest.Change) throws {
      books.clock.milliseconds += 60_000
      let request = TermsRequest(number: solar, on: try day(on), change: change)
      _ = try books.engine.changeTerms(request, at: books.clock)
    }
    func move(_ kind: Adjustment.Kind, _ amount: String, _ number: String, _ on: String) throws {
      books.clock.milliseconds += 60_000
      _ = try books.engine.adjust(
        Adjustment(number: number, kind, amount: Money(amount) ?? .zero, on: day(on), key: on),
        at: books.clock)
    }
    try at("2016-01-02")
    try books.enroll(solar, "D", on: "2016-01-01")
    try move(.deposit, "300.00", solar, "2016-01-02")
    try change(
      "2016-01-01",
      .terms(with(ChangedTerms()) { ($0.city, $0.multiFamily) = ("Downey", true) }))
    try change("2016-01-01", .grantDiscount("CARE", through: day("2017-12-31")))
    try change("2016-01-01", .startNetMetering)

    try at("2016-02-02")
    var january = try metered(solar, "2016-01-01", "2016-02-01", zone)
    let late = january.remove(at: 19)
    try books.ingest(
      january + sent(solar, "2016-01-01", "2016-02-01", zone), name: "2016-01.csv")
    _ = try books.engine.estimate(
      through: day("2016-02-01"), account: solar, at: books.clock)
    try books.bill(through: "2016-02-01", on: "2016-02-02", account: solar)
    try at("2016-02-05")
    try books.ingest([late], name: "late.csv")
    try books.propose()
    try books.rebill("\(solar)-20160201")

    try at("2016-03-02")
    var february = try metered(solar, "2016-02-01", "2016-03-01", zone)
    february[9].values[12] = 20_000
    try books.ingest(
      february + sent(solar, "2016-02-01", "2016-03-01", zone), name: "2016-02.csv")
    let doubts = try books.engine.validate(account: solar, at: books.clock).flags
    for doubt in doubts where doubt.flag.holds {
      _ = try books.engine.settle(
        flag: doubt.flag.position, reason: "a kiln", at: books.clock)
    }
    try change("2016-03-01", .endNetMetering)
    try change("2016-03-01", .endDiscount("CARE", reason: "not recertified"))
    try books.bill(through: "2016-03-01", on: "2016-03-02", account: solar)
    try at("2016-03-03")
    try books.cancel("\(solar)-20160301", .meterFault, note: "of another meter")
    try books.reinstate("\(solar)-20160301")
    february[4].values[3] = 500
    try books.ingest([february[4]], name: "again.csv")
    try books.propose()
    for entry in try books.worklist() where entry.account == solar {
      guard let proposal = entry.proposal else { continue }
      _ = try books.engine.correct(
        .decline(proposal: proposal, note: "agreed by phone"), at: books.clock)
    }

    try at("2016-04-10")
    _ = try books.engine.assessLateCharges(on: day("2016-04-10"), at: books.clock)
    try move(.depositReturn(isApplied: true), "300.00", solar, "2016-04-11")
    try move(.refund, "20.00", solar, "2016-04-12")
    try move(.writeOff(reason: "left without an address"), "10.00", home, "2016-04-13")
    let charged = try [home, solar, medical].flatMap { number in
      let bills = try books.view(number).bills
      return bills.indices.map { "\(bills.number($0, of: number))" }
    }.first { books.state.lateCharge(of: $0) != nil }
    guard let charged else { preconditionFailure("somebody has paid late") }
    _ = try books.engine.correct(
      .waive(bill: charged, note: "the mail was on strike", on: day("2016-04-14")),
      at: books.clock)
  }

  /// Three persons, one of whom moves; the keys are no secret here.
  private static func persons(_ books: Books) throws {
    for (seed, (number, name, address)) in zip(
      personSeeds,
      [
        (home, "Ada Quill", "12 Elm St, Pomona CA 91766"),
        (medical, "Ben Orchard", "7 Oak Ave, Fresno CA 93701"),
        (hanoi, "Đỗ Thị Lụa", "48 Hàng Gai, Hà Nội"),
        (home, "Ada Quill", "9 Alder Ct, Pomona CA 91766"),
      ])
    {
      var request = PersonRequest(number: number)
      (request.name, request.address) = (name, address)
      _ = try books.engine.record(request, seed, keys: books.keys, at: books.clock)
    }
  }

  /// The first has the key of the home's person, then the medical home's, then Hanoi's.
  static let personSeeds: [SealingSeed] = {
    var random = SeededRandom(2)
    return (0..<4).map { _ in SealingSeed(from: &random) }
  }()

  /// Hourly values that follow from the date and the hour alone.
  private static func metered(
    _ account: String, _ start: String, _ end: String, _ zone: ZoneTable
  ) throws -> [Row] {
    let factor: Int32 = account == home ? 13 : 7
    return try period(start, end).dates.map { date in
      Row(
        account: account, date: date,
        values: (0..<Int32(zone.day(date).minutes / 60)).map { hour in
          (date.day * 31 + hour * 17) % 97 * factor + (hour > 15 ? 800 : 200)
        })
    }
  }

  /// 150 Wh out in every hour.
  private static func sent(
    _ account: String, _ start: String, _ end: String, _ zone: ZoneTable
  ) throws -> [Row] {
    try metered(account, start, end, zone).map { row in
      var row = row
      row.channel = .received
      row.values = row.values.map { _ in 150 }
      return row
    }
  }

  private static func moment(_ text: String) throws -> Instant {
    guard let instant = Instant(text) else { throw Died() }
    return instant
  }
}
