import Foundation
import Testing

@testable import Billing
@testable import Journal

/// What a later version has written is refused by position and name, by everything that reads:
/// never skipped, because it may change a bill.
@Suite struct NewerJournalTests {
  /// What is planted for account 1001, and how the refusals name it: the command's and the script's.
  private static let planted: [(name: String, bytes: [UInt8], reasons: [String])] = [
    (
      "a kind", [0xA2, 0x06, 0x00],
      ["an event of kind or field 100", "no field 100 in Event"]
    ),
    (
      "a field of an event", [0xAA, 0x01, 0x00, 0x98, 0x06, 0x01],
      ["an event of kind or field 99", "no field 99 in Event"]
    ),
    (
      "a field of a fact", [0xAA, 0x01, 0x03, 0x98, 0x06, 0x01],
      ["a field or value of AccountMovedOut", "no field 99 in AccountMovedOut"]
    ),
    (
      "a value of an enum", [0xDA, 0x02, 0x02, 0x20, 0x4D],
      ["a field or value of PaymentRecordedV2", "no PaymentRecordedV2.Method 77"]
    ),
  ]

  /// Every command that reads events. `verify` reads bytes, and finds them as they were written.
  private static let consumers = [
    "replay", "replay --threads 1", "account 1001", "project --account 1001",
    "audit --bill 1001-20150201", "cat", "cat --json",
    "pay --account 1001 --amount 1 --on 2015-06-01", "bill --through 2015-06-01",
    "erase --account 1001 --reason request",
  ]

  @Test func `an event that nobody knows is refused by name wherever events are read`() throws {
    for (name, bytes, reasons) in Self.planted {
      let books = try Books.full.get().copy()
      let position = try Self.plant(bytes, in: books.path)
      for consumer in Self.consumers {
        let result = try books.run(consumer)
        #expect(result.status == 3, "\(consumer) with \(name)")
        #expect(
          result.errors.contains("position \(position): \(reasons[0])")
            && result.errors.contains("does not know; use a newer version"),
          "\(consumer) with \(name): \(result.errors)")
        #expect(try books.events() == Int(position) + 1)
      }
      #expect(try books.done("verify --json").object()["intact"] as? Bool == true)
      guard Python.isThere else { continue }
      let script = try Python.read(books.path)
      #expect(script.status == 3, "\(name)")
      #expect(
        script.errors.contains("position \(position): events.proto has \(reasons[1])"),
        "\(name): \(script.errors)")
    }
  }

  @Test func `a batch that nobody knows is refused by name wherever events are read`() throws {
    let books = try Books.full.get().copy()
    // A move-out again, in a batch that says to be of another kind.
    _ = try Self.plant([0xAA, 0x01, 0x00], in: books.path)
    try Self.makeLastBatch(ofKind: 4, in: books.path)
    for consumer in Self.consumers + ["verify"] {
      let result = try books.run(consumer)
      #expect(result.status == 3, "\(consumer)")
      #expect(
        (result.errors + result.output).contains(
          "batch of kind 4, which this version does not know"),
        "\(consumer): \(result.errors)")
    }
    guard Python.isThere else { return }
    let script = try Python.read(books.path)
    #expect(script.status == 3 && script.errors.contains("a batch of kind 4"), "\(script.errors)")
  }

  /// Appends an event of account 1001 with some bytes behind its account, under right checksums.
  ///
  /// - Returns: its position.
  private static func plant(_ bytes: [UInt8], in path: String) throws -> UInt64 {
    let reader = try JournalReader(path: path)
    let view = try #require(try AccountView(reader, number: "1001"))
    let message = [0x08, UInt8(view.account)] + bytes
    let writer = try JournalWriter(path: path, wait: .seconds(5))
    let partition = AccountID(raw: view.account).partition(of: reader.identity.partitions)
    let headers = try writer.append(
      [
        PendingBatch(
          kind: .events, partition: partition, count: 1, accounts: view.account...view.account,
          dates: nil, content: [UInt8(message.count)] + message)
      ], recordedAt: 0, origin: Origin(actor: "later", source: "test"))
    return headers[0].firstPosition
  }

  /// Gives the last batch another kind, with the checksums and the boundary that belong to it.
  private static func makeLastBatch(ofKind kind: UInt8, in path: String) throws {
    let reader = try JournalReader(path: path)
    let batch = try #require(try reader.locations { _ in true }.last)
    let file = URL(filePath: "\(path)/\(SegmentName.file(firstPosition: batch.segment))")
    var segment = [UInt8](try Data(contentsOf: file))
    let header = (batch.offset + 8)..<batch.frameOffset
    segment[header.lowerBound + 4] = kind
    let body = Array(segment[header.dropLast(4)])
    withUnsafeBytes(of: crc32c(body).littleEndian) {
      segment.replaceSubrange(header.suffix(4), with: $0)
    }
    try Data(segment).write(to: file)
    let place = URL(filePath: "\(path)/\(Boundary.fileName)")
    var boundary = try Boundary.newest(in: [UInt8](try Data(contentsOf: place)))
    boundary.chain = Digest(of: Array(segment[header]))
    let slots = repeatElement(boundary.encoded, count: Boundary.slots)
    try Data(slots.joined()).write(to: place)
  }
}
