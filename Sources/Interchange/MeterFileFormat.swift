/// The formats a meter file can have; `csv` covers the interval, long and register layouts, which
/// their headers tell apart.
public enum MeterFileFormat: String, CaseIterable, Sendable {
  case auto
  case csv
  case sceCSV = "sce-csv"
  case greenButton = "green-button"
}

extension MeterFileFormat {
  /// How much of a file is looked at to tell its layout.
  private static let headBytes = 65_536

  func layout(
    of source: ByteSource, account: String?
  ) throws(MeterFileError) -> any MeterLayout {
    let head = Array(try source.peek(MeterFileFormat.headBytes))
    let preview = ByteSource(head, blockSize: head.count + 1)
    var lines = LineReader(preview)
    let header = try lines.header()
    switch self {
    case .greenButton: return try GreenButton(source, account: account)
    case .auto where header.first?.hasPrefix("<") == true:
      return try GreenButton(source, account: account)
    case .auto where SCECSV.matches(head), .sceCSV where SCECSV.matches(head):
      return try SCECSV(source, account: account)
    case .auto, .csv:
      if IntervalCSV.matches(header) { return try IntervalCSV(source) }
      if RegisterCSV.matches(header) { return try RegisterCSV(source) }
      if let columns = LongCSV.Columns(header) {
        return try LongCSV(source, columns, account: account)
      }
    case .sceCSV: break
    }
    throw .unknownLayout(firstLine: String(header.joined(separator: ",").prefix(80)))
  }
}
