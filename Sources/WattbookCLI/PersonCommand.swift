import ArgumentParser
import Billing
import Foundation
import Journal
import Quantities

struct PersonCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "person", abstract: "Record whom an account belongs to, sealed.",
    discussion: """
      Examples:
        wattbook person books --account 3012345678 --name "Ada Quill" \\
          --address "12 Elm St, Pomona CA 91766" --phone 909-555-0114
        wattbook person books --account 3012345678 --email ada@example.org --phone ""

      What is not given stays as it was; "" takes it back. The journal keeps the details sealed \
      with the person's own key, which is a file in the directory of --keys and nowhere else. \
      wattbook account shows the details where it finds the key, wattbook erase destroys it.

      Who loses that directory has erased everybody: keep a copy of it. A copy keeps whom you \
      erase readable: remove the key's file from every copy too, and do not copy the keys with \
      the journal.

      Names do not belong in what is not sealed: account numbers, --actor, --key, the reason \
      of an override and the names of meter files are in the journal for ever. Your shell's \
      history may keep what you type here.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number.", valueName: "number"))
  var account: String
  @Option(help: ArgumentHelp("The customer's name.", valueName: "text")) var name: String?
  @Option(help: ArgumentHelp("Mailing address.", valueName: "text")) var address: String?
  @Option(help: ArgumentHelp("Phone number.", valueName: "text")) var phone: String?
  @Option(help: ArgumentHelp("E-mail address.", valueName: "text")) var email: String?
  @Option(help: ArgumentHelp("Routing number and account number.", valueName: "text"))
  var bank: String?
  @OptionGroup var keys: KeyOptions
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard [name, address, phone, email, bank].contains(where: { $0 != nil }) else {
      throw ValidationError(
        "give what is to be recorded: --name, --address, --phone, --email or --bank")
    }
  }

  func run() throws {
    let store = try keys.store(journal)
    let engine = try writing.engine(journal, source: "person")
    var request = PersonRequest(number: account)
    (request.name, request.address, request.phone) = (name, address, phone)
    (request.email, request.bankAccount) = (email, bank)
    let outcome = try engine.record(request, SealingSeed(), keys: store, at: writing.at)
    output.print(
      outcome, ["account": .string(account), "keys": .string(store.path)],
      done: "recorded the person of \(account), sealed; the key is in \(store.path)")
  }
}

struct EraseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "erase", abstract: "Destroy the key of an account's person, for ever.",
    discussion: """
      Example:
        wattbook erase books --account 3012345678 --reason request

      Records that the person is erased, then overwrites and removes the key's file; after that \
      nobody can read the details, in any copy of the journal. Bills, balances, digests and \
      proofs stay as they are. Should it be interrupted, run it again: it finishes.

      Remove the key from the copies of the directory of --keys too. What a disk keeps of \
      overwritten bytes is beyond this command.
      """)

  enum Reason: String, CaseIterable, ExpressibleByArgument {
    case request, retention, order, mistake

    var fact: PersonErased.Reason {
      switch self {
      case .request: .request
      case .retention: .retention
      case .order: .order
      case .mistake: .mistake
      }
    }
  }

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number.", valueName: "number"))
  var account: String
  @Option(
    help: ArgumentHelp(
      "The person's own request, the end of the time for which details are kept, an "
        + "authority's order, or a mistake in recording them."))
  var reason: Reason
  @Flag(help: "The key is not in the directory of --keys and is gone for good.")
  var lost = false
  @OptionGroup var keys: KeyOptions
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let store = try keys.store(journal)
    let engine = try writing.engine(journal, source: "erase")
    let (outcome, wasThere) = try engine.erase(
      account, reason: reason.fact, keys: store, isLost: lost, at: writing.at)
    let isFinished = outcome == .repeated && wasThere && !output.json
    guard !isFinished else {
      return Terminal.print("the erasure was recorded before; its key is destroyed now")
    }
    output.print(
      outcome,
      [
        "account": .string(account), "keys": .string(store.path), "keyDestroyed": .bool(wasThere),
      ],
      done: "erased the person of \(account): the key is destroyed; remove it from copies of "
        + "\(store.path) too")
  }
}

/// Where persons' keys are.
struct KeyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Directory of the persons' keys, never inside the journal; JOURNAL.keys, or what "
        + "WATTBOOK_KEYS names, unless given.",
      valueName: "directory"),
    completion: .directory)
  var keys: String?

  func store(_ journal: JournalOption) throws -> KeyStore {
    var beside = journal.journal[...]
    while beside.count > 1, beside.last == "/" { beside.removeLast() }
    let named = ProcessInfo.processInfo.environment["WATTBOOK_KEYS"] ?? ""
    return try KeyStore(
      path: keys ?? (named.isEmpty ? beside + ".keys" : named), journal: journal.journal)
  }
}

extension PersonDetails {
  /// What is there, with its label.
  var labelled: [(label: String, text: String)] {
    [
      ("name", name), ("address", address), ("phone", phone), ("e-mail", email),
      ("bank account", bankAccount),
    ].filter { !$0.1.isEmpty }
  }
}

extension Person {
  var json: JSON {
    switch self {
    case .known(let details):
      func text(_ value: String) -> JSON { .optional(value.isEmpty ? nil : value) }
      return .object([
        "name": text(details.name), "address": text(details.address),
        "phone": text(details.phone), "email": text(details.email),
        "bankAccount": text(details.bankAccount),
      ])
    case .erased(let day, let reason, let remains):
      return .object([
        "erased": .string("\(day)"), "reason": .string("\(reason)"),
        "keyRemains": .optional(remains),
      ])
    case .keyNotFound(let file): return .object(["keyNotFound": .string(file)])
    }
  }

  /// One line for each thing known.
  var lines: [(label: String, text: String)] {
    switch self {
    case .known(let details): return details.labelled
    case .erased(let day, let reason, let remains):
      let warning = remains.map { "; its key is still there: \($0); run wattbook erase again" }
      return [("person", "erased on \(day) (\(reason))" + (warning ?? ""))]
    case .keyNotFound(let file): return [("person", "key not found: \(file)")]
    }
  }
}
