import ArgumentParser
import Foundation

struct BacktestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest",
    abstract: "Project the bills of real homes as of days 5, 10 and 20, beside the naive way.",
    discussion: """
      Without --home the homes of the shared data are tried. Naive is the average so far times the
      days of the cycle, priced the same way.
      """)

  @Option(help: "A meter file of one home; can be given several times.", completion: .file())
  var home: [String] = []
  @Option(help: "The zone of each --home, in the same order.") var zone: [String] = []
  @Option(help: "The folder of shared data; ../shared or ../../shared unless given.")
  var shared: String?

  func validate() throws {
    guard home.count == zone.count else {
      throw ValidationError("give a --zone for each --home")
    }
  }

  func run() throws {
    var homes = try RealHomes.find(shared: shared)
    for (path, zone) in zip(home, zone) {
      homes.append(
        try Home(
          name: URL(filePath: path).lastPathComponent, path: path, zone: zone))
    }
    guard !homes.isEmpty else {
      throw BenchFailure("there are no homes: give --shared DIRECTORY or --home FILE --zone ZONE")
    }
    try TemporaryFolder.use(in: nil) { folder in
      var outcomes: [ProjectionOutcome] = []
      for home in homes {
        let trial = ProjectionTrial(
          home: home, readDays: ProjectionTrial.readDays, folder: folder)
        outcomes += try trial.outcomes()
        try trial.checkNoLookAhead(samples: 6)
      }
      let report = BacktestReport(outcomes: outcomes)
      print("plan D, region 10, read days \(ProjectionTrial.readDays); no read on or after the ")
      print("as-of day is used: checked against journals that end there\n")
      print(report.text + "\n")
      for line in report.verdicts { print(line) }
    }
  }
}

/// The measured homes that lie beside the project, where they do.
enum RealHomes {
  private static let files = [
    ("illinois", "eemeter/il-electricity-cdd-hdd-hourly.csv.gz", "America/Chicago"),
    ("inland-2011", "greenbutton/Inland_Single_Family_2011_hourly.xml", "America/Los_Angeles"),
  ]

  static func find(shared: String?) throws -> [Home] {
    let folders = shared.map { [$0] } ?? ["../shared", "../../shared"]
    guard
      let data = folders.map({ "\($0)/data" }).first(where: {
        FileManager.default.fileExists(atPath: $0)
      })
    else { return [] }
    return try files.compactMap { name, file, zone in
      let path = "\(data)/\(file)"
      guard FileManager.default.fileExists(atPath: path) else { return nil }
      return try Home(name: name, path: path, zone: zone)
    }
  }
}
