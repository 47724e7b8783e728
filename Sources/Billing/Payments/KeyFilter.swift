/// Tells of nearly every payment key that was never used that it was not, from a few bits: to look
/// for a new key in every partition's dictionary would cost more than the rest of a payment.
struct KeyFilter: Sendable {
  private static let bitsPerKey = 16

  /// A power of two of them.
  private var words: [UInt64]
  private var count = 0

  /// - Parameter room: how many keys it is to tell apart well.
  init(room: Int = 64) {
    var size = 16
    while size * 64 < room * Self.bitsPerKey { size *= 2 }
    words = [UInt64](repeating: 0, count: size)
  }

  /// Whether it should be made again with more room.
  var isFull: Bool { count * Self.bitsPerKey >= words.count * 64 }

  /// What the filters of all partitions are asked with: the hash that the dictionary uses, so that
  /// keys which are equal to it, such as é in one character and in two, are equal here too. It
  /// differs from process to process, which nothing sees: the filter is not part of the state.
  static func hash(_ key: String) -> UInt64 { UInt64(bitPattern: Int64(key.hashValue)) }

  private func places(_ hash: UInt64) -> (UInt64, UInt64) {
    let mask = UInt64(words.count * 64 - 1)
    return (hash & mask, (hash >> 24) &* 0xBF58_476D_1CE4_E5B9 >> 20 & mask)
  }

  mutating func insert(_ hash: UInt64) {
    let (one, two) = places(hash)
    words[Int(one / 64)] |= 1 << (one % 64)
    words[Int(two / 64)] |= 1 << (two % 64)
    count += 1
  }

  func mayHold(_ hash: UInt64) -> Bool {
    let (one, two) = places(hash)
    return words[Int(one / 64)] >> (one % 64) & words[Int(two / 64)] >> (two % 64) & 1 == 1
  }
}
