import CCRC
import Crypto

/// A SHA-256 value, held inline so that headers need no allocation.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  /// The 32 bytes in memory order.
  private var words: SIMD4<UInt64>

  public init(of content: UnsafeRawBufferPointer) {
    var hash = RunningDigest()
    hash.update(content)
    self = hash.finish()
  }

  public init(of content: [UInt8]) {
    self = content.withUnsafeBytes { Digest(of: $0) }
  }

  /// Nil unless there are 32 bytes.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 32 else { return nil }
    words = bytes.loadUnaligned(as: SIMD4<UInt64>.self)
  }

  fileprivate init(_ digest: SHA256.Digest) {
    self = digest.withUnsafeBytes { Digest(bytes: $0)! }
  }

  /// The first eight bytes, big-endian.
  var leading: UInt64 { UInt64(bigEndian: words[0]) }

  public var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

  public var description: String { bytes.hex }
}

/// SHA-256 over content that arrives in parts.
public struct RunningDigest {
  private var hash = SHA256()

  public init() {}

  public mutating func update(_ content: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: content)
  }

  public func finish() -> Digest {
    Digest(hash.finalize())
  }
}

extension Collection<UInt8> {
  /// Lower-case hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

/// CRC-32C of some bytes.
public func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  ccrc32c(0, bytes.baseAddress, bytes.count)
}

func crc32c(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { crc32c($0) } }

/// The partition of an account: the first eight bytes of SHA-256 of its number, big-endian,
/// modulo the journal's partition count.
public func partition(ofAccount number: String, of count: Int) -> UInt16 {
  var number = number
  return number.withUTF8 { partition(ofAccount: UnsafeRawBufferPointer($0), of: count) }
}

/// The same of the number's bytes.
public func partition(ofAccount number: UnsafeRawBufferPointer, of count: Int) -> UInt16 {
  UInt16(Digest(of: number).leading % UInt64(count))
}
