import ArgumentParser
import Billing
import Foundation
import Glibc
import Interchange
import Journal
import Quantities
import Synchronization
import Tariff

/// Payments from many writers at once through `CommandQueue`, each durable before it is answered,
/// beside one writer alone and beside what the disk takes.
struct GroupCommitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "group-commit",
    abstract: "Durable payments a second, one at a time and from many writers in groups.")

  @Option(help: "How many accounts.") var accounts = 100_000
  @Option(help: "How many writers at once.") var writers = 64
  @Option(help: "How many payments each writer makes.") var payments = 5000
  @Option(help: "Payments that a pipelining writer has on the way at a time.") var ahead = 16
  @Option(help: "Medians are of this many runs.") var repetitions = 3
  @Option(help: "Where the temporary folder goes, on a disk.") var folder: String?

  func validate() throws {
    guard accounts > 0, writers > 0, payments > 0, ahead > 0, repetitions > 0 else {
      throw ValidationError("every count is 1 or more")
    }
  }

  func run() throws {
    try TemporaryFolder.use(in: folder) { try GroupCommitTrial(self, $0).run() }
  }
}

private struct GroupCommitTrial {
  private let options: GroupCommitCommand
  private let folder: TemporaryFolder
  private let books: Books
  private let numbers: [String]

  init(_ options: GroupCommitCommand, _ folder: TemporaryFolder) throws {
    self.options = options
    self.folder = folder
    let simulated = SimulatedMeterFile(
      meters: options.accounts, days: 1, start: ServiceDate(year: 2015, month: 7, day: 1)!,
      zone: try Books.zone("America/Los_Angeles"))
    numbers = simulated.enrollments.map(\.number)
    books = try Books(
      path: folder.file("journal"), schedules: try BuiltinSchedules.sce.schedules(),
      accounts: simulated.enrollments)
  }

  func run() throws {
    var table = Table([
      "durable payments", "a second", "a commit", "us processor each", "us from asking to answer",
    ])
    var syncs: [Double] = []
    for repetition in 0..<options.repetitions { syncs.append(try pairOfSyncs(repetition)) }
    let pair = syncs.quantile(0.5)
    func add(_ name: String, _ runs: [Run]) {
      func median(_ value: (Run) -> Double) -> Double { runs.map(value).quantile(0.5) }
      table.add([
        name, median { Double($0.payments) / $0.measurement.wall }.rate,
        median { Double($0.payments) / Double($0.commits) }.text(decimals: 1),
        median { $0.measurement.processor / Double($0.payments) * 1e6 }.text(decimals: 1),
        median { $0.wait * 1e6 }.text(decimals: 0),
      ])
    }
    var number = 0
    func runs(writers: Int, each: Int, ahead: Int) throws -> [Run] {
      try (0..<options.repetitions).map { _ in
        defer { number += 1 }
        return try run(number, writers: writers, each: each, ahead: ahead)
      }
    }
    let alone = try runs(writers: 1, each: min(options.payments, 1000), ahead: 1)
    add("one writer, one at a time", alone)
    add(
      "\(options.writers) writers, each one at a time",
      try runs(writers: options.writers, each: options.payments, ahead: 1))
    add(
      "\(options.writers) writers, each \(options.ahead) ahead",
      try runs(writers: options.writers, each: options.payments, ahead: options.ahead))
    print("\n\(table.text)\n")
    let single = alone.map { $0.measurement.wall / Double($0.payments) }.quantile(0.5)
    print(
      "two writes with fdatasync, into files that do not grow: \((pair * 1e6).text(decimals: 0)) us; "
        + "one payment: \((single / pair).ratio) of that")
    let state = try Replay(books.reader(), threads: 2).run()
    try require(try books.reader().verify().isIntact, "verify finds damage")
    print("replayed and verified: \(state.events) events")
  }

  private struct Run {
    var measurement: Measurement
    var payments: Int
    var commits: UInt64
    /// Seconds that a payment waited for its answer, on average.
    var wait: Double
  }

  private func run(_ number: Int, writers: Int, each: Int, ahead: Int) throws -> Run {
    let before = try books.reader().commit
    // The queue before may be letting go of the journal still.
    let engine = try Engine(
      path: books.path, origin: Origin(actor: "bench", source: "group-commit"), wait: 5)
    let queue = CommandQueue(engine) { Instant(seconds: 1_420_070_400) }
    let numbers = numbers
    let (measurement, waited) = Measurement.of {
      blocking {
        await withTaskGroup(of: Double.self) { group in
          for writer in 0..<writers {
            for lane in 0..<ahead {
              group.addTask {
                var waited = 0.0
                for payment in stride(from: lane, to: each, by: ahead) {
                  let start = ContinuousClock.now
                  // Scattered as a bank's are: neighbours are rare in a group.
                  let place = (payment &* writers &+ writer) &* 7919 % numbers.count
                  let fact = Payment(
                    number: numbers[place], amount: Money(millionths: 1_230_000),
                    on: ServiceDate(year: 2015, month: 7, day: 1)!,
                    key: "bench-\(number)-\(writer)-\(payment)")
                  do { _ = try await queue.record(.pay(fact)) } catch { fatalError("\(error)") }
                  waited += (ContinuousClock.now - start) / .seconds(1)
                }
                return waited
              }
            }
          }
          return await group.reduce(0, +)
        }
      }
    }
    let payments = writers * each
    return Run(
      measurement: measurement, payments: payments,
      commits: try books.reader().commit - before,
      wait: waited / Double(payments))
  }

  /// Seconds for a write with fdatasync into each of two files whose bytes are there already.
  private func pairOfSyncs(_ repetition: Int) throws -> Double {
    let rounds = 500
    let files = try ["one", "other"].map { name -> Int32 in
      let path = folder.file(name)
      let file = open(path, O_CREAT | O_RDWR, 0o644)
      let room = [UInt8](repeating: 7, count: 1 << 20)
      try require(
        file >= 0 && pwrite(file, room, room.count, 0) == room.count && fsync(file) == 0,
        "cannot write \(path)")
      return file
    }
    defer { for file in files { close(file) } }
    let page = [UInt8](repeating: 8, count: 4096)
    let start = ContinuousClock.now
    for round in 0..<rounds {
      for file in files {
        try require(
          pwrite(file, page, page.count, off_t(round % 256 * page.count)) == page.count
            && fdatasync(file) == 0, "cannot write")
      }
    }
    return (ContinuousClock.now - start) / .seconds(1) / Double(rounds)
  }
}

/// Waits for tasks from a thread that is none of theirs.
private func blocking(_ body: @escaping @Sendable () async -> Double) -> Double {
  final class Answer: Sendable { let value = Mutex(0.0) }
  let (done, answer) = (DispatchSemaphore(value: 0), Answer())
  Task {
    let value = await body()
    answer.value.withLock { $0 = value }
    done.signal()
  }
  done.wait()
  return answer.value.withLock { $0 }
}
