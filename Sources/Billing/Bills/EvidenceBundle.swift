import Journal

/// Why a checkpoint cannot carry the proof of a bill.
public enum EvidenceBundleFailure: Error, Sendable, CustomStringConvertible {
  case checkpointDiffers(CheckpointVerdict)
  case checkpointIsOlder(size: Int, needed: Int)

  public var description: String {
    switch self {
    case .checkpointDiffers:
      "the checkpoint is not of this journal as it is; wattbook verify --checkpoint tells more"
    case .checkpointIsOlder(let size, let needed):
      "the checkpoint is of the journal's first \(size) batches, and the bill is in batch "
        + "\(needed); give a later one, or sign one with --key"
    }
  }
}

/// What proves one bill to somebody without the journal: the batches that its evidence and the
/// bill itself stand in, and how each leads to the root of a signed checkpoint.
///
/// The batch is the unit of proof: it comes whole, with what it holds of other accounts.
public struct EvidenceBundle: Sendable {
  public struct Batch: Sendable {
    /// Batches before it in the journal.
    public let index: Int
    public let header: [UInt8]
    /// The data frame as it is stored.
    public let frame: [UInt8]
    public let path: [Digest]
  }

  /// The text of `journal.json`.
  public let journal: String
  /// The signed checkpoint.
  public let note: String
  public let batches: [Batch]
  /// Events and reads in the batches.
  public let events: Int
  /// How many of them the bill names, with itself.
  public let evidence: Int

  /// - Parameter note: gives the signed checkpoint, and what it says, for a journal's tree.
  public init(
    _ audit: BillAudit, _ reader: JournalReader,
    note: (BatchTree) throws -> (text: String, checkpoint: Checkpoint)
  ) throws {
    let wanted =
      [audit.position...audit.position] + audit.bill.evidence.flatMap(\.runs)
    let tree = try BatchTree(reader) { header in
      wanted.contains { header.positions.overlaps($0) }
    }
    if let damage = tree.damage { throw JournalError.damaged(damage) }
    let checkpoint: Checkpoint
    (self.note, checkpoint) = try note(tree)
    let verdict = tree.judge([checkpoint])[0]
    guard verdict.fits else { throw EvidenceBundleFailure.checkpointDiffers(verdict) }
    let needed = (tree.kept.last?.index ?? 0) + 1
    guard needed <= checkpoint.size else {
      throw EvidenceBundleFailure.checkpointIsOlder(size: checkpoint.size, needed: needed)
    }
    journal = String(decoding: reader.identity.json, as: UTF8.self)
    batches = try tree.kept.map { leaf in
      Batch(
        index: leaf.index, header: leaf.header, frame: try reader.frame(of: leaf.location),
        path: tree.inclusionPath(of: leaf.index, in: checkpoint.size))
    }
    events = tree.kept.reduce(0) { $0 + Int($1.location.header.count) }
    evidence = tree.kept.map(\.location.header.positions).reduce(0) { sum, held in
      wanted.filter(held.overlaps).reduce(sum) { $0 &+ held.clamped(to: $1).count }
    }
  }
}
