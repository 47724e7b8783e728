import Foundation
import Synchronization

/// What is printed where: results on standard output, progress and errors on standard error, and
/// colour only where a person looks.
enum Terminal {
  static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
  static let errorIsTerminal = isatty(STDERR_FILENO) == 1
  private static let hasColour: Bool = {
    let environment = ProcessInfo.processInfo.environment
    return outputIsTerminal && (environment["NO_COLOR"] ?? "").isEmpty
      && environment["TERM"] != "dumb"
  }()

  private struct Output {
    var pending: [UInt8] = []
    /// Why nothing more can be printed: the reader has gone, the disk is full.
    var fault: Int32?
  }
  private static let output = Mutex(Output())
  private static let barIsShown = Mutex(false)
  private static let bufferBytes = 1 << 16

  /// Lists may stop when nobody takes what they print; other work goes on and keeps its status.
  static var outputIsGone: Bool { output.withLock { $0.fault != nil } }

  static func print(_ text: String = "", terminator: String = "\n") {
    if outputIsTerminal { clearBar() }
    output.withLock { output in
      guard output.fault == nil else { return }
      output.pending += text.utf8
      output.pending += terminator.utf8
      if outputIsTerminal || output.pending.count >= bufferBytes { flush(&output) }
    }
  }

  static func warn(_ text: String) {
    output.withLock { flush(&$0) }
    clearBar()
    _ = send(Array((text + "\n").utf8), to: STDERR_FILENO)
  }

  /// Prints what is pending.
  ///
  /// - Returns: why the output is incomplete; nil when it is whole, or the reader wanted no more of
  ///   it (`| head`).
  static func finish() -> String? {
    output.withLock { output in
      flush(&output)
      return output.fault.flatMap { $0 == EPIPE ? nil : String(cString: strerror($0)) }
    }
  }

  private static func flush(_ output: inout Output) {
    guard output.fault == nil, !output.pending.isEmpty else { return }
    output.fault = send(output.pending, to: STDOUT_FILENO)
    output.pending.removeAll(keepingCapacity: true)
  }

  /// - Returns: the system's error number when not all could be written.
  private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
    bytes.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
        let count = write(descriptor, rest.baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return errno }
        done += count
      }
      return nil
    }
  }

  enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
  }

  static func styled(_ text: String, _ style: Style) -> String {
    hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// Shows a line of progress in the place of the one before.
  static func showBar(_ line: String) {
    var size = winsize()
    let known = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1
    let columns = known ? Int(size.ws_col) : 80
    barIsShown.withLock { $0 = true }
    _ = send(Array("\r\u{1B}[K\(line.prefix(columns - 1))".utf8), to: STDERR_FILENO)
  }

  static func clearBar() {
    let wasShown = barIsShown.withLock { shown in
      defer { shown = false }
      return shown
    }
    if wasShown { _ = send(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO) }
  }
}

extension String {
  /// Without control characters: what others wrote must not steer the terminal.
  var printable: String {
    guard unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      return self
    }
    var text = ""
    for scalar in unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control
      text.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
    }
    return text
  }
}

/// A bar on standard error for work that can take over a second; silent where nobody looks.
final class Progress: Sendable {
  private let label: String
  private let unit: String
  private let start = Date()
  private let last = Mutex(Date.distantPast)

  init(_ label: String, unit: String) {
    self.label = label
    self.unit = unit
  }

  /// - Parameter of: nil where the end is not known.
  func update(_ done: Int, of total: Int?) {
    guard Terminal.errorIsTerminal else { return }
    let now = Date()
    let elapsed = now.timeIntervalSince(start)
    let isDue = last.withLock { last in
      guard elapsed > 0.3, now.timeIntervalSince(last) > 0.1 else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    var line = "\(label) "
    if let total, total > 0 {
      let filled = min(30, done * 30 / total)
      line += "[" + String(repeating: "#", count: filled)
      line += String(repeating: ".", count: 30 - filled) + "] \(done * 100 / total) % "
    }
    line += "\(grouped(done)) \(unit), \(grouped(Int(Double(done) / elapsed))) \(unit)/s"
    Terminal.showBar(line)
  }

  func finish() { Terminal.clearBar() }
}
