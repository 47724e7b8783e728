/// The cells of one line: plain, or quoted whole with no quote inside.
struct CSVCells {
  private(set) var ranges: [Range<Int>] = []

  /// Takes a line apart; false when its quotes do not pair.
  mutating func split(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Bool {
    ranges.removeAll(keepingCapacity: true)
    var start = line.lowerBound
    while true {
      var end: Int
      if start < line.upperBound, bytes[start] == 0x22 {
        guard let quote = bytes.index(of: 0x22, in: (start + 1)..<line.upperBound) else {
          return false
        }
        ranges.append((start + 1)..<quote)
        end = quote + 1
        guard end == line.upperBound || bytes[end] == 0x2C else { return false }
      } else {
        end = bytes.index(of: 0x2C, in: start..<line.upperBound) ?? line.upperBound
        ranges.append(start..<end)
      }
      guard end < line.upperBound else { return true }
      start = end + 1
    }
  }

  var count: Int { ranges.count }

  /// A cell, empty where the line is shorter.
  func cell(_ column: Int) -> Range<Int> {
    column < ranges.count ? ranges[column] : 0..<0
  }
}
