/// The 24 counts of an hourly day as they lie in a batch's planes, eight to a word, and their sums
/// without a loop: bytes are added side by side in 16-bit lanes, and a product adds the lanes.
struct DayWords {
  /// Low bytes, hour after hour.
  private let low: (UInt64, UInt64, UInt64)
  /// What stands above the low bytes: bytes, half-bytes in the first two words, or zero.
  private let high: (UInt64, UInt64, UInt64)
  private let bits: Int

  private static let lanes: UInt64 = 0x00FF_00FF_00FF_00FF
  private static let halves: UInt64 = 0x0F0F_0F0F_0F0F_0F0F

  /// - Parameters:
  ///   - low: the day's 24 low bytes.
  ///   - high: its 24 high bytes, 12 bytes of half-bytes, or anything where there is none.
  ///   - bits: of a count, 8, 12 or 16.
  @inline(__always)
  init(low: UnsafePointer<UInt8>, high: UnsafePointer<UInt8>, bits: Int) {
    func word(_ bytes: UnsafePointer<UInt8>, _ offset: Int) -> UInt64 {
      UInt64(
        littleEndian: UnsafeRawPointer(bytes).loadUnaligned(
          fromByteOffset: offset, as: UInt64.self))
    }
    self.low = (word(low, 0), word(low, 8), word(low, 16))
    self.bits = bits
    switch bits {
    case 8: self.high = (0, 0, 0)
    case 12:
      let rest = UnsafeRawPointer(high).loadUnaligned(fromByteOffset: 8, as: UInt32.self)
      self.high = (word(high, 0), UInt64(UInt32(littleEndian: rest)), 0)
    default: self.high = (word(high, 0), word(high, 8), word(high, 16))
    }
  }

  /// The sum of all counts.
  @inline(__always)
  var sum: Int64 { Self.sum(low, high, bits) }

  /// The sum of the hours that a mask has.
  @inline(__always)
  func sum(in mask: HourMask) -> Int64 {
    let bytes = mask.bytes
    let above =
      bits == 12
      ? (high.0 & mask.halves.0, high.1 & mask.halves.1, 0)
      : (high.0 & bytes.0, high.1 & bytes.1, high.2 & bytes.2)
    return Self.sum((low.0 & bytes.0, low.1 & bytes.1, low.2 & bytes.2), above, bits)
  }

  @inline(__always)
  private static func sum(
    _ low: (UInt64, UInt64, UInt64), _ high: (UInt64, UInt64, UInt64), _ bits: Int
  ) -> Int64 {
    let lows = total(pairs(low.0) &+ pairs(low.1) &+ pairs(low.2))
    switch bits {
    case 8: return lows
    case 12:
      let halves =
        (high.0 & Self.halves) &+ (high.0 >> 4 & Self.halves) &+ (high.1 & Self.halves)
        &+ (high.1 >> 4 & Self.halves)
      return lows &+ total(pairs(halves)) << 8
    default:
      return lows &+ total(pairs(high.0) &+ pairs(high.1) &+ pairs(high.2)) << 8
    }
  }

  /// Each lane the sum of two bytes.
  @inline(__always)
  private static func pairs(_ bytes: UInt64) -> UInt64 { (bytes & lanes) &+ (bytes >> 8 & lanes) }

  /// The sum of the four lanes.
  @inline(__always)
  private static func total(_ lanes: UInt64) -> Int64 {
    Int64(truncatingIfNeeded: (lanes &* 0x0001_0001_0001_0001) >> 48)
  }
}

/// Hours of a day of 24 hours, as masks over the words of `DayWords`.
struct HourMask: Sendable, Equatable {
  /// All ones in the byte of each hour that is meant.
  private(set) var bytes: (UInt64, UInt64, UInt64) = (0, 0, 0)
  /// The same in half-bytes.
  private(set) var halves: (UInt64, UInt64) = (0, 0)
  /// Bit i stands for hour i.
  private(set) var hours: UInt32 = 0

  init(_ isMeant: (_ hour: Int) -> Bool) {
    for hour in 0..<24 where isMeant(hour) {
      hours |= 1 << UInt32(hour)
      let byte = UInt64(0xFF) << UInt64(hour % 8 * 8)
      let half = UInt64(0xF) << UInt64(hour % 16 * 4)
      switch hour / 8 {
      case 0: bytes.0 |= byte
      case 1: bytes.1 |= byte
      default: bytes.2 |= byte
      }
      if hour < 16 { halves.0 |= half } else { halves.1 |= half }
    }
  }

  func has(hour: Int) -> Bool { hours >> UInt32(hour) & 1 == 1 }

  static func == (left: HourMask, right: HourMask) -> Bool { left.hours == right.hours }
}
