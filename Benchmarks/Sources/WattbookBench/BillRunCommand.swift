import ArgumentParser
import Billing
import Quantities
import Tariff

struct BillRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bill-run",
    abstract: "Bills of one month for many accounts, durable, from a journal of daily reads.",
    discussion: """
      Every account has one cycle of 31 days of 24 values; four in ten are on time-of-use plans. \
      The journal of a million accounts takes 1.5 GB of disk. Every run bills a copy of the same \
      journal; opening it is not counted.
      """)

  @Option(help: "How many accounts.") var meters = 100_000
  @Option(help: "Medians are of this many runs.") var repetitions = 3
  @Option(help: "How many threads make bills.") var threads = 2
  @OptionGroup var place: PlaceOptions

  func validate() throws {
    guard meters >= 28, repetitions > 0 else {
      throw ValidationError("--meters takes 28 or more, --repetitions 1")
    }
  }

  func run() throws {
    try TemporaryFolder.use(in: place.folder) { folder in
      try BillRunTrial(meters: meters, folder: folder).run(repetitions, threads: threads)
    }
  }
}

/// A neighbourhood whose accounts all have one cycle of 31 days.
struct BillRunTrial {
  let meters: Int
  let folder: TemporaryFolder

  private static let end = Neighbourhood.start.adding(days: 31)

  /// Makes the journal that each run bills a copy of.
  private func make() throws {
    let neighbourhood = Neighbourhood(meters: meters, days: 31)
    var accounts = try neighbourhood.simulated().enrollments
    for index in accounts.indices { accounts[index].readDay = 1 }
    folder.remove("journal")
    let books = try Books(
      path: folder.file("journal"), schedules: try BuiltinSchedules.sce.schedules(),
      accounts: accounts)
    let (engine, _) = try books.ingest(neighbourhood)
    try engine.saveSnapshot(always: true)
  }

  /// Bills as often as asked, each time a copy of the same journal, and prints what it took.
  func run(_ repetitions: Int, threads: Int) throws {
    try make()
    let runs = try (0..<repetitions).map { _ in try bill(threads: threads) }.median
    let rate = Double(meters) / runs.wall
    var table = Table([
      "accounts", "bills/s", "bar", "", "us of a core a bill", "cores at work", "held when opened",
      "at most",
    ])
    table.add([
      "\(meters)", rate.rate, "\(Bar.billRun.rate)", rate >= Bar.billRun ? "met" : "**NOT MET**",
      (runs.processor / Double(meters) * 1e6).text(decimals: 2),
      (runs.processor / runs.wall).text(decimals: 2), runs.held.megabytes,
      runs.peakMemory.megabytes,
    ])
    print("\n" + table.markdown)
  }

  private func bill(threads: Int) throws -> Measurement {
    defer { folder.remove("copy") }
    try folder.copy("journal", to: "copy")
    let engine = try Books(at: folder.file("copy")).open()
    let (measurement, report) = try Measurement.of {
      try engine.bill(
        through: Self.end, dated: Self.end, threads: threads, at: Books.at, each: { _ in })
    }
    try require(
      report.billCount == meters && report.exceptions.isEmpty,
      "\(report.billCount) of \(meters) accounts got their bill")
    return measurement
  }
}
