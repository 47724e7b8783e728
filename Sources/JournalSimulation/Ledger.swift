import Journal

/// A batch that was appended, or as a reader gave it back.
struct HeldBatch: Equatable {
  var first: UInt64
  var count: UInt32
  var content: [UInt8]

  static func == (left: HeldBatch, right: HeldBatch) -> Bool {
    left.first == right.first && left.count == right.count
      && isSame(left.content, right.content)
  }
}

/// What the journal must hold: the model that the real one is checked against.
///
/// - What was acknowledged is there, in order, once, with its content, whatever happened since.
/// - At most one commit is *in doubt*: its append failed or is under way. A reader may be shown all
///   of it or nothing.
/// - The next writer that opens settles it: what the first reader after that is shown exists and
///   stays; a commit in doubt that it is not shown must never come back, and its positions are free.
/// - A commit in doubt that any reader was shown must be settled as existing.
struct Ledger {
  private(set) var held: [HeldBatch] = []
  /// How many batches there were at the end of each commit.
  private(set) var commitEnds = [0]
  private(set) var doubt: [HeldBatch] = []
  private(set) var doubtWasShown = false

  var nextPosition: UInt64 { held.last.map { $0.first + UInt64($0.count) } ?? 0 }

  mutating func begin(_ commit: [HeldBatch]) {
    precondition(doubt.isEmpty, "a commit starts when the one before it is settled")
    doubt = commit
  }

  mutating func acknowledge() {
    held += doubt
    commitEnds.append(held.count)
    clearDoubt()
  }

  private mutating func clearDoubt() {
    doubt = []
    doubtWasShown = false
  }

  /// What is wrong with what a reader was shown; nil when nothing is.
  ///
  /// - Parameter least: batches that had been acknowledged before the reader came.
  mutating func check(_ found: [HeldBatch], least: Int? = nil) -> String? {
    let least = least ?? held.count
    if found.count < least { return "\(found.count) batches are shown of \(least) acknowledged" }
    let all = held + doubt
    for (index, batch) in found.enumerated() where index >= all.count || batch != all[index] {
      return index < all.count
        ? "batch \(index) at position \(batch.first) is not the one that was appended"
        : "batch \(index) at position \(batch.first) was never appended, or was gone"
    }
    guard found.count == all.count || commitEnds.contains(found.count) else {
      return "a commit is shown in part"
    }
    if found.count > held.count { doubtWasShown = true }
    return nil
  }

  /// What the first reader after a recovery is shown.
  mutating func settle(_ found: [HeldBatch]) -> String? {
    let mustHold = doubtWasShown
    if let wrong = check(found) { return wrong }
    if found.count > held.count {
      acknowledge()
    } else if mustHold {
      return "a commit that a reader was shown is gone"
    }
    clearDoubt()
    return nil
  }
}

/// Two ways to read a whole journal.
enum Reading: CaseIterable {
  /// Segment after segment, as replay does.
  case pass
  /// Batch after batch through the index, as an audit does.
  case index

  func batches(in storage: any Storage) throws -> [HeldBatch] {
    let reader = try JournalReader(storage: storage)
    var found: [HeldBatch] = []
    func add(_ header: BatchHeader, _ content: UnsafeRawBufferPointer) {
      found.append(
        HeldBatch(first: header.firstPosition, count: header.count, content: Array(content)))
    }
    switch self {
    case .pass:
      let decoder = BatchDecoder()
      try reader.forEachSegment { segment in
        for location in segment.batches {
          add(location.header, try decoder.content(of: location, in: segment))
        }
        return true
      }
    case .index:
      var opener = BatchOpener(reader)
      for location in try reader.locations(where: { _ in true }) {
        try opener.open(location) { add(location.header, $0) }
      }
    }
    return found
  }
}
