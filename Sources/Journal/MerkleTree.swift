/// The Merkle tree of RFC 6962, section 2.1, over leaves in their order.
///
/// It keeps the 32 bytes of each leaf's hash and makes the rest again: a root of 10,000 leaves is
/// 10,000 short hashes.
public struct MerkleTree: Sendable {
  /// SHA-256 of a zero byte and the leaf.
  private var leaves: [Digest] = []

  public init() {}

  public var size: Int { leaves.count }

  public mutating func append(_ leaf: [UInt8]) { leaves.append(Digest(of: [0] + leaf)) }

  /// The root over the first `size` leaves; of none it is SHA-256 of nothing.
  public func root(of size: Int) -> Digest { root(0..<size) }

  /// What a verifier needs beside the leaf at `index` to make the root over the first `size`
  /// leaves, from the leaf upwards.
  public func inclusionPath(of index: Int, in size: Int) -> [Digest] {
    precondition((0..<size).contains(index) && size <= leaves.count, "the leaf is in the tree")
    var path: [Digest] = []
    var range = 0..<size
    while range.count > 1 {
      let middle = Self.middle(of: range)
      let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
      path.append(root(index < middle ? right : left))
      range = index < middle ? left : right
    }
    return path.reversed()
  }

  /// What a verifier needs beside two roots to see that the first `old` leaves of the later tree
  /// are those of the earlier one.
  public func consistencyProof(from old: Int, to size: Int) -> [Digest] {
    precondition((0...size).contains(old) && size <= leaves.count, "the trees are of this one")
    guard old > 0 else { return [] }
    var proof: [Digest] = []
    var range = 0..<size
    while range.upperBound > old {
      let middle = Self.middle(of: range)
      let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
      proof.append(root(old <= middle ? right : left))
      range = old <= middle ? left : right
    }
    // The earlier root itself is known, a part of it is not.
    if range.lowerBound > 0 { proof.append(root(range)) }
    return proof.reversed()
  }

  private func root(_ range: Range<Int>) -> Digest {
    if range.count == 1 { return leaves[range.lowerBound] }
    guard !range.isEmpty else { return Digest(of: []) }
    let middle = Self.middle(of: range)
    return Self.node(root(range.lowerBound..<middle), root(middle..<range.upperBound))
  }

  /// Where a range divides: after the largest power of two that is less than its length.
  private static func middle(of range: Range<Int>) -> Int {
    let bits = Int.bitWidth - 1 - (range.count - 1).leadingZeroBitCount
    return range.lowerBound + (1 << bits)
  }

  private static func node(_ left: Digest, _ right: Digest) -> Digest {
    Digest(of: [1] + left.bytes + right.bytes)
  }
}
