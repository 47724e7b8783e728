import ArgumentParser

@main
struct WattbookBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wattbook-bench",
    abstract: "Measure Wattbook beside its peers, and its projections beside the naive ones.",
    subcommands: [
      SpeedCommand.self, GroupCommitCommand.self, ScalingCommand.self, BillRunCommand.self,
      PricingCommand.self, ProfileCommand.self, BacktestCommand.self, KillCommand.self,
      SimulateFaultsCommand.self, SmokeCommand.self,
    ])
}
