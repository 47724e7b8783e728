import ArgumentParser
import Billing
import Foundation
import Journal
import Quantities
import Tariff

struct TariffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tariff", abstract: "Write, check, publish and read rate schedules.",
    discussion: """
      Examples:
        wattbook tariff check my-schedules.yaml --journal books
        wattbook tariff explain --builtin sce TOU-D-A
        wattbook tariff reprice books my-schedules.yaml --months 12
        wattbook tariff publish books --builtin sce
        wattbook tariff list books
        wattbook tariff show books TOU-D-A
      """,
    subcommands: [
      Check.self, Explain.self, Reprice.self, ImportURDB.self, Publish.self, List.self, Show.self,
    ])

  struct Publish: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Publish rate schedules into a journal, with their full text.",
      discussion: """
        Examples:
          wattbook tariff publish books --builtin sce
          wattbook tariff publish books my-schedules.yaml
          wattbook tariff publish books --builtin sce-extras --from 2016-01-01

        sce-extras are the plans of sce with discounts, credits, surcharges, users taxes and net
        metering; evn-963 are the hours of 2026 for business and production. Publish them instead
        of sce and evn, or after them with --from.
        The schema is described in Journal/RATE-SCHEDULES.md.
        """)

    @OptionGroup var journal: JournalOption
    @Argument(help: "A file of rate schedules.", completion: .file())
    var file: String?
    @OptionGroup var included: BuiltinOption
    @Option(
      help: ArgumentHelp(
        "Introduce the schedules on this day: the version in force on it begins with it, earlier "
          + "ones are left out.", valueName: "date"))
    var from: ServiceDate?
    @OptionGroup var writing: WritingOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard (file == nil) != (included.builtin == nil) else {
        throw ValidationError("give a FILE or --builtin \(BuiltinOption.names)")
      }
    }

    func run() throws {
      let builtin = included.builtin
      var schedules = try builtin?.schedules() ?? ScheduleText.schedules(file ?? "")
      if let from {
        schedules = try schedules.introduced(on: from)
        guard !schedules.isEmpty else {
          throw Failure(.usage, "rateSchedule", "no version is in force on \(from) or begins later")
        }
      }
      let engine = try writing.engine(journal, source: file ?? "builtin \(builtin?.rawValue ?? "")")
      let added = try engine.publish(schedules, zone: ZoneDatabase.table, at: writing.at)
      try engine.proposeRebills(at: writing.at, journal, output)
      if output.json {
        Terminal.print(
          JSON.object([
            "published": .array(added.map { .string($0.versionID) }),
            "known": .number(schedules.count - added.count),
          ]).text)
      } else {
        for schedule in added {
          Terminal.print("published \(schedule.versionID): \(schedule.name)")
        }
        if added.count < schedules.count {
          Terminal.print(
            "\(schedules.count - added.count) of \(schedules.count) were published before"
              + (added.isEmpty ? "; nothing was appended" : ""))
        }
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List a journal's rate schedules.",
      discussion: "Example: wattbook tariff list books")
    @OptionGroup var journal: JournalOption
    @OptionGroup var output: OutputOptions

    func run() throws {
      let book = try SystemState(journal.reader()).book
      var table = Table([
        ("plan", .left), ("effective", .left), ("utility", .left), ("name", .left),
      ])
      for schedule in book.codes.flatMap({ book.versions(of: $0) }) {
        if output.json {
          Terminal.print(
            JSON.object([
              "plan": .string(schedule.code), "effective": .string("\(schedule.effective)"),
              "utility": .string(schedule.utility), "name": .string(schedule.name),
              "currency": .string(schedule.currency.code), "zone": .string(schedule.zone),
              "cap": schedule.enrolmentCap.map { .number($0) } ?? .null,
            ]).text)
        }
        table.add([
          schedule.code, "\(schedule.effective)", schedule.utility, schedule.name,
        ])
      }
      if !output.json {
        Terminal.print(
          table.isEmpty
            ? "no rate schedule is published; next: wattbook tariff publish \(journal.journal) "
              + "--builtin sce" : table.text)
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a plan's documents as they were published.",
      discussion: """
        Examples:
          wattbook tariff show books TOU-D-A
          wattbook tariff show books D --on 2015-03-02
        """)
    @OptionGroup var journal: JournalOption
    @Argument(help: "The plan's code.") var code: String
    @Option(help: ArgumentHelp("Only the version in force on this day.", valueName: "date"))
    var on: ServiceDate?
    @OptionGroup var output: OutputOptions

    func run() throws {
      let book = try SystemState(journal.reader()).book
      let versions =
        on.map { day in book.version(of: code, on: day).map { [$0] } ?? [] }
        ?? book.versions(of: code)
      guard !versions.isEmpty else {
        throw Failure(
          .usage, "unknownPlan",
          "there is no plan \(code)\(on.map { " on \($0)" } ?? ""); known: "
            + book.codes.joined(separator: ", "))
      }
      for schedule in versions {
        if output.json {
          Terminal.print(
            JSON.object([
              "plan": .string(schedule.code), "effective": .string("\(schedule.effective)"),
              "text": .string(schedule.text),
            ]).text)
        } else {
          Terminal.print("---\n" + schedule.text)
        }
      }
    }
  }
}
