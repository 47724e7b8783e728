import Journal

/// The journal behind an engine: one that it records in, or, for trials, one that it only looks at.
enum EngineJournal {
  case recorded(JournalWriter)
  case looked(JournalReader)

  /// A reader of what is durable now; for trials, of what was when it was opened.
  func reader() throws -> JournalReader {
    switch self {
    case .recorded(let writer): try writer.reader()
    case .looked(let reader): reader
    }
  }

  var nextPosition: UInt64 {
    switch self {
    case .recorded(let writer): writer.nextPosition
    case .looked(let reader): reader.nextPosition
    }
  }

  /// When the last commit was recorded, in milliseconds since 1970 UTC.
  var recordedAt: Int64 {
    switch self {
    case .recorded(let writer): writer.recordedAt
    case .looked(let reader): reader.recordedAt
    }
  }

  /// Appends one commit.
  ///
  /// - Throws: where the journal is only looked at, too: a trial records nothing.
  @discardableResult
  func append(
    _ batches: [PendingBatch], recordedAt: Int64, origin: Origin
  ) throws -> [BatchHeader] {
    guard case .recorded(let writer) = self else { throw JournalError.writerEnded }
    return try writer.append(batches, recordedAt: recordedAt, origin: origin)
  }
}
