import Journal
import Quantities

/// An enrolment taken straight from its message's bytes, of which a journal has one an account:
/// fifty times as fast as the general decoder.
///
/// Valid only while the message is.
struct EnrolledAccount {
  private(set) var account: UInt32 = 0
  private(set) var effective: Int32 = 0
  private(set) var number = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var plan = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var region = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var isMedical = false
  private(set) var isMultiFamily = false
  private(set) var households: UInt32 = 0
  private(set) var voltage: UInt32 = 0
  private(set) var multiplier: UInt32 = 0
  private(set) var readDay: UInt8 = 0
  private(set) var zone = UnsafeRawBufferPointer(start: nil, count: 0)

  /// Nil for another kind of event, and for any message that is not just as our encoder writes it,
  /// in ASCII and within the bounds of `EventJudgement`: those are left to the general decoder,
  /// which refuses them in words or finds a meaning.
  init?(_ message: EventMessage) {
    guard message.kind == 20, take(message.fact), readDay > 0 else { return nil }
    (account, effective) = (message.account, message.effective)
  }

  private mutating func take(_ fact: UnsafeRawBufferPointer) -> Bool {
    var fields = MessageFields(fact)
    while let field = fields.next() {
      switch field {
      case .bytes(1, let text): number = text
      case .bytes(2, let text): plan = text
      case .bytes(3, let text): region = text
      case .number(4, 1): isMedical = true
      case .number(5, 1): isMultiFamily = true
      case .number(6, let value) where value <= UInt32.max: households = UInt32(value)
      case .number(7, let value) where value <= UInt32.max: voltage = UInt32(value)
      case .number(8, let value) where value <= UInt32.max: multiplier = UInt32(value)
      case .number(9, let value): readDay = UInt8(clamping: value)
      case .bytes(10, let text): zone = text
      default: return false
      }
    }
    return fields.isAtEnd && (1...32).contains(number.count) && plan.count <= 64
      && region.count <= 32 && zone.count <= 64 && (1...100_000).contains(households)
      && (1...100_000).contains(multiplier) && (1...31).contains(readDay) && voltage <= 1_000_000
      && number.isASCII && plan.isASCII && region.isASCII && zone.isASCII
  }

  /// Hands out an enrolment that the general decoder has decoded.
  static func with<Result>(
    _ fact: AccountEnrolled, _ event: Event,
    _ body: (EnrolledAccount) throws(EventFault) -> Result
  ) throws(EventFault) -> Result {
    let texts = [fact.number, fact.plan, fact.region, fact.zone]
    let bytes = texts.flatMap(\.utf8)
    let result = bytes.withUnsafeBytes { bytes -> Swift.Result<Result, EventFault> in
      var start = 0
      let parts = texts.map { text in
        defer { start += text.utf8.count }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + text.utf8.count])
      }
      do throws(EventFault) {
        return .success(
          try body(EnrolledAccount(fact, event.account, event.effective, parts)))
      } catch { return .failure(error) }
    }
    return try result.get()
  }

  private init(
    _ fact: AccountEnrolled, _ account: UInt32, _ effective: Int32,
    _ texts: [UnsafeRawBufferPointer]
  ) {
    self.account = account
    self.effective = effective
    (number, plan, region, zone) = (texts[0], texts[1], texts[2], texts[3])
    (isMedical, isMultiFamily) = (fact.medical, fact.multiFamily)
    households = max(1, fact.households)
    voltage = fact.voltage
    multiplier = max(1, fact.multiplier)
    readDay = UInt8(clamping: fact.readDay)
  }
}
