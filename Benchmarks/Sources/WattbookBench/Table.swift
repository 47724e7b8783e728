import Foundation

/// Cells in columns that line up: the first to the left, the others to the right.
struct Table {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  mutating func add(_ row: [String]) {
    precondition(row.count == rows[0].count, "a row has a cell for each column")
    rows.append(row)
  }

  private var widths: [Int] {
    rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
  }

  private func padded(_ cell: String, _ column: Int, _ width: Int) -> String {
    let space = String(repeating: " ", count: width - cell.count)
    return column == 0 ? cell + space : space + cell
  }

  var text: String {
    let widths = widths
    var lines = rows.map { row in
      row.enumerated().map { padded($1, $0, widths[$0]) }.joined(separator: "  ")
    }
    lines.insert(String(repeating: "-", count: lines[0].count), at: 1)
    return lines.joined(separator: "\n")
  }

  /// As README.md has it.
  var markdown: String {
    var lines = rows.map { "| \($0.joined(separator: " | ")) |" }
    let rules = rows[0].indices.map { $0 == 0 ? "---" : "---:" }
    lines.insert("|\(rules.joined(separator: "|"))|", at: 1)
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
    if self >= 1e8 { return "\((self / 1e6).text(decimals: 0)) M" }
    if self >= 1e7 { return "\((self / 1e6).text(decimals: 1)) M" }
    if self >= 1e6 { return "\((self / 1e6).text(decimals: 2)) M" }
    if self >= 1e3 { return "\((self / 1e3).text(decimals: 0)) k" }
    return text(decimals: 0)
  }

  /// A ratio, `1.23x`.
  var ratio: String { isFinite ? "\(text(decimals: 2))x" : "-" }

  /// A share of one, in percent.
  var percent: String { "\((self * 100).text(decimals: 0)) %" }
}

extension Int {
  var megabytes: String { "\((Double(self) / 1e6).text(decimals: 0)) MB" }
}

/// Whether a bar was reached, as one line.
func verdict(_ name: String, _ figure: String, bar: String, isMet: Bool) -> String {
  "\(isMet ? "met    " : "NOT MET") \(name): \(figure) (bar: \(bar))"
}

/// Prints at once, for those who watch.
func say(_ text: String) {
  print(text)
  fflush(nil)
}
