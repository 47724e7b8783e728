/// Rows that line up, under a bold head.
struct Table {
  enum Side {
    case left, right
    /// Numbers, one below the other by their decimal point.
    case point
  }
  private let columns: [(title: String, side: Side)]
  private var rows: [[String]] = []

  init(_ columns: [(String, Side)]) { self.columns = columns }

  var isEmpty: Bool { rows.isEmpty }

  mutating func add(_ cells: [String]) { rows.append(cells.map(\.printable)) }

  var text: String {
    var rows = rows
    for column in columns.indices where columns[column].side == .point {
      let places = rows.map { Table.places($0[column]) }
      let most = places.compactMap(\.self).max() ?? 0
      for (row, own) in places.enumerated() {
        guard let own else { continue }
        rows[row][column] += String(repeating: " ", count: most - own)
      }
    }
    let widths = columns.indices.map { column in
      max(columns[column].title.count, rows.map { $0[column].count }.max() ?? 0)
    }
    func line(_ cells: [String]) -> String {
      var text = ""
      for column in columns.indices {
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        text += columns[column].side == .left ? cells[column] + space : space + cells[column]
        text += "  "
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    let head = Terminal.styled(line(columns.map(\.title)), .bold)
    return ([head] + rows.map(line)).joined(separator: "\n")
  }

  /// Characters from a number's decimal point on; nil for what is no number.
  private static func places(_ cell: String) -> Int? {
    guard cell.allSatisfy({ $0.isNumber || $0 == "." || $0 == "," || $0 == "-" }) else {
      return nil
    }
    return cell.firstIndex(of: ".").map { cell.distance(from: $0, to: cell.endIndex) } ?? 0
  }
}
