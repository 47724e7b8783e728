import Crypto
import SwiftProtobuf

/// How a person's details are sealed: ChaCha20-Poly1305 (RFC 8439) under the person's key, bound to
/// the account and the field, so that a sealed value opens nowhere else. `Journal/FORMAT.md` has
/// the bytes.
extension Sealed {
  static let nonceCount = 12
  private static let tagCount = 16
  /// Lengths tell no more of a person than how many of these there are.
  static let paddedTo = 64
  static let maximumCount = 4096

  /// Whether it has the lengths that sealing gives; what it says only its key can tell.
  var isWellFormed: Bool {
    let padded = ciphertext.count - Self.tagCount
    return KeyID(key) != nil && nonce.count == Self.nonceCount && padded > 0
      && padded % Self.paddedTo == 0 && padded <= Self.maximumCount
  }

  /// Seals the details of the person who has an account.
  init(
    _ details: PersonDetails, ofAccount number: String, with key: PersonKey, nonce: [UInt8]
  ) throws {
    let message: [UInt8] = try details.serializedBytes()
    var content = [UInt8(message.count & 0xFF), UInt8(message.count >> 8)] + message
    let rest = content.count % Self.paddedTo
    if rest > 0 { content += [UInt8](repeating: 0, count: Self.paddedTo - rest) }
    precondition(content.count <= Self.maximumCount, "the details' lengths were judged before")
    let box = try ChaChaPoly.seal(
      content, using: SymmetricKey(data: key.secret), nonce: ChaChaPoly.Nonce(data: nonce),
      authenticating: Self.binding(number, key.id))
    self.init()
    self.key = .init(key.id.bytes)
    self.nonce = .init(nonce)
    ciphertext = box.ciphertext + box.tag
  }

  /// The details; nil when they were changed, or sealed for another account or with another key.
  func open(ofAccount number: String, with key: PersonKey) -> PersonDetails? {
    guard isWellFormed, KeyID(self.key) == key.id,
      let box = try? ChaChaPoly.SealedBox(
        nonce: ChaChaPoly.Nonce(data: nonce), ciphertext: ciphertext.dropLast(Self.tagCount),
        tag: ciphertext.suffix(Self.tagCount)),
      let opened = try? ChaChaPoly.open(
        box, using: SymmetricKey(data: key.secret),
        authenticating: Self.binding(number, key.id))
    else { return nil }
    let content = [UInt8](opened)
    let count = Int(content[0]) | Int(content[1]) << 8
    guard count <= content.count - 2, content[(2 + count)...].allSatisfy({ $0 == 0 }),
      let details = try? PersonDetails(serializedBytes: Array(content[2..<2 + count])),
      details.unknownFields.data.isEmpty
    else { return nil }
    return details
  }

  /// What the seal covers beside the details: where they belong.
  private static func binding(_ number: String, _ key: KeyID) -> [UInt8] {
    Array("wattbook sealed 1\0PersonDetailsRecorded.details\0\(number)\0".utf8) + key.bytes
  }
}
