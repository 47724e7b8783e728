import ArgumentParser
import Foundation
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

  @Argument(help: "The file to write; FILE.accounts.csv is written beside it.", completion: .file())
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
    try writeFile(file) { write in
      simulated.write { bytes, done in
        write(bytes)
        progress.update(done, of: simulated.dayReads)
      }
    }
    progress.finish()
    let accounts = file + ".accounts.csv"
    try writeFile(accounts) { write in
      write(Array("account,plan,region,on,read_day\n".utf8))
      for account in simulated.enrollments {
        let line =
          "\(account.number),\(account.plan),\(account.region ?? ""),\(account.on),"
          + "\(account.readDay)\n"
        write(Array(line.utf8))
      }
    }
    if output.json {
      Terminal.print(
        JSON.object([
          "file": .string(file), "accounts": .string(accounts), "reads": .number(meters * days),
        ]).text)
    } else {
      Terminal.print(
        "wrote \(counted(meters * days, "day-read", "day-reads")) to \(file), and "
          + "\(counted(meters, "account", "accounts")) to \(accounts)")
    }
  }

  private func writeFile(_ path: String, _ body: (_ write: ([UInt8]) -> Void) throws -> Void) throws
  {
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let handle = FileHandle(forWritingAtPath: path)
    else { throw Failure(.usage, "cannotWrite", "cannot write \(path)") }
    var pending: [UInt8] = []
    var failure: (any Error)?
    func flush() {
      do { try handle.write(contentsOf: Data(pending)) } catch { failure = failure ?? error }
      pending.removeAll(keepingCapacity: true)
    }
    try body { bytes in
      pending += bytes
      if pending.count > 1 << 20 { flush() }
    }
    flush()
    try handle.close()
    if let failure { throw Failure(.usage, "cannotWrite", "cannot write \(path): \(failure)") }
  }
}
