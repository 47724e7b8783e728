import Billing
import Quantities

/// Collects rows by shape until a chunk is worth handing out.
struct MeterChunkBuilder {
  let limit: Int
  var accounts = AccountTable()

  private var intervals: [MeterRows] = []
  private var registers: [RegisterRow] = []
  private var malformed: [MalformedLine] = []
  private var shapes: [DayShape: Int] = [:]
  private var last: (shape: DayShape, index: Int)?
  private var rows = 0
  private var values = 0

  init(limit: Int) { self.limit = limit }

  /// Rows and malformed lines both count, so that a file of nothing but errors is bounded too, and
  /// rows of more than 96 values count for more.
  var isFull: Bool { rows + malformed.count >= limit || values >= limit * 96 }

  mutating func append(
    _ shape: DayShape, account: UInt32, date: ServiceDate, line: UInt32, quality: ReadQuality,
    values row: Span<Int32>
  ) {
    let index = group(shape)
    intervals[index].accounts.append(account)
    intervals[index].dates.append(date.day)
    intervals[index].lines.append(line)
    intervals[index].qualities.append(quality.rawValue)
    intervals[index].values.append(copying: row)
    rows += 1
    values += row.count
  }

  mutating func append(_ row: RegisterRow) {
    registers.append(row)
    rows += 1
  }

  mutating func reject(_ line: UInt32, _ reason: String) {
    malformed.append(MalformedLine(line: line, reason: reason))
  }

  /// What has been collected, malformed lines in the order of the file; nil when there is nothing.
  mutating func take() -> MeterFileChunk? {
    guard rows > 0 || !malformed.isEmpty else { return nil }
    var chunk = MeterFileChunk()
    chunk.accountNames = accounts.names
    chunk.intervals = intervals
    chunk.registers = registers
    chunk.malformed = malformed.sorted { $0.line < $1.line }
    (intervals, registers, malformed, shapes, last) = ([], [], [], [:], nil)
    (rows, values) = (0, 0)
    return chunk
  }

  private mutating func group(_ shape: DayShape) -> Int {
    if let last, last.shape == shape { return last.index }
    let index = shapes[shape] ?? intervals.count
    if index == intervals.count {
      intervals.append(
        MeterRows(channel: shape.channel, intervalMinutes: shape.minutes, count: shape.count))
      shapes[shape] = index
    }
    last = (shape, index)
    return index
  }
}

/// What the rows of one `MeterRows` have in common.
struct DayShape: Hashable {
  let channel: Channel
  /// Minutes of an interval.
  let minutes: Int
  /// Intervals of the day.
  let count: Int
}
