import Dispatch
import Journal
import Quantities
import Synchronization

/// The state that a whole journal folds into.
public struct BillingState: Sendable {
  public let identity: JournalIdentity
  public internal(set) var system = SystemState()
  var partitions: [PartitionState]
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

  public var accountCount: Int { partitions.reduce(0) { $0 + $1.agreements.enrolled } }

  func account(_ number: String) -> UInt32? {
    partitions[Int(Journal.partition(ofAccount: number, of: partitions.count))].agreements
      .account(number)
  }

  /// The agreement of an account by its integer.
  func agreement(of account: UInt32) -> ServiceAgreement? {
    guard account > 0 else { return nil }
    let state = partitions[partition(of: account)]
    return state.slots.index(of: account).flatMap { state.agreements[$0] }
  }

  func partition(of account: UInt32) -> Int {
    Int(AccountID(raw: account).partition(of: identity.partitions))
  }

  /// The account's agreement, with its index in its partition's projections.
  func find(_ number: String) -> (state: PartitionState, index: Int, agreement: ServiceAgreement)? {
    guard let account = account(number) else { return nil }
    let state = partitions[partition(of: account)]
    guard let index = state.slots.index(of: account), let agreement = state.agreements[index]
    else { return nil }
    return (state, index, agreement)
  }

  /// All accounts in parts of at most so many, by partition and index; or the one asked for alone.
  func parts(of number: String?, upTo size: Int) -> [(partition: Int, indices: Range<Int>)] {
    if let number {
      guard let (state, index, _) = find(number) else { return [] }
      return [(Int(state.slots.partition), index..<index + 1)]
    }
    return partitions.indices.flatMap { partition in
      let count = partitions[partition].agreements.count
      return stride(from: 0, to: count, by: size).map { (partition, $0..<min($0 + size, count)) }
    }
  }

  /// Persons whose details were ever recorded, and those of them who were erased.
  public var personCounts: (recorded: UInt64, erased: UInt64) {
    partitions.reduce((0, 0)) { ($0.0 + $1.persons.recorded, $0.1 + $1.persons.erased) }
  }

  /// Accounts on a plan, over all partitions.
  func seats(on code: String) -> Int {
    partitions.reduce(0) { $0 + $1.agreements.seats(on: code) }
  }

  /// Folds one batch, or its first `known` events.
  mutating func apply(
    _ content: UnsafeRawBufferPointer, header: BatchHeader, known: Int
  ) throws(EventFault) {
    if header.kind == .lost {
      try applyLoss(content, header)
    } else if header.partition == JournalIdentity.system {
      guard header.kind == .events else { throw Self.noPartition(header) }
      try applySystem(Array(EventCodec.decode(content, header: header).prefix(known)))
    } else {
      guard partitions.indices.contains(Int(header.partition)) else {
        throw Self.noPartition(header)
      }
      try partitions[Int(header.partition)].apply(content, header: header, known: known, system)
    }
    count(header, known: known)
  }

  /// Folds the events of one batch that has just been written.
  mutating func apply(
    _ recorded: [RecordedEvent], header: BatchHeader
  ) throws(EventFault) {
    if header.partition == JournalIdentity.system {
      try applySystem(recorded)
    } else {
      guard partitions.indices.contains(Int(header.partition)) else {
        throw Self.noPartition(header)
      }
      for event in recorded {
        try partitions[Int(header.partition)].fold(event, in: header, system, isJudged: true)
      }
    }
    count(header, known: recorded.count)
  }

  /// Folds batches of accounts' events that have just been written, each partition on one thread at
  /// a time.
  mutating func apply(
    _ written: [(content: [UInt8], header: BatchHeader)]
  ) throws(EventFault) {
    var mine: [[Int]] = partitions.map { _ in [] }
    for (place, (_, header)) in written.enumerated() {
      guard mine.indices.contains(Int(header.partition)) else { throw Self.noPartition(header) }
      mine[Int(header.partition)].append(place)
      count(header, known: Int(header.count))
    }
    let work = mine.filter { !$0.isEmpty }
    let system = system
    let faults = Mutex<[Int: EventFault]>([:])
    partitions.withUnsafeMutableBufferPointer { partitions in
      // Each partition is one iteration's.
      nonisolated(unsafe) let partitions = partitions
      @Sendable func fold(_ item: Int) {
        for place in work[item] {
          let (content, header) = written[place]
          let result = content.withUnsafeBytes { bytes -> Result<Void, EventFault> in
            Result { () throws(EventFault) in
              try partitions[Int(header.partition)].apply(
                bytes, header: header, known: Int(header.count), system)
            }
          }
          if case .failure(let fault) = result {
            faults.withLock { $0[place] = fault }
            return
          }
        }
      }
      if work.count == 1 {
        fold(0)
      } else {
        DispatchQueue.concurrentPerform(iterations: work.count, execute: fold)
      }
    }
    if let first = faults.withLock({ $0.min { $0.key < $1.key } }) { throw first.value }
  }

  /// Counts what has been folded of a batch.
  mutating func count(_ header: BatchHeader, known: Int) {
    if header.kind != .lost { events += UInt64(known) }
    if header.kind == .reads { reads += UInt64(known) }
    position = max(position, header.firstPosition + UInt64(known))
  }

  static func noPartition(_ header: BatchHeader) -> EventFault {
    EventFault(position: header.firstPosition, reason: "there is no such partition")
  }

  private mutating func applySystem(_ events: [RecordedEvent]) throws(EventFault) {
    try system.apply(events)
    // Refused lines and receipts, of which there are many, change nothing that is asked here.
    let relevant = events.filter {
      switch $0.event.fact {
      case .rateSchedulePublished, .zoneTablePublished: true
      default: false
      }
    }
    guard !relevant.isEmpty else { return }
    for index in partitions.indices {
      partitions[index].tiers.schedulesChanged()
      for recorded in relevant { partitions[index].noteForBills(recorded, system) }
    }
  }

  /// Hands out each projector's canonical form, the system's first, behind what it is the form of:
  /// name, version and partition.
  func forEachForm(_ body: (_ head: [UInt8], _ form: [UInt8]) -> Void) {
    func hand(_ projector: any Projector, _ partition: UInt16) {
      var (head, form) = (ByteWriter(), ByteWriter())
      head.put(text: type(of: projector).name)
      head.put(type(of: projector).version)
      head.put(partition)
      projector.write(to: &form)
      body(head.bytes, form.bytes)
    }
    hand(system, JournalIdentity.system)
    for partition in partitions {
      for projector in partition.projectors { hand(projector, partition.slots.partition) }
    }
  }

  /// SHA-256 over the hashes of (projector, version, partition) in order; comparable only within
  /// one journal and at one position.
  public var digest: Digest {
    var writer = ByteWriter()
    forEachForm { head, form in
      writer.put(head)
      writer.put(Digest(of: form).bytes)
    }
    writer.put(position)
    return Digest(of: writer.bytes)
  }
}
