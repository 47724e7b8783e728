import Dispatch
import Journal
import Quantities
import Synchronization

/// A flag as it is listed.
public struct ListedFlag: Sendable {
  public let account: String
  public let flag: ReadFlag
  /// Whether this validation has recorded it.
  public let isNew: Bool
}

/// What validation found.
public struct ValidationReport: Sendable {
  /// Held days that were judged.
  public internal(set) var reads: UInt64 = 0
  public internal(set) var recorded = 0
  /// Every flag that stands in the days asked about, by account number and day.
  public internal(set) var flags: [ListedFlag] = []
}

extension Engine {
  static let flagsPerCommit = 4096

  /// Judges the held reads and records what is doubtful and has not been recorded before.
  ///
  /// All of an account's days are looked at, because each is judged by those before it; only doubts
  /// about days asked for are recorded. They are recorded some thousands at a time; who dies between
  /// leaves the rest to the next run.
  ///
  /// - Parameters:
  ///   - number: only this account.
  ///   - threads: each judges its own share of the partitions; any number finds the same.
  public func validate(
    account number: String? = nil, from: ServiceDate? = nil, through: ServiceDate? = nil,
    threads: Int = 2, at: Instant, progress: (UInt64) -> Void = { _ in }
  ) throws -> ValidationReport {
    // Nothing of the state, of which a commit would have to copy what is held.
    let chosen = number.flatMap { state.find($0) }.map {
      (
        partition: Int($0.state.slots.partition), index: $0.index, account: $0.agreement.account
      )
    }
    guard number == nil || chosen != nil else { return ValidationReport() }
    let partitions = chosen.map { [$0.partition] } ?? Array(state.partitions.indices)
    var validators = partitions.map { ReadValidator(state.partitions[$0], only: chosen?.index) }
    let reader = try writer.reader()
    if let chosen {
      try judge(chosen.account, reader, &validators[0])
    } else {
      try judgeAll(reader, threads: threads, &validators, progress)
    }
    let days = (from?.day ?? .min)...max(from?.day ?? .min, through?.day ?? .max)
    func isAsked(_ index: Int, _ flag: ReadFlag) -> Bool {
      (chosen == nil || chosen?.index == index) && flag.first <= days.upperBound
        && days.lowerBound <= flag.last
    }
    var report = ValidationReport()
    var events: [Event] = []
    let before = state.position
    let doubts = validators.map { (reads: $0.reads, found: $0.found) }
    // With them goes their copy of the state, or each commit would make another.
    validators = []
    for (partition, doubts) in zip(partitions, doubts) {
      report.reads += doubts.reads
      for (index, flag) in doubts.found where isAsked(index, flag) {
        let isKnown = state.partitions[partition].flags[index].contains {
          $0.standing != .overtaken && $0.isSame(as: flag)
        }
        guard !isKnown, state.partitions[partition].agreements.isEnrolled(index) else { continue }
        events.append(
          Event(
            .readFlagged(flag.fact),
            account: state.partitions[partition].agreements.account(at: index),
            effective: flag.first))
        guard events.count >= Self.flagsPerCommit else { continue }
        try commit(events, at: at)
        report.recorded += events.count
        events = []
      }
    }
    try commit(events, at: at)
    report.recorded += events.count
    for partition in partitions {
      let state = state.partitions[partition]
      for (index, flags) in state.flags.flags {
        guard let agreement = state.agreements[index] else { continue }
        report.flags += flags.filter { $0.isStanding && isAsked(index, $0) }.map {
          ListedFlag(account: agreement.number, flag: $0, isNew: $0.position >= before)
        }
      }
    }
    report.flags.sort {
      ($0.account, $0.flag.first, $0.flag.position) < ($1.account, $1.flag.first, $1.flag.position)
    }
    return report
  }

  /// One account's batches alone.
  private func judge(
    _ account: UInt32, _ reader: JournalReader, _ validator: inout ReadValidator
  ) throws {
    let partition = state.partition(of: account)
    var opener = BatchOpener(reader)
    for location in try reader.locations(where: {
      $0.kind == .reads && $0.partition == partition && $0.mayHold(account: account)
    }) {
      try opener.open(location) {
        validator.judge(
          try ReadBatchView(
            $0, header: location.header, partitions: state.identity.partitions))
      }
    }
    validator.finish()
  }

  /// Segment by segment as a replay goes, each partition on one thread at a time.
  private func judgeAll(
    _ reader: JournalReader, threads: Int, _ validators: inout [ReadValidator],
    _ progress: (UInt64) -> Void
  ) throws {
    let threads = max(1, min(threads, validators.count))
    let decoders = (0..<threads).map { _ in BatchDecoder() }
    let partitions = state.identity.partitions
    let faults = Mutex<[Int: any Error]>([:])
    /// Has every partition's turn taken by some thread, and throws what the first of them met.
    func forEachPartition(
      _ body: @Sendable (inout ReadValidator, _ partition: Int, _ thread: Int) throws -> Void
    ) throws {
      let next = Atomic(0)
      validators.withUnsafeMutableBufferPointer { validators in
        // Each validator is taken by one thread.
        nonisolated(unsafe) let validators = validators
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
          while true {
            let partition = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard partition < partitions else { return }
            do { try body(&validators[partition], partition, thread) } catch {
              faults.withLock { $0[partition] = error }
            }
          }
        }
      }
      if let first = faults.withLock({ $0.min { $0.key < $1.key } }) { throw first.value }
    }
    try reader.forEachSegment(threads: threads) { segment in
      // Each decoder is one thread's, and the segment is only read.
      nonisolated(unsafe) let (segment, decoders) = (segment, decoders)
      try forEachPartition { validator, partition, thread in
        for location in segment.batches
        where location.header.kind == .reads && Int(location.header.partition) == partition {
          validator.judge(
            try ReadBatchView(
              decoders[thread].content(of: location, in: segment), header: location.header,
              partitions: partitions))
        }
      }
      progress(segment.batches.last.map { $0.header.lastPosition + 1 } ?? 0)
      return true
    }
    try forEachPartition { validator, _, _ in validator.finish() }
  }
}
