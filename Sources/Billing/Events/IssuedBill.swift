import Journal
import Quantities

/// A bill taken straight from its message's bytes: what the folds need of it, in a tenth of the
/// general decoder's time.
///
/// Valid only while the message is.
struct IssuedBill {
  private(set) var account: UInt32 = 0
  private(set) var effective: Int32 = 0
  private(set) var start: Int32 = 0
  private(set) var end: Int32 = 0
  private(set) var dated: Int32 = 0
  private(set) var due: Int32 = 0
  /// Index of `Currency.known`.
  private(set) var currencyIndex = 0
  /// In millionths, as all amounts.
  private(set) var total: Int64 = 0
  private(set) var deferred: Int64 = 0
  /// Of the lines of energy, in watt-hours.
  private(set) var netEnergy: Int64 = 0
  private(set) var replacesAfter: UInt64 = 0
  private var fact = UnsafeRawBufferPointer(start: nil, count: 0)

  var period: BillingPeriod {
    BillingPeriod(start: ServiceDate(day: start), end: ServiceDate(day: end))
  }

  /// Nil for another kind of event, for a bill of registers or of estimates, and for any message
  /// that is not as our encoder writes it and within the bounds of `EventJudgement`: those are left
  /// to the general decoder.
  init?(_ message: EventMessage) {
    guard message.kind == 44, take(message.fact) else { return nil }
    (account, effective) = (message.account, message.effective)
  }

  /// A bill that is not an event yet; nil as above.
  init?(fact: UnsafeRawBufferPointer) {
    guard take(fact) else { return nil }
  }

  private mutating func take(_ fact: UnsafeRawBufferPointer) -> Bool {
    self.fact = fact
    var fields = MessageFields(fact)
    var (sum, deferred, settled): (Int128, Int128, Int128) = (0, 0, 0)
    var (lines, items, hasCurrency) = (0, 0, false)
    while let field = fields.next() {
      switch field {
      case .bytes(1, let text): guard text.isText(64) else { return false }
      case .number(2, let value) where value <= UInt32.max: start = Int32(unzigzag(value))
      case .number(3, let value) where value <= UInt32.max: end = Int32(unzigzag(value))
      case .number(4, let value) where value <= UInt32.max: dated = Int32(unzigzag(value))
      case .number(5, let value) where value <= UInt32.max: due = Int32(unzigzag(value))
      case .bytes(6, let text):
        guard let known = Currency.known.firstIndex(where: { text.elementsEqual($0.code.utf8) })
        else { return false }
        (currencyIndex, hasCurrency) = (known, true)
      case .number(7, let value): total = unzigzag(value)
      case .number(8, let value):
        guard unzigzag(value).magnitude <= EventJudgement.moneyLimit else { return false }
      case .number(9, let value) where value <= EventJudgement.countLimit: break
      case .number(10, let value) where value <= UInt32.max: break
      case .bytes(11, let message):
        guard let line = IssuedLine(message) else { return false }
        lines += 1
        sum += Int128(line.amount)
        if line.isDeferred {
          deferred += Int128(line.amount)
        } else if line.kind == .trueUp {
          settled += Int128(line.amount)
        }
        netEnergy &+= line.energy
      case .bytes(12, let item):
        guard Self.isEvidence(item) else { return false }
        items += 1
      case .number(14, let value) where value <= EventJudgement.countLimit: replacesAfter = value
      default: return false
      }
    }
    let days = ServiceDate.days
    guard fields.isAtEnd, hasCurrency, lines <= 10_000, items <= 100_000, start <= end,
      days.contains(start), days.contains(end), days.contains(dated), days.contains(due),
      max(sum.magnitude, deferred.magnitude, (sum - deferred).magnitude, UInt128(total.magnitude))
        <= UInt128(EventJudgement.moneyLimit)
    else { return false }
    self.deferred = Int64(truncatingIfNeeded: deferred - settled)
    return true
  }

  private static func isEvidence(_ item: UnsafeRawBufferPointer) -> Bool {
    var fields = MessageFields(item)
    var (first, last): (UInt64, UInt64) = (0, 0)
    while let field = fields.next() {
      switch field {
      case .bytes(1, let text): guard text.isText(64) else { return false }
      case .number(2, let value): first = value
      case .number(3, let value) where value <= EventJudgement.countLimit: last = value
      case .bytes(4, let packed):
        var (steps, position) = (MessageFields(packed), last)
        guard packed.count <= 100_000 else { return false }
        while let step = steps.varint() {
          guard step > 0, step <= EventJudgement.countLimit else { return false }
          position += step
          guard position <= EventJudgement.countLimit else { return false }
        }
        guard steps.isAtEnd, !packed.isEmpty else { return false }
      default: return false
      }
    }
    return fields.isAtEnd && first <= last
  }

  /// Its lines, in their order.
  func forEachLine(_ body: (IssuedLine) -> Void) {
    var fields = MessageFields(fact)
    while let field = fields.next() {
      if case .bytes(11, let message) = field, let line = IssuedLine(message) { body(line) }
    }
  }
}

/// What the books need of a bill's line.
struct IssuedLine {
  private(set) var kind = BillLine.Kind.unknown
  private(set) var amount: Int64 = 0
  /// To whom it is payable.
  private(set) var authority = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var isDeferred = false
  private var quantity: Int64 = 0
  private var decimals: UInt64 = 0

  /// In watt-hours; 0 of what is no line of energy.
  var energy: Int64 { kind == .energy && decimals == 3 ? quantity : 0 }

  /// Nil for what is left to the general decoder, as on `IssuedBill`.
  init?(_ message: UnsafeRawBufferPointer) {
    var fields = MessageFields(message)
    while let field = fields.next() {
      switch field {
      case .bytes(1, let text): guard text.isText() else { return nil }
      case .number(2, let value): quantity = unzigzag(value)
      case .number(3, let value) where value <= 18: decimals = value
      case .bytes(4, let text): guard text.isText(64) else { return nil }
      case .number(5, let value):
        guard unzigzag(value).magnitude <= EventJudgement.moneyLimit else { return nil }
      case .number(6, let value):
        amount = unzigzag(value)
        guard amount.magnitude <= EventJudgement.moneyLimit else { return nil }
      case .bytes(7, let text): guard text.isText(128) else { return nil }
      case .bytes(8, let packed):
        // Each is one byte as a rule; more of them are left to the decoder.
        guard packed.isASCII, packed.count <= 100_000 else { return nil }
      case .number(9, let value):
        kind = BillLine.Kind(rawValue: Int(truncatingIfNeeded: value)) ?? .unknown
        if case .UNRECOGNIZED = kind { return nil }
      case .bytes(10, let text):
        guard text.isText(128) else { return nil }
        authority = text
      case .number(11, let value) where value <= 1: isDeferred = value == 1
      default: return nil
      }
    }
    guard fields.isAtEnd else { return nil }
  }
}

/// A notice taken straight from its message's bytes, but for the one of a bill past due, which
/// changes the bill's item.
struct RecordedNotice {
  private(set) var account: UInt32 = 0
  private(set) var effective: Int32 = 0

  /// Nil for what is left to the general decoder, as on `IssuedBill`.
  init?(_ message: EventMessage) {
    guard message.kind == 42, Self.isNotice(message.fact) else { return nil }
    (account, effective) = (message.account, message.effective)
  }

  private static func isNotice(_ fact: UnsafeRawBufferPointer) -> Bool {
    var fields = MessageFields(fact)
    var (template, parameters): (UInt64, Int) = (0, 0)
    while let field = fields.next() {
      switch field {
      case .number(1, let value): template = value
      case .bytes(2, let parameter):
        parameters += 1
        var parts = MessageFields(parameter)
        while let part = parts.next() {
          switch part {
          case .bytes(1, let text), .bytes(2, let text):
            guard text.isText() else { return false }
          default: return false
          }
        }
        guard parts.isAtEnd else { return false }
      default: return false
      }
    }
    switch NoticeRecorded.Template(rawValue: Int(truncatingIfNeeded: template)) {
    case .pastDue, .UNRECOGNIZED, nil: return false
    case .unknown, .billReady, .paymentReceived, .planSwitched, .readRejected, .lateCharge,
      .lateChargeWaived:
      return fields.isAtEnd && parameters <= 64
    }
  }
}
