import Crypto

/// Who signs notes: an Ed25519 key in the text form of golang.org/x/mod/sumdb/note,
/// `PRIVATE+KEY+name+id+key`.
public struct SignerKey: Sendable {
  public let verifier: VerifierKey
  private let key: Curve25519.Signing.PrivateKey

  private init(name: String, key: Curve25519.Signing.PrivateKey) throws(NoteError) {
    self.key = key
    verifier = try VerifierKey(name: name, publicKey: Array(key.publicKey.rawRepresentation))
  }

  /// A new key.
  ///
  /// - Parameter name: not empty, without white space and `+`.
  public init(name: String) throws(NoteError) {
    try self.init(name: name, key: Curve25519.Signing.PrivateKey())
  }

  public init(_ text: String) throws(NoteError) {
    let parts = text.utf8.split(separator: plus, maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0].elementsEqual("PRIVATE".utf8),
      parts[1].elementsEqual("KEY".utf8), let bytes = [UInt8](base64: parts[4]),
      bytes.count == 33, bytes[0] == ed25519,
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.dropFirst())
    else { throw .malformedKey("it is not of the form PRIVATE+KEY+name+id+key") }
    try self.init(name: String(decoding: parts[2], as: UTF8.self), key: key)
    guard verifier.id.hex.utf8.elementsEqual(parts[3]) else {
      throw .malformedKey("its id is not the one of its name and key")
    }
  }

  public var text: String {
    let bytes = [ed25519] + Array(key.rawRepresentation)
    return "PRIVATE+KEY+\(verifier.name)+\(verifier.id.hex)+\(bytes.base64)"
  }

  /// The signed note of a text, which ends in a line feed and has no other control characters.
  public func sign(_ text: String) -> String {
    precondition(text.utf8.last == 0x0A, "a note's text ends in a line feed")
    guard let signature = try? key.signature(for: Array(text.utf8)) else {
      preconditionFailure("a key signs any bytes")
    }
    return "\(text)\n— \(verifier.name) \((verifier.id + Array(signature)).base64)\n"
  }
}

/// Whose notes are believed: `name+id+key`, as the C2SP signed-note specification has it.
public struct VerifierKey: Hashable, Sendable {
  public let name: String
  /// Four bytes that tell keys of one name apart.
  let id: [UInt8]
  private let publicKey: [UInt8]

  fileprivate init(name: String, publicKey: [UInt8]) throws(NoteError) {
    guard isKeyName(name) else {
      throw .malformedKey("a key's name is not empty, without white space and plus signs")
    }
    self.name = name
    self.publicKey = publicKey
    let named = Array(name.utf8) + [0x0A, ed25519] + publicKey
    id = Array(Digest(of: named).bytes.prefix(4))
  }

  public init(_ text: String) throws(NoteError) {
    let parts = text.utf8.split(separator: plus, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let bytes = [UInt8](base64: parts[2]), bytes.count == 33,
      bytes[0] == ed25519
    else { throw .malformedKey("it is not of the form name+id+key, of an Ed25519 key") }
    try self.init(
      name: String(decoding: parts[0], as: UTF8.self), publicKey: Array(bytes.dropFirst()))
    guard id.hex.utf8.elementsEqual(parts[1]) else {
      throw .malformedKey("its id is not the one of its name and key")
    }
  }

  public var text: String { "\(name)+\(id.hex)+\(([ed25519] + publicKey).base64)" }

  func isSignature(_ signature: some Collection<UInt8>, of text: String) -> Bool {
    let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)
    return key?.isValidSignature(Array(signature), for: Array(text.utf8)) ?? false
  }
}

/// Whether a name can stand in a key and in a signature's line.
func isKeyName(_ name: String) -> Bool {
  !name.isEmpty
    && name.unicodeScalars.allSatisfy {
      !$0.properties.isWhitespace && $0.value >= 0x20 && $0 != "+"
    }
}

private let plus = UInt8(ascii: "+")
/// The signature type of the specification.
private let ed25519: UInt8 = 1
