import ArgumentParser
import Foundation
import JournalSimulation

struct SimulateFaultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate-faults",
    abstract: "Run the journal on a disk that breaks, seed after seed, against a model.",
    discussion: """
      A seed that fails is printed with its steps, and the exit status is 1. --seed runs it again.
      With --planted the disk hides a bug in the writer, which must be found.
      """)

  @Option(help: "How many seeds.") var seeds: UInt64 = 1_000_000
  @Option(help: "The first seed.") var from: UInt64 = 0
  @Option(help: "Run this seed alone.") var seed: UInt64?
  @Option(help: "Plant a bug, by name; `list` lists them.") var planted: String?

  func run() throws {
    var sabotage: Sabotage?
    if let planted {
      sabotage = Sabotage.allCases.first { "\($0)" == planted }
      guard sabotage != nil else {
        for bug in Sabotage.allCases { print("\(bug): \(bug.rawValue)") }
        if planted == "list" { return }
        throw ValidationError("there is no planted bug \(planted)")
      }
    }
    let range = seed.map { $0..<$0 + 1 } ?? from..<from + seeds
    var report = SimulationReport()
    let start = ContinuousClock.now
    for seed in range {
      do throws(SimulationFailure) {
        report.add(try Simulation.run(seed: seed, sabotage: sabotage))
      } catch {
        print(error)
        print("the seed breaks a promise; again: wattbook-bench simulate-faults --seed \(seed)")
        throw ExitCode(1)
      }
      let done = seed - range.lowerBound + 1
      if done % 10_000 == 0 {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let line =
          "\(done) of \(range.count) seeds, \((Double(done) / seconds).text(decimals: 0)) a second\n"
        FileHandle.standardError.write(Data(line.utf8))
      }
    }
    show(report, seeds: range)
  }

  private func show(_ report: SimulationReport, seeds: Range<UInt64>) {
    print(
      "seeds \(seeds.lowerBound) to \(seeds.upperBound - 1): \(report.commits) commits "
        + "acknowledged, \(report.readings) readings, \(report.calls) calls, no promise broken\n")
    var faults = Table(["fault", "times"])
    for fault in SimulatedFault.allCases {
      faults.add([fault.rawValue, "\(report.faults[fault, default: 0])"])
    }
    var outcomes = Table(["outcome", "times"])
    for outcome in SimulationReport.Outcome.allCases {
      outcomes.add([outcome.rawValue, "\(report.outcomes[outcome, default: 0])"])
    }
    print(faults.text + "\n\n" + outcomes.text)
  }
}
