/// The events behind a bill's lines, each kind's named once, lines by index.
struct EvidenceList: Sendable {
  private(set) var items: [Evidence] = []

  /// The index of an item, which is listed once.
  mutating func add(_ item: Evidence) -> UInt32 {
    if let known = items.firstIndex(of: item) { return UInt32(known) }
    if items.isEmpty { items.reserveCapacity(6) }
    items.append(item)
    return UInt32(items.count - 1)
  }

  /// The index of one event.
  mutating func add(_ kind: String, at position: UInt64) -> UInt32 {
    for index in items.indices
    where items[index].first == position && items[index].last == position
      && items[index].steps.isEmpty && items[index].kind == kind
    {
      return UInt32(index)
    }
    var item = Evidence()
    item.kind = kind
    (item.first, item.last) = (position, position)
    items.append(item)
    return UInt32(items.count - 1)
  }
}

extension Evidence {
  /// Nil without a position.
  init?(_ kind: String, _ positions: some RandomAccessCollection<UInt64>) {
    guard let first = positions.first else { return nil }
    self.init()
    self.kind = kind
    self.first = first
    var index = positions.index(after: positions.startIndex)
    var before = first
    while index < positions.endIndex, positions[index] == before &+ 1 {
      before = positions[index]
      positions.formIndex(after: &index)
    }
    last = before
    guard index < positions.endIndex else { return }
    steps.reserveCapacity(positions.distance(from: index, to: positions.endIndex))
    while index < positions.endIndex {
      guard positions[index] > before else {
        self.init(kind, Array(Set(positions)).sorted())
        return
      }
      steps.append(positions[index] - before)
      before = positions[index]
      positions.formIndex(after: &index)
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
