import Journal

/// The notices that went out: a history, of which the state keeps a count and a running hash.
struct NoticeProjection: Projector {
  static let name = "notifications"
  static let version: UInt16 = 1

  private(set) var history = HistoryDigest()

  init() {}

  mutating func apply(_ events: [RecordedEvent]) {
    for recorded in events {
      if case .noticeRecorded = recorded.event.fact { add(at: recorded.position) }
    }
  }

  mutating func add(at position: UInt64) { history.add(position: position) }

  func write(to writer: inout ByteWriter) { history.write(to: &writer) }

  init(from reader: inout ByteReader) throws { history = try HistoryDigest(from: &reader) }
}
