import Foundation
import TestSupport
import Testing

@testable import Journal

/// `Journal/read_journal.py` shares no code with us: what it makes of our files is what FORMAT.md
/// says. Skipped where there is no Python with its `lz4` package.
@Suite(.enabled(if: PythonReader.isThere)) struct PythonReaderTests {
  @Test func `the script prints every event as the format says`() throws {
    let journal = try TestJournal.empty()
    do {
      let writer = try JournalWriter(path: journal.path, sealAfter: 300)
      let origin = Origin(actor: "an operator", source: "Đọc số.csv")
      for (index, batch) in Self.batches.enumerated() {
        try writer.append([batch], recordedAt: 1_425_283_200_000 + Int64(index), origin: origin)
      }
    }
    let (status, output, errors) = try PythonReader.run(journal)
    #expect(status == 0 && errors.isEmpty, "\(errors)")
    let common = #""actor":"an operator","source":"Đọc số.csv","kind":"#
    let expected = [
      #"{"position":0,"commit":1,"recordedAt":"2015-03-02T08:00:00Z",\#(common)"#
        + #""ZoneTablePublished","account":null,"effective":"1970-01-01","#
        + #""fact":{"name":"Asia/Ho_Chi_Minh","initialOffset":25200,"moments":["-1","300"]}}"#,
      #"{"position":1,"commit":2,"recordedAt":"2015-03-02T08:00:00.001Z",\#(common)"#
        + #""AccountEnrolled","account":"PC05II0730790","effective":"2015-01-01","#
        + #""fact":{"number":"PC05II0730790","region":"0","medical":true,"readDay":31}}"#,
      #"{"position":2,"commit":2,"recordedAt":"2015-03-02T08:00:00.001Z",\#(common)"#
        + #""NoticeRecorded","account":"PC05II0730790","effective":"1969-12-31","#
        + #""fact":{"template":"PAST_DUE","parameters":[{"name":"a\"b","value":"é\n"},{}]}}"#,
      #"{"position":3,"commit":3,"recordedAt":"2015-03-02T08:00:00.002Z",\#(common)"#
        + #""MeterReadRecorded","account":"PC05II0730790","effective":"2015-03-01","#
        + #""fact":{"channel":"delivered","intervalMinutes":720,"quality":"actual","#
        + #""wattHours":[10,2580]}}"#,
      #"{"position":4,"commit":3,"recordedAt":"2015-03-02T08:00:00.002Z",\#(common)"#
        + #""MeterReadRecorded","account":"PC05II0730790","effective":"2015-03-02","#
        + #""fact":{"channel":"delivered","intervalMinutes":720,"quality":"estimated","#
        + #""wattHours":[null,9000000000]}}"#,
      #"{"position":5,"commit":4,"recordedAt":"2015-03-02T08:00:00.003Z",\#(common)"#
        + #""AccountMovedOut","account":"PC05II0730790","effective":"2015-03-03","fact":{}}"#,
    ]
    #expect(
      String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init) == expected)
  }

  @Test func `the script names the damage and ends with status 3`() throws {
    let journal = try TestJournal.empty()
    do {
      let writer = try JournalWriter(path: journal.path, sealAfter: 300)
      for batch in Self.batches { try writer.append([batch]) }
    }
    let names = try journal.segments
    var random = SeededRandom(81)
    for name in names {
      let bytes = try journal.bytes(of: name)
      for offset in [3, 12, 200, bytes.count - 1]
        + (0..<6).map({ _ in
          Int.random(in: 0..<bytes.count, using: &random)
        })
      {
        var flipped = bytes
        flipped[min(offset, bytes.count - 1)] ^= 0x08
        try journal.write(flipped, to: name)
        let (status, _, errors) = try PythonReader.run(journal)
        #expect(status == 3 && errors.contains("\(name) at byte "), "\(offset): \(errors)")
      }
      try journal.write(bytes, to: name)
    }
    try journal.rename(names[1], to: "away")
    let (status, _, errors) = try PythonReader.run(journal)
    #expect(status == 3 && errors.contains("\(names[1]) at byte 0: the file is missing"))
  }

  /// A zone table, an enrolment with a notice, two day reads and a move, encoded by hand.
  private static var batches: [PendingBatch] {
    let zone = Protobuf()
      .text(1, "Asia/Ho_Chi_Minh").number(2, 50_400)
      .bytes(3, [1] + Protobuf.varint(600))
    let enrolment = Protobuf()
      .text(1, "PC05II0730790").text(3, "0").number(4, 1).number(9, 31)
    let notice = Protobuf()
      .number(1, 3).bytes(2, Protobuf().text(1, "a\"b").text(2, "é\n").encoded).bytes(2, [])
    return [
      events([(0, 0, 11, zone)], partition: JournalIdentity.system),
      events([(16, 16_436 * 2, 20, enrolment), (16, 1, 42, notice)], partition: 0),
      reads,
      events([(16, 16_497 * 2, 21, Protobuf())], partition: 0),
    ]
  }

  private static func events(
    _ events: [(account: UInt64, effective: UInt64, kind: Int, fact: Protobuf)], partition: UInt16
  ) -> PendingBatch {
    var content: [UInt8] = []
    for (account, effective, kind, fact) in events {
      var event = Protobuf()
      if account > 0 { event = event.number(1, account) }
      if effective > 0 { event = event.number(2, effective) }
      event = event.bytes(kind, fact.encoded)
      content += Protobuf.varint(UInt64(event.encoded.count)) + event.encoded
    }
    return PendingBatch(
      kind: .events, partition: partition, count: events.count, accounts: nil, dates: nil,
      content: content)
  }

  private static var reads: PendingBatch {
    var writer = ByteWriter()
    writer.put("WBR1".utf8)
    writer.put([0, 0])
    for value: UInt16 in [720, 2, 0] { writer.put(value) }
    for value: UInt32 in [2, 10, 1, 16_495, 1, 2] { writer.put(value) }
    for value: UInt16 in [0, 0, 0, 1] { writer.put(value) }
    writer.put([1, 2, 255, 255])
    writer.put([0, 1, 255, 255])
    writer.put(UInt32(1))
    writer.put(UInt8(1))
    writer.put(UInt32(2))
    writer.put(Int64(-1))
    writer.put(UInt32(3))
    writer.put(Int64(9_000_000_000))
    return PendingBatch(
      kind: .reads, partition: 0, count: 2, accounts: 16...16, dates: 16_495...16_496,
      content: writer.bytes)
  }
}

/// Protocol Buffers by hand.
private struct Protobuf {
  private(set) var encoded: [UInt8] = []

  static func varint(_ value: UInt64) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
  }

  func number(_ field: Int, _ value: UInt64) -> Protobuf {
    Protobuf(encoded: encoded + Self.varint(UInt64(field) << 3) + Self.varint(value))
  }

  func bytes(_ field: Int, _ value: [UInt8]) -> Protobuf {
    let key = Self.varint(UInt64(field) << 3 | 2)
    return Protobuf(encoded: encoded + key + Self.varint(UInt64(value.count)) + value)
  }

  func text(_ field: Int, _ value: String) -> Protobuf { bytes(field, Array(value.utf8)) }
}

private enum PythonReader {
  static let isThere =
    (try? Command.python?.run(["-c", "import lz4.frame"]).status) == 0

  static func run(_ journal: TestJournal) throws -> (Int32, [UInt8], String) {
    let tests = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
      .deletingLastPathComponent()
    let script = tests.appendingPathComponent("../../Journal/read_journal.py").path
    return try #require(Command.python).run([script, journal.path])
  }
}
