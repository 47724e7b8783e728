import Quantities

/// The fields of a message as an encoder writes them: ascending.
struct MessageFields {
  enum Field {
    case number(Int, UInt64)
    case bytes(Int, UnsafeRawBufferPointer)
  }
  private let message: UnsafeRawBufferPointer
  private(set) var offset = 0
  private var last = 0

  init(_ message: UnsafeRawBufferPointer) { self.message = message }

  var isAtEnd: Bool { offset == message.count }

  /// Nil at the end, and before anything that is not so: then it stays before the end.
  @inline(__always)
  mutating func next() -> Field? {
    let start = offset
    guard let tag = varint(), tag < 1 << 32, Int(tag >> 3) >= last, tag >> 3 > 0,
      let value = varint()
    else {
      offset = min(start, message.count)
      return nil
    }
    last = Int(tag >> 3)
    if tag & 7 == 0 { return .number(last, value) }
    guard tag & 7 == 2, let bytes = bytes(value) else {
      offset = start
      return nil
    }
    return .bytes(last, bytes)
  }

  /// A message of a batch, behind its length; nil where that is none or longer than what is there.
  @inline(__always)
  mutating func delimited() -> UnsafeRawBufferPointer? { varint().flatMap { bytes($0) } }

  @inline(__always)
  private mutating func bytes(_ count: UInt64) -> UnsafeRawBufferPointer? {
    guard count <= UInt64(message.count - offset) else { return nil }
    defer { offset += Int(count) }
    return UnsafeRawBufferPointer(rebasing: message[offset..<offset + Int(count)])
  }

  /// Also the numbers of a packed field.
  @inline(__always)
  mutating func varint() -> UInt64? {
    guard offset < message.count else { return nil }
    // Nearly all are one byte.
    let first = message[offset]
    offset += 1
    if first < 0x80 { return UInt64(first) }
    var value = UInt64(first & 0x7F)
    var shift: UInt64 = 7
    while offset < message.count {
      let byte = message[offset]
      offset += 1
      if shift == 63, byte > 1 { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}

/// An event's message as our encoder writes it: where it stands, and its fact in bytes.
struct EventMessage {
  private(set) var account: UInt32 = 0
  private(set) var effective: Int32 = 0
  /// The fact's field number.
  private(set) var kind = 0
  private(set) var fact = UnsafeRawBufferPointer(start: nil, count: 0)

  /// Nil for any other message, and for one without an account or outside the years of all dates.
  init?(_ message: UnsafeRawBufferPointer) {
    var fields = MessageFields(message)
    while let field = fields.next() {
      switch field {
      case .number(1, let value) where value <= UInt32.max: account = UInt32(value)
      case .number(2, let value) where value <= UInt32.max: effective = Int32(unzigzag(value))
      case .bytes(let kind, let fact) where fields.isAtEnd: (self.kind, self.fact) = (kind, fact)
      default: return nil
      }
    }
    guard fields.isAtEnd, account != 0, ServiceDate.days.contains(effective) else { return nil }
  }
}

/// A number of either sign out of the unsigned one that stands for it.
@inline(__always)
func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(value & 1) }

extension UnsafeRawBufferPointer {
  var isASCII: Bool {
    var all: UInt8 = 0
    for byte in self { all |= byte }
    return all < 0x80
  }

  /// Whether it is a text of at most so many bytes.
  func isText(_ limit: Int = 65_535) -> Bool {
    count <= limit && (isASCII || String(validating: self, as: UTF8.self) != nil)
  }
}
