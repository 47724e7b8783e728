import Billing
import Quantities

/// One interval's energy as a file gives it, before days are assembled; 24 bytes.
struct Reading {
  /// Seconds since 1970 UTC at which the interval starts.
  var start: UInt32
  /// Length of the interval in seconds; 0 until it is known.
  var seconds: UInt32 = 0
  /// Watt-hours, or `MeterRows.gap`.
  var value: Int32
  var line: UInt32
  var account: UInt32
  var channel: Channel
  var quality: ReadQuality

  /// Readings that wait to be sorted are held in memory, so there is a limit to them.
  static let limit = 20_000_000

  /// A start in seconds since 1970 UTC; nil outside the years that zone tables speak for.
  static func start(_ second: Int64) -> UInt32? {
    // A day less at both ends, so that every local date is within them.
    (86_400...2_240_438_400).contains(second) ? UInt32(second) : nil
  }

  /// A cell of kilowatt-hours in watt-hours; empty and `nan` are gaps, nil is no such number.
  static func value(kWh bytes: Span<UInt8>, _ cell: Range<Int>) -> Int32? {
    if cell.isEmpty || bytes.text(in: cell)?.lowercased() == "nan" { return MeterRows.gap }
    return bytes.decimal(in: cell, scale: 3).flatMap(wattHours)
  }

  /// Watt-hours that fit; the smallest 32-bit number means a gap and is none.
  static func wattHours(_ value: Int64) -> Int32? {
    Int32(exactly: value).flatMap { $0 == MeterRows.gap ? nil : $0 }
  }
}

extension Array where Element == Reading {
  /// Sets each account's interval length to the smallest distance between its neighbouring
  /// starts; an account with one start has 60 minutes.
  mutating func inferIntervals() {
    sort { ($0.account, $0.start) < ($1.account, $1.start) }
    var first = 0
    while first < count {
      var smallest = UInt32.max
      var end = first + 1
      while end < count, self[end].account == self[first].account {
        let distance = self[end].start - self[end - 1].start
        if distance > 0 { smallest = Swift.min(smallest, distance) }
        end += 1
      }
      for index in first..<end { self[index].seconds = smallest == .max ? 3600 : smallest }
      first = end
    }
  }
}
