import Quantities
import SwiftProtobuf
import Tariff

/// A bill as the events known make it, before it is issued.
public struct BillDraft: Sendable {
  public let priced: PricedBill
  public private(set) var number: String
  public let period: BillingPeriod
  public let dated: ServiceDate
  public let due: ServiceDate
  /// Days whose energy is estimated, at least in part.
  public let estimatedDays: [ServiceDate]
  /// What the bill asks for.
  public private(set) var total: Money
  /// A `BillIssuedV2` in its bytes: what is recorded when it is issued.
  private(set) var message: [UInt8] = []

  init(
    priced: PricedBill, number: String, period: BillingPeriod, dated: ServiceDate,
    due: ServiceDate, estimatedDays: [ServiceDate]
  ) {
    self.priced = priced
    self.number = number
    self.period = period
    self.dated = dated
    self.due = due
    self.estimatedDays = estimatedDays
    total = priced.total
  }

  public var segments: [BillSegment] { priced.segments }

  /// The message decoded, anew for every caller.
  public internal(set) var fact: BillIssuedV2 {
    get {
      guard let fact = try? BillIssuedV2(serializedBytes: message) else {
        preconditionFailure("what has been written decodes")
      }
      return fact
    }
    set {
      guard let bytes: [UInt8] = try? newValue.serializedBytes() else {
        preconditionFailure("a message without required fields is written")
      }
      (message, number, total) = (bytes, newValue.bill, Money(millionths: newValue.total))
    }
  }

  /// Writes the message, its fields in the order of their numbers: to fill in a `BillIssuedV2` and
  /// have it encoded takes several times as long.
  mutating func write(
    _ usage: CycleUsage, _ evidence: [Evidence], _ behind: LineEvidence, knownBefore: UInt64
  ) {
    message.reserveCapacity(1024)
    message.append(field: 1, number)
    for (field, day) in [period.start, period.end, dated, due].enumerated() {
      message.append(field: UInt64(field) + 2, zigzag(Int64(day.day)))
    }
    message.append(field: 6, priced.currency.code)
    message.append(field: 7, zigzag(priced.total.millionths))
    message.append(field: 8, zigzag(priced.tax.millionths))
    message.append(field: 9, knownBefore)
    message.append(field: 10, UInt64(BillCalculator.pricingRules))
    for place in 0..<priced.lineCount {
      let line = priced.line(place)
      let isSplitByDays =
        !usage.isSplitByDays.isEmpty && (line.segment.map { usage.isSplitByDays[$0] } ?? false)
      let part = message.open(field: 11)
      message.append(line, isSplitByDays: isSplitByDays, behind.indices(of: line))
      message.close(part)
    }
    for place in evidence.indices {
      let part = message.open(field: 12)
      message.append(evidence[place])
      message.close(part)
    }
    for span in usage.registers { message.appendDelimited(field: 13) { $0.append(span) } }
    message.append(field: 15, usage.estimatedDays.isEmpty ? 0 : 1)
  }
}

extension BillDraft {
  /// The bill and the notice of it.
  ///
  /// - Parameter old: the number of the bill whose place it takes.
  func events(of agreement: ServiceAgreement, replacing old: String? = nil) -> [Event] {
    [
      Event(.billIssuedV2(fact), account: agreement.account, effective: dated.day),
      Event(
        .noticeRecorded(notice(replacing: old)), account: agreement.account, effective: dated.day),
    ]
  }

  private func notice(replacing old: String?) -> NoticeRecorded {
    var notice = NoticeRecorded(.billReady, [:])
    forEachNoticeParameter(replacing: old) { notice.add($0, $1) }
    return notice
  }

  /// What the notice of the bill tells.
  private func forEachNoticeParameter(
    replacing old: String?, _ body: (_ name: String, _ value: String) -> Void
  ) {
    body("bill", number)
    body("start", period.start.description)
    body("end", period.end.adding(days: -1).description)
    body("amount", total.text(in: priced.currency))
    body("currency", priced.currency.code)
    body("due", due.description)
    if let old { body("replaces", old) }
  }

  /// Appends the notice's `NoticeRecorded` in its bytes.
  func writeNotice(replacing old: String?, to bytes: inout [UInt8]) {
    bytes.append(field: 1, UInt64(NoticeRecorded.Template.billReady.rawValue))
    forEachNoticeParameter(replacing: old) { bytes.append(parameter: $0, $1) }
  }
}

extension BillRecord {
  /// A draft as the bill that it will be at a position.
  init(_ draft: BillDraft, at position: UInt64) {
    self = draft.plainRecord(at: position) ?? BillRecord(draft.fact, at: position)
  }
}

extension BillDraft {
  /// The same, straight from the message; nil where that takes the whole bill.
  func plainRecord(at position: UInt64) -> BillRecord? {
    message.withUnsafeBytes { message in
      IssuedBill(fact: message).map { BillRecord($0, at: position) }
    }
  }
}
