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
      guard last >= header.firstPosition else { return 0 }
      // The last position of all is a question too: nothing is added to it.
      let behind = last - header.firstPosition
      return behind < UInt64(header.count) ? Int(behind) + 1 : Int(header.count)
    case .instant(let moment):
      return header.recordedAt <= moment.milliseconds ? Int(header.count) : 0
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
    var state =
      snapshot?.state(identity: reader.identity) ?? BillingState(identity: reader.identity)
    let from = state.position
    state.restoredAt = from
    let decoders = (0..<threads).map { _ in BatchDecoder() }
    try reader.forEachSegment(from: from, threads: threads) { segment in
      var isWhole = true
      // Batches that no system batch stands between, for each partition's fold to pick its own.
      var run: [(batch: Int, known: Int)] = []
      for (place, location) in segment.batches.enumerated()
      where location.header.firstPosition >= from {
        let known = knownAt?.count(of: location.header) ?? Int(location.header.count)
        guard known > 0 else {
          isWhole = false
          break
        }
        // What is lost concerns more than a partition.
        guard location.header.partition == JournalIdentity.system || location.header.kind == .lost
        else {
          run.append((place, known))
          continue
        }
        try fold(run, of: segment, into: &state, decoders)
        run = []
        try state.apply(
          decoders[0].content(of: location, in: segment), header: location.header, known: known)
      }
      try fold(run, of: segment, into: &state, decoders)
      progress(state.position)
      return isWhole
    }
    return state
  }

  /// Folds batches of a segment, each partition on one thread at a time. The system's state is the
  /// same for all of them: schedules are consulted as of each batch's position.
  private func fold(
    _ run: [(batch: Int, known: Int)], of segment: LoadedSegment, into state: inout BillingState,
    _ decoders: [BatchDecoder]
  ) throws {
    for (batch, known) in run { state.count(segment.batches[batch].header, known: known) }
    var mine: [[(batch: Int, known: Int)]] = Array(repeating: [], count: state.partitions.count)
    for item in run {
      let header = segment.batches[item.batch].header
      guard mine.indices.contains(Int(header.partition)) else {
        throw BillingState.noPartition(header)
      }
      mine[Int(header.partition)].append(item)
    }
    let system = state.system
    let work = mine.indices.filter { !mine[$0].isEmpty }
    // Fewer batches are folded before other threads have woken.
    let workers = run.count < Self.worthSharing ? 1 : min(decoders.count, work.count)
    let next = Atomic(0)
    // By batch, so that of several faults the first one is told.
    let faults = Mutex<[Int: any Error]>([:])
    state.partitions.withUnsafeMutableBufferPointer { partitions in
      // Each partition is taken by one worker, each decoder is one worker's, and the segment is
      // only read.
      nonisolated(unsafe) let (partitions, segment, decoders) = (partitions, segment, decoders)
      let mine = mine
      @Sendable func fold(_ worker: Int) {
        while true {
          let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard item < work.count else { return }
          for (batch, known) in mine[work[item]] {
            let location = segment.batches[batch]
            do {
              try partitions[work[item]].apply(
                decoders[worker].content(of: location, in: segment), header: location.header,
                known: known, system)
            } catch {
              faults.withLock { $0[batch] = error }
              return
            }
          }
        }
      }
      if workers <= 1 {
        fold(0)
      } else {
        DispatchQueue.concurrentPerform(iterations: workers, execute: fold)
      }
    }
    if let first = faults.withLock({ $0.min { $0.key < $1.key } }) { throw first.value }
  }

  private static let worthSharing = 16
}
