import ArgumentParser

struct SpeedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "speed",
    abstract: "Ingest, replay, size and whole commands beside SQLite, in one run.")

  @Option(help: "How many accounts.") var meters = 100_000
  @Option(help: "How many days.") var days = 30
  @Option(help: "Medians are of this many runs.") var repetitions = 3
  @Option(help: "The wattbook to time; ../.build/release/wattbook unless given.")
  var wattbook: String?
  @Option(help: "Where the temporary folder goes, on a disk.") var folder: String?

  func validate() throws {
    guard meters > 0, days > 0, repetitions > 0 else {
      throw ValidationError("--meters, --days and --repetitions take 1 or more")
    }
  }

  func run() throws {
    try TemporaryFolder.use(in: folder) {
      try SpeedTrial(
        meters: meters, days: days, repetitions: repetitions, folder: $0,
        wattbook: ProcessTiming(named: wattbook)
      ).run()
    }
  }
}
