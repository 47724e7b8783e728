import Dispatch
import Journal
import Quantities
import Synchronization

/// One door to a journal for many callers at once.
///
/// What gathers while one commit is being synced goes into the next, so that the disk is waited for
/// once a commit and not once a command. A caller is answered when the command is durable, in the
/// order of arrival. After a failed write every caller that waits, and every one that comes later,
/// is told so: what was not acknowledged may or may not be in the journal, and a new engine tells.
public final class CommandQueue: Sendable {
  private struct Caller {
    let command: Command
    let answer: CheckedContinuation<Result<Outcome, any Error>, Never>
  }
  private struct Line {
    var callers: [Caller] = []
    /// Whether somebody is at work who will look at the line again.
    var isServed = false
    var failure: (any Error)?
  }

  private let line = Mutex(Line())
  private let engine: Mutex<Engine>
  /// Syncs block, which the threads that run the callers' tasks should not.
  private let clerk = DispatchQueue(label: "wattbook.commands")
  private let clock: @Sendable () -> Instant

  /// - Parameter clock: tells the moment that a commit is recorded at, asked once for each.
  public init(_ engine: consuming sending Engine, clock: @escaping @Sendable () -> Instant) {
    self.engine = Mutex(engine)
    self.clock = clock
  }

  /// Records a command, and returns when it is durable or refused. To cancel the task that waits
  /// does not take the command back.
  public func record(_ command: Command) async throws -> Outcome {
    try await withCheckedContinuation { answer in
      let (failure, isIdle) = line.withLock { line -> ((any Error)?, Bool) in
        guard line.failure == nil else { return (line.failure, false) }
        line.callers.append(Caller(command: command, answer: answer))
        defer { line.isServed = true }
        return (nil, !line.isServed)
      }
      if let failure { answer.resume(returning: .failure(failure)) }
      if isIdle { clerk.async { self.serve() } }
    }.get()
  }

  /// Asks the engine between two commits; meanwhile callers gather.
  public func withEngine<Answer: Sendable>(
    _ ask: @Sendable (Engine) throws -> Answer
  ) throws -> Answer {
    try engine.withLock { try ask($0) }
  }

  /// Takes whoever has gathered, until nobody has.
  private func serve() {
    while true {
      let callers = line.withLock { line in
        defer { line.callers = [] }
        line.isServed = !line.callers.isEmpty
        return line.callers
      }
      guard !callers.isEmpty else { return }
      do { try record(callers) } catch { return }
    }
  }

  private func record(_ callers: [Caller]) throws {
    var commands = callers.map(\.command)[...]
    while !commands.isEmpty {
      let first = commands.startIndex
      do {
        let outcomes = try engine.withLock { try $0.record(commands, at: clock()) }
        commands = commands.dropFirst(outcomes.count)
        for (caller, outcome) in zip(callers[first...], outcomes) {
          caller.answer.resume(returning: outcome)
        }
      } catch {
        let late = line.withLock { line in
          line.failure = error
          defer { line.callers = [] }
          return line.callers
        }
        for caller in callers[first...] + late { caller.answer.resume(returning: .failure(error)) }
        throw error
      }
    }
  }
}
