import TestSupport
import Testing

@testable import Journal

@Suite struct MerkleTreeTests {
  /// The leaves and roots of the certificate-transparency project's own tests.
  private static let leaves: [[UInt8]] = [
    [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
    [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
    [
      0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E,
      0x6F,
    ],
  ]
  private static let roots = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ]

  @Test func `roots are those of certificate transparency`() {
    let tree = Self.tree(of: Self.leaves)
    for (size, root) in Self.roots.enumerated() { #expect("\(tree.root(of: size))" == root) }
  }

  @Test func `inclusion paths are those of certificate transparency`() {
    let tree = Self.tree(of: Self.leaves)
    #expect(
      tree.inclusionPath(of: 0, in: 8).map(\.description) == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
      ])
    #expect(
      tree.inclusionPath(of: 5, in: 8).map(\.description) == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      ])
    #expect(tree.inclusionPath(of: 0, in: 1).isEmpty)
  }

  @Test func `of 0 to 70 leaves, the root is that of pairing neighbours level by level`() {
    var random = SeededRandom(6962)
    let leaves = (0..<70).map { _ in random.bytes(Int.random(in: 0...200, using: &random)) }
    let tree = Self.tree(of: leaves)
    for size in 0...70 { #expect(tree.root(of: size) == Self.paired(leaves[..<size])) }
  }

  @Test func `every inclusion path leads to the root, and from no other leaf or place`() {
    var random = SeededRandom(6963)
    let leaves = (0..<70).map { _ in random.bytes(9) }
    let tree = Self.tree(of: leaves)
    for size in 1...70 {
      for index in 0..<size {
        let path = tree.inclusionPath(of: index, in: size)
        let root = tree.root(of: size)
        #expect(Self.root(leaves[index], index, size, path) == root)
        let other = Int.random(in: 0..<70, using: &random)
        if other != index {
          #expect(Self.root(leaves[other], index, size, path) != root)
          #expect(Self.root(leaves[index], other, size, path) != root)
        }
        #expect(Self.root(leaves[index], index, size, path + [root]) != root)
        if !path.isEmpty { #expect(Self.root(leaves[index], index, size, path.dropLast()) != root) }
      }
    }
  }

  @Test func `consistency proofs are those of certificate transparency`() {
    let tree = Self.tree(of: Self.leaves)
    #expect(
      tree.consistencyProof(from: 1, to: 8).map(\.description) == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
      ])
    #expect(
      tree.consistencyProof(from: 6, to: 8).map(\.description) == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      ])
    #expect(
      tree.consistencyProof(from: 2, to: 5).map(\.description) == [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      ])
  }

  @Test func `every tree continues every earlier one, and no other`() {
    var random = SeededRandom(6964)
    let tree = Self.tree(of: (0..<40).map { _ in random.bytes(5) })
    let other = Self.tree(of: (0..<40).map { _ in random.bytes(5) })
    for size in 1...40 {
      let root = tree.root(of: size)
      for old in 1...size {
        let proof = tree.consistencyProof(from: old, to: size)
        #expect(Self.continues((old, tree.root(of: old)), (size, root), proof))
        #expect(!Self.continues((old, other.root(of: old)), (size, root), proof))
        guard old < size else { continue }
        #expect(!Self.continues((old, tree.root(of: old)), (size, other.root(of: size)), proof))
        #expect(!Self.continues((old, tree.root(of: old)), (size, root), proof + [root]))
      }
    }
  }

  /// RFC 9162, section 2.1.4.2.
  private static func continues(
    _ old: (size: Int, root: Digest), _ new: (size: Int, root: Digest), _ proof: [Digest]
  ) -> Bool {
    guard old.size < new.size else { return proof.isEmpty && old.root == new.root }
    let isPower = old.size & (old.size - 1) == 0
    var rest = (isPower ? [old.root] : []) + proof
    guard !rest.isEmpty else { return false }
    var (first, last) = (old.size - 1, new.size - 1)
    while first & 1 == 1 { (first, last) = (first >> 1, last >> 1) }
    var (before, after) = (rest[0], rest[0])
    rest.removeFirst()
    for other in rest {
      guard last > 0 else { return false }
      if first & 1 == 1 || first == last {
        (before, after) = (node(other, before), node(other, after))
        while first & 1 == 0, first != 0 { (first, last) = (first >> 1, last >> 1) }
      } else {
        after = node(after, other)
      }
      (first, last) = (first >> 1, last >> 1)
    }
    return before == old.root && after == new.root && last == 0
  }

  private static func tree(of leaves: [[UInt8]]) -> MerkleTree {
    var tree = MerkleTree()
    for leaf in leaves { tree.append(leaf) }
    return tree
  }

  private static func node(_ left: Digest, _ right: Digest) -> Digest {
    Digest(of: [1] + left.bytes + right.bytes)
  }

  /// The tree from below: neighbours make a node, one that is left over goes up as it is.
  static func paired(_ leaves: ArraySlice<[UInt8]>) -> Digest {
    var level = leaves.map { Digest(of: [0] + $0) }
    guard !level.isEmpty else { return Digest(of: []) }
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map {
        $0 + 1 < level.count ? node(level[$0], level[$0 + 1]) : level[$0]
      }
    }
    return level[0]
  }

  /// RFC 9162, section 2.1.3.2.
  private static func root(
    _ leaf: [UInt8], _ index: Int, _ size: Int, _ path: [Digest]
  ) -> Digest? {
    guard index < size else { return nil }
    var (first, last) = (index, size - 1)
    var value = Digest(of: [0] + leaf)
    for other in path {
      guard last > 0 else { return nil }
      if first & 1 == 1 || first == last {
        value = node(other, value)
        while first & 1 == 0, first != 0 { (first, last) = (first >> 1, last >> 1) }
      } else {
        value = node(value, other)
      }
      (first, last) = (first >> 1, last >> 1)
    }
    return last == 0 ? value : nil
  }
}
