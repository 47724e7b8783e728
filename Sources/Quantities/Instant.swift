/// A moment in Universal Time, in whole milliseconds since 1970-01-01T00:00:00Z.
public struct Instant: Hashable, Comparable, Sendable {
  public var milliseconds: Int64

  public init(milliseconds: Int64) { self.milliseconds = milliseconds }
  public init(seconds: Int64) { milliseconds = seconds * 1000 }

  /// Whole seconds, rounded down.
  public var seconds: Int64 { milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0) }

  /// Parses `2015-03-02T08:00:00Z` or with an offset such as `-08:00`; up to three decimals of a
  /// second; a bare date is its midnight in Universal Time.
  public init?(_ text: String) {
    var copy = text
    guard let value = copy.withUTF8({ Instant($0) }) else { return nil }
    self = value
  }

  public init?(_ text: UnsafeBufferPointer<UInt8>) {
    guard text.count >= 10,
      let date = ServiceDate(UnsafeBufferPointer(rebasing: text[0..<10]))
    else { return nil }
    var seconds = Int64(date.day) * 86_400
    guard text.count > 10 else {
      self.init(seconds: seconds)
      return
    }
    func pair(_ index: Int, below limit: Int) -> Int64? {
      guard index + 2 <= text.count else { return nil }
      let (tens, ones) = (text[index] &- 0x30, text[index + 1] &- 0x30)
      guard tens <= 9, ones <= 9 else { return nil }
      let value = Int(tens) * 10 + Int(ones)
      return value < limit ? Int64(value) : nil
    }
    guard text[10] == 0x54 || text[10] == 0x20, text.count >= 17, text[13] == 0x3A,
      let hour = pair(11, below: 24), let minute = pair(14, below: 60)
    else { return nil }
    seconds += hour * 3600 + minute * 60
    var index = 16
    var milliseconds: Int64 = 0
    if text[index] == 0x3A {
      guard let second = pair(17, below: 60) else { return nil }
      seconds += second
      index = 19
      if index < text.count, text[index] == 0x2E {
        index += 1
        var unit: Int64 = 100
        let first = index
        while index < text.count, text[index] &- 0x30 <= 9 {
          milliseconds += Int64(text[index] &- 0x30) * unit
          unit /= 10
          index += 1
        }
        guard index > first, index - first <= 3 else { return nil }
      }
    }
    guard index < text.count else { return nil }
    switch text[index] {
    case 0x5A:
      guard index + 1 == text.count else { return nil }
    case 0x2B, 0x2D:
      let colon = index + 3 < text.count && text[index + 3] == 0x3A
      guard let hours = pair(index + 1, below: 24),
        let minutes = pair(index + (colon ? 4 : 3), below: 60),
        index + (colon ? 6 : 5) == text.count
      else { return nil }
      let offset = hours * 3600 + minutes * 60
      seconds -= text[index] == 0x2D ? -offset : offset
    default: return nil
    }
    self.init(milliseconds: seconds * 1000 + milliseconds)
  }

  public static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }
}

extension Instant: CustomStringConvertible {
  /// `2015-03-02T08:00:00Z`, with milliseconds when there are any; the bare milliseconds of a
  /// moment that no calendar has.
  public var description: String {
    let second = seconds
    let ofDay = (second % 86_400 + 86_400) % 86_400
    guard let day = Int32(exactly: (second - ofDay) / 86_400), ServiceDate.days.contains(day) else {
      return "\(milliseconds) ms"
    }
    let date = ServiceDate(day: day)
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let rest = milliseconds - second * 1000
    let decimals = rest == 0 ? "" : "." + String(String(1000 + rest).dropFirst())
    return
      "\(date)T\(two(ofDay / 3600)):\(two(ofDay / 60 % 60)):\(two(ofDay % 60))\(decimals)Z"
  }
}
