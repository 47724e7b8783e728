/// The events behind a bill's lines, each kind's named once, lines by index.
struct EvidenceList: Sendable {
  private(set) var items: [Evidence] = []

  /// The index of a kind's positions; none of no position.
  mutating func add(_ kind: String, _ positions: [UInt64]) -> [UInt32] {
    guard let item = Evidence(kind, positions) else { return [] }
    if let known = items.firstIndex(of: item) { return [UInt32(known)] }
    items.append(item)
    return [UInt32(items.count - 1)]
  }
}

extension Evidence {
  /// Nil without a position.
  init?(_ kind: String, _ positions: [UInt64]) {
    let isAscending = zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 }
    let ascending = isAscending ? positions : Array(Set(positions)).sorted()
    guard let first = ascending.first else { return nil }
    self.init()
    self.kind = kind
    self.first = first
    var run = first
    for position in ascending.dropFirst() {
      if position == run + 1, steps.isEmpty { run = position } else { steps.append(position) }
    }
    last = run
    var before = run
    for index in steps.indices {
      (steps[index], before) = (steps[index] - before, steps[index])
    }
  }

  /// All positions, ascending, neighbours joined.
  public var runs: [ClosedRange<UInt64>] {
    var runs = [first...max(first, last)]
    var position = last
    for step in steps {
      position &+= step
      if let open = runs.last, open.upperBound + 1 == position {
        runs[runs.count - 1] = open.lowerBound...position
      } else {
        runs.append(position...position)
      }
    }
    return runs
  }

  /// `17, 20-24`.
  public var positionsText: String { runs.map(Evidence.text).joined(separator: ", ") }

  static func text(of run: ClosedRange<UInt64>) -> String {
    run.count == 1 ? "\(run.lowerBound)" : "\(run.lowerBound)-\(run.upperBound)"
  }
}
