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
  let readBatches: [BatchLocation]
  public let account: UInt32

  public var agreement: ServiceAgreement? { state.agreements[0] }
  public var balance: AccountBalance { state.balances[0] }
  public var bills: [BillRecord] { state.bills[0] }

  /// Nil when the journal does not know the account.
  ///
  /// - Parameter hashing: whether SHA-256 is checked of every batch that is opened.
  public init?(
    _ reader: JournalReader, number: String, knownAt: KnownAt? = nil, hashing: Bool = false
  ) throws {
    let partition = partition(ofAccount: number, of: reader.identity.partitions)
    let candidates = try reader.locations { summary in
      summary.partition == JournalIdentity.system || summary.partition == partition
    }.filter { (knownAt?.count(of: $0.header) ?? 1) > 0 }
    var opener = BatchOpener(reader)

    guard
      let account = try AccountView.integer(
        of: number, in: candidates.filter { $0.header.partition == partition },
        partitions: reader.identity.partitions, &opener)
    else { return nil }
    var system = SystemState()
    var state = PartitionState(
      slots: SlotMap(
        partition: partition, partitions: reader.identity.partitions, only: account))
    var events: [RecordedEvent] = []
    var recordedAt: [UInt64: Instant] = [:]
    var readBatches: [BatchLocation] = []
    for location in candidates {
      let header = location.header
      if header.kind == .lost {
        system.losses.append(
          try opener.open(location, hashing: hashing) {
            try LostBatch(checking: $0, header: header)
          })
        continue
      }
      if header.partition == JournalIdentity.system {
        let decoded = try opener.open(location, hashing: hashing) {
          try EventCodec.decode($0, header: header, passing: EventCodec.fileFacts)
        }.filter { Int($0.position - header.firstPosition) < knownAt?.count(of: header) ?? .max }
        try system.apply(decoded)
        continue
      }
      guard header.mayHold(account: account) else { continue }
      guard header.kind == .events else {
        readBatches.append(location)
        continue
      }
      let decoded = try opener.open(location, hashing: hashing) {
        try EventCodec.decode($0, header: header, account: account)
      }.filter { Int($0.position - header.firstPosition) < knownAt?.count(of: header) ?? .max }
      for recorded in decoded { try state.fold(recorded, in: header, system) }
      events += decoded
      for event in decoded { recordedAt[event.position] = Instant(milliseconds: header.recordedAt) }
    }
    // Known is an account from its enrolment on.
    guard state.agreements[0] != nil else { return nil }
    self.reader = reader
    self.system = system
    self.state = state
    self.events = events
    self.recordedAt = recordedAt
    self.knownAt = knownAt
    self.readBatches = readBatches
    losses = system.losses.filter {
      $0.mayTouch(account: account, partitions: reader.identity.partitions)
    }
    self.account = account
  }

  /// The account's integer, from its enrolment: batches without the number's bytes are passed over.
  private static func integer(
    of number: String, in locations: [BatchLocation], partitions: Int,
    _ opener: inout BatchOpener
  ) throws -> UInt32? {
    let wanted = Array(number.utf8)
    for location in locations where location.header.kind == .events {
      let found = try opener.open(location) { content -> UInt32? in
        guard content.contains(wanted) else { return nil }
        for recorded in try EventCodec.decode(content, header: location.header) {
          if case .accountEnrolled(let fact) = recorded.event.fact, fact.number == number {
            try EventJudgement(position: recorded.position).judgePlace(
              of: recorded.event, in: location.header, partitions: partitions)
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
    guard let first = wanted.first else { return true }
    var start = 0
    while start + wanted.count <= count {
      guard let at = self[start...].firstIndex(of: first), at + wanted.count <= count else {
        return false
      }
      if self[at..<at + wanted.count].elementsEqual(wanted) { return true }
      start = at + 1
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
