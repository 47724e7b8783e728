import Billing
import Foundation
import Interchange
import Journal
import Quantities
import Tariff

/// A journal as the `wattbook` command makes and fills it.
struct Books {
  let path: String

  private static let origin = Origin(actor: "bench", source: "wattbook-bench")
  static let at = Instant(seconds: 1_420_070_400)

  static func zone(_ name: String) throws -> ZoneTable {
    let path = "/usr/share/zoneinfo/\(name)"
    guard let data = FileManager.default.contents(atPath: path) else {
      throw BenchFailure("there is no \(path); is tzdata installed?")
    }
    return try ZoneTable(name: name, zoneFile: Array(data))
  }

  /// Makes the journal, publishes schedules and enrolls accounts.
  init(path: String, schedules: [RateSchedule], accounts: [Enrollment]) throws {
    self.path = path
    try JournalWriter.create(
      path: path,
      identity: JournalIdentity(id: String(repeating: "5", count: 32), partitions: 8))
    let engine = try open()
    _ = try engine.publish(schedules, zone: Books.zone, at: Books.at)
    let results = try engine.enroll(accounts, zone: { try? Books.zone($0) }, at: Books.at)
    for case .failure(let refusal) in results { throw refusal }
  }

  /// What is there already.
  init(at path: String) { self.path = path }

  func open(threads: Int = 2) throws -> Engine {
    try Engine(path: path, origin: Books.origin, threads: threads)
  }

  func reader() throws -> JournalReader { try JournalReader(path: path) }

  /// What `wattbook ingest` does: the file's digest, the engine's state, the rows, the receipt, the
  /// snapshot.
  @discardableResult
  func ingest(file path: String) throws -> (engine: Engine, report: IngestReport) {
    let engine = try open()
    let digest = try Books.digest(of: path)
    var file = try MeterFile(path: path)
    let report = try engine.ingest(
      file: "reads.csv", identity: MeterFileIdentity(sha256: digest.description),
      at: Books.at
    ) {
      try file.nextChunk { engine.zone(ofAccount: $0) }
    }
    try engine.saveSnapshot()
    return (engine, report)
  }

  /// SHA-256 of a file.
  @discardableResult
  static func digest(of path: String) throws -> Digest {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw BenchFailure("cannot open \(path)")
    }
    var digest = RunningDigest()
    while let part = try handle.read(upToCount: 4 << 20), !part.isEmpty {
      part.withUnsafeBytes { digest.update($0) }
    }
    return digest.finish()
  }

  /// Reads a meter file to its end and tells how many rows it has.
  @discardableResult
  static func rows(of path: String) throws -> Int {
    var file = try MeterFile(path: path)
    var rows = 0
    while let chunk = try file.nextChunk(zone: { _ in nil }) { rows += chunk.rows }
    return rows
  }

  /// Takes a neighbourhood in as if it came from a file; making its rows is not counted.
  func ingest(_ neighbourhood: Neighbourhood) throws -> (engine: Engine, Measurement) {
    let engine = try open()
    var rows = try SimulatedRows(neighbourhood)
    var made = Measurement(wall: 0, processor: 0, peakMemory: 0)
    var (measurement, report) = try Measurement.of {
      try engine.ingest(
        file: "simulated", identity: MeterFileIdentity(sha256: Digest(of: []).description),
        at: Books.at
      ) {
        let (part, chunk) = Measurement.of { rows.next() }
        made.wall += part.wall
        made.processor += part.processor
        return chunk
      }
    }
    try require(
      report.reads == neighbourhood.dayReads && report.rejected.isEmpty,
      "\(report.reads) of \(neighbourhood.dayReads) reads went in")
    measurement.wall -= made.wall
    measurement.processor -= made.processor
    return (engine, measurement)
  }

  /// Issues the bills of some accounts, and leaves a snapshot of what is known then.
  func bill(_ numbers: [String], through end: ServiceDate) throws {
    let engine = try open()
    for number in numbers {
      let report = try engine.bill(through: end, dated: end, account: number, at: Books.at)
      try require(report.billCount > 0, "account \(number) got no bill")
    }
    try engine.saveSnapshot(always: true)
  }

  func removeSnapshot() throws { try FileManager.default.removeItem(atPath: "\(path)/snapshot") }

  /// Takes rows in as if they came from a file.
  func ingest(_ chunk: MeterFileChunk, into engine: Engine, as file: String) throws -> IngestReport
  {
    var rest: MeterFileChunk? = chunk
    return try engine.ingest(
      file: file, identity: MeterFileIdentity(sha256: Digest(of: Array(file.utf8)).description),
      at: Books.at
    ) {
      defer { rest = nil }
      return rest
    }
  }

  static func pay(_ engine: Engine, account: String, number: Int) throws {
    let payment = Payment(
      number: account, amount: Money(millionths: 1_230_000),
      on: ServiceDate(year: 2015, month: 2, day: 1)!, key: "bench-\(number)")
    _ = try engine.pay(payment, at: at)
  }
}
