import Journal
import SwiftProtobuf

/// An event and its place in the journal.
public struct RecordedEvent: Sendable {
  public let position: UInt64
  public let event: Event
}

/// What is wrong with an events batch whose bytes are as they were written.
public struct EventFault: Error, Equatable, CustomStringConvertible {
  public let position: UInt64
  public let reason: String

  public var description: String { "position \(position): \(reason)" }
}

/// Events as length-delimited Protocol Buffers messages; the schema is `Journal/events.proto`.
public enum EventCodec {
  public static func encode(_ events: some Sequence<Event>) throws -> [UInt8] {
    var content: [UInt8] = []
    for event in events where !content.appendByHand(event) {
      let message: [UInt8] = try event.serializedBytes()
      content.append(varint: UInt64(message.count))
      content += message
    }
    return content
  }

  /// Decodes the events of one account, or all where `account` is nil; the others are stepped
  /// over, and so are facts of the fields in `passing` that the caller has no use for. A kind or a
  /// field that this version does not know is refused, never skipped; a superseded kind comes in
  /// its newest shape.
  ///
  /// - Parameter upcasting: false for a listing of what the journal holds, as it was written.
  public static func decode(
    _ content: UnsafeRawBufferPointer, header: BatchHeader, account: UInt32? = nil,
    passing: Set<Int> = [], upcasting: Bool = true
  ) throws(EventFault) -> [RecordedEvent] {
    var events: [RecordedEvent] = []
    if account == nil { events.reserveCapacity(min(Int(header.count), content.count)) }
    var messages = MessageFields(content)
    var position = header.firstPosition
    while !messages.isAtEnd {
      guard let message = messages.delimited() else {
        throw EventFault(position: position, reason: "the event's length is wrong")
      }
      let named = accountField(message)
      let isPassed = !passing.isEmpty && passing.contains(factField(message))
      if !isPassed, account.map({ $0 == named }) ?? true {
        guard var event = try? Event(serializedBytes: Array(message)) else {
          throw EventFault(position: position, reason: "the event does not decode")
        }
        if let part = event.unknownPart {
          throw EventFault(
            position: position,
            reason: "\(part) that this version does not know; use a newer version")
        }
        guard event.account == named else {
          throw EventFault(position: position, reason: "the event's account is not its first field")
        }
        if upcasting { event.upcast() }
        events.append(RecordedEvent(position: position, event: event))
      }
      position += 1
    }
    guard position == header.firstPosition + UInt64(header.count) else {
      throw EventFault(position: position, reason: "the batch has another number of events")
    }
    return events
  }

  /// Facts that make no bill: receipts and refused lines, of which a journal may have millions.
  static let fileFacts: Set = [12, 32]

  /// The field number of the message's fact, which stands behind account and effective day.
  private static func factField(_ message: UnsafeRawBufferPointer) -> Int {
    var fields = MessageFields(message)
    while let field = fields.next() {
      if case .bytes(let kind, _) = field { return kind }
    }
    return 0
  }

  /// The number of the first field in some bytes of a message.
  fileprivate static func fieldNumber(_ bytes: [UInt8]) -> Int {
    bytes.withUnsafeBytes {
      var fields = MessageFields($0)
      return Int((fields.varint() ?? 0) >> 3)
    }
  }

  /// The account without decoding the message: field 1 is always first.
  private static func accountField(_ message: UnsafeRawBufferPointer) -> UInt32 {
    var fields = MessageFields(message)
    guard case .number(1, let account) = fields.next() else { return 0 }
    return UInt32(exactly: account) ?? 0
  }
}

extension Event {
  /// A fact of the system partition, or of the account given.
  init(_ fact: OneOf_Fact, account: UInt32 = 0, effective: Int32 = 0) {
    self.init()
    self.account = account
    self.effective = effective
    self.fact = fact
  }

  /// What the message holds beyond this version's schema; nil when all of it was decoded.
  var unknownPart: String? {
    guard unknownFields.data.isEmpty else {
      return "an event of kind or field \(EventCodec.fieldNumber(Array(unknownFields.data)))"
    }
    guard let fact else { return "an event without a fact" }
    return Self.isKnown(fact) ? nil : "a field or value of \(kind)"
  }

  private static func isKnown(_ fact: OneOf_Fact) -> Bool {
    switch fact {
    case .rateSchedulePublished(let fact): return fact.unknownFields.data.isEmpty
    case .zoneTablePublished(let fact): return fact.unknownFields.data.isEmpty
    case .meterFileIngested(let fact): return fact.unknownFields.data.isEmpty
    case .accountEnrolled(let fact): return fact.unknownFields.data.isEmpty
    case .accountMovedOut(let fact): return fact.unknownFields.data.isEmpty
    case .planSwitched(let fact): return fact.unknownFields.data.isEmpty
    case .planSwitchCancelled(let fact): return fact.unknownFields.data.isEmpty
    case .readCorrected(let fact):
      return fact.unknownFields.data.isEmpty
        && Channel(rawValue: UInt8(clamping: fact.channel)) != nil
        && ReadQuality(rawValue: UInt8(clamping: fact.quality)) != nil
    case .registerRead(let fact):
      return fact.unknownFields.data.isEmpty
        && Channel(rawValue: UInt8(clamping: fact.channel)) != nil
        && ReadQuality(rawValue: UInt8(clamping: fact.quality)) != nil
    case .meterReadRejected(let fact): return fact.unknownFields.data.isEmpty
    case .billIssued(let fact):
      return fact.unknownFields.data.isEmpty
        && fact.lines.allSatisfy(\.isKnown)
        && fact.evidence.allSatisfy { $0.unknownFields.data.isEmpty }
        && fact.registers.allSatisfy { $0.unknownFields.data.isEmpty }
    case .paymentRecorded(let fact): return fact.unknownFields.data.isEmpty
    case .noticeRecorded(let fact):
      if case .UNRECOGNIZED = fact.template { return false }
      return fact.unknownFields.data.isEmpty
        && fact.parameters.allSatisfy { $0.unknownFields.data.isEmpty }
    case .paymentRecordedV2(let fact):
      if case .UNRECOGNIZED = fact.method { return false }
      return fact.unknownFields.data.isEmpty
    case .personDetailsRecorded(let fact):
      return fact.unknownFields.data.isEmpty && fact.details.unknownFields.data.isEmpty
    case .personErased(let fact):
      if case .UNRECOGNIZED = fact.reason { return false }
      return fact.unknownFields.data.isEmpty
    case .termsChanged(let fact): return fact.unknownFields.data.isEmpty
    case .discountGranted(let fact): return fact.unknownFields.data.isEmpty
    case .discountEnded(let fact): return fact.unknownFields.data.isEmpty
    case .netMeteringStarted(let fact): return fact.unknownFields.data.isEmpty
    case .netMeteringEnded(let fact): return fact.unknownFields.data.isEmpty
    case .readEstimated(let fact):
      if case .UNRECOGNIZED = fact.method { return false }
      return fact.unknownFields.data.isEmpty
        && Channel(rawValue: UInt8(clamping: fact.channel)) != nil
    case .readFlagged(let fact):
      if case .UNRECOGNIZED = fact.rule { return false }
      return fact.unknownFields.data.isEmpty
        && Channel(rawValue: UInt8(clamping: fact.channel)) != nil
    case .flagSettled(let fact): return fact.unknownFields.data.isEmpty
    case .billIssuedV2(let fact):
      return fact.unknownFields.data.isEmpty && fact.lines.allSatisfy(\.isKnown)
        && fact.evidence.allSatisfy { $0.unknownFields.data.isEmpty }
        && fact.registers.allSatisfy { $0.unknownFields.data.isEmpty }
    case .billCancelled(let fact):
      if case .UNRECOGNIZED = fact.reason { return false }
      return fact.unknownFields.data.isEmpty && fact.lines.allSatisfy(\.isKnown)
    case .billReinstated(let fact):
      return fact.unknownFields.data.isEmpty && fact.lines.allSatisfy(\.isKnown)
    case .rebillProposed(let fact):
      if case .UNRECOGNIZED = fact.reason { return false }
      return fact.unknownFields.data.isEmpty
    case .rebillDeclined(let fact): return fact.unknownFields.data.isEmpty
    case .chargeAssessed(let fact):
      if case .UNRECOGNIZED = fact.kind { return false }
      return fact.unknownFields.data.isEmpty
    case .depositReceived(let fact): return fact.unknownFields.data.isEmpty
    case .depositReturned(let fact): return fact.unknownFields.data.isEmpty
    case .creditRefunded(let fact): return fact.unknownFields.data.isEmpty
    case .debtWrittenOff(let fact): return fact.unknownFields.data.isEmpty
    case .lateChargeWaived(let fact): return fact.unknownFields.data.isEmpty
    case .moveOutCancelled(let fact): return fact.unknownFields.data.isEmpty
    }
  }

  /// The kind's name, as the schema spells its message.
  public var kind: String {
    switch fact {
    case .rateSchedulePublished: "RateSchedulePublished"
    case .zoneTablePublished: "ZoneTablePublished"
    case .meterFileIngested: "MeterFileIngested"
    case .accountEnrolled: "AccountEnrolled"
    case .accountMovedOut: "AccountMovedOut"
    case .planSwitched: "PlanSwitched"
    case .planSwitchCancelled: "PlanSwitchCancelled"
    case .readCorrected: "ReadCorrected"
    case .registerRead: "RegisterRead"
    case .meterReadRejected: "MeterReadRejected"
    case .billIssued: "BillIssued"
    case .paymentRecorded: "PaymentRecorded"
    case .noticeRecorded: "NoticeRecorded"
    case .paymentRecordedV2: "PaymentRecordedV2"
    case .personDetailsRecorded: "PersonDetailsRecorded"
    case .personErased: "PersonErased"
    case .termsChanged: "TermsChanged"
    case .discountGranted: "DiscountGranted"
    case .discountEnded: "DiscountEnded"
    case .netMeteringStarted: "NetMeteringStarted"
    case .netMeteringEnded: "NetMeteringEnded"
    case .readEstimated: "ReadEstimated"
    case .readFlagged: "ReadFlagged"
    case .flagSettled: "FlagSettled"
    case .billIssuedV2: "BillIssuedV2"
    case .billCancelled: "BillCancelled"
    case .billReinstated: "BillReinstated"
    case .rebillProposed: "RebillProposed"
    case .rebillDeclined: "RebillDeclined"
    case .chargeAssessed: "ChargeAssessed"
    case .depositReceived: "DepositReceived"
    case .depositReturned: "DepositReturned"
    case .creditRefunded: "CreditRefunded"
    case .debtWrittenOff: "DebtWrittenOff"
    case .lateChargeWaived: "LateChargeWaived"
    case .moveOutCancelled: "MoveOutCancelled"
    case nil: "unknown"
    }
  }
}

extension BillLine {
  fileprivate var isKnown: Bool {
    if case .UNRECOGNIZED = kind { return false }
    return unknownFields.data.isEmpty
  }
}
