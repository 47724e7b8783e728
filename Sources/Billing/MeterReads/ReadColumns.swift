import Journal
import Quantities

/// Builds reads batches of the layout `WBR2`: day reads of one shape in columns, low bytes apart
/// from what stands above them.
///
/// `Journal/FORMAT.md` has the layout. A batch holds at most `maximumRows` rows sorted by account
/// and date, so that a question about one account opens little else.
struct ReadColumns {
  static let maximumRows = 4096
  static let magic: [UInt8] = Array("WBR2".utf8)

  let channel: Channel
  let intervalMinutes: Int
  let count: Int
  let partition: UInt16
  let partitions: Int

  private(set) var rows = 0
  private var firstSlot: UInt32 = 0
  private var dates: ClosedRange<Int32> = 0...0
  private var slots: [UInt32] = []
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
    slots.append(slot)
    rowDates.append(date)
    qualities.append(quality)
    row.withUnsafeBufferPointer { values.append(contentsOf: $0) }
    rows += 1
  }

  /// The largest of 1000, 100, 10 and 1 watt-hours that divides every value: the meter's own
  /// resolution.
  private var unit: Int32 {
    func divides(_ unit: Int32) -> Bool {
      values.allSatisfy { $0 == MeterRows.gap || $0 % unit == 0 }
    }
    return divides(10) ? divides(100) ? divides(1000) ? 1000 : 100 : 10 : 1
  }

  /// The rows in the fewer runs: all along the days of one account, or all along the accounts.
  private var runs: (list: [ReadRun], ofOneAccount: Bool) {
    var (days, accounts): ([ReadRun], [ReadRun]) = ([], [])
    for (slot, date) in zip(slots, rowDates) {
      days.add(slot: slot, date: date, ofOneAccount: true)
      accounts.add(slot: slot, date: date, ofOneAccount: false)
    }
    return days.count <= accounts.count ? (days, true) : (accounts, false)
  }

  func batch() -> PendingBatch {
    let unit = unit
    let planes = CountPlanes(values, perRow: count, unit: unit)
    let runs = runs
    let marked = qualities.indices.filter { qualities[$0] != ReadQuality.actual.rawValue }
    var writer = ByteWriter(
      capacity: 40 + runs.list.count * 6 + planes.low.count + planes.high.count
        + marked.count * 5 + planes.exceptions.count * 12)
    writer.put(Self.magic)
    writer.put(channel.rawValue)
    writer.put(UInt8(planes.bits))
    writer.put(UInt16(intervalMinutes))
    writer.put(UInt16(count))
    writer.put(UInt16(runs.ofOneAccount ? 0 : 1))
    writer.put(UInt32(rows))
    writer.put(UInt32(unit))
    writer.put(firstSlot)
    writer.put(dates.lowerBound)
    writer.put(UInt32(runs.list.count))
    writer.put(UInt32(marked.count))
    writer.put(UInt32(planes.exceptions.count))
    var slot = firstSlot
    for run in runs.list {
      writer.put(UInt16(run.slot - slot))
      slot = run.slot
    }
    for run in runs.list { writer.put(UInt16(run.date - dates.lowerBound)) }
    for run in runs.list { writer.put(UInt16(run.count)) }
    writer.put(planes.low)
    writer.put(planes.high)
    for row in marked {
      writer.put(UInt32(row))
      writer.put(qualities[row])
    }
    for (cell, value) in planes.exceptions {
      writer.put(cell)
      writer.put(value)
    }
    let first = AccountID(slot: firstSlot, partition: partition, of: partitions)
    let last = AccountID(slot: slots[rows - 1], partition: partition, of: partitions)
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
