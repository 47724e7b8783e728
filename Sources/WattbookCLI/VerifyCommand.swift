import ArgumentParser
import Billing
import Foundation
import Journal
import Quantities

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every byte of a journal against its hash chain.",
    discussion: """
      Examples:
        wattbook verify books
        wattbook verify books --deep
        wattbook verify books --checkpoint 2015-03.note --key utility.key.pub

      Damage is named by file, byte, positions and accounts, beside what can still be read, and \
      nothing is changed. A journal that cannot be opened any more is judged by what its segments \
      prove among themselves. A checkpoint tells a journal that has grown from one that was \
      rewritten, cut or exchanged: exit status 1.
      """)

  @OptionGroup var journal: JournalOption
  @Flag(help: "Decompress every batch too.") var deep = false
  @OptionGroup var outside: CheckpointOptions
  @Option(help: ArgumentHelp("Threads; each checks a share of the segments.", valueName: "count"))
  var threads = max(1, ProcessInfo.processInfo.activeProcessorCount)
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard threads > 0 else { throw ValidationError("--threads takes 1 or more") }
  }

  func run() throws {
    let reader = try? journal.reader()
    let judged = Result { try reader.map { try outside.judged($0) } ?? [] }
    let progress = Progress("verifying", unit: "events")
    var report = try Verification(path: journal.journal, deep: deep, threads: threads) {
      progress.update(Int($0), of: reader.map { Int($0.nextPosition) })
    }
    progress.finish()
    report.note(snapshotOf: journal.journal)
    // What is damaged may not be able to be judged.
    let checkpoints = report.isIntact ? try judged.get() : (try? judged.get()) ?? []
    let accounts = report.survey.map { AccountNumbers($0) }
    if output.json {
      Terminal.print(json(report, accounts, checkpoints).text)
    } else {
      show(report, accounts)
    }
    for checkpoint in checkpoints where !output.json { checkpoint.show() }
    if !report.isIntact { throw ExitCode(ExitStatus.journal.rawValue) }
    if !checkpoints.allSatisfy(\.verdict.fits) { throw ExitCode(ExitStatus.refused.rawValue) }
  }

  private func show(_ report: Verification, _ accounts: AccountNumbers?) {
    let lost = report.lost == 0 ? "" : "; \(grouped(Int(report.lost))) more are lost, and say so"
    Terminal.print(
      """
      segments  \(grouped(report.segments))
      batches   \(grouped(report.batches))
      events    \(grouped(Int(report.events)))\(lost)
      head      \(report.head)
      """)
    for note in report.notes { Terminal.print("note      \(note)") }
    guard !report.isIntact else { return Terminal.print(Terminal.styled("intact", .green)) }
    Terminal.print("readable  \(report.readable.words)")
    Terminal.print(Terminal.styled("DAMAGED", .red))
    for damage in report.damages {
      let touched = accounts?.words(damage.lost) ?? []
      Terminal.warn((["damage: \(damage)"] + touched).joined(separator: "\n  "))
    }
    Terminal.warn(
      "nothing was changed; restore these files from a copy, or copy what is readable into a new "
        + "journal: wattbook salvage \(journal.journal) NEW")
  }

  private func json(
    _ report: Verification, _ accounts: AccountNumbers?, _ checkpoints: [JudgedCheckpoint]
  ) -> JSON {
    .object([
      "segments": .number(report.segments), "batches": .number(report.batches),
      "events": .number(Int(report.events)), "lost": .number(Int(report.lost)),
      "head": .string("\(report.head)"), "intact": .bool(report.isIntact),
      "damages": .array(report.damages.map { $0.json(accounts) }),
      "readable": .ranges(report.readable), "notes": .array(report.notes.map { .string($0) }),
      "checkpoints": .array(checkpoints.map(\.json)),
    ])
  }
}

extension Verification {
  /// A snapshot is never trusted over the journal, and no damage when it does not belong to it.
  fileprivate mutating func note(snapshotOf path: String) {
    guard isIntact, let reader = try? JournalReader(path: path), Snapshot.isIgnored(by: reader)
    else { return }
    note("snapshot: it is not of this journal's history, or of another version; it is ignored")
  }
}

extension Damage {
  func json(_ accounts: AccountNumbers?) -> JSON {
    let touched = accounts?.accounts(of: lost)
    return .object([
      "file": .string(file), "offset": .number(offset),
      "positions": positions.map { .range($0) } ?? .null,
      "accounts": touched.map { $0.isTold ? $0.json : .null } ?? .null,
      "reason": .string(reason),
    ])
  }
}

extension TouchedAccounts {
  fileprivate var json: JSON {
    .object([
      "count": .number(count), "from": .optional(ends?.first), "to": .optional(ends?.last),
      "numbers": .array(areListed ? numbers.map { .string($0) } : []),
    ])
  }
}

extension AccountNumbers {
  /// A line for each lost batch, or one for many of a kind.
  func words(_ lost: [LostBatch]) -> [String] {
    let groups = Dictionary(grouping: lost) { batch -> String in
      guard let told = batch.told else { return "anything, of any account: no header is left" }
      if told.partition == JournalIdentity.system {
        return "rate schedules, zone tables or receipts of files; no account's own events"
      }
      return told.kind == .reads ? "meter reads" : "events"
    }
    return groups.sorted { $0.key < $1.key }.map { kind, batches in
      let touched = accounts(of: batches)
      let days = batches.compactMap { $0.told?.dates }
      var line = kind
      if let ends = touched.ends {
        line +=
          touched.areListed
          ? " of " + touched.numbers.joined(separator: ", ")
          : " of up to \(grouped(touched.count)) accounts, \(ends.first) to \(ends.last)"
      }
      if let first = days.map(\.lowerBound).min(), let last = days.map(\.upperBound).max(),
        ServiceDate.days.contains(first), ServiceDate.days.contains(last), touched.ends != nil
      {
        line += ", \(ServiceDate(day: first))"
        if last > first { line += " to \(ServiceDate(day: last))" }
      }
      return line
    }
  }
}

extension ClosedRange<UInt64> {
  /// `position 7`, `positions 0 to 811`.
  var words: String {
    count == 1
      ? "position \(grouped(Int(lowerBound)))"
      : "positions \(grouped(Int(lowerBound))) to \(grouped(Int(upperBound)))"
  }
}

extension [ClosedRange<UInt64>] {
  fileprivate var words: String {
    guard let first else { return "nothing" }
    return dropFirst().reduce(first.words) { text, range in
      text + " and " + range.words.split(separator: " ").dropFirst().joined(separator: " ")
    }
  }
}

extension JSON {
  static func range(_ range: ClosedRange<UInt64>) -> JSON {
    .object(["from": .number(Int(range.lowerBound)), "to": .number(Int(range.upperBound))])
  }

  static func ranges(_ ranges: [ClosedRange<UInt64>]) -> JSON { .array(ranges.map { .range($0) }) }
}
