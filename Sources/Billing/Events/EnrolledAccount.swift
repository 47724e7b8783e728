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
  init?(_ message: UnsafeRawBufferPointer) {
    var fields = MessageFields(message)
    while let field = fields.next() {
      switch field {
      case .number(1, let value): account = value
      case .number(2, let value): effective = Int32(bitPattern: value >> 1) ^ -Int32(value & 1)
      case .bytes(20, let fact): guard fields.isAtEnd, take(fact) else { return nil }
      default: return nil
      }
    }
    guard fields.isAtEnd, account != 0, ServiceDate.days.contains(effective), readDay > 0
    else { return nil }
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
      case .number(6, let value): households = value
      case .number(7, let value): voltage = value
      case .number(8, let value): multiplier = value
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

/// The fields of a message as an encoder writes them: ascending, each once, numbers of 32 bits.
struct MessageFields {
  enum Field {
    case number(Int, UInt32)
    case bytes(Int, UnsafeRawBufferPointer)
  }
  private let message: UnsafeRawBufferPointer
  private var offset = 0
  private var last = 0

  init(_ message: UnsafeRawBufferPointer) { self.message = message }

  var isAtEnd: Bool { offset == message.count }

  /// Nil at the end, and before anything that is not so: then it stays before the end.
  @inline(__always)
  mutating func next() -> Field? {
    let start = offset
    guard let tag = varint(), tag >> 3 > last, let value = varint() else {
      offset = min(start, message.count)
      return nil
    }
    last = Int(tag >> 3)
    if tag & 7 == 0 { return .number(last, value) }
    guard tag & 7 == 2, Int(value) <= message.count - offset else {
      offset = start
      return nil
    }
    defer { offset += Int(value) }
    return .bytes(
      last, UnsafeRawBufferPointer(rebasing: message[offset..<offset + Int(value)]))
  }

  /// Also the length before a message.
  @inline(__always)
  mutating func varint() -> UInt32? {
    var value: UInt32 = 0
    var shift: UInt32 = 0
    while offset < message.count {
      let byte = message[offset]
      offset += 1
      if shift == 28, byte > 0x0F { return nil }
      value |= UInt32(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var isASCII: Bool {
    var all: UInt8 = 0
    for byte in self { all |= byte }
    return all < 0x80
  }
}
