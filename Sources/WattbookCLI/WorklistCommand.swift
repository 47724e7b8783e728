import ArgumentParser
import Billing
import Journal
import Quantities

struct WorklistCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worklist", abstract: "List the bills that wait for somebody's decision.",
    discussion: """
      Examples:
        wattbook worklist books
        wattbook worklist books --json

      A bill is listed when something was recorded of its days since it was issued that changes \
      what it comes to. wattbook rebill bills it again, wattbook decline lets it stay. One that \
      cannot be priced now names the obstacle.
      """)

  @OptionGroup var journal: JournalOption
  @OptionGroup var output: OutputOptions

  func run() throws {
    let reader = try journal.reader()
    let progress = Progress("reading", unit: "events")
    let state = try Replay(reader, threads: 2, usesSnapshot: true).run {
      progress.update(Int($0), of: nil)
    }
    progress.finish()
    let entries = try Worklist(state, reader).entries
    if output.json {
      for entry in entries { Terminal.print(entry.json.text) }
      return
    }
    guard !entries.isEmpty else { return Terminal.print("no bill waits for a decision") }
    var table = Table([
      ("bill", .left), ("state", .left), ("difference", .right), ("reason", .left),
      ("cause", .left), ("since", .left), ("proposal", .right),
    ])
    for entry in entries {
      table.add([
        entry.bill, entry.state.rawValue,
        entry.difference.map { moneyWords($0, entry.currency) } ?? "",
        CorrectionReason(entry.reason).rawValue, "\(entry.cause.kind) \(entry.cause.position)",
        entry.since.map { "\($0)" } ?? "", entry.proposal.map { "\($0)" } ?? "",
      ])
    }
    Terminal.print(table.text)
    for entry in entries where !entry.obstacle.isEmpty {
      Terminal.print("\(entry.bill): \(entry.obstacle)")
    }
    Terminal.print(
      "\(counted(entries.count, "bill waits", "bills wait")): wattbook rebill \(journal.journal) "
        + "--bill NUMBER, or wattbook decline \(journal.journal) --proposal POSITION --note TEXT")
  }
}

extension WorklistEntry {
  fileprivate var json: JSON {
    .object([
      "bill": .string(bill), "account": .string(account), "state": .string(state.rawValue),
      "reason": .string(CorrectionReason(reason).rawValue),
      "difference": .optional(difference?.text(in: currency)),
      "currency": .string(currency.code),
      "cause": .object([
        "position": .number(Int(clamping: cause.position)), "kind": .string(cause.kind),
      ]),
      "proposal": proposal.map { .number(Int(clamping: $0)) } ?? .null,
      "since": .optional(since.map { "\($0)" }),
      "obstacle": .optional(obstacle.isEmpty ? nil : obstacle),
    ])
  }
}

extension Engine {
  /// Looks at the bills that a command's facts concern, and tells of those that change.
  ///
  /// - Returns: the counts, for scripts.
  @discardableResult
  func proposeRebills(
    at: Instant, _ journal: JournalOption, _ output: OutputOptions
  ) throws -> JSON {
    let proposals = try proposeRebills(at: at)
    let waiting = proposals.proposed + proposals.unpriced
    if !output.json {
      if proposals.rebilled > 0 {
        Terminal.print(
          "\(counted(proposals.rebilled, "bill", "bills")) billed again within the tolerance")
      }
      if waiting > 0 {
        Terminal.print(
          "\(counted(waiting, "bill", "bills")) issued before would change; next: wattbook worklist "
            + journal.journal)
      }
    }
    return .object([
      "proposed": .number(proposals.proposed), "unpriced": .number(proposals.unpriced),
      "rebilled": .number(proposals.rebilled), "unchanged": .number(proposals.unchanged),
    ])
  }
}
