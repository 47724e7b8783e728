import Foundation
import Quantities
import Tariff
import Testing

@testable import Billing
@testable import Journal

/// The golden journals: all are read, and the newest is made again.
struct GoldenJournalTests {
  /// A copy, because a test changes nothing that is committed.
  private func copied(_ version: String, _ body: (String) throws -> Void) throws {
    let path = Books.freshPath()
    try FileManager.default.copyItem(atPath: GoldenJournal.folder(version), toPath: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try #require(FileManager.default.contents(atPath: path)))
  }

  @Test func `the files of a golden journal never change`() throws {
    for version in GoldenJournal.versions where version != GoldenJournal.newest {
      let folder = GoldenJournal.folder(version)
      let found = try FileManager.default.contentsOfDirectory(atPath: folder).map {
        "\(version)/\($0)"
      }
      let pinned = GoldenJournal.pinned.keys.filter { $0.hasPrefix("\(version)/") }
      #expect(Set(found) == Set(pinned))
    }
    for (name, digest) in GoldenJournal.pinned {
      let found = Digest(of: try bytes(GoldenJournal.folder(name))).description
      #expect(found == digest, "\(name) has changed: take it back from the history")
    }
  }

  @Test(arguments: GoldenJournal.versions)
  func `a golden journal is whole and gives its bills`(_ version: String) throws {
    try copied(version) { path in
      let expected = try JSONDecoder().decode(
        GoldenBills.self, from: Data(contentsOf: URL(filePath: "\(path)/bills.json")))
      let reader = try JournalReader(path: path)
      #expect(try reader.verify(deep: true).damages.isEmpty)
      let found = try GoldenBills(path)
      #expect(found.events == expected.events && found.reads == expected.reads)
      #expect(found.listing == expected.listing)
      #expect(found.bills.count == expected.bills.count)
      for (bill, wanted) in zip(found.bills, expected.bills) {
        #expect(bill == wanted, "\(wanted.bill)")
      }
      for audit in try GoldenBills.audits(reader) {
        #expect(audit.isIdentical, "\(audit.number): \(audit.differences)")
      }
    }
  }

  @Test(arguments: GoldenJournal.versions)
  func `a projection that folds otherwise has another version`(_ version: String) throws {
    let kept = try JSONDecoder().decode(
      [String: [String: String]].self,
      from: Data(contentsOf: URL(filePath: GoldenJournalWriting.projections)))
    let expected = try #require(kept[version], "\(GoldenJournalWriting.how)")
    for (name, digest) in try GoldenJournal.projectionDigests(GoldenJournal.folder(version)) {
      guard let wanted = expected[name] else {
        Issue.record("projections.json does not have \(name): \(GoldenJournalWriting.how)")
        continue
      }
      #expect(digest == wanted, "\(name) of \(version) folds otherwise: raise its version")
    }
  }

  private func kinds(_ version: String) throws -> Set<String> {
    var listing = EventListing(try JournalReader(path: GoldenJournal.folder(version)))
    var kinds: Set<String> = []
    try listing.run(positions: 0...UInt64.max) { kinds.insert($0.kind) }
    return kinds
  }

  @Test func `the golden journals have every kind of event and of read`() throws {
    let superseded = try Schema.events().supersededKinds
    // Only a salvaged journal says of positions that they are lost.
    let known = Set(ListedEvent.kinds).subtracting(["PositionsLost"])
    #expect(try kinds(GoldenJournal.newest) == known.subtracting(superseded))
    let all = try GoldenJournal.versions.flatMap(kinds)
    #expect(Set(all) == known)
    var listing = EventListing(
      try JournalReader(path: GoldenJournal.folder(GoldenJournal.newest)))
    var shapes: Set<String> = []
    var qualities: Set<String> = []
    try listing.run(positions: 0...UInt64.max) { event in
      guard event.kind == "MeterReadRecorded" else { return }
      let fields = event.factJSON.split(separator: ",\"")
      shapes.insert("\(fields[0]) \(event.factJSON.split(separator: ",").count)")
      qualities.insert(String(fields[2]))
    }
    // Delivered days of 24, 25 and 96 values, received ones of 24 and 25.
    #expect(shapes.count == 5)
    #expect(qualities.count == 2)
  }

  @Test func `the newest golden journal is made again byte for byte`() throws {
    let folder = GoldenJournal.folder(GoldenJournal.newest)
    let golden = try JournalReader(path: folder)
    let system = try SystemState(golden)
    let rates = system.book.codes.flatMap { system.book.versions(of: $0) }
      .sorted {
        system.schedulePositions[$0.versionID] ?? 0 < system.schedulePositions[$1.versionID] ?? 0
      }
    let books = try GoldenJournal.books(rates) { name in
      try #require(system.zones[name])
    }
    let made = try contents(books.reader)
    let kept = try contents(golden)
    #expect(made.map(\.content) == kept.map(\.content))
    // Another version of LZ4 may write other frames of the same content.
    let isSameLZ4 = kept.allSatisfy { Digest(of: Frame.compress($0.content)) == $0.stored }
    guard isSameLZ4 else { return }
    #expect(try GoldenJournal.names(books.path) == GoldenJournal.names(folder))
    // Of an open journal the last segment has room after its last commit.
    books.close()
    for name in try GoldenJournal.names(books.path) {
      let isSame =
        try bytes("\(books.path)/\(name)") == bytes("\(folder)/\(name)")
      #expect(isSame, "\(name)")
    }
  }

  private func contents(
    _ reader: JournalReader
  ) throws -> [(content: [UInt8], stored: Digest)] {
    var opener = BatchOpener(reader)
    return try reader.locations { _ in true }.map { location in
      (try opener.open(location, hashing: true) { Array($0) }, location.header.storedSHA)
    }
  }

  @Test(arguments: GoldenJournal.versions)
  func `this version goes on where a golden journal ends`(_ version: String) throws {
    try copied(version) { path in
      let engine = try Engine(path: path, origin: Books.origin, wait: 5)
      let position = engine.state.position
      let zone = try #require(engine.zone(ofAccount: GoldenJournal.home))
      #expect(zone.name == "America/Los_Angeles")
      var payment = Payment(
        number: GoldenJournal.home, amount: Money(millionths: 1_000_000), on: try day("2016-01-02"),
        key: "R-1")
      #expect(throws: PaymentRefusal.self) { try engine.pay(payment, at: Instant(seconds: 0)) }
      // The payment of 2015 is known by its key, whichever version recorded it.
      payment.amount = Money(millionths: 100_000_000)
      payment.on = try day("2015-07-20")
      payment.method = version == "v1" ? .notTold : .directPayment
      #expect(try engine.pay(payment, at: Instant(seconds: 0)) == .repeated)
      _ = try engine.moveOut(
        GoldenJournal.home, on: day("2016-01-02"), at: Instant(seconds: 1_451_700_000))
      #expect(engine.state.position == position + 1)
      #expect(try Replay(JournalReader(path: path)).run().digest == engine.state.digest)
    }
  }

  @Test(arguments: GoldenJournal.versions.dropFirst())
  func `persons of a golden journal open with their keys, the erased no more`(
    _ version: String
  ) throws {
    try copied(version) { path in
      let keys = try KeyStore(path: path + ".keys", journal: path)
      defer { try? FileManager.default.removeItem(atPath: keys.path) }
      for seed in GoldenJournal.personSeeds { try keys.keep(seed.key) }
      let reader = try JournalReader(path: path)
      var ada = PersonDetails()
      (ada.name, ada.address) = ("Ada Quill", "9 Alder Ct, Pomona CA 91766")
      let home = try AccountView(reader, number: GoldenJournal.home)?.person(keys)
      #expect(home == .known(ada))
      let medical = try AccountView(reader, number: GoldenJournal.medical)?.person(keys)
      guard case .erased(let day, .request, _) = medical else {
        Issue.record("\(medical as Any)")
        return
      }
      #expect("\(day)" == "2015-11-04")
      #expect(try Replay(reader).run().personCounts == (3, 1))
    }
  }

  @Test(arguments: GoldenJournal.versions)
  func `a golden journal is small`(_ version: String) throws {
    let folder = GoldenJournal.folder(version)
    let sizes = try FileManager.default.contentsOfDirectory(atPath: folder)
      .map { try bytes("\(folder)/\($0)").count }
    #expect(sizes.reduce(0, +) < 200_000)
  }
}

/// Writes the newest golden journal and its bills where there are none, and anew what may change
/// with a projector's version.
struct GoldenJournalWriting {
  private static let isAsked = ProcessInfo.processInfo.environment["WATTBOOK_WRITE_GOLDEN"] == "1"
  fileprivate static let projections = "\(GoldenJournal.root)/Golden/projections.json"
  fileprivate static let how =
    "WATTBOOK_WRITE_GOLDEN=1 swift test --filter GoldenJournalWriting writes it anew"

  @Test(.enabled(if: isAsked)) func `write the golden journal`() throws {
    let files = FileManager.default
    let folder = GoldenJournal.folder(GoldenJournal.newest)
    if !files.fileExists(atPath: folder) {
      let books = try GoldenJournal.books(GoldenJournal.schedules(), zone: zoneTable)
      // Of an open journal the last segment has room after its last commit.
      books.close()
      try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for name in try GoldenJournal.names(books.path) {
        try files.copyItem(atPath: "\(books.path)/\(name)", toPath: "\(folder)/\(name)")
      }
      try write(GoldenBills(folder), to: "\(folder)/bills.json")
    }
    var digests: [String: [String: String]] = [:]
    for version in GoldenJournal.versions {
      digests[version] = try GoldenJournal.projectionDigests(GoldenJournal.folder(version))
    }
    try write(digests, to: Self.projections)
  }

  private func write(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try (try encoder.encode(value) + [0x0A]).write(to: URL(filePath: path))
  }
}

extension GoldenJournal {
  /// The journal's files, without the lock and the bills beside them.
  fileprivate static func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      .filter { $0 != "lock" && $0 != "bills.json" }
  }

  /// By name and version of the projector: SHA-256 of its form in each partition.
  fileprivate static func projectionDigests(_ path: String) throws -> [String: String] {
    let state = try Replay(JournalReader(path: path)).run()
    var forms: [String: [UInt8]] = [:]
    func add(_ projector: any Projector) {
      var writer = ByteWriter()
      projector.write(to: &writer)
      let kind = type(of: projector)
      forms["\(kind.name) \(kind.version)", default: []] += Digest(of: writer.bytes).bytes
    }
    add(state.system)
    for partition in state.partitions { partition.projectors.forEach(add) }
    return forms.mapValues { Digest(of: $0).description }
  }
}
