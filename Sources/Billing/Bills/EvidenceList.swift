import Quantities

/// The events behind a bill's lines, each named once, lines by index.
struct EvidenceList: Sendable {
  private(set) var items: [Evidence] = []

  /// The indices of a kind's positions, ascending, neighbours joined into one item.
  mutating func add(_ kind: String, _ positions: [UInt64]) -> [UInt32] {
    var runs: [ClosedRange<UInt64>] = []
    for position in positions.sorted() {
      if let last = runs.last, last.upperBound + 1 >= position {
        runs[runs.count - 1] = last.lowerBound...max(last.upperBound, position)
      } else {
        runs.append(position...position)
      }
    }
    return runs.map { run in
      var item = Evidence()
      item.kind = kind
      item.first = run.lowerBound
      item.last = run.upperBound
      if let known = items.firstIndex(of: item) { return UInt32(known) }
      items.append(item)
      return UInt32(items.count - 1)
    }
  }
}
