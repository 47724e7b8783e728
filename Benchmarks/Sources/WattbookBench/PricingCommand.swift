import ArgumentParser
import Foundation

struct PricingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pricing",
    abstract: "Price a year of 8,760 hourly values on D and TOU-D-A, beside PySAM's Utilityrate5.",
    discussion: """
      Ours is timed from the account's day reads in memory to 12 priced bills, PySAM inside Python
      around `execute` alone, in turns. PySAM is looked for with the Python that the environment's
      WATTBOOK_PYTHON names, else python3; without it ours is timed alone.
      """)

  @Option(help: "Ratios are medians over this many rounds.") var rounds = 9
  @Option(help: "Years that ours prices in a round.") var years = 5000
  @Option(help: "Times that PySAM executes in a round.") var executes = 200
  @Option(help: "The folder of shared data; ../shared or ../../shared unless given.")
  var shared: String?

  func validate() throws {
    guard rounds > 0, years > 0, executes > 0 else {
      throw ValidationError("--rounds, --years and --executes take 1 or more")
    }
  }

  func run() throws {
    try TemporaryFolder.use(in: nil) { folder in
      let trial = try PricingTrial(folder: folder, shared: shared)
      try trial.run(rounds: rounds, years: years, executes: executes)
    }
  }
}
