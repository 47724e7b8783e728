/// Bytes of the acknowledged part of a journal that are not what was written.
public struct Damage: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file's name inside the journal's directory.
  public let file: String
  /// Where in the file, in bytes.
  public let offset: Int
  /// The positions that are touched; nil where they cannot be told.
  public let positions: ClosedRange<UInt64>?
  /// What can be told of the batches that stood there, once the journal has been surveyed.
  public let lost: [LostBatch]
  public let reason: String

  public init(
    file: String, offset: Int, positions: ClosedRange<UInt64>? = nil, lost: [LostBatch] = [],
    reason: String
  ) {
    self.file = file
    self.offset = offset
    self.positions = positions
    self.lost = lost
    self.reason = reason
  }

  public var description: String {
    let touched =
      positions.map {
        $0.count == 1
          ? ", position \($0.lowerBound)" : ", positions \($0.lowerBound) to \($0.upperBound)"
      } ?? ""
    return "\(file) at byte \(offset)\(touched): \(reason)"
  }
}

/// Why a journal cannot be opened, read or written, in order of precedence.
public enum JournalError: Error, Equatable, Sendable, CustomStringConvertible {
  case notAJournal(path: String)
  case alreadyAJournal(path: String)
  case unsupportedFormat(Int)
  case locked(path: String)
  case damaged(Damage)
  case unavailable(operation: String, file: String, reason: String)
  /// A write or sync failed before: what is on disk is unknown until the journal is opened anew.
  case writerEnded

  public var description: String {
    switch self {
    case .notAJournal(let path):
      "\(path) is not a journal; make one with: wattbook init \(path)"
    case .alreadyAJournal(let path): "\(path) is a journal already"
    case .unsupportedFormat(let format):
      "the journal has format \(format); this version reads format \(JournalIdentity.format)"
    case .locked(let path):
      "another process is writing to \(path); try again or give --wait SECONDS"
    case .damaged(let damage): "the journal is damaged: \(damage)"
    case .unavailable(let operation, let file, let reason): "\(operation) \(file): \(reason)"
    case .writerEnded: "an earlier write failed; open the journal anew"
    }
  }
}
