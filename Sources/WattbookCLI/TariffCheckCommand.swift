import ArgumentParser
import Billing
import Foundation
import Journal
import Quantities
import Tariff

extension TariffCommand {
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check files of rate schedules before they are published.",
      discussion: """
        Examples:
          wattbook tariff check my-schedules.yaml
          wattbook tariff check summer.yaml winter.yaml --journal books

        Every error of every file is told as FILE:LINE: REASON; warnings are what is \
        allowed and probably not meant. With --journal the versions are checked against \
        those published there. The exit status is 1 when a file has errors.
        """)

    @Argument(help: "Files of rate schedules.", completion: .file())
    var files: [String]
    @Option(
      help: ArgumentHelp(
        "A journal whose published versions these would join.", valueName: "directory"))
    var journal: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
      let system = try journal.map { try SystemState(JournalReader(path: $0)) }
      let published = system?.book
      var book = published ?? RateBook()
      var reviews = try files.map {
        ScheduleReview(try ScheduleText.read($0), file: $0)
      }
      for index in reviews.indices {
        reviews[index].join(&book)
        reviews[index].check(zones: { zone in
          guard system?.zones[zone] == nil else { return nil }
          do { _ = try ZoneDatabase.table(zone) } catch { return Failure(error).message }
          return nil
        })
      }
      for index in reviews.indices {
        reviews[index].warn(in: book, published: published ?? RateBook())
      }
      if output.json {
        Terminal.print(json(reviews).text)
      } else {
        reviews.forEach(show)
      }
      if reviews.contains(where: { !$0.errors.isEmpty }) {
        throw ExitCode(ExitStatus.refused.rawValue)
      }
    }

    private func show(_ review: ScheduleReview) {
      for error in review.errors {
        Terminal.print(Terminal.styled("error", .red) + " \(error)".printable)
      }
      for warning in review.warnings {
        Terminal.print(Terminal.styled("warning", .yellow) + " \(warning)".printable)
      }
      let versions = counted(review.versions.count, "version", "versions")
      let outcome =
        review.errors.isEmpty
        ? "\(versions) in order" : counted(review.errors.count, "error", "errors")
      let warnings =
        review.warnings.isEmpty ? "" : ", " + counted(review.warnings.count, "warning", "warnings")
      Terminal.print("\(review.file): \(outcome)\(warnings)")
    }

    private func json(_ reviews: [ScheduleReview]) -> JSON {
      func list(_ notes: [RateScheduleError]) -> JSON {
        .array(notes.map { .object(["line": .number($0.line), "reason": .string($0.reason)]) })
      }
      return .object([
        "ok": .bool(reviews.allSatisfy(\.errors.isEmpty)),
        "files": .array(
          reviews.map { review in
            .object([
              "file": .string(review.file),
              "versions": .array(
                review.versions.map {
                  .object([
                    "plan": .string($0.schedule.code),
                    "effective": .string("\($0.schedule.effective)"), "line": .number($0.line),
                  ])
                }), "errors": list(review.errors), "warnings": list(review.warnings),
            ])
          }),
      ])
    }
  }
}
