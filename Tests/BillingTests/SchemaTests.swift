import Foundation
import Testing

@testable import Billing
@testable import Journal

/// The schema grows and never changes, and no kind of it is forgotten anywhere.
struct SchemaTests {
  @Test func `no number of the schema goes or changes its meaning`() throws {
    let path = "\(GoldenJournal.root)/fields.txt"
    let kept = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
      .map(String.init)
    let found = try Schema.events().lines
    #expect(Set(found).count == found.count && Set(kept).count == kept.count)
    for line in Set(kept).subtracting(found).sorted() {
      Issue.record("events.proto no longer has “\(line)”: journals have it")
    }
    for line in Set(found).subtracting(kept).sorted() {
      Issue.record("fields.txt does not have “\(line)”: add the line, and it stays")
    }
  }

  @Test func `no number stands for two things`() throws {
    let schema = try Schema.events()
    for (name, fields) in schema.messages.merging(schema.enums, uniquingKeysWith: { $1 }) {
      #expect(Set(fields.map(\.number)).count == fields.count, "\(name)")
    }
  }

  @Test func `every kind has a vector, a name and its place in the listing`() throws {
    let kinds = try Schema.events().facts.map(\.type)
    #expect(EventCodecTests.facts.map { Event($0).kind } == kinds)
    // What stands in columns, or in the place of what is lost, is no message.
    #expect(
      ListedEvent.kinds.filter { !["MeterReadRecorded", "PositionsLost"].contains($0) } == kinds)
  }

  /// Where each kind must be named, so that nothing passes it over without having thought of it.
  private static let places = [
    "Events/EventCodec.swift", "Events/EventFields.swift", "Events/EventJudgement.swift",
    "Replay/PartitionState.swift", "Replay/EventListing.swift", "RateSchedules/SystemState.swift",
    "Ledger/Postings.swift", "ServiceAgreements/AgreementProjection.swift",
    "Rebilling/Bearing.swift",
  ]

  @Test(arguments: places) func `every kind has its place where events are told apart`(
    _ file: String
  ) throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/Billing")
    let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
    for fact in try Schema.events().facts {
      let parts = fact.name.split(separator: "_")
      let name = parts[0] + parts.dropFirst().map(\.capitalized).joined()
      let pattern = try Regex("\\.\(name)\\b")
      let isNamed = text.contains(pattern)
      #expect(isNamed, "\(file) passes \(fact.type) over")
    }
  }

  private func decode(_ message: [UInt8], upcasting: Bool = false) throws -> [RecordedEvent] {
    let header = BatchHeader(
      kind: .events, isLastOfCommit: true, partition: 0, count: 1, firstPosition: 7, commit: 1,
      recordedAt: 0, epoch: 1, accounts: 9...9, dates: nil, storedBytes: 0, contentBytes: 0,
      storedCRC: 0, storedSHA: Digest(of: []), previousChain: Digest(of: []), actor: "",
      source: "")
    let content = [UInt8(message.count)] + message
    return try content.withUnsafeBytes {
      try EventCodec.decode($0, header: header, upcasting: upcasting)
    }
  }

  @Test func `a field or value that nobody knows is refused in every part of every kind`() throws {
    let schema = try Schema.events()
    var places = 0
    for (fact, field) in zip(EventCodecTests.facts, schema.facts) {
      // The vector's bytes and the part: messages put together are merged.
      let known: [UInt8] = try Event(fact, account: 9).serializedBytes()
      #expect(try decode(known).count == 1)
      for (place, bytes) in schema.endings(
        of: field.type, unknownField: [0x98, 0x06, 0x01], unknownValue: 77)
      {
        let message = known + schema.nested(field.number, bytes)
        let fault = #expect(throws: EventFault.self, "\(place)") { try decode(message) }
        #expect(fault?.position == 7 && fault?.reason.contains(field.type) == true, "\(place)")
        #expect(fault?.reason.contains("does not know; use a newer version") == true)
        places += 1
      }
      // The same way with what is known changes nothing: it is the part that is refused.
      #expect(try decode(known + schema.nested(field.number, [])).count == 1)
    }
    #expect(places > schema.facts.count + 5)
  }

  @Test func `what is encoded by hand has the fields that the hand writes`() throws {
    let schema = try Schema.events()
    // PaymentMessage.swift and BillMessage.swift; a field that they do not know would go unwritten
    // without a word.
    let written = [
      "PaymentRecordedV2": [
        "1 amount sint64", "2 currency string", "3 key string", "4 method Method",
      ],
      "NoticeRecorded": ["1 template Template", "2 parameters repeated Parameter"],
      "Parameter": ["1 name string", "2 value string"],
      "BillIssuedV2": [
        "1 bill string", "2 start sint32", "3 end sint32", "4 dated sint32", "5 due sint32",
        "6 currency string", "7 total sint64", "8 tax sint64", "9 known_before uint64",
        "10 pricing_rules uint32", "11 lines repeated BillLine", "12 evidence repeated Evidence",
        "13 registers repeated RegisterSpan", "14 replaces_after uint64", "15 estimated bool",
      ],
      "BillLine": [
        "1 text string", "2 quantity sint64", "3 quantity_decimals uint32", "4 unit string",
        "5 price sint64", "6 amount sint64", "7 schedule string", "8 evidence repeated uint32",
        "9 kind Kind", "10 authority string", "11 deferred bool",
      ],
      "Evidence": [
        "1 kind string", "2 first uint64", "3 last uint64", "4 steps repeated uint64",
      ],
      "RegisterSpan": [
        "1 channel uint32", "2 opened_on sint32", "3 opening_index sint64", "4 closed_on sint32",
        "5 closing_index sint64", "6 opening_position uint64", "7 closing_position uint64",
      ],
    ]
    for (message, fields) in written {
      let found = try #require(schema.messages[message])
      #expect(found.map { "\($0.number) \($0.name) \($0.type)" } == fields, "\(message)")
    }
    let event = try #require(schema.messages["Event"])
    #expect(
      event.filter { $0.number < 10 }.map { "\($0.number) \($0.name) \($0.type)" }
        == ["1 account uint32", "2 effective sint32"])
    let places = schema.facts.filter { written[$0.type] != nil }.map { "\($0.number) \($0.type)" }
    #expect(places == ["42 NoticeRecorded", "43 PaymentRecordedV2", "44 BillIssuedV2"])
  }

  @Test func `each superseded kind becomes its next version, and is never written again`() throws {
    let schema = try Schema.events()
    let superseded = schema.supersededKinds
    #expect(Set(superseded) == ["PaymentRecorded", "BillIssued"])
    for fact in EventCodecTests.facts {
      let event = Event(fact, account: 9, effective: 3)
      var upcast = event
      upcast.upcast()
      #expect((upcast.account, upcast.effective) == (9, 3))
      #expect((upcast != event) == superseded.contains(event.kind))
      #expect(!superseded.contains(upcast.kind))
      // Once is enough.
      var again = upcast
      again.upcast()
      #expect(again == upcast)
      guard superseded.contains(event.kind) else { continue }
      let fault = #expect(throws: EventFault.self) {
        try EventJudgement(position: 5).judgeFields(of: event)
      }
      #expect(fault?.reason.contains("superseded") == true)
    }
  }

  @Test func `a payment of the first version is one whose method is not told`() throws {
    // Account 9, 20 July 2015, 100 USD with the key R-1, as the first version wrote it.
    let bytes: [UInt8] = [
      0x08, 0x09, 0x10, 0xF8, 0x83, 0x02, 0xCA, 0x02, 0x0F, 0x08, 0x80, 0x84, 0xAF, 0x5F, 0x12,
      0x03, 0x55, 0x53, 0x44, 0x1A, 0x03, 0x52, 0x2D, 0x31,
    ]
    var expected = PaymentRecordedV2()
    expected.amount = 100_000_000
    expected.currency = "USD"
    expected.key = "R-1"
    let event = try #require(try decode(bytes, upcasting: true).first).event
    #expect(event.fact == .paymentRecordedV2(expected))
    let paidOn = try day("2015-07-20")
    #expect(event.account == 9 && event.effective == paidOn.day)
    #expect(try decode(bytes).first?.event.kind == "PaymentRecorded")
    // The same in a journal of that version.
    let golden = try JournalReader(path: GoldenJournal.folder("v1"))
    let view = try #require(try AccountView(golden, number: GoldenJournal.home))
    let facts = view.events.compactMap(\.event.fact)
    #expect(facts.contains(.paymentRecordedV2(expected)))
  }
}
