import Journal
import Quantities

/// Builds reads batches: day reads of one shape in columns, low bytes and high bytes apart.
///
/// `Journal/FORMAT.md` has the layout. A batch holds at most `maximumRows` rows sorted by account
/// and date, so that a question about one account opens little else.
struct ReadColumns {
  static let maximumRows = 4096
  static let magic: [UInt8] = Array("WBR1".utf8)
  /// In the planes for a value that stands among the exceptions.
  static let exception: UInt16 = 0xFFFF

  let channel: Channel
  let intervalMinutes: Int
  let count: Int
  let partition: UInt16
  let partitions: Int

  private(set) var rows = 0
  private var firstSlot: UInt32 = 0
  private var dates: ClosedRange<Int32> = 0...0
  private var slotOffsets: [UInt16] = []
  private var rowDates: [Int32] = []
  private var values: [Int32] = []
  private var qualities: [UInt8] = []

  /// - Parameter expected: about how many rows there will be; more may come.
  init(
    channel: Channel, intervalMinutes: Int, count: Int, partition: UInt16, partitions: Int,
    expected: Int
  ) {
    self.channel = channel
    self.intervalMinutes = intervalMinutes
    self.count = count
    self.partition = partition
    self.partitions = partitions
    values.reserveCapacity(min(expected, Self.maximumRows) * count)
  }

  /// Whether the row still fits; rows come with ascending slots.
  func fits(slot: UInt32, date: Int32) -> Bool {
    guard rows > 0 else { return true }
    let span = Int(max(dates.upperBound, date)) - Int(min(dates.lowerBound, date))
    return rows < Self.maximumRows && slot - firstSlot <= UInt32(UInt16.max)
      && span <= Int(UInt16.max)
  }

  /// - Parameter row: `count` watt-hour values, `MeterRows.gap` where there is none.
  mutating func append(slot: UInt32, date: Int32, quality: UInt8, row: Span<Int32>) {
    if rows == 0 {
      firstSlot = slot
      dates = date...date
    }
    dates = min(dates.lowerBound, date)...max(dates.upperBound, date)
    slotOffsets.append(UInt16(slot - firstSlot))
    rowDates.append(date)
    qualities.append(quality)
    row.withUnsafeBufferPointer { values.append(contentsOf: $0) }
    rows += 1
  }

  /// The largest of 1000, 100, 10 and 1 watt-hours that divides every value: the meter's own
  /// resolution.
  private var unit: Int32 {
    var unit: Int32 = 1000
    for value in values where value != MeterRows.gap {
      while value % unit != 0 { unit /= 10 }
      if unit == 1 { break }
    }
    return unit
  }

  func batch() -> PendingBatch {
    let unit = unit
    var low = [UInt8](repeating: 0xFF, count: values.count)
    var high = [UInt8](repeating: 0xFF, count: values.count)
    var wide: [(cell: UInt32, value: Int64)] = []
    for cell in values.indices {
      let value = values[cell]
      let counts = unit == 1 ? value : value / unit
      if counts >= 0, counts < Int32(Self.exception) {
        low[cell] = UInt8(truncatingIfNeeded: counts)
        high[cell] = UInt8(truncatingIfNeeded: counts >> 8)
      } else {
        wide.append((UInt32(cell), value == MeterRows.gap ? -1 : Int64(value)))
      }
    }
    let marked = qualities.indices.filter { qualities[$0] != ReadQuality.actual.rawValue }
    var writer = ByteWriter(capacity: 36 + rows * 4 + values.count * 2)
    writer.put(Self.magic)
    writer.put(channel.rawValue)
    writer.put(UInt8(0))
    writer.put(UInt16(intervalMinutes))
    writer.put(UInt16(count))
    writer.put(UInt16(0))
    writer.put(UInt32(rows))
    writer.put(UInt32(unit))
    writer.put(firstSlot)
    writer.put(dates.lowerBound)
    writer.put(UInt32(marked.count))
    writer.put(UInt32(wide.count))
    for offset in slotOffsets { writer.put(offset) }
    for date in rowDates { writer.put(UInt16(date - dates.lowerBound)) }
    writer.put(low)
    writer.put(high)
    for row in marked {
      writer.put(UInt32(row))
      writer.put(qualities[row])
    }
    for (cell, value) in wide {
      writer.put(cell)
      writer.put(value)
    }
    let first = AccountID(slot: firstSlot, partition: partition, of: partitions)
    let last = AccountID(
      slot: firstSlot + UInt32(slotOffsets[rows - 1]), partition: partition, of: partitions)
    return PendingBatch(
      kind: .reads, partition: partition, count: rows, accounts: first.raw...last.raw,
      dates: dates, content: writer.bytes)
  }
}

/// The integer that stands for an account in columns: its place among the accounts of its
/// partition, times the partitions, plus the partition. 0 is no account.
public struct AccountID: Hashable, Sendable {
  public let raw: UInt32

  public init(raw: UInt32) { self.raw = raw }

  init(slot: UInt32, partition: UInt16, of partitions: Int) {
    raw = (slot + 1) * UInt32(partitions) + UInt32(partition)
  }

  func slot(of partitions: Int) -> UInt32 { raw / UInt32(partitions) - 1 }
  func partition(of partitions: Int) -> UInt16 { UInt16(raw % UInt32(partitions)) }
}
