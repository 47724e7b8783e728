@testable import Journal

/// Puts right what a change of bytes broke, as one would who knows the format: the CRC and SHA-256
/// of each data frame, the headers' own CRC, the chain, the footers and the boundary. Behind right
/// checksums the bytes reach the code that has to judge what they mean.
struct Forgery {
  let identity: JournalIdentity
  private var last: Boundary

  /// - Parameter boundary: the one of the journal as it was, for what segments do not tell.
  init(_ identity: JournalIdentity, after boundary: Boundary) {
    self.identity = identity
    last = boundary
    last.commit = 0
    last.chain = identity.chainStart
  }

  /// The boundary that belongs to the segments sealed so far.
  var boundary: Boundary { last }

  /// Seals one segment after the other, as far as its frames can be followed.
  mutating func seal(_ bytes: inout [UInt8], of segment: UInt64) {
    (last.segment, last.offset) = (segment, UInt64(bytes.count))
    var offset = Frame.empty.count
    while offset + 8 <= bytes.count {
      let size = Int(integer(bytes, offset + 4))
      let content = offset + 8
      guard size <= bytes.count - content else { return }
      switch integer(bytes, offset) {
      case Frame.headerMagic:
        guard (BatchHeader.fixedBytes + 8...BatchHeader.maximumBytes).contains(size) else { return }
        let frame = content + size
        let end = min(bytes.count, frame + Int(integer(bytes, content + 64)))
        put(crc32c(Array(bytes[frame..<end])), &bytes, content + 72)
        put(Digest(of: Array(bytes[frame..<end])), &bytes, content + 80)
        put(last.chain, &bytes, content + 112)
        put(crc32c(Array(bytes[content..<frame - 4])), &bytes, frame - 4)
        last.chain = Digest(of: Array(bytes[content..<frame]))
        last.nextPosition = long(bytes, content + 16) &+ UInt64(integer(bytes, content + 8))
        last.commit = long(bytes, content + 24)
        last.recordedAt = Int64(bitPattern: long(bytes, content + 32))
        last.epoch = long(bytes, content + 40)
        offset = end
      case Frame.footerMagic:
        guard size >= 60 else { return }
        put(last.chain, &bytes, content + 16)
        put(crc32c(Array(bytes[content..<content + size - 8])), &bytes, content + size - 8)
        offset = content + size
      default: return
      }
    }
  }

  private func integer(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    bytes.withUnsafeBytes {
      .init(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: UInt32.self))
    }
  }

  private func long(_ bytes: [UInt8], _ at: Int) -> UInt64 {
    bytes.withUnsafeBytes {
      .init(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }
  }

  private func put(_ value: UInt32, _ bytes: inout [UInt8], _ at: Int) {
    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(at..<at + 4, with: $0) }
  }

  private func put(_ digest: Digest, _ bytes: inout [UInt8], _ at: Int) {
    bytes.replaceSubrange(at..<at + 32, with: digest.bytes)
  }
}
