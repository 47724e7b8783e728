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
  public static func encode(_ events: [Event]) throws -> [UInt8] {
    var content: [UInt8] = []
    for event in events {
      let message: [UInt8] = try event.serializedBytes()
      var length = message.count
      while length >= 0x80 {
        content.append(UInt8(length & 0x7F | 0x80))
        length >>= 7
      }
      content.append(UInt8(length))
      content += message
    }
    return content
  }

  /// Decodes the events of one account, or all where `account` is nil; the others are stepped
  /// over, and so are facts of the fields in `passing` that the caller has no use for. A kind or a
  /// field that this version does not know is refused, never skipped.
  public static func decode(
    _ content: UnsafeRawBufferPointer, header: BatchHeader, account: UInt32? = nil,
    passing: Set<Int> = []
  ) throws(EventFault) -> [RecordedEvent] {
    var events: [RecordedEvent] = []
    if account == nil { events.reserveCapacity(min(Int(header.count), content.count)) }
    var offset = 0
    var position = header.firstPosition
    while offset < content.count {
      guard let length = varint(content, &offset), length <= content.count - offset else {
        throw EventFault(position: position, reason: "the event's length is wrong")
      }
      let message = UnsafeRawBufferPointer(rebasing: content[offset..<offset + length])
      offset += length
      let named = accountField(message)
      let isPassed = !passing.isEmpty && passing.contains(factField(message))
      if !isPassed, account.map({ $0 == named }) ?? true {
        guard let event = try? Event(serializedBytes: Array(message)) else {
          throw EventFault(position: position, reason: "the event does not decode")
        }
        guard event.isKnown else {
          throw EventFault(
            position: position,
            reason: "an event kind or field that this version does not know; use a newer version")
        }
        guard event.account == named else {
          throw EventFault(position: position, reason: "the event's account is not its first field")
        }
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
    var offset = 0
    while let tag = varint(message, &offset) {
      if tag >> 3 >= 10 { return tag >> 3 }
      guard tag & 7 == 0, varint(message, &offset) != nil else { return 0 }
    }
    return 0
  }

  private static func varint(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Int? {
    var value = 0
    var shift = 0
    while offset < bytes.count, shift < 63 {
      let byte = bytes[offset]
      offset += 1
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  /// The account without decoding the message: field 1 is always first.
  private static func accountField(_ message: UnsafeRawBufferPointer) -> UInt32 {
    guard message.count > 1, message[0] == 0x08 else { return 0 }
    var offset = 1
    return varint(message, &offset).flatMap { UInt32(exactly: $0) } ?? 0
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

  /// Whether nothing in the message was left undecoded.
  var isKnown: Bool {
    guard unknownFields.data.isEmpty, let fact else { return false }
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
        && fact.lines.allSatisfy { $0.unknownFields.data.isEmpty }
        && fact.evidence.allSatisfy { $0.unknownFields.data.isEmpty }
        && fact.registers.allSatisfy { $0.unknownFields.data.isEmpty }
    case .paymentRecorded(let fact): return fact.unknownFields.data.isEmpty
    case .noticeRecorded(let fact):
      if case .UNRECOGNIZED = fact.template { return false }
      return fact.unknownFields.data.isEmpty
        && fact.parameters.allSatisfy { $0.unknownFields.data.isEmpty }
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
    case nil: "unknown"
    }
  }
}
