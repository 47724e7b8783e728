/// A segment file's name: its first position in twenty digits, so that names sort as positions.
enum SegmentName {
  static func file(firstPosition: UInt64) -> String {
    let digits = String(firstPosition)
    return String(repeating: "0", count: 20 - digits.utf8.count) + digits + ".lz4"
  }

  /// Nil for any other file of the directory.
  static func firstPosition(_ name: String) -> UInt64? {
    guard name.utf8.count == 24, name.hasSuffix(".lz4") else { return nil }
    let digits = name.dropLast(4)
    return digits.allSatisfy { $0.isASCII && $0.isNumber } ? UInt64(digits) : nil
  }
}

/// A batch and where it lies.
public struct BatchLocation: Sendable {
  public let header: BatchHeader
  /// First position of the segment, which names its file.
  public let segment: UInt64
  /// Offset of the header's skippable frame.
  public let offset: Int
  /// Offset of the data frame.
  public let frameOffset: Int
  /// Offset after the data frame.
  public var end: Int { frameOffset + Int(header.storedBytes) }
  /// The chain value after this batch; nil where the scan did not compute it.
  public let chain: Digest?
}

/// What stands at an offset of a segment.
enum SegmentItem {
  case batch(BatchLocation)
  case footer(Footer, end: Int)
  case damage(reason: String)
}

/// Takes the bytes of a segment apart, front to back. It knows neither files nor the boundary.
struct SegmentScanner {
  let segment: UInt64
  /// Bytes from `base` of the file on.
  let bytes: UnsafeRawBufferPointer
  let base: Int
  /// The file ends here for our purposes, which may be after the bytes at hand.
  let fileEnd: Int
  /// Whether each header is hashed for the chain.
  var chaining = true

  /// Whether a segment starts as it must.
  static func startsWell(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= Frame.empty.count && bytes.starts(with: Frame.empty)
  }

  func item(at offset: Int) -> SegmentItem {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[(offset - base)...])
    guard rest.count >= 8 else { return .damage(reason: "the file ends inside a frame") }
    let magic = UInt32(littleEndian: rest.loadUnaligned(as: UInt32.self))
    let size = Int(UInt32(littleEndian: rest.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
    switch magic {
    case Frame.headerMagic:
      guard size <= BatchHeader.maximumBytes else {
        return .damage(reason: HeaderFault.length(size).reason)
      }
      guard size + 8 <= rest.count else { return .damage(reason: "the file ends inside a header") }
      return header(UnsafeRawBufferPointer(rebasing: rest[8..<(8 + size)]), at: offset)
    case Frame.footerMagic:
      guard size + 8 <= rest.count else { return .damage(reason: "the file ends inside a footer") }
      let content = UnsafeRawBufferPointer(rebasing: rest[8..<(8 + size)])
      guard let footer = Footer(content) else { return .damage(reason: Footer.faultReason) }
      return .footer(footer, end: offset + 8 + size)
    default:
      return .damage(reason: "no batch header starts here")
    }
  }

  /// Where the next bytes stand that a header could start with, or a footer that ends the bytes.
  ///
  /// A footer anywhere else is none: to try the checksum of as many bytes as each of many would
  /// have would take for ever.
  func nextMagic(from start: Int) -> Int? {
    let first = UInt8(truncatingIfNeeded: Frame.headerMagic)
    var offset = start - base
    while offset + 8 <= bytes.count {
      if bytes[offset] == first || bytes[offset] == first + 1 {
        let magic = UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        if magic == Frame.headerMagic { return base + offset }
        let size = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        if magic == Frame.footerMagic,
          offset + 8 + Int(UInt32(littleEndian: size)) == bytes.count
        {
          return base + offset
        }
      }
      offset += 1
    }
    return nil
  }

  private func header(_ content: UnsafeRawBufferPointer, at offset: Int) -> SegmentItem {
    switch BatchHeader.decode(content) {
    case .failure(let fault): return .damage(reason: fault.reason)
    case .success(let header):
      let location = BatchLocation(
        header: header, segment: segment, offset: offset, frameOffset: offset + 8 + content.count,
        chain: chaining ? Digest(of: content) : nil)
      guard location.end <= fileEnd else {
        return .damage(reason: "the file ends inside a data frame")
      }
      return .batch(location)
    }
  }
}
