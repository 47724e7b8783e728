import Journal

/// Whole events of accounts by their positions, of which the state keeps the numbers alone.
struct RecordedBills: ~Copyable {
  private let index: BatchIndex
  private var opener: BatchOpener

  init(_ reader: JournalReader) throws {
    index = try reader.index()
    opener = BatchOpener(reader)
  }

  /// The bills at some positions of accounts.
  mutating func bills(
    at wanted: [(position: UInt64, account: UInt32)]
  ) throws -> [UInt64: BillIssuedV2] {
    var found: [UInt64: BillIssuedV2] = [:]
    try forEach(
      wanted, read: { _ in },
      event: { recorded in
        if case .billIssuedV2(let bill) = recorded.event.fact { found[recorded.position] = bill }
      })
    return found
  }

  /// The kinds of the events at some positions; a read of a columns batch is one too.
  mutating func kinds(
    at wanted: [(position: UInt64, account: UInt32)]
  ) throws -> [UInt64: String] {
    var kinds: [UInt64: String] = [:]
    try forEach(
      wanted, read: { kinds[$0] = "MeterReadRecorded" },
      event: { kinds[$0.position] = $0.event.kind })
    return kinds
  }

  /// Each batch is opened once; of one with a single event wanted only that account's are decoded.
  private mutating func forEach(
    _ wanted: [(position: UInt64, account: UInt32)], read: (UInt64) -> Void,
    event: (RecordedEvent) -> Void
  ) throws {
    let wanted = wanted.sorted { $0.position < $1.position }
    var next = 0
    while next < wanted.count {
      guard let (place, end) = index.batch(holding: wanted[next].position) else {
        next += 1
        continue
      }
      let mine = wanted[next...].prefix { $0.position < end }
      next = mine.endIndex
      switch index[place].kind {
      case .reads: for item in mine { read(item.position) }
      case .lost: break
      case .events:
        let location = try index.location(place)
        let account = mine.count == 1 ? mine[mine.startIndex].account : 0
        let decoded = try opener.open(location) {
          try EventCodec.decode(
            $0, header: location.header, account: account == 0 ? nil : account)
        }
        let positions = Set(mine.map(\.position))
        for recorded in decoded where positions.contains(recorded.position) { event(recorded) }
      }
    }
  }
}
