import Journal

/// Texts, each once, by a number that counts from 0: bytes side by side, and an index over them by
/// open addressing. A text of ten bytes takes about 25 bytes in all.
struct TextTable: Sendable {
  private var bytes: [UInt8] = []
  /// Where each text ends; it starts where the one before it ends.
  private var ends: [UInt32] = []
  /// A text's number plus one at a place that its hash leads to; 0 is free. Half are free.
  private var places: [UInt32] = []
  /// Another one in every table, so that nobody can choose texts that collide.
  private let seed = UInt64.random(in: .min ... .max)

  init() {}

  var count: Int { ends.count }

  /// The text's number; nil where it is not in the table.
  func find(_ text: UnsafeRawBufferPointer) -> UInt32? {
    guard !places.isEmpty else { return nil }
    var place = hash(text) & (places.count - 1)
    while places[place] != 0 {
      let number = places[place] - 1
      if isEqual(number, text) { return number }
      place = (place + 1) & (places.count - 1)
    }
    return nil
  }

  func find(_ text: String) -> UInt32? {
    var text = text
    return text.withUTF8 { find(UnsafeRawBufferPointer($0)) }
  }

  /// The text's number, a new one where it is not in the table.
  mutating func insert(_ text: UnsafeRawBufferPointer) -> UInt32 {
    find(text) ?? append(text)
  }

  mutating func insert(_ text: String) -> UInt32 {
    var text = text
    return text.withUTF8 { insert(UnsafeRawBufferPointer($0)) }
  }

  /// Adds a text that is not in the table.
  mutating func append(_ text: UnsafeRawBufferPointer) -> UInt32 {
    bytes.append(contentsOf: text)
    precondition(bytes.count <= UInt32.max, "a partition's texts take less than 4 GiB")
    ends.append(UInt32(bytes.count))
    if ends.count * 2 > places.count {
      places = [UInt32](repeating: 0, count: max(16, places.count * 2))
      for number in 0..<ends.count { index(UInt32(number)) }
    } else {
      index(UInt32(ends.count - 1))
    }
    return UInt32(ends.count - 1)
  }

  func text(_ number: UInt32) -> String {
    String(decoding: bytes[range(number)], as: UTF8.self)
  }

  /// Bytes of the text.
  func size(_ number: UInt32) -> Int { range(number).count }

  /// The text behind its length, as `ByteWriter` puts texts.
  func write(_ number: UInt32, to writer: inout ByteWriter) {
    let range = range(number)
    writer.put(UInt16(range.count))
    bytes.withUnsafeBytes { writer.put(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  private func range(_ number: UInt32) -> Range<Int> {
    (number == 0 ? 0 : Int(ends[Int(number) - 1]))..<Int(ends[Int(number)])
  }

  private func isEqual(_ number: UInt32, _ text: UnsafeRawBufferPointer) -> Bool {
    let range = range(number)
    guard range.count == text.count else { return false }
    return bytes.withUnsafeBytes { held in
      for offset in 0..<text.count where held[range.lowerBound + offset] != text[offset] {
        return false
      }
      return true
    }
  }

  private mutating func index(_ number: UInt32) {
    let range = range(number)
    var place = bytes.withUnsafeBytes {
      hash(UnsafeRawBufferPointer(rebasing: $0[range])) & (places.count - 1)
    }
    while places[place] != 0 { place = (place + 1) & (places.count - 1) }
    places[place] = number + 1
  }

  /// Eight bytes at a time, a product folded in half after each. Only numbers leave the table,
  /// never the order of hashes.
  private func hash(_ text: UnsafeRawBufferPointer) -> Int {
    var hash = seed ^ UInt64(text.count)
    var offset = 0
    while offset < text.count {
      var word: UInt64 = 0
      if offset + 8 <= text.count {
        word = text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      } else {
        for byte in offset..<text.count { word = word << 8 | UInt64(text[byte]) }
      }
      let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
      hash = product.high ^ product.low
      offset += 8
    }
    return Int(truncatingIfNeeded: hash >> 1)
  }
}
