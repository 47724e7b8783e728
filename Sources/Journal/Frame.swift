import CLZ4

/// LZ4 frames as the `lz4` command writes and reads them.
enum Frame {
  static let headerMagic: UInt32 = 0x184D_2A50
  static let footerMagic: UInt32 = 0x184D_2A51
  static let fillerMagic: UInt32 = 0x184D_2A52

  /// An empty data frame: every segment starts with it, because a reader that meets a skippable
  /// frame first may take the file for something else. Spelled out, because another version of
  /// LZ4 may write an empty frame in other bytes.
  static let empty: [UInt8] = [
    0x04, 0x22, 0x4D, 0x18, 0x60, 0x40, 0x82, 0x00, 0x00, 0x00, 0x00,
  ]

  /// One frame without its own checksums: the batch header has better ones.
  static func compress(_ content: [UInt8]) -> [UInt8] {
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.blockMode = LZ4F_blockIndependent
    preferences.frameInfo.blockSizeID = content.count > 1 << 20 ? LZ4F_max4MB : LZ4F_max1MB
    preferences.frameInfo.contentSize = UInt64(content.count)
    let bound = LZ4F_compressFrameBound(content.count, &preferences)
    return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      count = content.withUnsafeBytes {
        LZ4F_compressFrame(buffer.baseAddress, bound, $0.baseAddress, $0.count, &preferences)
      }
      precondition(LZ4F_isError(count) == 0, "the bound holds any frame")
    }
  }

  /// A skippable frame around some bytes.
  static func skippable(_ magic: UInt32, _ content: [UInt8]) -> [UInt8] {
    var writer = ByteWriter(capacity: content.count + 8)
    writer.put(magic)
    writer.put(UInt32(content.count))
    writer.put(content)
    return writer.bytes
  }
}

/// Decodes data frames into one growing buffer, batch after batch.
final class FrameDecoder {
  private var context: OpaquePointer?
  private var buffer: UnsafeMutableRawBufferPointer

  /// With room for one whole block more than is needed, LZ4 decodes in place and copies nothing.
  private static let largestBlock = 4 << 20

  init() {
    buffer = .allocate(byteCount: 2 * Self.largestBlock, alignment: 64)
    let code = LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    precondition(LZ4F_isError(code) == 0, "a decoding context is memory only")
  }

  deinit {
    LZ4F_freeDecompressionContext(context)
    buffer.deallocate()
  }

  /// The content of one whole frame, valid until the next call; nil when the frame does not
  /// decode to exactly `contentBytes`.
  func decode(_ frame: UnsafeRawBufferPointer, contentBytes: Int) -> UnsafeRawBufferPointer? {
    // LZ4 expands at most 255 times: no header makes us allocate more than the file could hold.
    guard contentBytes <= frame.count * 255 else { return nil }
    if buffer.count < contentBytes + Self.largestBlock {
      buffer.deallocate()
      buffer = .allocate(byteCount: contentBytes * 5 / 4 + Self.largestBlock, alignment: 64)
    }
    LZ4F_resetDecompressionContext(context)
    var options = LZ4F_decompressOptions_t()
    options.stableDst = 1
    var (read, written, isWhole) = (0, 0, false)
    while read < frame.count, !isWhole {
      var produced = buffer.count - written
      var consumed = frame.count - read
      let code = LZ4F_decompress(
        context, buffer.baseAddress! + written, &produced, frame.baseAddress! + read, &consumed,
        &options)
      guard LZ4F_isError(code) == 0 else { return nil }
      read += consumed
      written += produced
      isWhole = code == 0
      guard isWhole || consumed > 0 || produced > 0 else { return nil }
    }
    guard isWhole, read == frame.count, written == contentBytes else { return nil }
    return UnsafeRawBufferPointer(rebasing: buffer[..<written])
  }
}
