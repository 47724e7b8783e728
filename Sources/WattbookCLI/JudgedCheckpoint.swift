import ArgumentParser
import Journal

/// A checkpoint of a file beside the journal.
struct JudgedCheckpoint {
  let file: String
  let checkpoint: Checkpoint
  let verdict: CheckpointVerdict

  /// The verdict's name for scripts.
  var code: String {
    switch verdict {
    case .fits: "fits"
    case .otherJournal: "otherJournal"
    case .truncated: "truncated"
    case .rewritten: "rewritten"
    case .unreadable: "unreadable"
    }
  }

  var sentence: String {
    let signed = "\(file): \(counted(checkpoint.size, "batch", "batches"))"
    switch verdict {
    case .fits(0): return "\(signed), and the journal holds just these"
    case .fits(let count):
      return "\(signed), and the journal has grown by \(counted(count, "batch", "batches")) since"
    case .otherJournal(let origin):
      return "\(file): OTHER JOURNAL: the checkpoint is of \(origin.printable)"
        + ", or of one with another journal.json"
    case .truncated(let missing, let positions):
      let gone = positions.map { ", positions \($0.lowerBound) to \($0.upperBound)" } ?? ""
      return "\(signed), TRUNCATED: the last \(grouped(missing)) are gone\(gone)"
    case .rewritten(let batches, let positions):
      return "\(signed), REWRITTEN: what stands in batches \(batches.lowerBound + 1) to "
        + "\(batches.upperBound), positions \(positions.lowerBound) to \(positions.upperBound), "
        + "is not what was signed"
    case .unreadable(let damage): return "\(signed), not to be told: \(damage)"
    }
  }

  func show() {
    let line = "checkpoint \(sentence)"
    if verdict.fits { Terminal.print(line) } else { Terminal.warn(line) }
  }

  var json: JSON {
    var (grownBy, positions): (Int?, ClosedRange<UInt64>?)
    switch verdict {
    case .fits(let count): grownBy = count
    case .truncated(_, let gone): positions = gone
    case .rewritten(_, let changed): positions = changed
    case .otherJournal, .unreadable: break
    }
    return .object([
      "file": .string(file), "origin": .string(checkpoint.origin),
      "size": .number(checkpoint.size), "verdict": .string(code),
      "grownBy": grownBy.map { .number($0) } ?? .null,
      "firstPosition": .optional(positions?.lowerBound),
      "lastPosition": .optional(positions?.upperBound),
    ])
  }
}

extension BatchTree {
  func judged(_ checkpoints: [(file: String, Checkpoint)]) -> [JudgedCheckpoint] {
    zip(checkpoints, judge(checkpoints.map(\.1))).map {
      JudgedCheckpoint(file: $0.file, checkpoint: $0.1, verdict: $1)
    }
  }
}

/// `--checkpoint FILE --key FILE`: signed notes that a journal is held against.
struct CheckpointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A signed checkpoint that the journal must have grown from; may be given more than once.",
      valueName: "file"),
    completion: .file())
  var checkpoint: [String] = []
  @Option(
    help: ArgumentHelp("The verifier key of --checkpoint.", valueName: "file"),
    completion: .file())
  var key: String?

  func validate() throws {
    guard checkpoint.isEmpty == (key == nil) else {
      throw ValidationError("--checkpoint and --key go together")
    }
  }

  /// Nothing without `--checkpoint`.
  func judged(_ reader: JournalReader) throws -> [JudgedCheckpoint] {
    guard let key else { return [] }
    let verifier = try EvidenceFile.verifier(key)
    let notes = try checkpoint.map {
      (file: $0, try EvidenceFile.checkpoint($0, by: verifier).checkpoint)
    }
    return try BatchTree(reader).judged(notes)
  }
}

extension JSON {
  static func optional(_ position: UInt64?) -> JSON {
    position.map { .number(Int(clamping: $0)) } ?? .null
  }
}
