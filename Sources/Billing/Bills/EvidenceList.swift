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
    var item = Evidence()
    item.kind = kind
    (item.first, item.last) = (position, position)
    return add(item)
  }
}

extension Evidence {
  /// Nil without a position.
  init?(_ kind: String, _ positions: some RandomAccessCollection<UInt64>) {
    let isAscending = zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 }
    guard isAscending else {
      self.init(kind, Array(Set(positions)).sorted())
      return
    }
    guard let first = positions.first else { return nil }
    self.init()
    self.kind = kind
    self.first = first
    var run = first
    var rest = positions.dropFirst()
    while let next = rest.first, next == run + 1 {
      run = next
      rest.removeFirst()
    }
    last = run
    guard !rest.isEmpty else { return }
    var before = run
    steps = rest.map { position in
      defer { before = position }
      return position - before
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
