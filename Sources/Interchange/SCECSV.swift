import Billing
import Quantities

/// The file that SCE's customers download: a preamble, then blocks of rows
/// `"2015-05-01 00:00:00 to 2015-05-01 01:00:00","0.661",""` under headers that say what is
/// counted (energy consumption, delivered or received).
///
/// Times are local and name no zone. Of an hour that clocks repeat, rows that go back in time or
/// stand still are the second pass; an hour that clocks skip has no rows. The third cell is the
/// quality: empty is actual.
struct SCECSV: MeterLayout {
  let namesNoAccount = true

  private var lines: LineReader
  private var cells = CSVCells()
  private var channel: Channel?
  private var readings: [Reading] = []
  private var days: DayAssembly?
  private var previous = Row()

  /// A row's local start, and whether it is in the second pass of a repeated hour.
  private struct Row {
    var date = ServiceDate(day: 0)
    var second: Int64 = 0
    var isRepeated = false
    var isSecondPass = false
  }

  init(_ source: ByteSource, account: String?) throws(MeterFileError) {
    guard account != nil else { throw .accountNeeded(layout: "SCE's download") }
    lines = LineReader(source)
  }

  /// Whether the first bytes of a file hold the header of a block.
  static func matches(_ head: [UInt8]) -> Bool {
    head.split(separator: 0x0A).contains { line in
      let line = Array(line)
      return header(line.span, 0..<line.count) != nil
    }
  }

  mutating func fill(
    _ chunk: inout MeterChunkBuilder, zone: (String) -> ZoneTable?
  ) throws(MeterFileError) -> Bool {
    guard days == nil else { return days?.fill(&chunk, zone: zone) ?? false }
    let table = zone(chunk.accounts.names[0]) ?? .universal
    while !chunk.isFull {
      switch try lines.next() {
      case .end:
        days = DayAssembly(taking: &readings)
        return days?.fill(&chunk, zone: zone) ?? false
      case .tooLong: chunk.rejectLongLine(lines.number)
      case .at(let line):
        if let reason = take(line, table) { chunk.reject(lines.number, reason) }
        guard readings.count <= Reading.limit else {
          throw .tooManyReadings(limit: Reading.limit)
        }
      }
    }
    return true
  }

  /// The channel that a block's header names, nil for any other line.
  private static func header(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Channel? {
    let start = line.lowerBound + (line.count > 1 && bytes[line.lowerBound] == 0x22 ? 1 : 0)
    guard (1...200).contains(line.count), bytes[start] | 0x20 == 0x65,
      let text = bytes.text(in: line)?.lowercased(),
      let end = text.firstRange(of: " time period")?.lowerBound
    else { return nil }
    switch text[..<end].drop(while: { $0 == "\"" }) {
    case "energy consumption", "energy delivered": return .delivered
    case "energy received": return .received
    default: return nil
    }
  }

  /// Keeps a row's reading, passes over other lines, or says what is wrong with a row.
  private mutating func take(_ line: Range<Int>, _ zone: ZoneTable) -> String? {
    let block = lines.bytes
    let bytes = block.span
    if let named = SCECSV.header(bytes, line) {
      channel = named
      previous = Row()
      return nil
    }
    guard let channel, !line.isEmpty else { return nil }
    let isSplit = cells.split(bytes, line)
    // Titles between the blocks have one cell and begin with a letter.
    let first = cells.cell(0)
    guard cells.count > 1 || first.isEmpty || bytes[first.lowerBound] &- 0x30 <= 9 else {
      return nil
    }
    guard isSplit, cells.count == 3 else {
      return "the row has not the 3 cells period, usage and quality"
    }
    let from = first.prefix(19)
    guard first.count == 42, bytes.range(first.dropFirst(19).prefix(4), equals: " to "),
      let date = bytes.date(in: from.prefix(10)),
      let second = SCECSV.secondOfDay(bytes, from.dropFirst(10))
    else {
      return "'\(bytes.excerpt(first))' is not a period YYYY-MM-DD HH:MM:SS to YYYY-MM-DD HH:MM:SS"
    }
    guard let moment = moment(date, second, zone) else {
      return "clocks skipped \(bytes.excerpt(from))"
    }
    guard let start = Reading.start(moment) else {
      return "'\(bytes.excerpt(from))' is not in the years 1970 to 2040"
    }
    guard var value = Reading.value(kWh: bytes, cells.cell(1)) else {
      let found = bytes.excerpt(cells.cell(1))
      return "usage: '\(found)' is not a number of kWh, in whole Wh below 2^31"
    }
    let word = (bytes.text(in: cells.cell(2)) ?? "?").lowercased()
    var quality = ReadQuality.actual
    switch word {
    case "", "actual", "valid", "validated": break
    case "missing": value = MeterRows.gap
    case "edited", "adjusted": quality = .edited
    case _ where word.hasPrefix("estimat"): quality = .estimated
    default: return "reading quality: '\(bytes.excerpt(cells.cell(2)))' is not known"
    }
    readings.append(
      Reading(
        start: start, value: value, line: lines.number, account: 0, channel: channel,
        quality: quality))
    return nil
  }

  /// The moment of a local time by the order of the rows; nil for a time that clocks skipped.
  private mutating func moment(_ date: ServiceDate, _ second: Int64, _ zone: ZoneTable) -> Int64? {
    let early = zone.moment(of: date, secondsOfDay: second)
    let late = zone.moment(of: date, secondsOfDay: second, later: true)
    var row = Row(date: date, second: second, isRepeated: early != late)
    if row.isRepeated, previous.isRepeated, previous.date == date {
      row.isSecondPass = previous.isSecondPass || second <= previous.second
    }
    previous = row
    let moment = row.isSecondPass ? late : early
    let local = moment + Int64(zone.offset(at: moment))
    return local == Int64(date.day) * 86_400 + second ? moment : nil
  }

  /// Seconds from ` HH:MM:SS`.
  private static func secondOfDay(_ bytes: Span<UInt8>, _ text: Range<Int>) -> Int64? {
    let start = text.lowerBound
    guard bytes[start] == 0x20, bytes[start + 3] == 0x3A, bytes[start + 6] == 0x3A,
      let hour = bytes.decimal(in: (start + 1)..<(start + 3), scale: 0), (0..<24).contains(hour),
      let minute = bytes.decimal(in: (start + 4)..<(start + 6), scale: 0),
      (0..<60).contains(minute),
      let second = bytes.decimal(in: (start + 7)..<(start + 9), scale: 0), (0..<60).contains(second)
    else { return nil }
    return hour * 3600 + minute * 60 + second
  }
}
