import Quantities

/// A layout being read; the next rows of the file go into a chunk.
protocol MeterLayout {
  /// Whether the account is the one that whoever sends the file says.
  var namesNoAccount: Bool { get }

  /// Reads until the chunk is full (true) or the file ends (false).
  mutating func fill(
    _ chunk: inout MeterChunkBuilder, zone: (String) -> ZoneTable?
  ) throws(MeterFileError) -> Bool
}

extension MeterLayout {
  var namesNoAccount: Bool { false }
}

extension LineReader {
  /// The cells of the first line that is not blank, trimmed and in lower case.
  mutating func header() throws(MeterFileError) -> [String] {
    while case .at(let line) = try next() {
      guard !line.isEmpty else { continue }
      return bytes.span.excerptCells(line)
    }
    return []
  }
}

extension Span where Element == UInt8 {
  fileprivate func excerptCells(_ line: Range<Int>) -> [String] {
    String(decoding: Array(line.map { self[$0] }), as: UTF8.self).lowercased().split(
      separator: ",", omittingEmptySubsequences: false
    )
    .map { cell in
      let trimmed = cell.drop { $0 == " " || $0 == "\"" }
      return String(
        trimmed.reversed().drop { $0 == " " || $0 == "\"" }.reversed())
    }
  }
}

extension MeterChunkBuilder {
  mutating func rejectLongLine(_ line: UInt32) {
    reject(line, "the line is longer than 64 KiB")
  }
}
