import Journal
import Quantities
import Tariff

/// One account's state, rebuilt from the batches that speak of it: a question about one account
/// opens a few batches, however many accounts there are.
public struct AccountView: Sendable {
  public let reader: JournalReader
  public let system: SystemState
  let state: PartitionState
  /// The account's own events in order; its reads are not among them.
  public let events: [RecordedEvent]
  /// When each of those events was recorded.
  public let recordedAt: [UInt64: Instant]
  let knownAt: KnownAt?
  /// Lost positions that may have been the account's, or schedules that it is billed by.
  public let losses: [LostBatch]
  /// Batches that may hold reads of the account.
  var readBatches: [BatchLocation] { batches.reads.filter { isKnown($0.header) } }
  private let batches: AccountBatches
  public var account: UInt32 { batches.account }

  public var agreement: ServiceAgreement? { state.agreements[0] }
  public var balance: AccountBalance { state.balances[0] }
  /// The account's events that moved money, with their entries in the books.
  var booked: [(recorded: RecordedEvent, entry: LedgerEntry)] { state.balances.booked ?? [] }
  public var bills: [BillRecord] { state.bills[0] }
  var billed: BillProjection { state.bills }
  var slots: SlotMap { state.slots }

  private func isKnown(_ header: BatchHeader) -> Bool { knownAt?.count(of: header) ?? 1 > 0 }

  /// Nil when the journal does not know the account.
  ///
  /// - Parameter hashing: whether SHA-256 is checked of every batch that is opened.
  public init?(
    _ reader: JournalReader, number: String, knownAt: KnownAt? = nil, hashing: Bool = false
  ) throws {
    guard let batches = try AccountBatches(reader, number: number) else { return nil }
    try self.init(reader, batches, nil, knownAt: knownAt, hashing: hashing)
  }

  /// The same account as it was known at an earlier point; nil before it was enrolled.
  func earlier(_ knownAt: KnownAt, hashing: Bool) throws -> AccountView? {
    let isSame = batches.system.allSatisfy {
      knownAt.count(of: $0.header) == self.knownAt?.count(of: $0.header) ?? Int($0.header.count)
    }
    return try AccountView(
      reader, batches, isSame ? system : nil, knownAt: knownAt, hashing: hashing)
  }

  /// The account's events up to now, whatever moment the view is of.
  func eventsUntilNow() throws -> [RecordedEvent] {
    guard knownAt != nil else { return events }
    return try AccountView(reader, batches, nil, knownAt: nil, hashing: false)?.events ?? events
  }

  /// - Parameter system: what the system partition says at that point, where that is known.
  private init?(
    _ reader: JournalReader, _ batches: AccountBatches, _ known: SystemState?, knownAt: KnownAt?,
    hashing: Bool
  ) throws {
    var opener = BatchOpener(reader)
    let slots = SlotMap(
      partition: batches.partition, partitions: reader.identity.partitions, only: batches.account)
    var system = known ?? SystemState()
    var state = PartitionState(slots: slots)
    state.balances.booked = []
    var events: [RecordedEvent] = []
    var recordedAt: [UInt64: Instant] = [:]
    for location in batches.events {
      let header = location.header
      let count = knownAt?.count(of: header) ?? Int(header.count)
      guard count > 0 else { continue }
      if header.kind == .lost {
        guard known == nil else { continue }
        system.losses.append(
          try opener.open(location, hashing: hashing) {
            try LostBatch(checking: $0, header: header)
          })
        continue
      }
      if header.partition == JournalIdentity.system {
        guard known == nil else { continue }
        let decoded = try opener.open(location, hashing: hashing) {
          try EventCodec.decode($0, header: header, passing: EventCodec.fileFacts)
        }.filter { Int($0.position - header.firstPosition) < count }
        try system.apply(decoded)
        continue
      }
      let decoded = try opener.open(location, hashing: hashing) {
        try EventCodec.decode($0, header: header, account: batches.account)
      }.filter { Int($0.position - header.firstPosition) < count }
      for recorded in decoded { try state.fold(recorded, in: header, system) }
      events += decoded
      for event in decoded { recordedAt[event.position] = Instant(milliseconds: header.recordedAt) }
    }
    // Nobody else here asks for the reads themselves.
    if state.flags[0].contains(where: { $0.isStanding && $0.rule == .prolongedEstimation }) {
      for location in batches.reads {
        let count = knownAt?.count(of: location.header) ?? Int(location.header.count)
        guard count > 0 else { continue }
        try opener.open(location, hashing: hashing) {
          _ = state.flags.apply(
            try ReadBatchView(
              $0, header: location.header, partitions: reader.identity.partitions, known: count),
            slots)
        }
      }
    }
    // Known is an account from its enrolment on.
    guard state.agreements[0] != nil else { return nil }
    self.reader = reader
    self.batches = batches
    self.system = system
    self.state = state
    self.events = events
    self.recordedAt = recordedAt
    self.knownAt = knownAt
    losses = system.losses.filter {
      $0.mayTouch(account: batches.account, partitions: reader.identity.partitions)
    }
  }
}

/// Where the batches are that may speak of one account, found once for all questions about it.
private struct AccountBatches {
  let partition: UInt16
  let account: UInt32
  /// Events of the system partition and of the account's, and what is lost of them, in the order of
  /// the journal.
  let events: [BatchLocation]
  let reads: [BatchLocation]

  /// What the state of the system partition is made of.
  var system: some Sequence<BatchLocation> {
    events.lazy.filter { $0.header.partition == JournalIdentity.system || $0.header.kind == .lost }
  }

  /// Nil when nobody has the number.
  init?(_ reader: JournalReader, number: String) throws {
    let partitions = reader.identity.partitions
    let partition = Journal.partition(ofAccount: number, of: partitions)
    let index = try reader.index()
    guard
      let account = try AccountBatches.integer(of: number, in: index, partition, reader)
    else { return nil }
    let batches = try index.locations {
      $0.partition == JournalIdentity.system
        || $0.partition == partition && $0.mayHold(account: account)
    }
    self.partition = partition
    self.account = account
    events = batches.filter { $0.header.kind != .reads }
    reads = batches.filter { $0.header.kind == .reads }
  }

  /// The account's integer, from its enrolment: batches without the number's bytes are passed over.
  private static func integer(
    of number: String, in index: BatchIndex, _ partition: UInt16, _ reader: JournalReader
  ) throws -> UInt32? {
    let wanted = Array(number.utf8)
    var opener = BatchOpener(reader)
    for (place, summary) in index.summaries.enumerated()
    where summary.partition == partition && summary.kind == .events {
      let location = try index.location(place)
      let found = try opener.open(location) { content -> UInt32? in
        guard content.contains(wanted) else { return nil }
        for recorded in try EventCodec.decode(content, header: location.header) {
          if case .accountEnrolled(let fact) = recorded.event.fact, fact.number == number {
            try EventJudgement(position: recorded.position).judgePlace(
              of: recorded.event, in: location.header, partitions: reader.identity.partitions)
            return recorded.event.account
          }
        }
        return nil
      }
      if let found { return found }
    }
    return nil
  }
}

extension UnsafeRawBufferPointer {
  /// Whether some bytes stand anywhere in these.
  fileprivate func contains(_ wanted: [UInt8]) -> Bool {
    guard let last = wanted.last else { return true }
    // By the byte under the last one wanted, nothing can start for so many steps (Horspool).
    var steps = [Int](repeating: wanted.count, count: 256)
    for (index, byte) in wanted.dropLast().enumerated() {
      steps[Int(byte)] = wanted.count - 1 - index
    }
    var end = wanted.count - 1
    while end < count {
      let byte = self[end]
      if byte == last, self[(end - wanted.count + 1)...end].elementsEqual(wanted) { return true }
      end += steps[Int(byte)]
    }
    return false
  }
}

extension SystemState {
  /// What the system partition of a journal says now of rate schedules and zones.
  public init(_ reader: JournalReader) throws {
    self.init()
    var opener = BatchOpener(reader)
    for location in try reader.locations(where: {
      $0.partition == JournalIdentity.system && $0.kind == .events
    }) {
      try apply(
        opener.open(location) {
          try EventCodec.decode($0, header: location.header, passing: EventCodec.fileFacts)
        })
    }
  }
}
