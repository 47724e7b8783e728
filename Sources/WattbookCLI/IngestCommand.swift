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
        wattbook ingest books reads.csv
        wattbook ingest books usage.xml --account 3012345678
        wattbook cat books --kind MeterReadRejected

      Understood are the interval CSV (account,date,interval_minutes,wh_1,...), the long CSV \
      (account,start,kwh), the register CSV (account,date,register,kwh), SCE's download and \
      Green Button XML, each also gzipped. Sending a file twice adds nothing. Lines that are \
      refused are named, the rest goes on; the last example lists them again. An index that is \
      refused because the one held of another day is wrong goes in with the right one of that day \
      in the same file.
      """)

  @OptionGroup var journal: JournalOption
  @Argument(help: "Meter files.", completion: .file()) var files: [String]
  @Option(
    help: ArgumentHelp("Whose file it is, where the layout names no account.", valueName: "number"))
  var account: String?
  @Option(help: "The files' layout.") var format: MeterFileFormat = .auto
  @Flag(help: "A value that was held before and replaced is to hold again.") var correct = false
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  /// Lines of refusals that are printed; all of them are in the journal.
  private static let shown = 20

  func run() throws {
    for path in files { try Self.checkReadable(path) }
    let engine = try writing.engine(journal, source: "ingest")
    var total = IngestReport()
    for path in files {
      engine.origin = Origin(
        actor: writing.actor, source: URL(filePath: path).lastPathComponent)
      let report: IngestReport
      do { report = try ingest(path, engine) } catch let error as MeterFileError {
        let done = path == files.first ? "" : "; the files before it are in, send the rest again"
        throw Failure(.usage, Failure(error).code, "\(path): \(error)\(done)")
      }
      total.reads += report.reads
      total.corrected += report.corrected
      total.duplicates += report.duplicates
      total.rejected += report.rejected
      if !output.json {
        var line = "\(path): \(counted(report.reads, "read", "reads"))"
        if report.corrected > 0 { line += ", \(grouped(report.corrected)) corrected" }
        if report.duplicates > 0 { line += ", \(grouped(report.duplicates)) held before" }
        if !report.rejected.isEmpty { line += ", \(grouped(report.rejected.count)) refused" }
        Terminal.print(report.wasKnown ? "\(path): went in before; nothing was added" : line)
      }
    }
    let bills = try engine.proposeRebills(at: writing.at, journal, output)
    engine.keepSnapshot()
    if output.json {
      Terminal.print(json(total, bills).text)
    } else {
      for line in total.rejected.prefix(Self.shown) {
        let account = line.account.isEmpty ? "" : "account \(line.account): "
        Terminal.warn("\(line.file):\(line.line): \(account)\(line.reason)".printable)
      }
      if total.rejected.count > Self.shown {
        Terminal.warn(
          "and \(grouped(total.rejected.count - Self.shown)) more; list them with: wattbook cat "
            + "\(journal.journal) --kind MeterReadRejected")
      }
    }
    if !total.rejected.isEmpty { throw ExitCode(ExitStatus.refused.rawValue) }
  }

  private func ingest(_ path: String, _ engine: Engine) throws -> IngestReport {
    let name = URL(filePath: path).lastPathComponent
    var file = try MeterFile(path: path, format: format, account: account)
    guard account == nil || file.namesNoAccount else {
      throw Failure(
        .usage, "accountGiven",
        "\(path) names its accounts itself; send it without --account")
    }
    let identity = MeterFileIdentity(
      sha256: try IngestCommand.digest(of: path), account: account)
    if !correct, let known = engine.knowsFile(identity) { return known }
    let progress = Progress(name, unit: "bytes")
    defer { progress.finish() }
    return try engine.ingest(
      file: name, identity: identity, isCorrection: correct, at: writing.at
    ) {
      progress.update(file.bytesRead, of: file.size)
      return try file.nextChunk { engine.zone(ofAccount: $0) }
    }
  }

  /// All files are looked for before the first goes in.
  private static func checkReadable(_ path: String) throws {
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    guard exists, !isDirectory.boolValue, FileManager.default.isReadableFile(atPath: path) else {
      let reason =
        !exists
        ? "there is no such file"
        : isDirectory.boolValue ? "it is a directory" : "it is closed to you"
      throw Failure(.usage, "cannotOpen", "cannot open \(path): \(reason); nothing was taken in")
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

  private func json(_ report: IngestReport, _ bills: JSON) -> JSON {
    .object([
      "files": .number(files.count), "reads": .number(report.reads),
      "corrected": .number(report.corrected), "duplicates": .number(report.duplicates),
      "rejected": .array(
        report.rejected.map {
          .object([
            "file": .string($0.file), "line": .number(Int($0.line)),
            "account": .string($0.account), "reason": .string($0.reason),
            "verdict": .optional($0.verdict?.name),
          ])
        }),
      "bills": bills,
    ])
  }
}
