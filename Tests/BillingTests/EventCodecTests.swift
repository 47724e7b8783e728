import TestSupport
import Testing

@testable import Billing
@testable import Journal

/// Events that this version does not know are refused, never skipped.
struct EventCodecTests {
  private func header(count: Int) -> BatchHeader {
    BatchHeader(
      kind: .events, isLastOfCommit: true, partition: 0, count: UInt32(count), firstPosition: 100,
      commit: 1, recordedAt: 0, epoch: 1, accounts: 9...9, dates: nil, storedBytes: 0,
      contentBytes: 0, storedCRC: 0, storedSHA: Digest(of: []), previousChain: Digest(of: []),
      actor: "", source: "")
  }

  private func decode(
    _ content: [UInt8], count: Int = 1, account: UInt32? = nil, upcasting: Bool = false
  ) throws -> [RecordedEvent] {
    try content.withUnsafeBytes {
      try EventCodec.decode(
        $0, header: header(count: count), account: account, upcasting: upcasting)
    }
  }

  /// A field 99 of type varint with value 1.
  private static let unknownField: [UInt8] = [0x98, 0x06, 0x01]

  /// One of every kind.
  static let facts: [Event.OneOf_Fact] = [
    .rateSchedulePublished(.init()), .zoneTablePublished(.init()), .meterFileIngested(.init()),
    .accountEnrolled(.init()), .accountMovedOut(.init()), .planSwitched(.init()),
    .planSwitchCancelled(.init()), .termsChanged(.init()), .discountGranted(.init()),
    .discountEnded(.init()), .netMeteringStarted(.init()), .netMeteringEnded(.init()),
    .readCorrected(read), .registerRead(register), .meterReadRejected(.init()),
    .readEstimated(.init()), .readFlagged(.init()), .flagSettled(.init()), .billIssued(.init()),
    .paymentRecorded(.init()), .noticeRecorded(.init()), .paymentRecordedV2(.init()),
    .billIssuedV2(.init()), .billCancelled(.init()), .billReinstated(.init()),
    .rebillProposed(.init()), .rebillDeclined(.init()), .personDetailsRecorded(.init()),
    .personErased(.init()), .chargeAssessed(.init()), .depositReceived(.init()),
    .depositReturned(.init()), .creditRefunded(.init()), .debtWrittenOff(.init()),
    .lateChargeWaived(.init()), .moveOutCancelled(.init()),
  ]

  private static var read: ReadCorrected {
    var fact = ReadCorrected()
    fact.quality = 3
    return fact
  }

  private static var register: RegisterRead {
    var fact = RegisterRead()
    fact.channel = 2
    fact.quality = 3
    return fact
  }

  @Test func `every kind comes back as it was written`() throws {
    let events = Self.facts.map { Event($0, account: 9, effective: -3) }
    let decoded = try decode(EventCodec.encode(events), count: events.count)
    #expect(decoded.map(\.event) == events)
    #expect(decoded.map(\.position) == (100..<100 + UInt64(events.count)).map { $0 })
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `payments and notices are encoded as the general encoder encodes them`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed)
    // Around where a length or a number takes a byte more.
    func text() -> String {
      let count = [0, 0, 1, 3, 40, 90, 127, 128, 200, 16_300, 16_384].randomElement(using: &random)!
      return String(repeating: ["a", "đ", "0"].randomElement(using: &random)!, count: count)
    }
    func number() -> Int64 {
      let number = Int64.random(in: .min ... .max, using: &random)
      return number >> Int64.random(in: 0..<64, using: &random)
    }
    for _ in 0..<1000 {
      var payment = PaymentRecordedV2()
      payment.amount = number()
      payment.currency = text()
      payment.key = text()
      payment.method = .init(rawValue: Int(Int32(truncatingIfNeeded: number())))!
      var notice = NoticeRecorded()
      notice.template = .init(rawValue: Int(Int32(truncatingIfNeeded: number())))!
      notice.parameters = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        var parameter = Parameter()
        parameter.name = text()
        parameter.value = text()
        return parameter
      }
      for fact in [
        Event.OneOf_Fact.paymentRecordedV2(payment), .noticeRecorded(notice),
      ] {
        let event = Event(
          fact, account: UInt32(truncatingIfNeeded: number()),
          effective: Int32(truncatingIfNeeded: number()))
        let message: [UInt8] = try event.serializedBytes()
        var content: [UInt8] = []
        let isAppended = content.appendByHand(event)
        #expect(isAppended)
        var expected: [UInt8] = []
        expected.append(varint: UInt64(message.count))
        #expect(content == expected + message, "seed \(seed): \(event)")
      }
    }
  }

  @Test func `an unknown field of any fact is refused and its position named`() throws {
    for fact in Self.facts {
      let event = Event(fact, account: 9)
      let message: [UInt8] = try event.serializedBytes()
      // Account, then the fact's tag of one or two bytes and its length: the fact is last.
      let at = message[2] < 0x80 ? 3 : 4
      let length = Int(message[at])
      try #require(message.count == at + 1 + length)
      let longer =
        message.prefix(at) + [UInt8(length + Self.unknownField.count)] + message.dropFirst(at + 1)
        + Self.unknownField
      let known = try EventCodec.encode([event])
      let fault = #expect(throws: EventFault.self, "\(event.kind)") {
        try decode(known + [UInt8(longer.count)] + longer, count: 2)
      }
      #expect(fault?.position == 101)
    }
  }

  @Test func `an unknown kind is refused`() throws {
    let message: [UInt8] = [0x08, 0x09, 0xA2, 0x06, 0x00]
    #expect(throws: EventFault.self) { try decode([UInt8(message.count)] + message) }
    let known: [UInt8] = try Event(.accountMovedOut(.init()), account: 9).serializedBytes()
    let withField = known + Self.unknownField
    #expect(throws: EventFault.self) { try decode([UInt8(withField.count)] + withField) }
    #expect(throws: EventFault.self) { try decode([2, 0x08, 0x09]) }
  }

  @Test func `unknown fields inside a bill's parts are refused`() throws {
    var line = BillLine()
    try line.merge(serializedBytes: Self.unknownField)
    var item = Evidence()
    try item.merge(serializedBytes: Self.unknownField)
    var span = RegisterSpan()
    try span.merge(serializedBytes: Self.unknownField)
    var parameter = Parameter()
    try parameter.merge(serializedBytes: Self.unknownField)
    for index in 0..<4 {
      var bill = BillIssuedV2()
      var notice = NoticeRecorded()
      switch index {
      case 0: bill.lines = [line]
      case 1: bill.evidence = [item]
      case 2: bill.registers = [span]
      default: notice.parameters = [parameter]
      }
      let event = Event(index == 3 ? .noticeRecorded(notice) : .billIssuedV2(bill), account: 9)
      #expect(throws: EventFault.self) { try decode(EventCodec.encode([event])) }
    }
  }

  @Test func `unknown templates, channels and qualities are refused`() throws {
    var notice = NoticeRecorded()
    notice.template = .UNRECOGNIZED(77)
    var channel = Self.read
    channel.channel = 77
    var wide = Self.read
    wide.channel = 256
    var quality = Self.register
    quality.quality = 0
    for fact in [
      .noticeRecorded(notice), .readCorrected(channel), .readCorrected(wide),
      .registerRead(quality),
    ] as [Event.OneOf_Fact] {
      let content = try EventCodec.encode([Event(fact, account: 9)])
      #expect(throws: EventFault.self) { try decode(content) }
    }
  }

  @Test func `a batch that is cut or has another count is refused`() throws {
    let content = try EventCodec.encode(Self.facts.map { Event($0, account: 9) })
    for cut in 0..<content.count {
      #expect(throws: EventFault.self) {
        try decode(Array(content[..<cut]), count: Self.facts.count)
      }
    }
    #expect(throws: EventFault.self) { try decode(content, count: Self.facts.count + 1) }
    #expect(throws: EventFault.self) { try decode(content, count: Self.facts.count - 1) }
  }

  @Test func `one account's events come with their own positions`() throws {
    let events = [9, 10, 9, 200, 0].map { Event(.accountMovedOut(.init()), account: $0) }
    let content = try EventCodec.encode(events)
    #expect(try decode(content, count: 5, account: 9).map(\.position) == [100, 102])
    #expect(try decode(content, count: 5, account: 200).map(\.position) == [103])
    #expect(try decode(content, count: 5, account: 7).isEmpty)
  }

  @Test func `an event that nobody knows stops replay, audit and every question`() throws {
    let books = try Books(partitions: 1)
    try books.enroll("1", on: "2015-05-01")
    let account = try #require(books.state.account("1"))
    var event = Event(.accountMovedOut(.init()), account: account)
    try event.merge(serializedBytes: Self.unknownField)
    let position = books.position
    #expect(throws: UnrecordableEvent.self) { try books.engine.commit([event], at: books.clock) }
    #expect(try books.reader.nextPosition == position, "it is not appended")
    // Another version of the engine may have done it.
    let batch = PendingBatch(
      kind: .events, partition: 0, count: 1, accounts: account...account, dates: 0...0,
      content: try EventCodec.encode([event]))
    try books.engine.writer.append(
      [batch], recordedAt: books.clock.milliseconds, origin: Books.origin)
    #expect(throws: EventFault.self) { try books.replayed() }
    #expect(throws: EventFault.self) { try books.view("1") }
  }
}
