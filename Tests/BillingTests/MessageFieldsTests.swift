import TestSupport
import Testing

@testable import Billing

/// The one reader of lengths and numbers of messages.
struct MessageFieldsTests {
  private func read<Value>(_ bytes: [UInt8], _ body: (inout MessageFields) -> Value) -> Value {
    bytes.withUnsafeBytes {
      var fields = MessageFields($0)
      return body(&fields)
    }
  }

  @Test(arguments: [1, 2])
  func `a number is read as it is written, with zeros behind it, and not cut short`(
    seed: UInt64
  ) {
    var random = SeededRandom(seed)
    for _ in 0..<1000 {
      let number = UInt64.random(in: 0...(.max), using: &random) >> UInt64.random(in: 0..<64)
      var bytes: [UInt8] = []
      bytes.append(varint: number)
      #expect(read(bytes) { $0.varint() } == number)
      #expect(read(Array(bytes.dropLast())) { $0.varint() } == nil)
      guard bytes.count < 10 else { continue }
      bytes[bytes.count - 1] |= 0x80
      #expect(read(bytes + [0]) { $0.varint() } == number)
    }
    // The highest has ten bytes, the last of them 1.
    let highest = Array(repeating: UInt8(0xFF), count: 9)
    #expect(read(highest + [1]) { $0.varint() } == .max)
    #expect(read(highest + [2]) { $0.varint() } == nil)
    #expect(read(highest + [0x81, 0]) { $0.varint() } == nil)
  }

  @Test func `a message ends where its length says, and never behind the batch`() {
    let bytes: [UInt8] = [2, 7, 8, 0, 1, 9]
    let (lengths, isAtEnd) = read(bytes) { fields in
      ((0..<3).map { _ in fields.delimited()?.count }, fields.isAtEnd)
    }
    #expect(lengths == [2, 0, 1] && isAtEnd)
    for wrong: [UInt8] in [[3, 7, 8], [0x80], Array(repeating: 0xFF, count: 9) + [1, 7]] {
      #expect(read(wrong) { $0.delimited()?.count } == nil)
    }
  }
}
