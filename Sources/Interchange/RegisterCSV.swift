import Billing
import Quantities

/// The layout `account,date,register,kwh`: the index of a register at the start of a date, before
/// the account's multiplier; `register` is total, normal, peak, offpeak or reactive (in kvarh).
struct RegisterCSV: MeterLayout {
  private var lines: LineReader
  private var cells = CSVCells()

  init(_ source: ByteSource) throws(MeterFileError) {
    lines = LineReader(source)
    _ = try lines.header()
  }

  static func matches(_ header: [String]) -> Bool {
    header == ["account", "date", "register", "kwh"]
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
        if let reason = row(line, &chunk) { chunk.reject(lines.number, reason) }
      }
    }
    return true
  }

  /// Adds a row, or says why there is none.
  private mutating func row(_ line: Range<Int>, _ chunk: inout MeterChunkBuilder) -> String? {
    let block = lines.bytes
    let bytes = block.span
    guard cells.split(bytes, line), cells.count == 4 else {
      return "the line has not the 4 cells account,date,register,kwh"
    }
    guard let date = bytes.date(in: cells.cell(1)) else {
      return "date: '\(bytes.excerpt(cells.cell(1)))' is not a date YYYY-MM-DD"
    }
    let register = cells.cell(2)
    guard
      let channel = Channel.allCases.first(where: {
        $0.isRegister && bytes.text(in: register) == $0.name
      })
    else {
      return "register: '\(bytes.excerpt(register))' is not "
        + "total, normal, peak, offpeak or reactive"
    }
    guard let index = bytes.decimal(in: cells.cell(3), scale: 3), index >= 0 else {
      return "kwh: '\(bytes.excerpt(cells.cell(3)))' is not an index in kWh, in whole Wh"
    }
    guard let account = chunk.accounts.index(of: bytes, cells.cell(0)) else {
      return "account: '\(bytes.excerpt(cells.cell(0)))' is not an account number of 1 to 32 bytes"
    }
    chunk.append(
      RegisterRow(
        account: account, date: date, channel: channel, index: Energy(wattHours: index),
        line: lines.number))
    return nil
  }
}
