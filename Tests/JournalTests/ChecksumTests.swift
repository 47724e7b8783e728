import CCRC
import TestSupport
import Testing

@testable import Journal

struct ChecksumTests {
  @Test(
    "CRC-32C gives the values of RFC 3720",
    arguments: [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E), ((0..<32).reversed(), 0x113F_DB5C),
      (Array("123456789".utf8), 0xE306_9283), ([], 0),
    ] as [([UInt8], UInt32)])
  func vectors(bytes: [UInt8], expected: UInt32) {
    #expect(crc32c(bytes) == expected)
    #expect(ccrc32c_portable(0, bytes, bytes.count) == expected)
  }

  @Test func `the hardware and the portable CRC agree at any length and alignment`() {
    var random = SeededRandom(11)
    let bytes = random.bytes(60_000)
    bytes.withUnsafeBytes { buffer in
      for round in 0..<1500 {
        let start = Int.random(in: 0...64, using: &random)
        let count = Int.random(in: 0...(round < 1000 ? 1200 : 59_000), using: &random)
        let seed = UInt32.random(in: 0...UInt32.max, using: &random)
        let at = buffer.baseAddress! + start
        let whole = ccrc32c(seed, at, count)
        #expect(whole == ccrc32c_portable(seed, at, count))
        let cut = Int.random(in: 0...count, using: &random)
        #expect(whole == ccrc32c(ccrc32c(seed, at, cut), at + cut, count - cut))
      }
    }
  }

  @Test func `a frame decodes to what it was made of, and to nothing when it is cut`() {
    var random = SeededRandom(12)
    let decoder = FrameDecoder()
    for count in [0, 1, 1000, 65_536, 300_000, 5_000_000] {
      let noise = random.bytes(min(count, 1000))
      let content = (0..<count).map { noise[$0 % 1000] }
      let frame = Frame.compress(content)
      frame.withUnsafeBytes { stored in
        #expect(decoder.decode(stored, contentBytes: count).map { Array($0) } == content)
        for missing in [1, 4, 7, stored.count] where missing <= stored.count {
          let part = UnsafeRawBufferPointer(rebasing: stored[..<(stored.count - missing)])
          #expect(decoder.decode(part, contentBytes: count) == nil)
        }
        #expect(decoder.decode(stored, contentBytes: count + 1) == nil)
      }
    }
  }

  @Test func `a header that claims a huge content is refused without room made for it`() {
    let frame = Frame.compress(Array(repeating: 0, count: 1000))
    frame.withUnsafeBytes {
      #expect(FrameDecoder().decode($0, contentBytes: Int(UInt32.max)) == nil)
    }
  }

  @Test func `an account's partition follows from its number alone`() {
    #expect(partition(ofAccount: "3012345678", of: 8) == 5)
    #expect(partition(ofAccount: "PC05II0730790", of: 8) == 0)
    #expect(partition(ofAccount: "3012345678", of: 1) == 0)
  }
}
