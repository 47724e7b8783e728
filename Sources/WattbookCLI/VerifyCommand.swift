import ArgumentParser
import Journal

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every byte of a journal against its hash chain.",
    discussion: """
      Examples:
        wattbook verify books
        wattbook verify books --deep
        wattbook verify books --checkpoint 2015-03.note --key utility.key.pub

      Damage is named by file, byte and positions, and nothing is changed. A checkpoint tells \
      a journal that has grown from one that was rewritten, cut or exchanged: exit status 1.
      """)

  @OptionGroup var journal: JournalOption
  @Flag(help: "Decompress every batch too.") var deep = false
  @OptionGroup var outside: CheckpointOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let reader = try journal.reader()
    let checkpoints = try outside.judged(reader)
    let progress = Progress("verifying", unit: "events")
    let report = try reader.verify(deep: deep) {
      progress.update(Int($0), of: Int(reader.nextPosition))
    }
    progress.finish()
    if output.json {
      Terminal.print(
        JSON.object([
          "segments": .number(report.segments), "batches": .number(report.batches),
          "events": .number(Int(report.events)), "head": .string("\(report.head)"),
          "intact": .bool(report.isIntact),
          "damages": .array(
            report.damages.map {
              .object([
                "file": .string($0.file), "offset": .number($0.offset),
                "firstPosition": $0.positions.map { .number(Int($0.lowerBound)) } ?? .null,
                "lastPosition": $0.positions.map { .number(Int($0.upperBound)) } ?? .null,
                "reason": .string($0.reason),
              ])
            }),
          "checkpoints": .array(checkpoints.map(\.json)),
        ]).text)
    } else {
      Terminal.print(
        """
        segments  \(grouped(report.segments))
        batches   \(grouped(report.batches))
        events    \(grouped(Int(report.events)))
        head      \(report.head)
        """)
      Terminal.print(
        report.isIntact
          ? Terminal.styled("intact", .green) : Terminal.styled("DAMAGED", .red))
      for damage in report.damages { Terminal.warn("damage: \(damage)") }
    }
    for checkpoint in checkpoints where !output.json { checkpoint.show() }
    if !report.isIntact { throw ExitCode(ExitStatus.journal.rawValue) }
    if !checkpoints.allSatisfy(\.verdict.fits) { throw ExitCode(ExitStatus.refused.rawValue) }
  }
}
