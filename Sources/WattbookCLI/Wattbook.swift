import ArgumentParser
import Foundation

/// The command `wattbook`.
struct Wattbook: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wattbook",
    abstract: "An event-sourced billing engine for electricity utilities.",
    discussion: """
      Everything that happens to an account is an event in an append-only journal; everything you
      ask for is a fold over those events. Start with: wattbook demo

      Exit status: 0 done, 1 refused or differs, 2 bad usage or input, 3 the journal is damaged,
      locked or unavailable.
      """,
    groupedSubcommands: [
      CommandGroup(name: "Start", subcommands: [DemoCommand.self, InitCommand.self]),
      CommandGroup(
        name: "Operate",
        subcommands: [
          TariffCommand.self, EnrollCommand.self, MoveOutCommand.self, IngestCommand.self,
          SwitchCommand.self, PayCommand.self, BillCommand.self, SimulateCommand.self,
        ]),
      CommandGroup(name: "Ask", subcommands: [AccountCommand.self, ProjectCommand.self]),
      CommandGroup(
        name: "Audit",
        subcommands: [AuditCommand.self, ReplayCommand.self, VerifyCommand.self, CatCommand.self]),
    ])
}

@main
enum Main {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      var command = try Wattbook.parseAsRoot(arguments)
      try command.run()
    } catch {
      end(error, json: arguments.contains("--json"))
    }
  }

  /// Prints what went wrong and what to do, and leaves with the status that says which kind it was.
  private static func end(_ error: any Error, json: Bool) -> Never {
    if let status = error as? ExitCode { exit(status.rawValue) }
    let parsing = Wattbook.exitCode(for: error)
    if parsing == .success {
      Terminal.print(Wattbook.fullMessage(for: error))
      exit(0)
    }
    let isUsage = parsing == .validationFailure
    let failure =
      isUsage
      ? Failure(.usage, "usage", Wattbook.message(for: error)) : Failure(error)
    if json {
      Terminal.print(
        JSON.object([
          "error": .object(["code": .string(failure.code), "message": .string(failure.message)])
        ]).text)
    }
    Terminal.warn(isUsage ? Wattbook.fullMessage(for: error) : "wattbook: \(failure.message)")
    exit(failure.status.rawValue)
  }
}
