import Billing
import Quantities

/// The layout `account,date,interval_minutes,wh_1,...,wh_n`: a line per account and day, whole
/// watt-hours in elapsed order from local midnight.
///
/// An empty cell is a gap. Empty cells at the end of a line belong to longer days of the same file
/// and do not count, so a gap in the last interval of a day needs the long layout. Cells are not
/// quoted. This is the path of every daily meter file: bytes only, nothing allocated per row.
struct IntervalCSV: MeterLayout {
  private static let mostValues = 1500

  private var lines: LineReader
  private var values = [Int32](repeating: 0, count: LineReader.longest)

  init(_ source: ByteSource) throws(MeterFileError) {
    lines = LineReader(source)
    _ = try lines.header()
  }

  /// `account,date,interval_minutes`, then `wh_1`, `wh_2` and so on, `...` standing for some.
  static func matches(_ header: [String]) -> Bool {
    guard header.starts(with: ["account", "date", "interval_minutes"]), header.count > 3 else {
      return false
    }
    if header.contains("...") {
      return header.dropFirst(3).allSatisfy { $0 == "..." || $0.hasPrefix("wh_") }
    }
    return header.dropFirst(3).enumerated().allSatisfy { $1 == "wh_\($0 + 1)" }
  }

  mutating func fill(
    _ chunk: inout MeterChunkBuilder, zone: (String) -> ZoneTable?
  ) throws(MeterFileError) -> Bool {
    while !chunk.isFull {
      switch try lines.next() {
      case .end: return false
      case .tooLong: chunk.rejectLongLine(lines.number)
      case .at(let line):
        guard !line.isEmpty else { continue }
        if let fault = row(line, &chunk) { chunk.reject(lines.number, text(fault)) }
      }
    }
    return true
  }

  private enum Fault {
    case account(Range<Int>)
    case date(Range<Int>)
    case minutes(Range<Int>)
    case value(Range<Int>, column: Int)
    case noValues
    case tooManyValues
  }

  private mutating func row(_ line: Range<Int>, _ chunk: inout MeterChunkBuilder) -> Fault? {
    let block = lines.bytes
    let bytes = block.span
    let end = line.upperBound
    func cell(from start: Int) -> Range<Int> {
      var index = start
      while index < end, bytes[index] != 0x2C { index += 1 }
      return start..<index
    }
    let name = cell(from: line.lowerBound)
    let day = cell(from: min(name.upperBound + 1, end))
    let length = cell(from: min(day.upperBound + 1, end))
    guard let date = bytes.date(in: day) else { return .date(day) }
    guard let minutes = bytes.decimal(in: length, scale: 0), (1...1440).contains(minutes) else {
      return .minutes(length)
    }

    let (count, fault) = bytes.wholeNumbers(
      in: length.upperBound..<end, empty: MeterRows.gap, into: &values)
    if let fault { return .value(cell(from: fault.start), column: fault.column) }
    guard count > 0 else { return .noValues }
    guard count <= IntervalCSV.mostValues else { return .tooManyValues }
    guard let account = chunk.accounts.index(of: bytes, name) else { return .account(name) }
    chunk.append(
      DayShape(channel: .delivered, minutes: Int(minutes), count: count), account: account,
      date: date, line: lines.number, quality: .actual, values: values.span.extracting(first: count)
    )
    return nil
  }

  private func text(_ fault: Fault) -> String {
    let block = lines.bytes
    let bytes = block.span
    return switch fault {
    case .account(let cell):
      "account: '\(bytes.excerpt(cell))' is not an account number of 1 to 32 bytes"
    case .date(let cell): "date: '\(bytes.excerpt(cell))' is not a date YYYY-MM-DD"
    case .minutes(let cell):
      "interval_minutes: '\(bytes.excerpt(cell))' is not a whole number from 1 to 1440"
    case .value(let cell, let column):
      "wh_\(column): '\(bytes.excerpt(cell))' is not a whole number of Wh below 2^31"
    case .noValues: "the line has no values"
    case .tooManyValues:
      "the line has more than \(IntervalCSV.mostValues) values, the minutes of a day of 25 hours"
    }
  }
}
