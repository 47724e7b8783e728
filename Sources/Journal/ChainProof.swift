/// Which of the batches that were found belong to the journal, by the hash chain alone: wherever
/// they stand, a batch is proven when its header's hash is led to from the boundary, or when it
/// follows without a gap on the journal's start. What is bound to neither end is not believed.
struct ChainProof {
  /// Why the walk from one end stopped at a batch.
  struct Break {
    let batch: Int
    let reason: String
  }

  /// Indices of the proven batches, by position.
  private(set) var proven: [Int] = []
  private(set) var breaks: [Break] = []

  /// - Parameters:
  ///   - batches: as they were found, in any order; of equal ones the first whole one counts.
  ///   - start: the chain value before the first batch; nil when nothing tells it.
  ///   - boundary: nil when none of its copies is valid.
  init(_ batches: [SurveyedSegment.Found], start: Digest?, boundary: Boundary?) {
    var byChain: [Digest: Int] = [:]
    for (index, found) in batches.enumerated() {
      guard let chain = found.location.chain else { continue }
      if let held = byChain[chain], batches[held].fault == nil || found.fault != nil { continue }
      byChain[chain] = index
    }
    var byPrevious: [Digest: [Int]] = [:]
    for index in byChain.values {
      byPrevious[batches[index].location.header.previousChain, default: []].append(index)
    }
    func header(_ index: Int) -> BatchHeader { batches[index].location.header }

    var backward: [Int] = []
    var isWhole = false
    if let boundary {
      var chain = boundary.chain
      while chain != start, let index = byChain[chain] {
        let batch = header(index)
        let follows =
          backward.last.map { batch.isBefore(header($0)) }
          ?? (batch.lastPosition + 1 == boundary.nextPosition && batch.isLastOfCommit
            && batch.commit == boundary.commit)
        guard follows else {
          breaks.append(
            Break(batch: backward.last ?? index, reason: "it does not follow the batch before it"))
          break
        }
        backward.append(index)
        chain = batch.previousChain
      }
      let first = backward.last.map { header($0).firstPosition } ?? boundary.nextPosition
      isWhole = chain == start && first == 0
    }
    proven = backward.reversed()
    guard !isWhole, let start else { return }

    let limit = proven.first.map { header($0).firstPosition } ?? boundary?.nextPosition ?? .max
    let inBackward = Set(backward)
    var forward: [Int] = []
    var state = ChainState(chain: start)
    // Where two batches claim the same place, neither is proven.
    while state.position < limit, let next = byPrevious[state.chain], next.count == 1,
      !inBackward.contains(next[0])
    {
      if let reason = state.advance(over: batches[next[0]].location) {
        breaks.append(Break(batch: next[0], reason: reason))
        break
      }
      forward.append(next[0])
    }
    if boundary == nil {
      while let last = forward.last, !header(last).isLastOfCommit { forward.removeLast() }
    } else if let last = forward.last,
      header(last).lastPosition >= limit - 1
        || backward.isEmpty && header(last).isLastOfCommit
          && header(last).commit >= boundary?.commit ?? .max
    {
      // What comes after, or the boundary, knows another batch in this place: the file was exchanged
      // or written anew.
      let reason =
        "the next batch is not chained to it: it, or one before it in the file, is another"
      breaks.append(Break(batch: last, reason: reason))
      let file = batches[last].location.segment
      while let last = forward.last, batches[last].location.segment == file { forward.removeLast() }
    }
    proven = forward + proven
  }
}

extension BatchHeader {
  /// Whether another batch can be the next one, by everything but the chain.
  fileprivate func isBefore(_ next: BatchHeader) -> Bool {
    lastPosition + 1 == next.firstPosition && recordedAt <= next.recordedAt
      && next.commit == (isLastOfCommit ? commit + 1 : commit)
  }
}
