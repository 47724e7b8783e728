import Billing
import Quantities

/// One interval's energy as a file gives it, before days are assembled; 24 bytes.
struct Reading {
  /// Seconds since 1970 UTC at which the interval starts.
  var start: UInt32
  /// Length of the interval in seconds; 0 where the file does not say.
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
