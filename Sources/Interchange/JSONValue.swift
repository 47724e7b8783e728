/// A JSON value whose numbers are the text that stands in the file: no price passes through a
/// floating-point number.
enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  /// In the order of the file; of a name that comes twice the last counts.
  case object([String: JSONValue])

  subscript(_ name: String) -> JSONValue? {
    guard case .object(let fields) = self, let value = fields[name], value != .null else {
      return nil
    }
    return value
  }

  var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  var string: String? { if case .string(let text) = self { text } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// A number's text; numbers are also found in quotes.
  var number: String? {
    switch self {
    case .number(let text): text
    case .string(let text) where text.first.map { $0.isNumber || $0 == "-" } ?? false: text
    default: nil
    }
  }
}

/// Why bytes are no JSON.
struct JSONFault: Error, Equatable {
  let line: Int
  let reason: String
}

extension JSONValue {
  /// - Throws: with the line, counted from 1.
  init(parsing bytes: [UInt8]) throws(JSONFault) {
    var parser = JSONParser(bytes: bytes)
    self = try parser.value(depth: 0)
    parser.skipSpace()
    if parser.place < bytes.count { throw parser.fault("something stands after the value") }
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  var place = 0

  /// Deeper than any record, and far from the stack's end.
  private static let deepest = 64

  init(bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  func fault(_ reason: String) -> JSONFault {
    let line = bytes[..<min(place, bytes.count)].count { $0 == 0x0A } + 1
    return JSONFault(line: line, reason: reason)
  }

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) { place += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard next == byte else { return false }
    place += 1
    return true
  }

  mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
    guard depth < Self.deepest else { throw fault("it is nested too deeply") }
    skipSpace()
    switch next {
    case 0x7B:
      place += 1
      return try object(depth)
    case 0x5B:
      place += 1
      return try array(depth)
    case 0x22: return .string(try text())
    case 0x74: return try word("true", .bool(true))
    case 0x66: return try word("false", .bool(false))
    case 0x6E: return try word("null", .null)
    case .some(let byte) where byte == 0x2D || (0x30...0x39).contains(byte): return number()
    default: throw fault("a value is missing")
    }
  }

  private mutating func object(_ depth: Int) throws(JSONFault) -> JSONValue {
    var fields: [String: JSONValue] = [:]
    guard !take(0x7D) else { return .object(fields) }
    repeat {
      skipSpace()
      guard next == 0x22 else { throw fault("a name is missing") }
      let name = try text()
      guard take(0x3A) else { throw fault("a colon is missing after \"\(name.prefix(40))\"") }
      fields[name] = try value(depth: depth + 1)
    } while take(0x2C)
    guard take(0x7D) else { throw fault("a comma or } is missing") }
    return .object(fields)
  }

  private mutating func array(_ depth: Int) throws(JSONFault) -> JSONValue {
    var values: [JSONValue] = []
    guard !take(0x5D) else { return .array(values) }
    repeat { values.append(try value(depth: depth + 1)) } while take(0x2C)
    guard take(0x5D) else { throw fault("a comma or ] is missing") }
    return .array(values)
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONFault) -> JSONValue {
    guard bytes[place...].starts(with: word.utf8) else { throw fault("a value is missing") }
    place += word.utf8.count
    return value
  }

  private mutating func number() -> JSONValue {
    let start = place
    while let byte = next,
      (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
    { place += 1 }
    return .number(String(decoding: bytes[start..<place], as: UTF8.self))
  }

  private mutating func text() throws(JSONFault) -> String {
    place += 1
    var units: [UInt8] = []
    while let byte = next {
      place += 1
      switch byte {
      case 0x22: return String(decoding: units, as: UTF8.self)
      case 0x5C: try escape(&units)
      default: units.append(byte)
      }
    }
    throw fault("a text has no end")
  }

  private mutating func escape(_ units: inout [UInt8]) throws(JSONFault) {
    let short: [UInt8: UInt8] = [
      0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D,
      0x74: 0x09,
    ]
    guard let byte = next else { throw fault("a text has no end") }
    place += 1
    if let plain = short[byte] {
      units.append(plain)
      return
    }
    guard byte == 0x75, var code = hex() else { throw fault("a text has an unknown escape") }
    if (0xD800..<0xDC00).contains(code), next == 0x5C {
      place += 2
      guard let low = hex(), (0xDC00..<0xE000).contains(low) else {
        throw fault("a text has half a character")
      }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw fault("a text has half a character") }
    units += Array(String(Character(scalar)).utf8)
  }

  private mutating func hex() -> UInt32? {
    guard place + 4 <= bytes.count else { return nil }
    let digits = String(decoding: bytes[place..<place + 4], as: UTF8.self)
    place += 4
    return UInt32(digits, radix: 16)
  }
}
