/// The bytes of an XML document, one by one, with their line.
struct XMLBytes {
  private(set) var line = 1

  private let source: ByteSource
  private var buffer: [UInt8]
  private var index = 0
  private var filled = 0

  init(_ source: ByteSource) {
    self.source = source
    buffer = [UInt8](repeating: 0, count: source.blockSize)
  }

  /// The next byte without taking it, nil at the end of the document.
  mutating func peek() throws(MeterFileError) -> UInt8? {
    if index == filled {
      index = 0
      filled = try source.read(into: &buffer, at: 0)
      if filled == 0 { return nil }
    }
    return buffer[index]
  }

  mutating func take() throws(MeterFileError) -> UInt8 {
    guard let byte = try peek() else { throw fault("the document ends early") }
    index += 1
    if byte == 0x0A { line += 1 }
    return byte
  }

  /// Takes exactly this text.
  mutating func expect(_ wanted: StaticString) throws(MeterFileError) {
    for byte in wanted.description.utf8 {
      guard try take() == byte else { throw fault("'\(wanted)' is expected") }
    }
  }

  /// Takes white space; false when there is none.
  @discardableResult
  mutating func skipSpace() throws(MeterFileError) -> Bool {
    var found = false
    while let byte = try peek(), XMLBytes.isSpace(byte) {
      _ = try take()
      found = true
    }
    return found
  }

  func fault(_ reason: String) -> MeterFileError { .malformedXML(line: line, reason: reason) }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  /// At most 60 bytes for a message, damage repaired.
  static func excerpt(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix(60), as: UTF8.self)
  }
}
