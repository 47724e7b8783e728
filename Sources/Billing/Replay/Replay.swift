import Dispatch
import Journal
import Quantities
import Synchronization

/// Up to where a question looks: what was known at a position or an instant.
public enum KnownAt: Sendable, Equatable {
  /// Positions up to and with this one.
  case position(UInt64)
  /// What was recorded at this moment or before.
  case instant(Instant)

  /// How many of a batch's events, from its first on, were known.
  func count(of header: BatchHeader) -> Int {
    switch self {
    case .position(let last):
      last < header.firstPosition
        ? 0 : Int(min(UInt64(header.count), last - header.firstPosition + 1))
    case .instant(let moment): header.recordedAt <= moment.milliseconds ? Int(header.count) : 0
    }
  }
}

/// Rebuilds the state from the journal alone.
public struct Replay: Sendable {
  public let reader: JournalReader
  public var knownAt: KnownAt?
  /// Each thread folds its own share of the partitions; any number gives the same state.
  public var threads: Int
  /// Whether a snapshot may stand for what came before it. Never for an audit.
  public var usesSnapshot: Bool

  public init(
    _ reader: JournalReader, knownAt: KnownAt? = nil, threads: Int = 1, usesSnapshot: Bool = false
  ) {
    self.reader = reader
    self.knownAt = knownAt
    self.usesSnapshot = usesSnapshot
    self.threads = max(1, min(threads, reader.identity.partitions))
  }

  /// - Parameter progress: called now and then with the position reached, from one thread.
  public func run(progress: @escaping @Sendable (UInt64) -> Void = { _ in }) throws -> BillingState
  {
    let snapshot = usesSnapshot && knownAt == nil ? Snapshot(reader) : nil
    var start = snapshot?.state(identity: reader.identity)
    let position = start?.position ?? 0
    start?.restoredAt = position
    guard threads > 1 else {
      return try fold(Set(0..<reader.identity.partitions), from: start, withSystem: true, progress)
    }
    let shares = (0..<threads).map { thread in
      Set((0..<reader.identity.partitions).filter { $0 % threads == thread })
    }
    let restored = start
    let results = Mutex<[Int: Result<BillingState, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      let result = Result {
        try fold(
          shares[thread], from: restored, withSystem: thread == 0,
          thread == 0 ? progress : { _ in })
      }
      results.withLock { $0[thread] = result }
    }
    let parts = results.withLock { $0 }
    guard var state = try parts[0]?.get() else { preconditionFailure("each thread has a result") }
    for thread in 1..<threads {
      guard var part = try parts[thread]?.get() else { continue }
      // What the snapshot had counted is counted once.
      part.events -= start?.events ?? 0
      part.reads -= start?.reads ?? 0
      state.take(shares[thread], from: part)
    }
    return state
  }

  /// Folds some partitions. Every fold reads the system partition, so that schedules are consulted
  /// as of each batch's position, and what is lost; both are counted once.
  private func fold(
    _ partitions: Set<Int>, from start: BillingState?, withSystem: Bool,
    _ progress: @Sendable (UInt64) -> Void
  ) throws -> BillingState {
    var state = start ?? BillingState(identity: reader.identity)
    let from = state.position
    let decoder = BatchDecoder()
    try reader.forEachSegment(from: from) { segment in
      for location in segment.batches where location.header.firstPosition >= from {
        let header = location.header
        let known = knownAt?.count(of: header) ?? Int(header.count)
        guard known > 0 else { return false }
        // What is lost every fold must know of.
        let isSystem = header.partition == JournalIdentity.system || header.kind == .lost
        guard isSystem || partitions.contains(Int(header.partition)) else { continue }
        let events = state.events
        try state.apply(decoder.content(of: location, in: segment), header: header, known: known)
        if isSystem, !withSystem { state.events = events }
      }
      progress(state.position)
      return true
    }
    return state
  }
}
