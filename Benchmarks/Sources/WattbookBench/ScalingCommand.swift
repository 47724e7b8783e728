import ArgumentParser

struct ScalingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling",
    abstract: "How costs a read and an account grow from 10,000 to a million accounts.",
    discussion: """
      Reads come from the simulation, without a file; the journal of a million accounts and 30 days \
      takes 1.3 GB of disk and 3 GB of memory, and the whole some five minutes.
      """)

  @Option(help: "Accounts, ascending.", transform: { Int($0) ?? 0 })
  var meters = [10_000, 100_000, 1_000_000]
  @Option(help: "How many days.") var days = 30
  @Option(help: "Medians are of this many runs.") var repetitions = 3
  @OptionGroup var place: PlaceOptions

  func validate() throws {
    guard meters.allSatisfy({ $0 >= 28 }), days > 2, repetitions > 0 else {
      throw ValidationError("--meters takes 28 or more, --days 3, --repetitions 1")
    }
  }

  func run() throws {
    try TemporaryFolder.use(in: place.folder) {
      try ScalingTrial(
        sizes: meters, days: days, repetitions: repetitions, folder: $0, wattbook: place.wattbook
      ).run()
    }
  }
}
