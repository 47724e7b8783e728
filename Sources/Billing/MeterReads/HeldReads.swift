import Journal
import Quantities

/// What becomes of a value for a day that has one already.
enum HeldVerdict {
  /// The value was held before: nothing to add.
  case duplicate
  case rejected(MeterReadRejection)
  /// It takes the place of the one held.
  case corrected(ReadCorrected)
}

/// Compares a new value with every value ever held for its account, channel and day.
///
/// A value held before is a duplicate, unless it is sent as a correction and is not the one held
/// now. Another value supersedes the one held unless its quality is lower; where it has gaps the
/// value held stays. What fills gaps alone supersedes nothing, so its quality may be lower.
///
/// An estimate counts for nothing here: whatever is measured takes its place, even the same value,
/// and gaps of what is measured stay gaps, so that the order in which they come changes nothing.
func compare(
  _ new: [Int32], intervalMinutes: Int, quality: ReadQuality, channel: Channel,
  with held: [DayRead], isCorrection: Bool
) -> HeldVerdict {
  guard let latest = held.last, latest.position != nil else { return .duplicate }
  let held = held.filter { $0.source != .estimated }
  guard let current = held.last else {
    return .corrected(ReadCorrected(new, intervalMinutes, quality, channel, inPlaceOf: latest))
  }
  var merged = new
  if current.intervalMinutes == intervalMinutes, current.values.count == new.count {
    for (index, value) in current.values.enumerated() where merged[index] == MeterRows.gap {
      merged[index] = value
    }
  }
  func isSame(_ read: DayRead) -> Bool {
    read.intervalMinutes == intervalMinutes
      && (read.values.elementsEqual(new) || read.values.elementsEqual(merged))
  }
  if isSame(current) { return .duplicate }
  if !isCorrection, held.contains(where: isSame) { return .duplicate }
  if current.intervalMinutes != intervalMinutes, new.contains(MeterRows.gap), !current.hasGap {
    return .rejected(.incomplete(minutes: current.intervalMinutes))
  }
  let fillsGaps =
    current.intervalMinutes == intervalMinutes
    && zip(current.values, merged).allSatisfy { $0 == MeterRows.gap || $0 == $1 }
  guard quality >= current.quality || fillsGaps else {
    return .rejected(.lowerQuality(held: current.quality))
  }
  return .corrected(
    ReadCorrected(
      merged, intervalMinutes, fillsGaps ? min(quality, current.quality) : quality, channel,
      inPlaceOf: latest))
}

extension ReadCorrected {
  fileprivate init(
    _ values: [Int32], _ minutes: Int, _ quality: ReadQuality, _ channel: Channel,
    inPlaceOf held: DayRead
  ) {
    self.init()
    self.channel = UInt32(channel.rawValue)
    intervalMinutes = UInt32(minutes)
    self.values = values.map { $0 == MeterRows.gap ? -1 : Int64($0) }
    self.quality = UInt32(quality.rawValue)
    supersedes = held.position ?? 0
    previousIntervalMinutes = UInt32(held.intervalMinutes)
    previousValues = held.values.map { $0 == MeterRows.gap ? -1 : Int64($0) }
  }
}
