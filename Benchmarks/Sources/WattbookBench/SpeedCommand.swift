import ArgumentParser

struct SpeedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "speed",
    abstract: "Every figure of speed and size beside SQLite, PostgreSQL and the machine's limit.",
    discussion: """
      Prints the tables of README.md. PostgreSQL 15 runs in a temporary cluster of its own, and is \
      left out where it is not installed.
      """)

  @Option(help: "How many accounts.") var meters = 100_000
  @Option(help: "How many days.") var days = 30
  @Option(help: "Medians are of this many runs.") var repetitions = 3
  @OptionGroup var place: PlaceOptions

  func validate() throws {
    guard meters >= 28, days > 2, repetitions > 0 else {
      throw ValidationError("--meters takes 28 or more, --days 3, --repetitions 1")
    }
  }

  func run() throws {
    try TemporaryFolder.use(in: place.folder) {
      try SpeedTrial(
        neighbourhood: Neighbourhood(meters: meters, days: days), repetitions: repetitions,
        folder: $0, wattbook: place.wattbook
      ).run()
    }
  }
}
