import Dispatch
import Synchronization

/// What `verify` found.
public struct Verification: Sendable {
  public internal(set) var segments = 0
  public internal(set) var batches = 0
  /// Events and reads, each with its position.
  public internal(set) var events: UInt64 = 0
  /// Positions that a salvage could not copy and says so of; not among `events`.
  public internal(set) var lost: UInt64 = 0
  /// The chain value of the last batch that the boundary names.
  public internal(set) var head: Digest
  public internal(set) var damages: [Damage] = []
  /// Positions that are intact, ascending.
  public internal(set) var readable: [ClosedRange<UInt64>] = []
  /// What is no damage but worth knowing.
  public internal(set) var notes: [String] = []
  /// What the files of a damaged journal still prove; nil of one that is intact.
  public internal(set) var survey: Survey?

  public var isIntact: Bool { damages.isEmpty }

  init(head: Digest) { self.head = head }

  public mutating func note(_ text: String) { notes.append(text) }

  /// Verifies the journal in a directory, and one that cannot even be opened by what its segments
  /// prove among themselves.
  ///
  /// - Throws: when there is no journal, or a file cannot be read; never for damage.
  public init(
    path: String, deep: Bool = false, threads: Int = 1,
    progress: @escaping @Sendable (UInt64) -> Void = { _ in }
  ) throws(JournalError) {
    let fault: JournalError
    do throws(JournalError) {
      let reader = try JournalReader(path: path)
      self = try reader.verify(deep: deep, threads: threads, progress: progress)
      return
    } catch { fault = error }
    if case .locked = fault { throw fault }
    guard let survey = try Survey(path: path, deep: deep) else { throw fault }
    // A disk that does not answer is not damage.
    if case .unavailable = fault, survey.damages.isEmpty { throw fault }
    // A later format is not damage either, unless one byte made it look so.
    if case .unsupportedFormat = fault, survey.identity == nil { throw fault }
    self.init(survey)
    if isIntact, case .damaged(let damage) = fault { damages = [damage] }
    if isIntact { throw fault }
  }

  init(_ survey: Survey) {
    head = survey.head
    segments = survey.segments
    batches = survey.batches
    events = survey.events
    damages = survey.damages
    readable = survey.readable
    notes = survey.notes
    self.survey = survey
  }
}

extension JournalReader {
  /// Checks every durable byte: frames, headers, SHA-256 of each data frame, positions, chain,
  /// footers and boundary; with `deep` each frame is decoded as well.
  ///
  /// When anything differs, the journal is surveyed: the report names each place, what it touches
  /// and what can still be read.
  ///
  /// - Parameter progress: called now and then with how many positions are done, from any thread.
  public func verify(
    deep: Bool = false, threads: Int = 1,
    progress: @escaping @Sendable (UInt64) -> Void = { _ in }
  ) throws(JournalError) -> Verification {
    do throws(JournalError) {
      var report = Verification(head: head)
      var state = ChainState(chain: identity.chainStart)
      for (segment, result) in zip(
        segments, outcomes(deep: deep, threads: min(threads, segments.count), progress))
      {
        let outcome = try result.get()
        guard outcome.start.follows(state), outcome.start.position == segment else {
          throw .damaged(missing(state.position, before: segment))
        }
        report.segments += 1
        report.batches += outcome.batches
        report.lost += outcome.lost
        state = outcome.end
      }
      guard state.chain == head, state.position == nextPosition, !state.commitIsOpen else {
        throw .damaged(
          Damage(
            file: SegmentName.file(firstPosition: boundary.segment), offset: Int(boundary.offset),
            reason: "the last batch is not the one that the boundary names"))
      }
      report.events = nextPosition - report.lost
      if nextPosition > 0 { report.readable = [0...(nextPosition - 1)] }
      report.notes = Leftovers(directory, boundary).notes
      if let damage = try Leftovers(directory, boundary).laterCommit() { throw .damaged(damage) }
      return report
    } catch {
      guard case .damaged(let damage) = error, let survey = try Survey(directory, deep: deep)
      else { throw error }
      var report = Verification(survey)
      if report.isIntact { report.damages = [damage] }
      return report
    }
  }

  /// What each segment holds; segments are checked apart from each other, so that each thread has
  /// its own.
  private func outcomes(
    deep: Bool, threads: Int, _ progress: @escaping @Sendable (UInt64) -> Void
  ) -> [Result<SegmentStream.Outcome, JournalError>] {
    let results = Mutex<[Int: Result<SegmentStream.Outcome, JournalError>]>([:])
    let done = Mutex<UInt64>(0)
    DispatchQueue.concurrentPerform(iterations: max(1, threads)) { thread in
      var stream = SegmentStream(deep: deep)
      for index in stride(from: thread, to: segments.count, by: max(1, threads)) {
        let result: Result<SegmentStream.Outcome, JournalError>
        do throws(JournalError) {
          result = .success(try stream.check(segments[index], of: self))
        } catch { result = .failure(error) }
        results.withLock { $0[index] = result }
        guard case .success(let outcome) = result else { continue }
        progress(
          done.withLock {
            $0 += outcome.end.position &- outcome.start.position
            return $0
          })
      }
    }
    let found = results.withLock { $0 }
    return segments.indices.compactMap { found[$0] }
  }
}
