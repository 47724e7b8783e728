import Billing
import Foundation
import Journal
import Quantities

extension KillTrial {
  /// What must hold after every kill.
  ///
  /// - Parameter opening: whether a writer is opened here, or recovery is left to the next command.
  mutating func check(opening: Bool) throws {
    try checkReading()
    guard opening else { return }
    let before = shown.position
    let cut = try brokenFiles()
    let engine = try Engine(
      path: journal, origin: Origin(actor: "kill", source: "check"), wait: 10)
    try checkReading()
    let replayed = try Replay(JournalReader(path: journal)).run()
    try require(engine.state.digest == replayed.digest, "the opened state is not the replayed one")
    if shown.position > before { counts.commitsKept += 1 }
    counts.tailsCut += try brokenFiles() - cut
  }

  private func brokenFiles() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: journal)
      .count { $0.hasSuffix(".broken") }
  }

  /// The journal opens as it is, is intact, grew from what was shown before, holds each
  /// acknowledged payment once at its position, and folds to one state.
  private mutating func checkReading() throws {
    let reader = try JournalReader(path: journal)
    let report = try reader.verify(deep: true)
    try require(report.isIntact, "\(report.damages)")
    try require(reader.nextPosition >= shown.position, "the journal went back")
    if !shown.head.isEmpty {
      let chain = try reader.chain(before: shown.position)
      try require(chain?.description == shown.head, "what readers were shown has changed")
    }
    shown = (reader.nextPosition, reader.head.description)
    var found: [String: [(UInt64, Int64)]] = [:]
    try forEachEvent(reader) { recorded in
      guard case .paymentRecordedV2(let fact) = recorded.event.fact else { return }
      found[fact.key, default: []].append((recorded.position, fact.amount))
    }
    try require(found.values.allSatisfy { $0.count == 1 }, "a payment is there twice")
    for payment in acknowledgements {
      let held = found[payment.key]?.first
      try require(
        held.map { $0 == (payment.position, payment.millionths) } ?? false,
        "payment \(payment.key) at \(payment.position) was acknowledged; found: \(held as Any)")
    }
    let one = try Replay(reader).run().digest
    let two = try Replay(reader, threads: 2, usesSnapshot: true).run().digest
    try require(one == two, "the digest depends on threads or the snapshot")
  }

  private func forEachEvent(
    _ reader: JournalReader, _ body: (RecordedEvent) throws -> Void
  ) throws {
    var opener = BatchOpener(reader)
    for location in try reader.locations(where: { $0.kind == .events }) {
      let events = try opener.open(location) {
        try EventCodec.decode($0, header: location.header)
      }
      for event in events { try body(event) }
    }
  }

  /// What must hold when every file has gone in: exactly the reads of the files, each correction
  /// and each refused line once, one receipt a file.
  mutating func checkEverything() throws {
    try check(opening: true)
    let reader = try JournalReader(path: journal)
    let expected = files.flatMap(\.reads).map { "\($0.account) \($0.day) \($0.values)" }
    let corrected = files.compactMap(\.correction)
      .map { "\($0.account) \($0.day) \($0.values)" }
    var reads: [String] = []
    var corrections: [String] = []
    var receipts: [String] = []
    var rejected: [String] = []
    var listing = EventListing(reader)
    try listing.run(positions: 0...UInt64.max) { event in
      guard ["MeterReadRecorded", "ReadCorrected"].contains(event.kind) else { return }
      let fact = try JSONSerialization.jsonObject(with: Data(event.factJSON.utf8))
      let fields = fact as? [String: Any] ?? [:]
      let values = fields["wattHours"] as? [Int] ?? Self.integers(fields["values"])
      let line = "\(event.account ?? "") \(event.effective) \(values)"
      if event.kind == "ReadCorrected" { corrections.append(line) } else { reads.append(line) }
    }
    try forEachEvent(reader) { recorded in
      switch recorded.event.fact {
      case .meterFileIngested(let fact): receipts.append(fact.name)
      case .meterReadRejected(let fact): rejected.append(fact.number)
      default: break
      }
    }
    try require(reads.sorted() == expected.sorted(), "the reads are not those of the files")
    try require(corrections.sorted() == corrected.sorted(), "the corrections are not the files'")
    try require(receipts.sorted() == files.map(\.name).sorted(), "a receipt is not there once")
    try require(
      rejected.sorted() == files.map { "nobody-\($0.number)" }.sorted(),
      "a refused line is not there once")
  }

  /// Protocol Buffers print 64-bit numbers as texts.
  private static func integers(_ field: Any?) -> [Int] {
    (field as? [Any] ?? []).compactMap { ($0 as? Int) ?? ($0 as? String).flatMap { Int($0) } }
  }
}
