import Journal
import Quantities
import SwiftProtobuf

/// One event as `cat` lists it; a read of a columns batch is one too.
public struct ListedEvent: Sendable {
  public let position: UInt64
  public let header: BatchHeader
  public let kind: String
  /// Account number, nil for facts of the system partition.
  public let account: String?
  public let effective: ServiceDate
  /// The fact in the JSON mapping of Protocol Buffers, fields in the order of their numbers.
  public let factJSON: String
  /// What the fact keeps of a person.
  public let sealed: Sealed?

  /// Every kind that a journal can hold, in the order of the schema; reads of a columns batch too.
  public static let kinds = [
    "RateSchedulePublished", "ZoneTablePublished", "MeterFileIngested", "AccountEnrolled",
    "AccountMovedOut", "PlanSwitched", "PlanSwitchCancelled", "TermsChanged", "DiscountGranted",
    "DiscountEnded", "NetMeteringStarted", "NetMeteringEnded", "MeterReadRecorded",
    "ReadCorrected", "RegisterRead", "MeterReadRejected", "ReadEstimated", "ReadFlagged",
    "FlagSettled", "BillIssued", "PaymentRecorded",
    "NoticeRecorded", "PaymentRecordedV2", "BillIssuedV2", "BillCancelled", "BillReinstated",
    "RebillProposed", "RebillDeclined", "PersonDetailsRecorded", "PersonErased", "ChargeAssessed",
    "DepositReceived", "DepositReturned", "CreditRefunded", "DebtWrittenOff",
    "LateChargeWaived", "MoveOutCancelled", "PositionsLost",
  ]
}

/// Lists a journal's events in the order of their positions.
public struct EventListing {
  private let reader: JournalReader
  private var numbers: [UInt32: String] = [:]

  public init(_ reader: JournalReader) { self.reader = reader }

  /// - Parameters:
  ///   - account: only this account's events, by its integer.
  ///   - positions: only these.
  public mutating func run(
    account: UInt32? = nil, positions: ClosedRange<UInt64>, knownAt: KnownAt? = nil,
    _ body: (ListedEvent) throws -> Void
  ) throws {
    let decoder = BatchDecoder()
    var numbers = numbers
    try reader.forEachSegment { segment in
      for location in segment.batches {
        let header = location.header
        let known = knownAt?.count(of: header) ?? Int(header.count)
        guard known > 0, header.firstPosition <= positions.upperBound else { return false }
        if let account, !header.mayHold(account: account) { continue }
        let isListed = header.lastPosition >= positions.lowerBound
        // Enrolments before the first position still name the accounts after it.
        guard isListed || header.kind == .events else { continue }
        let content = try decoder.content(of: location, in: segment)
        switch header.kind {
        case .lost:
          let lost = try LostBatch(checking: content, header: header)
          let mayTouch =
            account.map { lost.mayTouch(account: $0, partitions: reader.identity.partitions) }
            ?? true
          guard mayTouch, positions.overlaps(lost.positions) else { continue }
          try body(ListedEvent(lost, header))
        case .events:
          for recorded in try EventCodec.decode(content, header: header, upcasting: false)
            .prefix(known)
          {
            if case .accountEnrolled(let fact) = recorded.event.fact {
              numbers[recorded.event.account] = fact.number
            }
            guard positions.contains(recorded.position),
              account == nil || recorded.event.account == account
            else { continue }
            try body(ListedEvent(recorded, header, numbers))
          }
        case .reads:
          let view = try ReadBatchView(
            content, header: header, partitions: reader.identity.partitions, known: known)
          try view.forEachRow { row, slot, date in
            let raw = AccountID(
              slot: slot, partition: header.partition, of: reader.identity.partitions
            ).raw
            guard positions.contains(view.firstPosition + UInt64(row)),
              account == nil || raw == account
            else { return }
            try body(ListedEvent(view, row, header, account: numbers[raw], date: date))
          }
        }
      }
      return true
    }
    self.numbers = numbers
  }
}

extension ListedEvent {
  /// One line for all the positions of a lost batch.
  fileprivate init(_ lost: LostBatch, _ header: BatchHeader) throws {
    position = header.firstPosition
    self.header = header
    kind = "PositionsLost"
    account = nil
    sealed = nil
    effective = ServiceDate(day: 0)
    let held = ["null", "\"events\"", "\"reads\""][Int(lost.told?.kind.rawValue ?? 0)]
    let accounts = lost.told?.accounts
    var quoted = Parameter()
    quoted.value = lost.reason
    let reason = plainEscapes(in: try quoted.jsonString()).dropFirst(#"{"value":"#.count)
    factJSON =
      #"{"lastPosition":\#(lost.positions.upperBound),"held":\#(held),"#
      + #""firstAccount":\#(accounts?.lowerBound.description ?? "null"),"#
      + #""lastAccount":\#(accounts?.upperBound.description ?? "null")"#
      + (reason.isEmpty ? "}" : #","reason":\#(reason)"#)
  }

  fileprivate init(
    _ recorded: RecordedEvent, _ header: BatchHeader, _ numbers: [UInt32: String]
  ) throws {
    position = recorded.position
    self.header = header
    kind = recorded.event.kind
    account = recorded.event.account == 0 ? nil : numbers[recorded.event.account]
    effective = ServiceDate(day: recorded.event.effective)
    factJSON = plainEscapes(in: try recorded.event.factMessage?.jsonString() ?? "{}")
    if case .personDetailsRecorded(let fact) = recorded.event.fact {
      sealed = fact.details
    } else {
      sealed = nil
    }
  }

  fileprivate init(
    _ view: ReadBatchView, _ row: Int, _ header: BatchHeader, account: String?, date: Int32
  ) {
    position = view.firstPosition + UInt64(row)
    self.header = header
    kind = "MeterReadRecorded"
    self.account = account
    effective = ServiceDate(day: date)
    sealed = nil
    var values: [Int32] = []
    view.copy(row: row, into: &values)
    let list = values.map { $0 == MeterRows.gap ? "null" : String($0) }.joined(separator: ",")
    factJSON =
      #"{"channel":"\#(view.channel.name)","intervalMinutes":\#(view.intervalMinutes),"#
      + #""quality":"\#(view.quality(row))","wattHours":[\#(list)]}"#
  }
}

extension Event {
  fileprivate var factMessage: (any Message)? {
    switch fact {
    case .rateSchedulePublished(let fact): fact
    case .zoneTablePublished(let fact): fact
    case .meterFileIngested(let fact): fact
    case .accountEnrolled(let fact): fact
    case .accountMovedOut(let fact): fact
    case .planSwitched(let fact): fact
    case .planSwitchCancelled(let fact): fact
    case .readCorrected(let fact): fact
    case .registerRead(let fact): fact
    case .meterReadRejected(let fact): fact
    case .billIssued(let fact): fact
    case .paymentRecorded(let fact): fact
    case .noticeRecorded(let fact): fact
    case .paymentRecordedV2(let fact): fact
    case .personDetailsRecorded(let fact): fact
    case .personErased(let fact): fact
    case .termsChanged(let fact): fact
    case .discountGranted(let fact): fact
    case .discountEnded(let fact): fact
    case .netMeteringStarted(let fact): fact
    case .netMeteringEnded(let fact): fact
    case .readEstimated(let fact): fact
    case .readFlagged(let fact): fact
    case .flagSettled(let fact): fact
    case .billIssuedV2(let fact): fact
    case .billCancelled(let fact): fact
    case .billReinstated(let fact): fact
    case .rebillProposed(let fact): fact
    case .rebillDeclined(let fact): fact
    case .chargeAssessed(let fact): fact
    case .depositReceived(let fact): fact
    case .depositReturned(let fact): fact
    case .creditRefunded(let fact): fact
    case .debtWrittenOff(let fact): fact
    case .lateChargeWaived(let fact): fact
    case .moveOutCancelled(let fact): fact
    case nil: nil
    }
  }
}

/// JSON text whose escapes are those of RFC 8785, as other languages write them: control characters
/// below U+0020 in lower-case digits, everything else as itself.
private func plainEscapes(in json: String) -> String {
  guard json.contains(#"\u"#) else { return json }
  var text = ""
  var rest = json.unicodeScalars[...]
  while let scalar = rest.popFirst() {
    text.unicodeScalars.append(scalar)
    guard scalar == "\\", let kind = rest.popFirst() else { continue }
    guard kind == "u", let value = UInt32(String(rest.prefix(4)), radix: 16) else {
      text.unicodeScalars.append(kind)
      continue
    }
    if value >= 0x20, let plain = Unicode.Scalar(value) {
      text.unicodeScalars.removeLast()
      text.unicodeScalars.append(plain)
    } else {
      text += "u" + String(rest.prefix(4)).lowercased()
    }
    rest = rest.dropFirst(4)
  }
  return text
}
