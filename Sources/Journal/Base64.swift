private let alphabet = Array(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
private let pad = UInt8(ascii: "=")

extension Collection<UInt8> {
  /// Base 64 of RFC 4648, section 4, padded.
  public var base64: String {
    var text: [UInt8] = []
    text.reserveCapacity((count + 2) / 3 * 4)
    var (bits, held) = (UInt32(0), 0)
    for byte in self {
      (bits, held) = (bits << 8 | UInt32(byte), held + 8)
      while held >= 6 {
        held -= 6
        text.append(alphabet[Int(bits >> held & 63)])
      }
    }
    if held > 0 { text.append(alphabet[Int(bits << (6 - held) & 63)]) }
    while text.count % 4 != 0 { text.append(pad) }
    return String(decoding: text, as: UTF8.self)
  }
}

extension [UInt8] {
  /// Nil for any text but the one that `base64` writes: no two texts give the same bytes.
  public init?(base64 text: some Collection<UInt8>) {
    self.init()
    var (bits, held) = (UInt32(0), 0)
    for byte in text where byte != pad {
      guard let value = alphabet.firstIndex(of: byte) else { return nil }
      (bits, held) = (bits << 6 | UInt32(value), held + 6)
      guard held >= 8 else { continue }
      held -= 8
      append(UInt8(truncatingIfNeeded: bits >> held))
    }
    guard base64.utf8.elementsEqual(text) else { return nil }
  }
}
