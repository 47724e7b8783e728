import ArgumentParser

struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Where the time of replay and of ingest goes, stage by stage.",
    discussion: """
      Each stage is run by itself over the same bytes; what no stage accounts for is told as the \
      rest. For functions rather than stages use profile.sh.
      """)

  @Option(help: "How many accounts.") var meters = 100_000
  @Option(help: "How many days.") var days = 30
  @Option(help: "Medians are of this many runs.") var repetitions = 5
  @OptionGroup var place: PlaceOptions

  func run() throws {
    try TemporaryFolder.use(in: place.folder) {
      try ProfileTrial(
        neighbourhood: Neighbourhood(meters: meters, days: days), repetitions: repetitions,
        folder: $0
      ).run()
    }
  }
}
