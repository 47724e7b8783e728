import ArgumentParser
import Journal

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make an empty journal.",
    discussion: "Example: wattbook init books")

  @OptionGroup var journal: JournalOption
  @Option(
    help: ArgumentHelp(
      "In how many parts folds can run; fixed for the journal's life.", valueName: "count"))
  var partitions = 8
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...255).contains(partitions) else {
      throw ValidationError("--partitions takes 1 to 255")
    }
  }

  func run() throws {
    let id = (0..<16).map { _ in UInt8.random(in: 0...255) }.hex
    var isNew = true
    do throws(JournalError) {
      try JournalWriter.create(
        path: journal.journal, identity: JournalIdentity(id: id, partitions: partitions))
    } catch {
      guard case .alreadyAJournal = error else { throw error }
      isNew = false
    }
    let identity = try journal.reader().identity
    guard isNew || identity.partitions == partitions else {
      throw Failure(
        .refused, "alreadyAJournal",
        "\(journal.journal) is a journal already, with \(identity.partitions) partitions")
    }
    if output.json {
      Terminal.print(
        JSON.object([
          "journal": .string(journal.journal), "id": .string(identity.id),
          "partitions": .number(identity.partitions), "new": .bool(isNew),
        ]).text)
    } else {
      Terminal.print(
        isNew
          ? "made journal \(journal.journal); next: wattbook tariff publish \(journal.journal) "
            + "--builtin sce"
          : "\(journal.journal) is a journal already; nothing was changed")
    }
  }
}
