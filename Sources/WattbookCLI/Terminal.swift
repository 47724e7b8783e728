import Foundation
import Synchronization

/// What is printed where: results on standard output, progress and errors on standard error, and
/// colour only where a person looks.
enum Terminal {
  static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
  static let errorIsTerminal = isatty(STDERR_FILENO) == 1

  static func print(_ text: String = "") { write(text + "\n", to: .standardOutput) }
  static func warn(_ text: String) { write(text + "\n", to: .standardError) }

  private static func write(_ text: String, to file: FileHandle) {
    // A reader that has gone (`| head`) ends the command quietly.
    do { try file.write(contentsOf: Data(text.utf8)) } catch { exit(0) }
  }

  enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
  }

  static func styled(_ text: String, _ style: Style) -> String {
    outputIsTerminal ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  static var columns: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}

/// A bar on standard error for work that can take over a second; silent where nobody looks.
final class Progress: Sendable {
  private struct Shown {
    var last = Date.distantPast
    var any = false
  }
  private let label: String
  private let unit: String
  private let start = Date()
  private let shown = Mutex(Shown())

  init(_ label: String, unit: String) {
    self.label = label
    self.unit = unit
  }

  /// - Parameter of: nil where the end is not known.
  func update(_ done: Int, of total: Int?) {
    guard Terminal.errorIsTerminal else { return }
    let now = Date()
    let elapsed = now.timeIntervalSince(start)
    let isDue = shown.withLock { shown in
      guard elapsed > 0.3, now.timeIntervalSince(shown.last) > 0.1 else { return false }
      shown = Shown(last: now, any: true)
      return true
    }
    guard isDue else { return }
    var line = "\r\u{1B}[K\(label) "
    if let total, total > 0 {
      let filled = min(30, done * 30 / total)
      line += "[" + String(repeating: "#", count: filled)
      line += String(repeating: ".", count: 30 - filled) + "] \(done * 100 / total) % "
    }
    line += "\(done) \(unit), \(Int(Double(done) / elapsed)) \(unit)/s"
    FileHandle.standardError.write(Data(line.utf8))
  }

  func finish() {
    if shown.withLock({ $0.any }) { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
  }
}

/// Rows that line up; numbers to the right.
struct Table {
  enum Side { case left, right }
  private let columns: [(title: String, side: Side)]
  private var rows: [[String]] = []

  init(_ columns: [(String, Side)]) { self.columns = columns }

  var isEmpty: Bool { rows.isEmpty }

  mutating func add(_ cells: [String]) { rows.append(cells) }

  var text: String {
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
}
