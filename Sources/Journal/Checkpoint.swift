/// What a journal was at one moment, in a text to be signed: a C2SP tlog-checkpoint.
///
/// Its lines are the origin, the number of batches and the root over their headers; then, as
/// extension lines of ours, the position after the last and SHA-256 of `journal.json`.
public struct Checkpoint: Hashable, Sendable {
  /// `wattbook/` and the journal's id.
  public let origin: String
  /// Batches, counted from the journal's first.
  public let size: Int
  public let root: Digest
  /// The position after the last of those batches; nil in a checkpoint that does not tell.
  public let nextPosition: UInt64?
  /// SHA-256 of `journal.json`; nil in a checkpoint that does not tell.
  public let journal: Digest?

  static func origin(of identity: JournalIdentity) -> String { "wattbook/\(identity.id)" }

  init(_ identity: JournalIdentity, size: Int, root: Digest, nextPosition: UInt64) {
    origin = Self.origin(of: identity)
    self.size = size
    self.root = root
    self.nextPosition = nextPosition
    journal = identity.chainStart
  }

  public var text: String {
    var lines = [origin, String(size), root.bytes.base64]
    if let nextPosition { lines.append("next-position \(nextPosition)") }
    if let journal { lines.append("journal \(journal.bytes.base64)") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Extension lines that it does not know are passed over.
  public init(_ text: String) throws(NoteError) {
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast().map { String($0) }
    guard lines.count >= 3, lines.allSatisfy({ !$0.isEmpty }), let size = Int(lines[1]),
      String(size) == lines[1], size >= 0, let root = Digest(base64: lines[2])
    else { throw .malformedNote("its text is no checkpoint: origin, size and root") }
    guard size > 0 || root == Digest(of: []) else {
      throw .malformedNote("its root is not that of no batches")
    }
    origin = lines[0]
    self.size = size
    self.root = root
    var (nextPosition, journal): (UInt64?, Digest?)
    for line in lines.dropFirst(3) {
      let words = line.unicodeScalars.split(separator: " ").map { String($0) }
      switch words.first {
      case "next-position": nextPosition = words.count == 2 ? UInt64(words[1]) : nil
      case "journal": journal = words.count == 2 ? Digest(base64: words[1]) : nil
      default: break
      }
    }
    (self.nextPosition, self.journal) = (nextPosition, journal)
  }
}

extension Digest {
  fileprivate init?(base64 text: String) {
    guard let bytes = [UInt8](base64: text.utf8),
      let digest = bytes.withUnsafeBytes({ Digest(bytes: $0) })
    else { return nil }
    self = digest
  }
}

/// What a journal is to a checkpoint of which the signature is known to be good.
public enum CheckpointVerdict: Equatable, Sendable {
  /// The journal begins with the batches that were signed, and has some more since.
  case fits(grownBy: Int)
  /// The checkpoint is of another journal.
  case otherJournal(origin: String)
  /// The journal has fewer batches than were signed; the positions are those signed and gone.
  case truncated(missing: Int, positions: ClosedRange<UInt64>?)
  /// Among these batches, counted from 0, are some that are not the signed ones.
  case rewritten(batches: Range<Int>, positions: ClosedRange<UInt64>)
  /// Damage stands before the end of what was signed.
  case unreadable(Damage)

  public var fits: Bool { if case .fits = self { true } else { false } }
}

extension BatchTree {
  /// Judges checkpoints together: where one fits, what a later one finds changed comes after it.
  public func judge(_ checkpoints: [Checkpoint]) -> [CheckpointVerdict] {
    let fitting = checkpoints.filter {
      isOwn($0) && $0.size <= size && $0.root == root(of: $0.size)
    }
    return checkpoints.map { checkpoint in
      guard isOwn(checkpoint) else { return .otherJournal(origin: checkpoint.origin) }
      guard checkpoint.size <= size else {
        if let damage { return .unreadable(damage) }
        let gone = checkpoint.nextPosition.flatMap { nextPosition < $0 ? nextPosition..<$0 : nil }
        return .truncated(missing: checkpoint.size - size, positions: gone.map { ClosedRange($0) })
      }
      guard !fitting.contains(checkpoint) else { return .fits(grownBy: size - checkpoint.size) }
      let known = fitting.map(\.size).filter { $0 < checkpoint.size }.max() ?? 0
      let batches = known..<checkpoint.size
      return .rewritten(batches: batches, positions: positions(of: batches))
    }
  }

  private func isOwn(_ checkpoint: Checkpoint) -> Bool {
    checkpoint.origin == Checkpoint.origin(of: identity)
      && checkpoint.journal.map { $0 == identity.chainStart } ?? true
  }
}
