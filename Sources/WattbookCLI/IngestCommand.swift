import ArgumentParser
import Billing
import Foundation
import Interchange
import Journal
import Quantities

struct IngestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest", abstract: "Take meter files in.",
    discussion: """
      Examples:
        wattbook ingest books/2015 reads.csv
        wattbook ingest books/2015 usage.xml --account 3012345678
      Understood are the interval CSV (account,date,interval_minutes,wh_1,...), the long CSV
      (account,start,kwh), the register CSV (account,date,register,kwh), SCE's download and Green
      Button XML, each also gzipped. Sending a file twice adds nothing. Lines that are refused are
      named, the rest goes on; list them again with: wattbook cat JOURNAL --kind MeterReadRejected
      """)

  @OptionGroup var journal: JournalOption
  @Argument(help: "Meter files.", completion: .file()) var files: [String]
  @Option(help: "Whose file it is, where the layout names no account.") var account: String?
  @Option(help: "auto, csv, sce-csv or green-button.") var format: MeterFileFormat = .auto
  @Flag(help: "A value that was held before and replaced is to hold again.") var correct = false
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  /// Lines of refusals that are printed; all of them are in the journal.
  private static let shown = 20

  func run() throws {
    let engine = try writing.engine(journal, source: "ingest")
    var total = IngestReport()
    for path in files {
      engine.origin = Origin(
        actor: writing.actor, source: URL(filePath: path).lastPathComponent)
      let report = try ingest(path, engine)
      total.reads += report.reads
      total.corrected += report.corrected
      total.duplicates += report.duplicates
      total.rejected += report.rejected
      if !output.json {
        var line = "\(path): \(report.reads) reads"
        if report.corrected > 0 { line += ", \(report.corrected) corrected" }
        if report.duplicates > 0 { line += ", \(report.duplicates) held before" }
        if !report.rejected.isEmpty { line += ", \(report.rejected.count) refused" }
        Terminal.print(report.wasKnown ? "\(path): went in before; nothing was added" : line)
      }
    }
    try engine.saveSnapshot()
    if output.json {
      Terminal.print(json(total).text)
    } else {
      for line in total.rejected.prefix(Self.shown) {
        let account = line.account.isEmpty ? "" : "account \(line.account): "
        Terminal.warn("\(line.file):\(line.line): \(account)\(line.reason)")
      }
      if total.rejected.count > Self.shown {
        Terminal.warn(
          "and \(total.rejected.count - Self.shown) more; list them with: wattbook cat "
            + "\(journal.journal) --kind MeterReadRejected")
      }
    }
    if !total.rejected.isEmpty { throw ExitCode(ExitStatus.refused.rawValue) }
  }

  private func ingest(_ path: String, _ engine: Engine) throws -> IngestReport {
    let sha256 = try IngestCommand.digest(of: path)
    let name = URL(filePath: path).lastPathComponent
    if !correct, let known = engine.knowsFile(sha256) { return known }
    var file = try MeterFile(path: path, format: format, account: account)
    let progress = Progress(name, unit: "bytes")
    defer { progress.finish() }
    return try engine.ingest(
      file: name, sha256: sha256, isCorrection: correct, at: writing.at
    ) {
      progress.update(file.bytesRead, of: file.size)
      return try file.nextChunk { engine.zone(ofAccount: $0) }
    }
  }

  static func digest(of path: String) throws -> String {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw Failure(.usage, "cannotOpen", "cannot open \(path)")
    }
    var digest = RunningDigest()
    while let part = try file.read(upToCount: 4 << 20), !part.isEmpty {
      part.withUnsafeBytes { digest.update($0) }
    }
    return digest.finish().description
  }

  private func json(_ report: IngestReport) -> JSON {
    .object([
      "files": .number(files.count), "reads": .number(report.reads),
      "corrected": .number(report.corrected), "duplicates": .number(report.duplicates),
      "rejected": .array(
        report.rejected.map {
          .object([
            "file": .string($0.file), "line": .number(Int($0.line)),
            "account": .string($0.account), "reason": .string($0.reason),
          ])
        }),
    ])
  }
}
