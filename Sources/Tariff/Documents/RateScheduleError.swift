/// One thing wrong with a rate schedule document.
public struct RateScheduleError: Error, Hashable, Sendable {
  public let file: String
  /// Line of the file, counted from 1 over all its documents.
  public let line: Int
  public let reason: String

  public init(file: String, line: Int, reason: String) {
    self.file = file
    self.line = line
    self.reason = reason
  }
}

extension RateScheduleError: CustomStringConvertible {
  public var description: String { "\(file):\(line): \(reason)" }
}

/// Everything wrong with a file of rate schedules, in order of the lines.
public struct RateScheduleErrors: Error, Hashable, Sendable {
  public let errors: [RateScheduleError]
}

extension RateScheduleErrors: CustomStringConvertible {
  public var description: String { errors.map(\.description).joined(separator: "\n") }
}
