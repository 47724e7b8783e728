import Quantities

@testable import Billing

/// A line of a meter file: a day of intervals, or a register's index.
struct Row {
  var account: String
  var date: ServiceDate
  var channel = Channel.delivered
  var minutes = 60
  /// Watt-hours per interval, nil for a gap; of a register its index alone.
  var values: [Int32?]
  var quality = ReadQuality.actual
}

/// Days of 24 hours with the same watt-hours each.
func days(
  _ account: String, from start: String, _ count: Int, wattHours: Int32,
  channel: Channel = .delivered
) throws -> [Row] {
  let first = try day(start)
  return (0..<count).map {
    Row(
      account: account, date: first.adding(days: $0), channel: channel,
      values: Array(repeating: wattHours, count: 24))
  }
}

/// The same over the local days of a zone, with its 23 and 25 hours.
func days(
  _ account: String, from start: String, to end: String, in zone: ZoneTable, wattHours: Int32,
  channel: Channel = .delivered
) throws -> [Row] {
  try period(start, end).dates.map { date in
    Row(
      account: account, date: date, channel: channel,
      values: Array(repeating: wattHours, count: zone.day(date).minutes / 60))
  }
}

/// A day of equal intervals, 500 Wh in each of 24 hours where nothing else is said.
func row(
  _ account: String = "1", _ date: String, count: Int = 24, minutes: Int = 60,
  _ value: Int32 = 500, channel: Channel = .delivered, quality: ReadQuality = .actual
) throws -> Row {
  Row(
    account: account, date: try day(date), channel: channel, minutes: minutes,
    values: Array(repeating: value, count: count), quality: quality)
}

/// An index in kilowatt-hours at the start of a day.
func index(
  _ account: String, _ date: String, _ kWh: String, _ register: Channel = .registerTotal
) throws -> Row {
  guard let energy = Energy(kWh: kWh), let value = Int32(exactly: energy.wattHours) else {
    throw Died()
  }
  return Row(account: account, date: try day(date), channel: register, values: [value])
}

/// Rows as a file hands them out: in chunks, grouped by shape, accounts by first appearance. A row
/// is its own line, from 2 on.
struct Chunks {
  private var rows: ArraySlice<Row>
  private let rowsPerChunk: Int
  private var names: [String] = []
  private var line: UInt32 = 2

  init(_ rows: [Row], rowsPerChunk: Int) {
    self.rows = rows[...]
    self.rowsPerChunk = rowsPerChunk
  }

  mutating func next() -> MeterFileChunk? {
    guard !rows.isEmpty else { return nil }
    var chunk = MeterFileChunk()
    for row in rows.prefix(rowsPerChunk) {
      let account = names.firstIndex(of: row.account) ?? names.count
      if account == names.count { names.append(row.account) }
      if row.channel.isRegister {
        chunk.registers.append(
          RegisterRow(
            account: UInt32(account), date: row.date, channel: row.channel,
            index: Energy(wattHours: Int64((row.values.first ?? nil) ?? 0)), line: line))
      } else {
        append(row, UInt32(account), to: &chunk)
      }
      line += 1
    }
    rows = rows.dropFirst(rowsPerChunk)
    chunk.accountNames = names
    return chunk
  }

  private func append(_ row: Row, _ account: UInt32, to chunk: inout MeterFileChunk) {
    let known = chunk.intervals.firstIndex {
      $0.channel == row.channel && $0.intervalMinutes == row.minutes
        && $0.count == row.values.count
    }
    let index = known ?? chunk.intervals.count
    if known == nil {
      chunk.intervals.append(
        MeterRows(channel: row.channel, intervalMinutes: row.minutes, count: row.values.count))
    }
    chunk.intervals[index].accounts.append(account)
    chunk.intervals[index].dates.append(row.date.day)
    chunk.intervals[index].lines.append(line)
    chunk.intervals[index].qualities.append(row.quality.rawValue)
    chunk.intervals[index].values += row.values.map { $0 ?? MeterRows.gap }
  }
}

extension BillIssuedV2 {
  var totalText: String {
    Money(millionths: total).text(in: Currency(code: currency) ?? .usd)
  }

  /// `quantity unit x price = amount` of each line, for comparison with a table.
  var table: [String] {
    lines.map { line in
      let amount = Money(millionths: line.amount)
      let money = amount.text(in: Currency(code: currency) ?? .usd)
      return "\(line.quantityText) \(line.unit) x \(line.priceText) = \(money)"
    }
  }
}

extension BillRunReport {
  /// Bills by number.
  var facts: [String: BillIssuedV2] {
    Dictionary(bills.map { ($0.draft.fact.bill, $0.draft.fact) }) { first, _ in first }
  }
}
