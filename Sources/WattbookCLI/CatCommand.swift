import ArgumentParser
import Billing
import Foundation
import Journal
import Quantities

struct CatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cat", abstract: "List events as they stand in the journal.",
    discussion: """
      Examples:
        wattbook cat books --account 3012345678
        wattbook cat books --kind BillIssued --json
        wattbook cat books --from 120 --to 140

      Each line is one event: position, when it was recorded, the day on which it takes effect, \
      kind, account, fact. The text shortens long facts, --json does not.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Only this account's events.", valueName: "number"))
  var account: String?
  @Option(help: "Only events of this kind, such as BillIssued.") var kind: String?
  @Option(help: ArgumentHelp("First position.", valueName: "position")) var from: UInt64?
  @Option(help: ArgumentHelp("Last position, inclusive.", valueName: "position")) var to: UInt64?
  @OptionGroup var known: KnownAtOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let kind, !ListedEvent.kinds.contains(kind) {
      throw ValidationError(
        "there is no kind \(kind); known: " + ListedEvent.kinds.joined(separator: ", "))
    }
    if let from, let to, to < from { throw ValidationError("--from is after --to") }
  }

  /// Ends a listing whose reader has gone.
  private struct Enough: Error {}

  func run() throws {
    do { try list() } catch is Enough {}
  }

  private func list() throws {
    var number: UInt32?
    let reader = try journal.reader()
    if let account {
      guard let view = try AccountView(reader, number: account) else {
        throw Failure(.usage, "unknownAccount", "there is no account \(account)")
      }
      number = view.account
    }
    var listing = EventListing(reader)
    try listing.run(
      account: number, positions: (from ?? 0)...(to ?? .max), knownAt: known.asKnownAt
    ) { event in
      guard !Terminal.outputIsGone else { throw Enough() }
      guard kind == nil || event.kind == kind else { return }
      Terminal.print(output.json ? json(event) : text(event))
    }
  }

  private func json(_ event: ListedEvent) -> String {
    JSON.object([
      "position": .number(Int(event.position)), "commit": .number(Int(event.header.commit)),
      "recordedAt": .string("\(Instant(milliseconds: event.header.recordedAt))"),
      "actor": .string(event.header.actor), "source": .string(event.header.source),
      "kind": .string(event.kind), "account": .optional(event.account),
      "effective": .string("\(event.effective)"), "fact": .raw(event.factJSON),
    ]).text
  }

  private func text(_ event: ListedEvent) -> String {
    let position = Terminal.styled("\(event.position)", .dim)
    let fact = event.factJSON.count > 200 ? event.factJSON.prefix(197) + "..." : event.factJSON[...]
    return "\(position)  \(Instant(milliseconds: event.header.recordedAt))  \(event.effective)  "
      + "\(event.kind)  \(event.account ?? "-")  \(fact)".printable
  }
}
