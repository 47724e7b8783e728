import ArgumentParser
import Interchange
import Quantities

struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate", abstract: "Write a realistic daily meter file.",
    discussion: """
      Example:
        wattbook simulate reads.csv --meters 1000 --days 30
        wattbook enroll books --file reads.csv.accounts.csv
        wattbook ingest books reads.csv

      The same seed gives the same file on any machine.
      """)

  @Argument(
    help: "A new file; FILE.accounts.csv, new too, is written beside it.", completion: .file())
  var file: String
  @Option(help: ArgumentHelp("How many homes.", valueName: "count")) var meters: Int
  @Option(help: ArgumentHelp("How many days.", valueName: "count")) var days: Int
  @Option(help: ArgumentHelp("Length of an interval.", valueName: "minutes")) var interval = 60
  @Option(help: ArgumentHelp("Another seed, another neighbourhood.", valueName: "number"))
  var seed: UInt64 = 1
  @Option(help: ArgumentHelp("The first day.", valueName: "date"))
  var start = ServiceDate(year: 2015, month: 1, day: 1)!
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...10_000_000).contains(meters), (1...36_500).contains(days) else {
      throw ValidationError("--meters takes 1 to 10,000,000 and --days 1 to 36,500")
    }
    guard [5, 10, 15, 20, 30, 60].contains(interval) else {
      throw ValidationError("--interval takes 5, 10, 15, 20, 30 or 60 minutes")
    }
    guard start.adding(days: days) <= ServiceDate(year: 2040, month: 1, day: 1)! else {
      throw ValidationError("zone tables reach to 2040: the last day must come before")
    }
  }

  func run() throws {
    let zone = try ZoneDatabase.table("America/Los_Angeles")
    let simulated = SimulatedMeterFile(
      meters: meters, days: days, intervalMinutes: interval, seed: seed, start: start, zone: zone)
    let progress = Progress("simulating", unit: "day-reads")
    let reads = try NewFile(file)
    let (path, accounts): (String, NewFile)
    do { (path, accounts) = try Self.accounts(beside: file) } catch {
      reads.remove()
      throw error
    }
    var failure: (any Error)?
    simulated.write { bytes, done in
      guard failure == nil else { return }
      do { try reads.write(bytes) } catch { failure = error }
      progress.update(done, of: simulated.dayReads)
    }
    do {
      if let failure { throw failure }
      try reads.finish()
      progress.finish()
      try accounts.write("account,plan,region,on,read_day\n")
      for account in simulated.enrollments {
        try accounts.write(
          "\(account.number),\(account.plan),\(account.region ?? ""),\(account.on),"
            + "\(account.readDay)\n")
      }
      try accounts.finish()
    } catch {
      reads.remove()
      accounts.remove()
      throw error
    }
    if output.json {
      Terminal.print(
        JSON.object([
          "file": .string(file), "accounts": .string(path), "reads": .number(meters * days),
        ]).text)
    } else {
      Terminal.print(
        "wrote \(counted(meters * days, "day-read", "day-reads")) to \(file), and "
          + "\(counted(meters, "account", "accounts")) to \(path)")
    }
  }

  private static func accounts(beside file: String) throws -> (String, NewFile) {
    let path = file + ".accounts.csv"
    return (path, try NewFile(path))
  }
}
