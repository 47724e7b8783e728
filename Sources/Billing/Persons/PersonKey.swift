import Journal

/// Names a person's key: 16 random bytes, which tell nothing of the person.
public struct KeyID: Hashable, Sendable, CustomStringConvertible {
  static let count = 16
  private let halves: SIMD2<UInt64>

  /// Nil unless there are 16 bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.count else { return nil }
    halves = Array(bytes).withUnsafeBytes { $0.loadUnaligned(as: SIMD2<UInt64>.self) }
  }

  public var bytes: [UInt8] { withUnsafeBytes(of: halves) { Array($0) } }

  /// Lower-case hexadecimal digits, as the key's file is named.
  public var description: String { bytes.hex }
}

/// What one person's details are sealed with. It is kept outside the journal, and nowhere else.
public struct PersonKey: Sendable {
  static let secretCount = 32
  public let id: KeyID
  let secret: [UInt8]

  /// Nil unless the secret has 32 bytes.
  public init?(id: KeyID, secret: [UInt8]) {
    guard secret.count == Self.secretCount else { return nil }
    self.id = id
    self.secret = secret
  }
}

/// The randomness that a command brings along, so that no decision makes any.
public struct SealingSeed: Sendable {
  /// The key of a person who has none yet.
  public let key: PersonKey
  /// 12 bytes, never used twice with one key.
  let nonce: [UInt8]

  /// 60 bytes drawn from a source that must be fit for keys.
  public init(from random: inout some RandomNumberGenerator) {
    func bytes(_ count: Int) -> [UInt8] {
      var bytes: [UInt8] = []
      while bytes.count < count {
        let drawn: UInt64 = random.next()
        withUnsafeBytes(of: drawn.littleEndian) { bytes += $0 }
      }
      return Array(bytes.prefix(count))
    }
    guard let id = KeyID(bytes(KeyID.count)),
      let key = PersonKey(id: id, secret: bytes(PersonKey.secretCount))
    else { preconditionFailure("ids and secrets have the lengths drawn") }
    self.key = key
    nonce = bytes(Sealed.nonceCount)
  }

  /// From the system's source, fit for keys.
  public init() {
    var system = SystemRandomNumberGenerator()
    self.init(from: &system)
  }
}
