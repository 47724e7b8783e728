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
        wattbook cat books/2015 --account 3012345678
        wattbook cat books/2015 --kind BillIssued --json
        wattbook cat books/2015 --from 120 --to 140
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: "Only this account's events.") var account: String?
  @Option(help: "Only events of this kind.") var kind: String?
  @Option(help: ArgumentHelp("First position.", valueName: "position")) var from: UInt64?
  @Option(help: ArgumentHelp("Last position, inclusive.", valueName: "position")) var to: UInt64?
  @OptionGroup var known: KnownAtOption
  @OptionGroup var output: OutputOptions

  func run() throws {
    let limit = try known.knownAt()
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
      account: number, positions: (from ?? 0)...max(from ?? 0, to ?? .max), knownAt: limit
    ) { event in
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
      + "\(event.kind)  \(event.account ?? "-")  \(fact)"
  }
}
