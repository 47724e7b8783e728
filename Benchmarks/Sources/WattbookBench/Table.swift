import Foundation

/// Cells in columns that line up: the first to the left, the others to the right.
struct Table {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  mutating func add(_ row: [String]) {
    precondition(row.count == rows[0].count, "a row has a cell for each column")
    rows.append(row)
  }

  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var lines = rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        line += column == 0 ? cell + space : "  " + space + cell
      }
      return line
    }
    lines.insert(String(repeating: "-", count: lines[0].count), at: 1)
    return lines.joined(separator: "\n")
  }
}

extension Double {
  func text(decimals: Int) -> String {
    isFinite ? String(format: "%.\(decimals)f", self) : "-"
  }

  /// `1.23 M`, `456 k` or `78`.
  var rate: String {
    if !isFinite { return "-" }
    if self >= 1e6 { return "\((self / 1e6).text(decimals: 2)) M" }
    if self >= 1e3 { return "\((self / 1e3).text(decimals: 0)) k" }
    return text(decimals: 0)
  }

  /// A ratio, `1.23x`.
  var ratio: String { isFinite ? "\(text(decimals: 2))x" : "-" }
}

extension Int {
  var megabytes: String { "\((Double(self) / 1e6).text(decimals: 0)) MB" }
}

/// Whether a bar was reached, as one line.
func verdict(_ name: String, _ figure: String, bar: String, isMet: Bool) -> String {
  "\(isMet ? "met    " : "NOT MET") \(name): \(figure) (bar: \(bar))"
}
