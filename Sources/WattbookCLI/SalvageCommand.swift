import ArgumentParser
import Billing
import Foundation
import Journal

struct SalvageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "salvage",
    abstract: "Copy what is provably intact in a damaged journal into a new one.",
    discussion: """
      Example: wattbook salvage books books-salvaged

      Intact is what SHA-256 and the hash chain prove. Every event keeps its position; what is \
      lost is listed, and marked as lost in the new journal, so that nothing is decided about an \
      account whose history has a hole. The damaged journal is not touched.
      """)

  @OptionGroup var journal: JournalOption
  @Argument(help: "The new journal's directory.", completion: .directory) var new: String
  @Option(
    help: ArgumentHelp(
      "How many partitions the journal has, where its journal.json is lost.", valueName: "count"))
  var partitions: Int?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard partitions.map({ (1...255).contains($0) }) ?? true else {
      throw ValidationError("--partitions takes 1 to 255")
    }
  }

  func run() throws {
    guard let survey = try Survey(path: journal.journal) else {
      throw JournalError.notAJournal(path: journal.journal)
    }
    guard survey.identity != nil || partitions != nil else {
      throw Failure(
        .usage, "partitionsNeeded",
        "journal.json is lost or beyond mending: give --partitions as it had them")
    }
    let progress = Progress("salvaging", unit: "events")
    let id = (0..<16).map { _ in UInt8.random(in: 0...255) }.hex
    let salvage = try Salvage(of: survey, to: new, id: id, partitions: partitions) {
      progress.update(Int($0), of: Int(survey.end))
    }
    progress.finish()
    let accounts = AccountNumbers(survey)
    if output.json {
      Terminal.print(json(survey, salvage, accounts).text)
    } else {
      show(survey, salvage, accounts)
    }
    if !salvage.lost.isEmpty || survey.isBoundaryStale {
      throw ExitCode(ExitStatus.refused.rawValue)
    }
  }

  private func show(_ survey: Survey, _ salvage: Salvage, _ accounts: AccountNumbers) {
    Terminal.print(
      "copied \(counted(Int(salvage.copied), "event", "events")) in "
        + "\(counted(salvage.copiedBatches, "batch", "batches")) to \(new), each at its position")
    for damage in survey.damages where damage.lost.isEmpty {
      Terminal.print("damaged, but nothing is lost by it: \(damage)")
    }
    if survey.isBoundaryStale {
      Terminal.print("what stands behind the boundary is not copied")
    } else if salvage.lost.isEmpty {
      Terminal.print(survey.hasBoundary ? "nothing is lost" : "nothing is known to be lost")
    }
    if !survey.hasBoundary { for note in survey.notes { Terminal.print(note) } }
    for damage in survey.damages where !damage.lost.isEmpty {
      let words = accounts.words(damage.lost).joined(separator: "; ")
      for positions in damage.lost.map(\.positions).joined {
        Terminal.print("lost \(positions.words): \(words)")
      }
      Terminal.print("  \(damage.file) at byte \(damage.offset): \(damage.reason)")
    }
    if !salvage.lost.isEmpty {
      Terminal.print("the new journal says so in their place; next: wattbook replay \(new)")
    }
  }

  private func json(_ survey: Survey, _ salvage: Salvage, _ accounts: AccountNumbers) -> JSON {
    .object([
      "journal": .string(new), "id": .string(salvage.identity.id),
      "batches": .number(salvage.copiedBatches), "events": .number(Int(salvage.copied)),
      "boundaryIsStale": .bool(survey.isBoundaryStale),
      "lost": .array(survey.damages.filter { !$0.lost.isEmpty }.map { $0.json(accounts) }),
    ])
  }
}

extension [ClosedRange<UInt64>] {
  /// Neighbours as one.
  fileprivate var joined: [ClosedRange<UInt64>] {
    reduce(into: []) { joined, next in
      if let last = joined.last, last.upperBound + 1 == next.lowerBound {
        joined[joined.count - 1] = last.lowerBound...next.upperBound
      } else {
        joined.append(next)
      }
    }
  }
}
