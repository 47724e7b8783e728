/// Values of a reads batch as counts of its unit: low bytes, what stands above them, and what does
/// not fit.
///
/// Hourly homes stay below 4,096 Wh an hour: half-bytes, which are too random to compress, take less
/// room than bytes that compress, and cost nothing to unpack.
struct CountPlanes {
  /// Bits of a count: 8, 12 or 16.
  let bits: Int
  private(set) var low: [UInt8]
  /// A byte a value for 16 bits; two values a byte for 12, each row starting a byte; else none.
  private(set) var high: [UInt8]
  /// Gaps (-1) and values whose count would be the highest or more, in watt-hours.
  private(set) var exceptions: [(cell: UInt32, value: Int32)] = []

  /// One value in this many may be an exception before the counts are made wider: at eight bytes
  /// each, they then take as much room as the wider counts do when compressed.
  private static let rarity = 64

  /// - Parameters:
  ///   - values: watt-hours, multiples of `unit`, `MeterRows.gap` where there is none.
  ///   - perRow: how many make a row.
  init(_ values: [Int32], perRow: Int, unit: Int32) {
    var (above8, above12) = (0, 0)
    for value in values {
      if value >= 255 * unit { above8 += 1 }
      if value >= 4095 * unit { above12 += 1 }
    }
    let spare = values.count / Self.rarity
    let bits = above8 <= spare ? 8 : above12 <= spare ? 12 : 16
    self.bits = bits
    let mark = Int32(1) << Int32(bits) - 1
    let highPerRow = bits == 16 ? perRow : bits == 12 ? (perRow + 1) / 2 : 0
    low = [UInt8](repeating: 0xFF, count: values.count)
    high = [UInt8](repeating: 0, count: values.count / perRow * highPerRow)
    for row in 0..<values.count / perRow {
      for interval in 0..<perRow {
        let cell = row * perRow + interval
        var counts = values[cell]
        if unit > 1, counts > 0 { counts /= unit }
        if counts < 0 || counts >= mark {
          exceptions.append((UInt32(cell), counts < 0 ? -1 : values[cell]))
          counts = mark
        }
        low[cell] = UInt8(truncatingIfNeeded: counts)
        switch bits {
        case 8: break
        case 12:
          high[row * highPerRow + interval / 2] |=
            UInt8(truncatingIfNeeded: counts >> 8) << UInt8(interval % 2 * 4)
        default: high[cell] = UInt8(truncatingIfNeeded: counts >> 8)
        }
      }
    }
  }
}
