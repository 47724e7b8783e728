import Journal
import Quantities

/// The state that a whole journal folds into.
public struct BillingState: Sendable {
  public let identity: JournalIdentity
  public internal(set) var system = SystemState()
  var partitions: [PartitionState]
  /// Account integers by account number.
  private(set) var accounts: [String: UInt32] = [:]
  /// Events and reads folded, each with its position.
  public internal(set) var events: UInt64 = 0
  public internal(set) var reads: UInt64 = 0
  /// Where the snapshot stood that the fold started from; 0 without one. Not part of the state.
  var restoredAt: UInt64 = 0
  /// The position after the last one folded.
  public internal(set) var position: UInt64 = 0

  init(identity: JournalIdentity) {
    self.identity = identity
    partitions = (0..<identity.partitions).map {
      PartitionState(
        slots: SlotMap(partition: UInt16($0), partitions: identity.partitions, only: nil))
    }
  }

  public var accountCount: Int { accounts.count }

  /// Account integers of the enrolled.
  var accountNumbers: Dictionary<String, UInt32>.Values { accounts.values }

  func account(_ number: String) -> UInt32? { accounts[number] }

  func partition(of account: UInt32) -> Int {
    Int(AccountID(raw: account).partition(of: identity.partitions))
  }

  /// The account's agreement, with its index in its partition's projections.
  func find(_ number: String) -> (state: PartitionState, index: Int, agreement: ServiceAgreement)? {
    guard let account = accounts[number] else { return nil }
    let state = partitions[partition(of: account)]
    guard let index = state.slots.index(of: account), let agreement = state.agreements[index]
    else { return nil }
    return (state, index, agreement)
  }

  /// Accounts on a plan, over all partitions.
  func seats(on code: String) -> Int {
    partitions.reduce(0) { $0 + ($1.agreements.seats[code] ?? 0) }
  }

  /// Folds one batch, or its first `known` events; live and in replay the only way in.
  mutating func apply(
    _ content: UnsafeRawBufferPointer, header: BatchHeader, known: Int
  ) throws(EventFault) {
    switch header.kind {
    case .lost: try applyLoss(content, header)
    case .events:
      var decoded = try EventCodec.decode(content, header: header)
      if known < decoded.count { decoded.removeSubrange(known...) }
      events += UInt64(decoded.count)
      if header.partition == JournalIdentity.system {
        try applySystem(decoded)
      } else if partitions.indices.contains(Int(header.partition)) {
        for recorded in decoded { try fold(recorded, in: header) }
      } else {
        throw EventFault(position: header.firstPosition, reason: "there is no such partition")
      }
    case .reads:
      guard partitions.indices.contains(Int(header.partition)) else {
        throw EventFault(position: header.firstPosition, reason: "there is no such partition")
      }
      let view = try ReadBatchView(
        content, header: header, partitions: identity.partitions, known: known)
      guard partitions[Int(header.partition)].expects(slot: Int(view.lastSlot), system) else {
        throw EventFault(
          position: header.firstPosition, reason: "the reads batch names an account before its time"
        )
      }
      events += UInt64(view.rows)
      reads += UInt64(view.rows)
      partitions[Int(header.partition)].apply(view, header: header, system)
    }
    position = header.firstPosition + UInt64(known)
  }

  /// Judges an account's event and folds it in.
  private mutating func fold(
    _ recorded: RecordedEvent, in header: BatchHeader
  ) throws(EventFault) {
    var number: String?
    if case .accountEnrolled(let fact) = recorded.event.fact { number = fact.number }
    guard number.map({ accounts[$0] == nil }) ?? true else {
      throw EventFault(position: recorded.position, reason: "an account of this number is enrolled")
    }
    try partitions[Int(header.partition)].fold(recorded, in: header, system)
    if let number { accounts[number] = recorded.event.account }
  }

  private mutating func applySystem(_ events: [RecordedEvent]) throws(EventFault) {
    try system.apply(events)
    let hasSchedule = events.contains {
      if case .rateSchedulePublished = $0.event.fact { true } else { false }
    }
    guard hasSchedule else { return }
    for index in partitions.indices { partitions[index].tiers.schedulesChanged() }
  }

  /// Takes the partitions that another fold of the same journal has done.
  mutating func take(_ others: Set<Int>, from other: BillingState) {
    for index in others { partitions[index] = other.partitions[index] }
    accounts.merge(other.accounts) { mine, _ in mine }
    events += other.events
    reads += other.reads
    position = max(position, other.position)
  }

  /// Accounts by number after the projections were restored from a snapshot.
  mutating func rebuildAccounts() {
    accounts = [:]
    for partition in partitions {
      for agreement in partition.agreements.agreements {
        if let agreement { accounts[agreement.number] = agreement.account }
      }
    }
  }

  /// SHA-256 over the hashes of (projector, version, partition) in order; comparable only within
  /// one journal and at one position.
  public var digest: Digest {
    var writer = ByteWriter()
    func add(_ projector: any Projector, _ partition: UInt16) {
      var form = ByteWriter()
      projector.write(to: &form)
      writer.put(text: type(of: projector).name)
      writer.put(type(of: projector).version)
      writer.put(partition)
      writer.put(Digest(of: form.bytes).bytes)
    }
    add(system, JournalIdentity.system)
    for partition in partitions {
      for projector in partition.projectors { add(projector, partition.slots.partition) }
    }
    writer.put(position)
    return Digest(of: writer.bytes)
  }
}
