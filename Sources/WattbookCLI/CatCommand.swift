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

      What is kept of persons is shown sealed, as it stands in the journal; with --keys the text \
      shows the details of those whose key is there.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Only this account's events.", valueName: "number"))
  var account: String?
  @Option(help: "Only events of this kind, such as BillIssued.") var kind: String?
  @Option(help: ArgumentHelp("First position.", valueName: "position")) var from: UInt64?
  @Option(help: ArgumentHelp("Last position, inclusive.", valueName: "position")) var to: UInt64?
  @Option(
    help: ArgumentHelp(
      "Show persons' details with the keys of this directory.", valueName: "directory"),
    completion: .directory)
  var keys: String?
  @OptionGroup var known: KnownAtOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let kind, !ListedEvent.kinds.contains(kind) {
      throw ValidationError(
        "there is no kind \(kind); known: " + ListedEvent.kinds.joined(separator: ", "))
    }
    if keys != nil, output.json {
      throw ValidationError("--keys goes with text: --json prints what the journal holds")
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
    let seals = SealedWords(
      reader, try keys.map { try KeyStore(path: $0, journal: journal.journal) })
    var listing = EventListing(reader)
    try listing.run(
      account: number, positions: (from ?? 0)...(to ?? .max), knownAt: known.asKnownAt
    ) { event in
      guard !Terminal.outputIsGone else { throw Enough() }
      guard isListed(event.kind) else { return }
      Terminal.print(output.json ? json(event) : try text(event, seals))
    }
  }

  /// A kind stands for its later versions too: `BillIssued` for `BillIssuedV2`.
  private func isListed(_ found: String) -> Bool {
    guard let kind, found != kind else { return true }
    let version = found.hasPrefix(kind) ? found.dropFirst(kind.count) : ""
    return version.first == "V" && Int(version.dropFirst()) != nil
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

  private func text(_ event: ListedEvent, _ seals: SealedWords) throws -> String {
    let position = Terminal.styled("\(event.position)", .dim)
    let words = try event.sealed.map { try seals.text(of: $0, in: event) } ?? event.factJSON
    let fact = words.count > 200 ? words.prefix(197) + "..." : words[...]
    return "\(position)  \(Instant(milliseconds: event.header.recordedAt))  \(event.effective)  "
      + "\(event.kind)  \(event.account ?? "-")  \(fact)".printable
  }
}

/// What the text tells of sealed details: their size, that they are erased, or with the keys what
/// they say.
private final class SealedWords {
  private let reader: JournalReader
  private let keys: KeyStore?
  /// Looked up when the first sealed details come.
  private var erased: [KeyID: ServiceDate]?

  init(_ reader: JournalReader, _ keys: KeyStore?) {
    self.reader = reader
    self.keys = keys
  }

  func text(of sealed: Sealed, in event: ListedEvent) throws -> String {
    guard let id = KeyID(sealed.key) else { return "sealed, with no key" }
    let erased = try erased ?? reader.erasedKeys()
    self.erased = erased
    if let day = erased[id] { return "erased on \(day)" }
    guard let keys, let number = event.account else {
      return "sealed in \(sealed.ciphertext.count) bytes, key \(id)"
    }
    switch try sealed.person(ofAccount: number, at: event.position, keys) {
    case .known(let details):
      return details.labelled.map { "\($0.label): \($0.text)" }.joined(separator: "; ")
    case .keyNotFound(let file): return "key not found: \(file)"
    case .erased: return "erased"
    }
  }
}
