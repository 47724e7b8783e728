import ArgumentParser
import Foundation
import Interchange
import Quantities
import Tariff

extension TariffCommand {
  struct ImportURDB: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import-urdb",
      abstract: "Make a rate schedule of a record of the U.S. Utility Rate Database.",
      discussion: """
        Examples:
          wattbook tariff import-urdb record.json --zone America/Denver
          wattbook tariff import-urdb record.json --region 10 --out plan.yaml

        The document goes to --out, or to standard output; the list of what was assumed and \
        what was left out is told beside it and stands in its first lines. What cannot be \
        billed right is refused by its path in the record.
        """)

    @Argument(help: "A record, or an answer of the service, as JSON.", completion: .file())
    var file: String
    @Option(help: ArgumentHelp("The record, where there are several.", valueName: "label"))
    var label: String?
    @Option(
      help: ArgumentHelp("The plan's code; made of the name unless given.", valueName: "code"))
    var code: String?
    @Option(help: ArgumentHelp("The zone of its hours.", valueName: "zone"))
    var zone: String?
    @Option(
      help: ArgumentHelp("The baseline region that daily tiers are for.", valueName: "name"))
    var region: String?
    @Option(help: ArgumentHelp("The first day; the record's unless given.", valueName: "date"))
    var effective: ServiceDate?
    @Option(help: ArgumentHelp("The document, a new file.", valueName: "file"))
    var out: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
      let data = try WholeFile.read(file, atMost: WholeFile.schedulesBytes)
      var wishes = URDBImport.Wishes()
      (wishes.region, wishes.zone, wishes.code) = (region, zone, code)
      (wishes.effective, wishes.label) = (effective, label)
      let made: URDBImport
      do { made = try URDBImport(Array(data), file: file, wishes) } catch {
        throw Failure(.refused, "notBillable", error.description)
      }
      // The reader's own word that the document is whole; its zone must be one.
      do { _ = try RateSchedule.parse(made.document, file: out ?? "the document") } catch {
        throw Failure(.refused, "notBillable", "\(file) makes no rate schedule: \(error)")
      }
      if let zone { _ = try ZoneDatabase.table(zone) }
      if let out {
        let document = try NewFile(out)
        try document.write(made.document)
        try document.finish()
      }
      show(made)
    }

    private func show(_ made: URDBImport) {
      if output.json {
        Terminal.print(
          JSON.object([
            "plan": .string(made.code), "effective": .string("\(made.effective)"),
            "out": .optional(out), "document": .string(made.document),
            "notes": .array(
              made.notes.map {
                .object([
                  "kind": .string($0.kind.rawValue), "path": .string($0.path),
                  "text": .string($0.text),
                ])
              }),
          ]).text)
        return
      }
      let notes = made.notes.map { "\($0.kind.rawValue): \($0)".printable }
      if let out {
        Terminal.print("\(out): \(made.code) \(made.effective)")
        for note in notes { Terminal.print("  " + note) }
        Terminal.print("next: wattbook tariff explain \(out)")
      } else {
        Terminal.print(String(made.document.dropLast()))
        for note in notes { Terminal.warn(note) }
      }
    }
  }
}
