import ArgumentParser
import Journal

struct CheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint", abstract: "Sign what a journal is now, for outsiders to keep.",
    discussion: """
      Examples:
        wattbook checkpoint books --key utility.key --out 2015-03.note
        wattbook checkpoint books --key utility.key --since 2015-03.note

      The signed note (C2SP tlog-checkpoint) stands for every byte of every durable event. Who \
      keeps it can tell later whether the journal has only grown: wattbook verify --checkpoint.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("The key that signs.", valueName: "file"), completion: .file())
  var key: String
  @Option(
    help: ArgumentHelp(
      "Sign only when the journal still begins with what this earlier checkpoint says.",
      valueName: "file"),
    completion: .file())
  var since: [String] = []
  @Option(
    help: ArgumentHelp("Write it to a new file.", valueName: "file"), completion: .file())
  var out: String?
  @OptionGroup var output: OutputOptions

  func run() throws {
    let signer = try EvidenceFile.signer(key)
    let earlier = try since.map { path in
      (path, try EvidenceFile.checkpoint(path, by: signer.verifier).checkpoint)
    }
    let tree = try BatchTree(journal.reader())
    let checkpoint = try tree.checkpoint()
    for judged in tree.judged(earlier) where !judged.verdict.fits {
      throw Failure(.refused, judged.code, "\(judged.sentence); nothing was signed")
    }
    let note = signer.sign(checkpoint.text)
    if let out { try EvidenceFile.make(note, at: out) }
    if output.json {
      Terminal.print(
        JSON.object([
          "origin": .string(checkpoint.origin), "size": .number(checkpoint.size),
          "root": .string("\(checkpoint.root)"),
          "nextPosition": .optional(checkpoint.nextPosition),
          "signedBy": .string(signer.verifier.name), "file": .optional(out), "note": .string(note),
          "since": .array(
            earlier.map { file, old in
              .object([
                "file": .string(file), "size": .number(old.size),
                "consistency": .array(
                  tree.consistencyProof(from: old.size).map { .string($0.bytes.base64) }),
              ])
            }),
        ]).text)
    } else if let out {
      Terminal.print(
        "signed \(counted(checkpoint.size, "batch", "batches")) as \(signer.verifier.name): \(out)")
    } else {
      Terminal.print(String(note.dropLast()))
    }
  }
}
