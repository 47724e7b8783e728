import Glibc
import Quantities

extension [Int32] {
  /// Appends without a reference to what is copied: for rows by the million.
  mutating func append(copying span: Span<Int32>) {
    span.withUnsafeBufferPointer { append(contentsOf: $0) }
  }
}

/// Text in bytes, read in place.
extension Span where Element == UInt8 {
  /// The index of the next `byte` in a range, or nil.
  func index(of byte: UInt8, in range: Range<Int>) -> Int? {
    guard !range.isEmpty else { return nil }
    return extracting(range).withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let hit = memchr(base, Int32(byte), bytes.count) else {
        return nil
      }
      return range.lowerBound + (UnsafeRawPointer(hit) - base)
    }
  }

  func date(in range: Range<Int>) -> ServiceDate? {
    extracting(range).withUnsafeBufferPointer { ServiceDate($0) }
  }

  /// A moment with its offset from Universal Time; a bare date is none.
  func instant(in range: Range<Int>) -> Instant? {
    guard range.count > 10 else { return nil }
    return extracting(range).withUnsafeBufferPointer { Instant($0) }
  }

  /// A decimal number in units of 10 to the power of minus `scale`; nil when it is finer.
  func decimal(in range: Range<Int>, scale: Int) -> Int64? {
    extracting(range).withUnsafeBufferPointer { DecimalText.parse($0, scale: scale) }
  }

  /// Reads cells such as `,12,-3,,7`, each behind its comma: whole numbers below 2^31, and
  /// `empty` where there is none.
  ///
  /// - Parameter values: has room for as many cells as the range has bytes.
  /// - Returns: how many cells there are up to the last that is not empty; and the first that is no
  ///   number, by where it starts and by its column from 1.
  func wholeNumbers(
    in range: Range<Int>, empty: Int32, into values: inout [Int32]
  ) -> (count: Int, fault: (start: Int, column: Int)?) {
    precondition(values.count >= range.count, "each cell has its comma")
    return extracting(range).withUnsafeBufferPointer { bytes in
      values.withUnsafeMutableBufferPointer { values in
        var (index, cells, count) = (0, 0, 0)
        while index < bytes.count {
          index += 1
          let start = index
          let isNegative = index < bytes.count && bytes[index] == 0x2D
          if isNegative { index += 1 }
          let digits = index
          var magnitude = 0
          while index < bytes.count {
            let digit = bytes[index] &- 0x30
            guard digit <= 9 else { break }
            magnitude = magnitude &* 10 &+ Int(digit)
            index &+= 1
          }
          let isWhole = index == bytes.count || bytes[index] == 0x2C
          if isWhole, index == start {
            values[cells] = empty
          } else if isWhole, index > digits, index - digits <= 10, magnitude <= Int32.max {
            values[cells] = Int32(truncatingIfNeeded: isNegative ? -magnitude : magnitude)
            count = cells + 1
          } else {
            return (count, (range.lowerBound + start, cells + 1))
          }
          cells += 1
        }
        return (count, nil)
      }
    }
  }

  /// The text of a range, or nil when it is not UTF-8.
  func text(in range: Range<Int>) -> String? {
    extracting(range).withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
  }

  /// At most 60 bytes of a range for a message, damage repaired.
  func excerpt(_ range: Range<Int>) -> String {
    let shown = range.prefix(60)
    return extracting(shown).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
      + (shown.count < range.count ? "..." : "")
  }

  func range(_ range: Range<Int>, equals text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    return extracting(range).withUnsafeBytes { bytes in
      bytes.isEmpty || memcmp(bytes.baseAddress!, text.utf8Start, bytes.count) == 0
    }
  }

  func range(_ range: Range<Int>, equals other: Span<UInt8>) -> Bool {
    guard range.count == other.count else { return false }
    for index in 0..<other.count where self[range.lowerBound + index] != other[index] {
      return false
    }
    return true
  }
}
