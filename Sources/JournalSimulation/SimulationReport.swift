/// What happened in some runs.
public struct SimulationReport: Sendable {
  public enum Outcome: String, CaseIterable, Sendable {
    case opened = "a writer opened"
    case keptCommit = "a commit in doubt was kept"
    case cutCommit = "a commit in doubt was cut"
    case openFailed = "a writer failed to open, under a fault"
    case damageNamed = "damage was refused by name"
    case copySufficed = "a damaged copy of the boundary did no harm"
    case fellBack = "readers fell back by one generation"
    case readerRefused = "a reader was refused for a bad read"
  }

  public internal(set) var faults: [SimulatedFault: Int] = [:]
  public internal(set) var outcomes: [Outcome: Int] = [:]
  /// Appends that were acknowledged.
  public internal(set) var commits = 0
  public internal(set) var readings = 0
  /// Calls of the storage.
  public internal(set) var calls = 0

  public init() {}

  mutating func add(_ counts: [SimulatedFault: Int], calls: Int) {
    faults.merge(counts, uniquingKeysWith: +)
    self.calls += calls
  }

  public mutating func add(_ other: SimulationReport) {
    add(other.faults, calls: other.calls)
    outcomes.merge(other.outcomes, uniquingKeysWith: +)
    commits += other.commits
    readings += other.readings
  }
}

/// A promise that a seed breaks.
public struct SimulationFailure: Error, CustomStringConvertible {
  public let seed: UInt64
  public let reason: String
  /// The steps that led there.
  public let trace: [String]

  public var description: String {
    "seed \(seed): \(reason)\n" + trace.map { "  \($0)\n" }.joined()
  }
}
