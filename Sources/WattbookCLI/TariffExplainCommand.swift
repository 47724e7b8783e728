import ArgumentParser
import Billing
import Foundation
import Journal
import Quantities
import Tariff

extension TariffCommand {
  struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a plan as people read it: prices, hours, tiers, charges, year.",
      discussion: """
        Examples:
          wattbook tariff explain --builtin sce TOU-D-A
          wattbook tariff explain --builtin sce-extras D
          wattbook tariff explain my-schedules.yaml
          wattbook tariff explain books D --on 2015-03-02

        Without --on it is each plan's latest version, and the year of its first day.
        """)

    @Argument(help: "A file of rate schedules, or a journal; not with --builtin.")
    var source: String?
    @Argument(help: "The plan's code; every plan of the file unless given.")
    var code: String?
    @OptionGroup var included: BuiltinOption
    @Option(
      help: ArgumentHelp("The version in force on this day, and its year.", valueName: "date"))
    var on: ServiceDate?
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard included.builtin != nil ? code == nil : source != nil else {
        throw ValidationError(
          "give a FILE or a JOURNAL, or --builtin \(BuiltinOption.names), and a plan's CODE")
      }
    }

    func run() throws {
      let (book, wanted) = try book()
      guard let wanted = wanted ?? (book.codes.count == 1 ? book.codes[0] : nil) else {
        let codes = book.codes.filter { code in
          on.map { book.version(of: code, on: $0) != nil } ?? true
        }
        for (place, code) in codes.enumerated() {
          if place > 0, !output.json { Terminal.print() }
          try explain(code, book)
        }
        guard codes.isEmpty else { return }
        throw Failure(.usage, "unknownPlan", "no plan has a price on \(on.map { "\($0)" } ?? "")")
      }
      try explain(wanted, book)
    }

    /// The versions to choose from, and the code asked for.
    private func book() throws -> (RateBook, String?) {
      var book = RateBook()
      if let builtin = included.builtin {
        for schedule in try builtin.schedules() { try book.add(schedule) }
        return (book, source)
      }
      let path = source ?? ""
      var isDirectory: ObjCBool = false
      if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
        isDirectory.boolValue
      {
        guard code != nil else {
          throw Failure(.usage, "usage", "name the plan: wattbook tariff list \(path) has them")
        }
        return (try SystemState(JournalReader(path: path)).book, code)
      }
      for schedule in try ScheduleText.schedules(path) {
        try book.add(schedule)
      }
      return (book, code)
    }

    private func explain(_ code: String, _ book: RateBook) throws {
      let found = on.map { book.version(of: code, on: $0) } ?? book.versions(of: code).last
      guard let schedule = found else {
        throw Failure(
          .usage, "unknownPlan",
          "there is no plan \(code)\(on.map { " on \($0)" } ?? ""); known: "
            + book.codes.joined(separator: ", "))
      }
      let explanation = ScheduleExplanation(
        schedule, year: (on ?? schedule.effective).yearMonthDay.year)
      if output.json {
        Terminal.print(explanation.json.text)
      } else {
        ExplanationReport(explanation).show()
      }
    }
  }
}
