import ArgumentParser
import Foundation

/// The command `wattbook`.
struct Wattbook: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wattbook",
    abstract: "An event-sourced billing engine for electricity utilities.",
    discussion: """
      Everything that happens to an account is an event in an append-only journal; everything \
      you ask for is a fold over those events. Start with: wattbook demo

      Exit status: 0 done, 1 refused or differs, 2 bad usage or input, 3 the journal is \
      damaged, locked or unavailable.
      """,
    groupedSubcommands: [
      CommandGroup(name: "Start", subcommands: [DemoCommand.self, InitCommand.self]),
      CommandGroup(
        name: "Operate",
        subcommands: [
          TariffCommand.self, EnrollCommand.self, MoveOutCommand.self, IngestCommand.self,
          ValidateCommand.self, SettleCommand.self, EstimateCommand.self, SwitchCommand.self,
          TermsCommand.self, DiscountCommand.self, NetMeteringCommand.self, PayCommand.self,
          BillCommand.self, CancelCommand.self, RebillCommand.self, ReinstateCommand.self,
          DeclineCommand.self, PersonCommand.self,
          EraseCommand.self, SimulateCommand.self,
          DepositCommand.self, RefundCommand.self, WriteOffCommand.self, LateChargesCommand.self,
          WaiveCommand.self,
        ]),
      CommandGroup(
        name: "Ask",
        subcommands: [
          AccountCommand.self, ProjectCommand.self, CompareCommand.self, WorklistCommand.self,
        ]),
      CommandGroup(
        name: "Audit",
        subcommands: [
          AuditCommand.self, LedgerCommand.self, ReplayCommand.self, VerifyCommand.self,
          SalvageCommand.self,
          CatCommand.self,
        ]),
      CommandGroup(
        name: "Prove to outsiders", subcommands: [KeyCommand.self, CheckpointCommand.self]),
    ])
}

@main
enum Main {
  static func main() {
    // A reader that has gone is told by the write that fails.
    signal(SIGPIPE, SIG_IGN)
    let arguments = Array(CommandLine.arguments.dropFirst())
    var status = ExitStatus.done.rawValue
    do {
      var command = try Wattbook.parseAsRoot(arguments)
      try command.run()
    } catch {
      status = report(error, json: arguments.contains("--json"))
    }
    if let fault = Terminal.finish() {
      Terminal.warn(
        "wattbook: the output is cut short: \(fault); what was recorded stays recorded")
      if status == ExitStatus.done.rawValue { status = ExitStatus.usage.rawValue }
    }
    exit(status)
  }

  /// Prints what went wrong and what to do.
  ///
  /// - Returns: the exit status that says which kind it was.
  private static func report(_ error: any Error, json: Bool) -> Int32 {
    if let status = error as? ExitCode { return status.rawValue }
    let parsing = Wattbook.exitCode(for: error)
    if parsing == .success {
      Terminal.print(Wattbook.fullMessage(for: error))
      return ExitStatus.done.rawValue
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
    return failure.status.rawValue
  }
}
