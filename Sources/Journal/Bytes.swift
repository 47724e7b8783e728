#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Writes fixed-width little-endian integers: headers, footers, columns and state digests.
public struct ByteWriter: Sendable {
  public var bytes: [UInt8]

  @inlinable
  public init(capacity: Int = 0) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  @inlinable
  public mutating func put<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  @inlinable
  public mutating func put(_ slice: some Sequence<UInt8>) { bytes.append(contentsOf: slice) }

  /// A text of at most 65,535 bytes behind its length.
  public mutating func put(text: String) {
    precondition(text.utf8.count <= 65_535, "a text field holds at most 65,535 bytes")
    put(UInt16(text.utf8.count))
    put(text.utf8)
  }
}

/// Reads what `ByteWriter` wrote; every access is checked against the end.
public struct ByteReader {
  public let bytes: UnsafeRawBufferPointer
  public private(set) var offset: Int

  public enum Failure: Error { case endOfBytes }

  public init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    offset = 0
  }

  public var remaining: Int { bytes.count - offset }

  @inlinable
  public mutating func get<Value: FixedWidthInteger>(
    _: Value.Type = Value.self
  ) throws(Failure) -> Value {
    let at = try skip(MemoryLayout<Value>.size)
    return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Value.self))
  }

  public mutating func get(bytes count: Int) throws(Failure) -> UnsafeRawBufferPointer {
    let at = try skip(count)
    return UnsafeRawBufferPointer(rebasing: bytes[at..<at + count])
  }

  public mutating func getText() throws(Failure) -> String {
    String(decoding: try getTextBytes(), as: UTF8.self)
  }

  /// The bytes of a text.
  public mutating func getTextBytes() throws(Failure) -> UnsafeRawBufferPointer {
    try get(bytes: Int(try get(UInt16.self)))
  }

  /// Steps over `count` bytes and gives the offset they started at.
  @usableFromInline
  mutating func skip(_ count: Int) throws(Failure) -> Int {
    guard count >= 0, count <= remaining else { throw .endOfBytes }
    defer { offset += count }
    return offset
  }
}

/// Whether bytes are the same, many at a time: `==` takes one after the other.
package func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  left.count == right.count
    && left.withUnsafeBytes { ours in
      right.withUnsafeBytes { theirs in
        ours.isEmpty || memcmp(ours.baseAddress!, theirs.baseAddress!, ours.count) == 0
      }
    }
}
