import Foundation
import Testing

@testable import Billing
@testable import Journal

/// The journals under `Journal/Damaged`: one sound journal of a few accounts and days, and what
/// each kind of damage makes of it. The files are committed; they are made again with
/// WATTBOOK_WRITE_DAMAGED=1.
enum DamagedJournals {
  static let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "../../Journal/Damaged").standardized.path
  static let sound = "sound"
  static let accounts = ["1001", "1002", "1003"]

  private static let identity = JournalIdentity(
    id: "0123456789abcdef0123456789abcdef", partitions: 3)
  private static let other = JournalIdentity(
    id: "fedcba9876543210fedcba9876543210", partitions: 3)

  /// Three accounts of one plan, two files of reads, bills, payments, a correction, a move-out.
  static func lived() throws -> Books {
    let books = try Books()
    try books.done("init --partitions 3")
    let all = try Books.empty()
    try all.done("tariff publish --builtin sce --at 2015-03-01T00:00:00Z")
    let shown = try Wattbook.run(["tariff", "show", all.path, "D"]).output
    let latest = try #require(
      shown.components(separatedBy: "---\n").last { $0.contains("effective: 2015-03-02") })
    let rates = try books.write(latest, to: "d.yaml")
    try books.done("tariff publish \(rates) --at 2015-03-01T00:00:00Z")
    for (account, region) in [("1001", "10"), ("1002", "9"), ("1003", "6")] {
      try books.done(
        "enroll --account \(account) --plan D --region \(region) --on 2015-03-02 --read-day 8 "
          + "--at 2015-03-02T00:00:00Z")
    }
    func ingest(_ days: ClosedRange<Int>, _ name: String, _ at: String) throws {
      let texts = accounts.enumerated().map {
        Books.intervals($1, Books.month(3, days), base: 300 + 90 * $0)
      }
      let rows = texts.enumerated().map { index, text in
        index == 0 ? text : String(text.drop { $0 != "\n" }.dropFirst())
      }
      let file = try books.write(rows.joined(), to: name)
      try books.done("ingest \(file) --at \(at)")
    }
    try ingest(2...7, "first.csv", "2015-03-08T10:00:00Z")
    try books.done("bill --through 2015-03-08 --on 2015-03-08 --at 2015-03-08T11:00:00Z")
    try books.done("pay --account 1001 --amount 5.00 --on 2015-03-09 --at 2015-03-09T10:00:00Z")
    try ingest(8...14, "second.csv", "2015-03-15T10:00:00Z")
    let again = try books.write(
      Books.intervals("1002", ["2015-03-10"], base: 900), to: "again.csv")
    try books.done("ingest \(again) --at 2015-03-15T11:00:00Z")
    try books.done("move-out --account 1001 --on 2015-03-15 --at 2015-03-15T12:00:00Z")
    try books.done("bill --through 2015-03-15 --on 2015-03-15 --at 2015-03-15T13:00:00Z")
    for (day, account) in [(16, "1002"), (17, "1003"), (18, "1001"), (19, "1002")] {
      try books.done(
        "pay --account \(account) --amount \(day).50 --on 2015-03-\(day) "
          + "--at 2015-03-\(day)T10:00:00Z")
    }
    return books
  }

  /// The files of the journal with its first commits, in small segments.
  static func files(
    of books: Books, dropping last: Int = 0, of identity: JournalIdentity = identity
  ) throws -> [String: [UInt8]] {
    let copy = try Books()
    let reader = try JournalReader(path: books.path)
    try JournalWriter.create(path: copy.path, identity: identity)
    let writer = try JournalWriter(path: copy.path, sealAfter: 3000)
    let decoder = BatchDecoder()
    var pending: [PendingBatch] = []
    try reader.forEachSegment { segment in
      for location in segment.batches
      where location.header.commit + UInt64(last) <= reader.commit {
        let header = location.header
        let summary = BatchSummary(header)
        pending.append(
          PendingBatch(
            kind: header.kind, partition: header.partition, count: Int(header.count),
            accounts: summary.accounts, dates: summary.dates,
            content: Array(try decoder.content(of: location, in: segment))))
        guard header.isLastOfCommit else { continue }
        try writer.append(
          pending, recordedAt: header.recordedAt,
          origin: Origin(actor: header.actor, source: "test"))
        pending = []
      }
      return true
    }
    return try read(copy.path)
  }

  static func read(_ path: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: path)
    where name != "lock" && name != "verdict.txt" {
      files[name] = Array(try Data(contentsOf: URL(filePath: "\(path)/\(name)")))
    }
    return files
  }

  static func write(_ files: [String: [UInt8]], to path: String) throws {
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, bytes) in files { try Data(bytes).write(to: URL(filePath: "\(path)/\(name)")) }
  }

  /// What the damage is made from.
  struct Source {
    /// The journal, with one commit more, with three fewer, and another one of the same facts.
    let sound, later, older, other: [String: [UInt8]]
    let locations: [BatchLocation]
    let snapshot: [UInt8]

    init() throws {
      let books = try lived()
      later = try files(of: books)
      sound = try files(of: books, dropping: 1)
      older = try files(of: books, dropping: 3)
      other = try files(of: books, dropping: 1, of: DamagedJournals.other)
      let folder = try Folder()
      try DamagedJournals.write(sound, to: folder.path + "/sound")
      locations = try JournalReader(path: folder.path + "/sound").locations { _ in true }
      try DamagedJournals.write(later, to: folder.path + "/later")
      let reader = try JournalReader(path: folder.path + "/later")
      snapshot = Snapshot.encode(try Replay(reader).run(), chain: reader.head)
    }

    var segments: [String] { sound.keys.filter { $0.hasSuffix(".lz4") }.sorted() }
  }
}

/// The kinds of damage, by the name of their folder.
enum DamageKind: String, CaseIterable, Sendable {
  case soundJournal = "sound"
  case tornTail = "torn-tail"
  case wholeTail = "whole-commit-behind-the-boundary"
  case zeroedTail = "zeroed-tail"
  case zeroedEnd = "zeroed-acknowledged-end"
  case hole = "hole-before-the-tail"
  case flippedFrame = "flipped-bit-in-a-data-frame"
  case flippedHeader = "flipped-bit-in-a-batch-header"
  case flippedFooter = "flipped-bit-in-a-footer"
  case flippedStart = "flipped-bit-in-the-empty-frame"
  case flippedIdentity = "flipped-bit-in-journal-json"
  case missingIdentity = "missing-journal-json"
  case otherIdentity = "journal-json-of-another-journal"
  case oneCopy = "boundary-one-copy"
  case allCopies = "boundary-all-copies"
  case missingBoundary = "missing-boundary"
  case staleBoundary = "stale-boundary"
  case missingSegment = "missing-segment"
  case missingFirst = "missing-first-segment"
  case missingLast = "missing-last-segment"
  case truncatedSegment = "truncated-segment"
  case truncatedLast = "truncated-last-segment"
  case duplicated = "duplicated-segment"
  case swapped = "swapped-segments"
  case otherSegment = "segment-of-another-journal"
  case removedFrames = "frames-removed"
  case island = "island-between-two-holes"
  case fittingCRC = "fitting-crc-wrong-sha"
  case sparse = "positions-not-dense"
  case futureSnapshot = "snapshot-from-the-future"
  case foreignFile = "foreign-file-among-segments"
  case foreignEnd = "foreign-file-behind-the-boundary"

  /// What was done, in words.
  var words: String {
    switch self {
    case .soundJournal: "Nothing: the journal that all others here were made from."
    case .tornTail: "A crash left half a commit behind the boundary."
    case .wholeTail: "A crash came between a commit and the boundary that would acknowledge it."
    case .zeroedTail: "A crash left 512 zeros behind the boundary."
    case .zeroedEnd: "The last 300 acknowledged bytes are zeros."
    case .hole: "A batch before the last one is zeros."
    case .flippedFrame: "A bit of a data frame in a sealed segment is flipped."
    case .flippedHeader: "A bit of a batch header in a sealed segment is flipped."
    case .flippedFooter: "A bit of a footer is flipped."
    case .flippedStart: "A bit of the empty frame that starts a segment is flipped."
    case .flippedIdentity: "A bit of journal.json is flipped."
    case .missingIdentity: "journal.json is gone."
    case .otherIdentity: "journal.json is another journal's."
    case .oneCopy: "A bit of one of the boundary's four copies is flipped."
    case .allCopies: "A bit of each of the boundary's four copies is flipped."
    case .missingBoundary: "The boundary is gone."
    case .staleBoundary: "The boundary was restored from a copy that is two commits old."
    case .missingSegment: "A segment between others is gone."
    case .missingFirst: "The first segment is gone."
    case .missingLast: "The last segment is gone."
    case .truncatedSegment: "A sealed segment is cut in the middle of a batch."
    case .truncatedLast: "The last segment ends before the boundary."
    case .duplicated: "A copy of a segment has the name of a position inside it."
    case .swapped: "Two segments have each other's names."
    case .otherSegment: "A segment is another journal's, of the same positions."
    case .removedFrames: "A batch is cleanly cut out, header and data frame."
    case .island: "Two headers of a segment are broken, with sound batches between them."
    case .fittingCRC: "A data frame was changed, and every CRC made to fit, but not the SHA-256."
    case .sparse: "The last segment was written anew with a position left out, chain and all."
    case .futureSnapshot: "The snapshot is from a time that this journal has not reached."
    case .foreignFile: "A file that is no segment has a name like one, among the others."
    case .foreignEnd: "A file that is no segment has a name like one, behind the boundary."
    }
  }

  func files(_ source: DamagedJournals.Source) throws -> [String: [UInt8]] {
    var files = source.sound
    let names = source.segments
    let (first, middle, last) = (names[0], names[1], names[names.count - 1])
    let boundary = Boundary.fileName
    func batches(of name: String) -> [BatchLocation] {
      source.locations.filter { SegmentName.file(firstPosition: $0.segment) == name }
    }
    func flip(_ name: String, _ offset: Int) { files[name]?[offset] ^= 0x10 }
    func zero(_ name: String, _ range: Range<Int>) {
      files[name]?.replaceSubrange(range, with: repeatElement(0, count: range.count))
    }
    let size = files[last]?.count ?? 0
    let ofMiddle = batches(of: middle)
    switch self {
    case .soundJournal: break
    case .tornTail: files[last] = source.later[last]?.dropLast(60)
    case .wholeTail: files[last] = source.later[last]
    case .zeroedTail: files[last]? += [UInt8](repeating: 0, count: 512)
    case .zeroedEnd: zero(last, size - 300..<size)
    case .hole:
      let batch = batches(of: last).dropLast()[0]
      zero(last, batch.offset..<batch.end)
    case .flippedFrame: flip(middle, ofMiddle[1].frameOffset + 30)
    case .flippedHeader: flip(middle, ofMiddle[1].offset + 40)
    case .flippedFooter: flip(middle, (files[middle]?.count ?? 0) - 40)
    case .flippedStart: flip(middle, 5)
    case .flippedIdentity: flip(JournalIdentity.fileName, 34)
    case .missingIdentity: files[JournalIdentity.fileName] = nil
    case .otherIdentity: files[JournalIdentity.fileName] = source.other[JournalIdentity.fileName]
    case .oneCopy: flip(boundary, 2 * Boundary.slotBytes + 40)
    case .allCopies: for slot in 0..<4 { flip(boundary, slot * Boundary.slotBytes + 40) }
    case .missingBoundary: files[boundary] = nil
    case .staleBoundary: files[boundary] = source.older[boundary]
    case .missingSegment: files[middle] = nil
    case .missingFirst: files[first] = nil
    case .missingLast: files[last] = nil
    case .truncatedSegment: files[middle]?.removeSubrange((ofMiddle[2].frameOffset + 20)...)
    case .truncatedLast: files[last]?.removeLast(100)
    case .duplicated:
      files[SegmentName.file(firstPosition: ofMiddle[0].segment + 1)] = files[middle]
    case .swapped: (files[first], files[middle]) = (files[middle], files[first])
    case .otherSegment: files[middle] = source.other[middle]
    case .removedFrames: files[middle]?.removeSubrange(ofMiddle[1].offset..<ofMiddle[1].end)
    case .island:
      flip(middle, ofMiddle[0].offset + 40)
      flip(middle, ofMiddle[ofMiddle.count - 1].offset + 40)
    case .fittingCRC: try forgeFrame(&files, middle, ofMiddle[1])
    case .sparse: try leaveOut(&files, last, batches(of: last))
    case .futureSnapshot: files[Snapshot.fileName] = source.snapshot
    case .foreignFile:
      files[SegmentName.file(firstPosition: ofMiddle[0].segment + 2)] = Array("a list\n".utf8)
    case .foreignEnd: files[SegmentName.file(firstPosition: 9999)] = Array("a list\n".utf8)
    }
    return files
  }

  private func forgeFrame(
    _ files: inout [String: [UInt8]], _ name: String, _ batch: BatchLocation
  ) throws {
    guard var bytes = files[name] else { return }
    bytes[batch.end - 6] ^= 1
    var header = batch.header
    header.storedCRC = crc32c(Array(bytes[batch.frameOffset..<batch.end]))
    bytes.replaceSubrange(batch.offset + 8..<batch.frameOffset, with: header.encoded())
    files[name] = bytes
  }

  private func leaveOut(
    _ files: inout [String: [UInt8]], _ name: String, _ batches: [BatchLocation]
  ) throws {
    guard var bytes = files[name], let slots = files[Boundary.fileName] else { return }
    var boundary = try Boundary.newest(in: slots)
    var chain = batches[0].header.previousChain
    for (index, batch) in batches.enumerated() {
      var header = batch.header
      if index > 0 { header.firstPosition += 1 }
      header.previousChain = chain
      chain = Digest(of: header.encoded())
      bytes.replaceSubrange(batch.offset + 8..<batch.frameOffset, with: header.encoded())
    }
    boundary.nextPosition += 1
    boundary.chain = chain
    files[name] = bytes
    files[Boundary.fileName] = Array(repeatElement(boundary.encoded, count: 4).joined())
  }
}
