/// Why a key or a note is not believed.
public enum NoteError: Error, Equatable, Sendable, CustomStringConvertible {
  case malformedKey(String)
  case malformedNote(String)
  case notSigned(by: String)
  case wrongSignature(by: String)

  public var description: String {
    switch self {
    case .malformedKey(let reason): "it is no key: \(reason)"
    case .malformedNote(let reason): "it is no signed note: \(reason)"
    case .notSigned(let name): "it has no signature by the key \(name)"
    case .wrongSignature(let name):
      "the signature by \(name) is not of this text: the text, the signature or the key is another"
    }
  }
}

/// A text with signatures, as the C2SP signed-note specification has it: the text, an empty line,
/// and lines of an em dash, a key's name, and base 64 of the key's id and the signature.
public struct SignedNote: Sendable {
  /// Ends in a line feed; not to be believed before `verify` has returned.
  public let text: String
  private let signatures: [(name: String, bytes: [UInt8])]

  private static let mostBytes = 1 << 20
  private static let mostSignatures = 100

  public init(_ bytes: [UInt8]) throws(NoteError) {
    guard bytes.count <= Self.mostBytes, String(validating: bytes, as: UTF8.self) != nil,
      bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x0A })
    else { throw .malformedNote("it is not text of at most a mebibyte") }
    // The last empty line divides the text from the signatures.
    guard bytes.last == 0x0A,
      let end = bytes.indices.dropLast().last(where: { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A })
    else { throw .malformedNote("no empty line and signatures end it") }
    text = String(decoding: bytes[...end], as: UTF8.self)
    let lines = bytes[(end + 2)...].split(separator: 0x0A, omittingEmptySubsequences: false)
    guard (2...Self.mostSignatures + 1).contains(lines.count) else {
      throw .malformedNote("it has not 1 to \(Self.mostSignatures) signatures")
    }
    var signatures: [(String, [UInt8])] = []
    for line in lines.dropLast() {
      let parts = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[0].elementsEqual("—".utf8),
        let signature = [UInt8](base64: parts[2]), signature.count > 4
      else { throw .malformedNote("a signature's line is not as it is written") }
      let name = String(decoding: parts[1], as: UTF8.self)
      guard isKeyName(name) else { throw .malformedNote("a key cannot have such a name") }
      signatures.append((name, signature))
    }
    self.signatures = signatures
  }

  /// Returns when the key has signed the text; signatures of other keys are passed over.
  public func verify(by key: VerifierKey) throws(NoteError) {
    let own = signatures.filter {
      $0.name.utf8.elementsEqual(key.name.utf8) && $0.bytes.starts(with: key.id)
    }
    guard !own.isEmpty else { throw .notSigned(by: key.name) }
    guard own.allSatisfy({ key.isSignature($0.bytes.dropFirst(4), of: text) }) else {
      throw .wrongSignature(by: key.name)
    }
  }
}
