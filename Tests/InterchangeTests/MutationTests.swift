import Billing
import TestSupport
import Testing

@testable import Interchange

@Suite("Damaged files")
struct MutationTests {
  static let texts: [(text: String, format: MeterFileFormat)] = [
    (
      "account,date,interval_minutes,wh_1,...\nA1,2015-01-01,60,1,2,,-4\r\nB,2015-03-08,15,5,6\n",
      .csv
    ),
    (
      """
      account,start,kwh,channel,quality
      A,2015-01-01T00:00:00-08:00,1.5,delivered,actual
      A,2015-01-01T00:15:00-08:00,nan,received,estimated
      B,2015-11-01T09:00:00Z,"0.1",delivered,edited
      """, .csv
    ),
    ("account,date,register,kwh\nA,2015-01-01,total,123.456\nA,2015-01-01,peak,1\n", .csv),
    (
      SCECSVTests().file(
        "Energy consumption",
        [
          "\"2020-11-01 01:00:00 to 2020-11-01 01:00:00\",\"0.5\",\"\"",
          "\"2020-11-01 01:00:00 to 2020-11-01 02:00:00\",\"0.5\",\"Estimated\"",
        ]), .sceCSV
    ),
    (
      GreenButtonTests.feed(
        GreenButtonTests.point(
          type: "<flowDirection>19</flowDirection><powerOfTenMultiplier>1</powerOfTenMultiplier>",
          [GreenButtonTests.reading(0, "1&#x30;"), GreenButtonTests.reading(1, "<![CDATA[5]]>")])),
      .greenButton
    ),
  ]

  /// Bytes that mean something in one of the layouts.
  static let telling = Array("\u{0}\n\r,\"<>/&;#:-.+ 09TZeE![]'=\u{FF}x".utf8)

  @Test(arguments: texts.indices)
  func `no damage crashes or hangs`(index: Int) {
    let (text, format) = MutationTests.texts[index]
    let seed = UInt64.random(in: 0..<1_000_000)
    print("mutations of text \(index) with seed \(seed)")
    var generator = SeededRandom(seed)
    let original = Array(text.utf8)
    var outcomes = (read: 0, refused: 0)
    for round in 0..<1200 {
      var bytes = original
      for _ in 0...Int.random(in: 0..<4, using: &generator) {
        guard !bytes.isEmpty else { break }
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        let length = Int.random(in: 0..<20, using: &generator)
        let end = min(bytes.count, place + length)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
        case 1: bytes[place] = MutationTests.telling.randomElement(using: &generator) ?? 0
        case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 3: bytes.removeSubrange(place..<end)
        case 4: bytes.removeLast(bytes.count - place)
        default: bytes.insert(contentsOf: repeatElement(0x39, count: length), at: place)
        }
      }
      do {
        let file = try content(
          bytes: bytes, round % 2 == 0 ? format : .auto, account: "A",
          blockSize: 1 + round % 40, chunkRows: 1 + round % 3)
        for day in file.days { #expect((1...1500).contains(day.values.count)) }
        outcomes.read += 1
      } catch {
        #expect(!"\(error)".isEmpty)
        outcomes.refused += 1
      }
    }
    #expect(outcomes.read > 0)
    #expect(outcomes.refused > 0)
  }
}
