import Foundation
import JournalSimulation
import Testing

/// The journal on a disk that breaks in every way that disks do; `Simulation` says how.
///
/// One seed again: `SIMULATION_SEED=123 swift test --filter SimulationTests`. Millions of seeds:
/// `wattbook-bench simulate-faults` in Benchmarks.
struct SimulationTests {
  private static let seeds: Range<UInt64> = {
    let one = ProcessInfo.processInfo.environment["SIMULATION_SEED"].flatMap { UInt64($0) }
    return one.map { $0..<$0 + 1 } ?? 0..<2000
  }()

  @Test func `no fault of the disk loses what was acknowledged or shows what is damaged`() throws {
    print("simulation: seeds \(Self.seeds)")
    var report = SimulationReport()
    for seed in Self.seeds { report.add(try Simulation.run(seed: seed)) }
    guard Self.seeds.count > 1 else { return }
    for fault in SimulatedFault.allCases {
      #expect(report.faults[fault, default: 0] > 0, "the seeds meet: \(fault.rawValue)")
    }
    for outcome in SimulationReport.Outcome.allCases {
      #expect(report.outcomes[outcome, default: 0] > 0, "the seeds end in: \(outcome.rawValue)")
    }
  }

  @Test func `a seed decides everything`() throws {
    for seed in Self.seeds.prefix(20) {
      let (first, second) = (try Simulation.run(seed: seed), try Simulation.run(seed: seed))
      #expect(first.faults == second.faults && first.outcomes == second.outcomes)
      #expect(first.calls == second.calls && first.readings == second.readings)
    }
  }

  @Test(arguments: Sabotage.allCases)
  func `the simulator finds a planted bug`(_ sabotage: Sabotage) {
    let found = (0..<2000).first { seed in
      do throws(SimulationFailure) {
        _ = try Simulation.run(seed: UInt64(seed), sabotage: sabotage)
        return false
      } catch { return true }
    }
    print("\(sabotage.rawValue): found by seed \(found.map(String.init) ?? "none")")
    #expect(found != nil)
  }
}
