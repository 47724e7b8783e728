import Billing
import Quantities

/// The layout `account,start,kwh`: a line per interval in any order, its start in ISO 8601 with an
/// offset; `start,kwh` for one account's file; `value` for `kwh`; columns `channel` (delivered,
/// received) and `quality` (actual, edited, estimated) may be added.
///
/// Intervals are as long as the smallest distance between the starts of an account. An empty value
/// and `nan` are gaps. Readings are held until the file has been read, 24 bytes each.
struct LongCSV: MeterLayout {
  /// Where each column is.
  struct Columns {
    var account: Int?
    let start: Int
    let value: Int
    let channel: Int?
    let quality: Int?
    let count: Int

    /// nil for a header of another layout.
    init?(_ header: [String]) {
      let known: Set = ["account", "start", "kwh", "value", "channel", "quality"]
      guard Set(header).count == header.count, known.isSuperset(of: header),
        let start = header.firstIndex(of: "start"),
        let value = header.firstIndex(of: "kwh") ?? header.firstIndex(of: "value"),
        !(header.contains("kwh") && header.contains("value"))
      else { return nil }
      account = header.firstIndex(of: "account")
      self.start = start
      self.value = value
      channel = header.firstIndex(of: "channel")
      quality = header.firstIndex(of: "quality")
      count = header.count
    }
  }

  var namesNoAccount: Bool { columns.account == nil }

  private var lines: LineReader
  private let columns: Columns
  private var cells = CSVCells()
  private var readings: [Reading] = []
  private var days: DayAssembly?

  init(
    _ source: ByteSource, _ columns: Columns, account: String?
  ) throws(MeterFileError) {
    guard columns.account != nil || account != nil else {
      throw .accountNeeded(layout: "a file with the header start,kwh")
    }
    self.columns = columns
    lines = LineReader(source)
    _ = try lines.header()
  }

  mutating func fill(
    _ chunk: inout MeterChunkBuilder, zone: (String) -> ZoneTable?
  ) throws(MeterFileError) -> Bool {
    while days == nil, !chunk.isFull {
      switch try lines.next() {
      case .end:
        days = DayAssembly(taking: &readings)
      case .tooLong: chunk.rejectLongLine(lines.number)
      case .at(let line):
        guard !line.isEmpty else { continue }
        if let reason = row(line, &chunk) { chunk.reject(lines.number, reason) }
        guard readings.count <= Reading.limit else {
          throw .tooManyReadings(limit: Reading.limit)
        }
      }
    }
    return days?.fill(&chunk, zone: zone) ?? true
  }

  /// Keeps a reading, or says why there is none.
  private mutating func row(_ line: Range<Int>, _ chunk: inout MeterChunkBuilder) -> String? {
    let block = lines.bytes
    let bytes = block.span
    guard cells.split(bytes, line), cells.count == columns.count else {
      return "the line has not the \(columns.count) cells of the header"
    }
    let start = cells.cell(columns.start)
    guard let instant = bytes.instant(in: start), instant.milliseconds % 1000 == 0 else {
      return "start: '\(bytes.excerpt(start))' is not a moment such as 2015-03-02T08:00:00-08:00"
    }
    guard let second = Reading.start(instant.seconds) else {
      return "start: '\(bytes.excerpt(start))' is not in the years 1970 to 2040"
    }
    let energy = cells.cell(columns.value)
    guard let value = Reading.value(kWh: bytes, energy) else {
      return "'\(bytes.excerpt(energy))' is not a number of kWh, in whole Wh below 2^31"
    }
    var channel = Channel.delivered
    if let column = columns.channel {
      let cell = cells.cell(column)
      if bytes.range(cell, equals: "received") {
        channel = .received
      } else if !bytes.range(cell, equals: "delivered") {
        return "channel: '\(bytes.excerpt(cell))' is not delivered or received"
      }
    }
    var quality = ReadQuality.actual
    if let column = columns.quality {
      let cell = cells.cell(column)
      if bytes.range(cell, equals: "estimated") {
        quality = .estimated
      } else if bytes.range(cell, equals: "edited") {
        quality = .edited
      } else if !bytes.range(cell, equals: "actual") {
        return "quality: '\(bytes.excerpt(cell))' is not actual, edited or estimated"
      }
    }
    var account: UInt32 = 0
    if let column = columns.account {
      let cell = cells.cell(column)
      guard let index = chunk.accounts.index(of: bytes, cell) else {
        return "account: '\(bytes.excerpt(cell))' is not an account number of 1 to 32 bytes"
      }
      account = index
    }
    readings.append(
      Reading(
        start: second, value: value, line: lines.number, account: account, channel: channel,
        quality: quality))
    return nil
  }
}
