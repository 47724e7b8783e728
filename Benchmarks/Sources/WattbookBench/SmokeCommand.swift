import ArgumentParser

struct SmokeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "smoke",
    abstract: "Everything in miniature: fails when a result is wrong, says nothing of speed.")

  @OptionGroup var place: PlaceOptions
  @Option(help: "The folder of shared data; ../shared or ../../shared unless given.")
  var shared: String?

  func run() throws {
    try TemporaryFolder.use(in: place.folder) { folder in
      let neighbourhood = Neighbourhood(meters: 2000, days: 20)
      try SpeedTrial(
        neighbourhood: neighbourhood, repetitions: 1, folder: folder, wattbook: place.wattbook,
        isJudged: false
      ).run()
      try ScalingTrial(
        sizes: [500, 1000], days: 10, repetitions: 1, folder: folder, wattbook: place.wattbook,
        isJudged: false
      ).run()
      try PricingTrial(folder: folder, shared: shared).run(rounds: 1, years: 20, executes: 5)
      try BillRunTrial(meters: 2000, folder: folder).run(1, threads: 2)
      try ProfileTrial(neighbourhood: neighbourhood, repetitions: 1, folder: folder).run()
      var homes = try RealHomes.find(shared: shared)
      if homes.isEmpty {
        print("\nno shared data: simulated homes instead")
        homes = try [2, 3].map {
          try Home(simulated: $0, days: 500, zone: "America/Los_Angeles")
        }
      }
      var outcomes: [ProjectionOutcome] = []
      for home in homes {
        let trial = ProjectionTrial(home: home, readDays: [1, 17], folder: folder)
        outcomes += try trial.outcomes()
        try trial.checkNoLookAhead(samples: 2)
      }
      print("\n" + BacktestReport(outcomes: outcomes).text)
      let figures = BacktestFigures(outcomes)
      try require(figures.count >= 60, "there are only \(figures.count) projections")
      try require(
        figures.median < 30 && (50...95).contains(figures.coverage),
        "the projections are off: median error \(figures.median), "
          + "\(figures.coverage) of 100 bills in the range")
    }
  }
}
