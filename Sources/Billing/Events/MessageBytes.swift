/// Parts of messages as Protocol Buffers lays them out.
extension [UInt8] {
  mutating func append(varint: UInt64) {
    var value = varint
    while value >= 0x80 {
      append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    append(UInt8(value))
  }

  mutating func appendPlace(of event: Event) { appendPlace(event.account, event.effective) }

  mutating func appendPlace(_ account: UInt32, _ effective: Int32) {
    append(field: 1, UInt64(account))
    append(field: 2, zigzag(Int64(effective)))
  }

  /// A field of zero is not written.
  mutating func append(field: UInt64, _ value: UInt64) {
    guard value != 0 else { return }
    append(varint: field << 3)
    append(varint: value)
  }

  /// An empty text is not written.
  mutating func append(field: UInt64, _ text: String) {
    // Lent, not handed out: to count references to a text takes longer than to copy it.
    let bytes = text.utf8.span
    guard !bytes.isEmpty else { return }
    append(varint: field << 3 | 2)
    append(varint: UInt64(bytes.count))
    bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
  }

  mutating func appendDelimited(field: UInt64, _ body: (inout [UInt8]) -> Void) {
    let place = open(field: field)
    body(&self)
    close(place)
  }

  mutating func appendDelimited(_ body: (inout [UInt8]) -> Void) {
    let place = open()
    body(&self)
    close(place)
  }

  /// Starts a part whose length stands before it.
  ///
  /// - Returns: what `close` is told.
  mutating func open(field: UInt64) -> Int {
    append(varint: field << 3 | 2)
    return open()
  }

  mutating func open() -> Int {
    append(0)
    return count - 1
  }

  /// Most lengths fit the one byte that is kept for them; for a longer one the part moves.
  mutating func close(_ place: Int) {
    let length = count - place - 1
    guard length >= 0x80 else {
      self[place] = UInt8(length)
      return
    }
    let more = (length.bitWidth - length.leadingZeroBitCount - 1) / 7
    for _ in 0..<more { append(0) }
    withUnsafeMutableBytes { bytes in
      UnsafeMutableRawBufferPointer(rebasing: bytes[(place + 1 + more)...])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[place + 1..<place + 1 + length]))
      var rest = length
      for index in place..<place + more {
        bytes[index] = UInt8(truncatingIfNeeded: rest) | 0x80
        rest >>= 7
      }
      bytes[place + more] = UInt8(rest)
    }
  }
}

/// Numbers of either sign as unsigned ones: small where they are near zero.
func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
