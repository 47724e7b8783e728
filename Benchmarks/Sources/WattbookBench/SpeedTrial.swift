import Billing
import Foundation
import Interchange
import Journal
import Quantities
import Tariff

/// Ingest, replay, size and whole commands, ours and SQLite's, on the same rows in one run.
struct SpeedTrial {
  let meters: Int
  let days: Int
  let repetitions: Int
  let folder: TemporaryFolder
  let wattbook: ProcessTiming?
  /// Whether the figures are held against the bars: a run in miniature says little of them.
  var isJudged = true

  /// Bars of the project: day-reads a second of a core, bytes a day-read, milliseconds a command.
  private enum Bar {
    static let ingest = 500_000.0
    static let replay = 10_000_000.0
    static let bytes = 45.0
    static let command = 150.0
  }

  /// By then every plan has a price: four accounts in ten have time-of-use buckets to fold into.
  private static let start = ServiceDate(year: 2015, month: 7, day: 1)!

  private var dayReads: Int { meters * days }

  private func simulated(resolution: Int = 1) throws -> SimulatedMeterFile {
    var file = SimulatedMeterFile(
      meters: meters, days: days, start: Self.start,
      zone: try Books.zone("America/Los_Angeles"))
    file.resolution = resolution
    return file
  }

  private func write(_ simulated: SimulatedMeterFile) throws -> String {
    let path = folder.file("reads.csv")
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let handle = FileHandle(forWritingAtPath: path)
    else {
      throw BenchFailure("cannot write \(path)")
    }
    try simulated.write { bytes, _ in try handle.write(contentsOf: Data(bytes)) }
    try handle.synchronize()
    try handle.close()
    return path
  }

  private func books(_ simulated: SimulatedMeterFile) throws -> Books {
    folder.remove("journal")
    return try Books(
      path: folder.file("journal"), schedules: try BuiltinSchedules.sce.schedules(),
      accounts: simulated.enrollments)
  }

  func say(_ text: String) {
    print(text)
    fflush(nil)
  }

  /// Runs everything and prints it; fails when a run gives another result than the rest.
  func run() throws {
    say("\(meters) accounts x \(days) days = \(dayReads) day-reads of 24 values, \(repetitions)x")
    let simulated = try simulated()
    let csv = try write(simulated)
    say("interval CSV: \(folder.bytes(of: "reads.csv").megabytes)")

    var ours: [Measurement] = []
    var live: Digest?
    var books: Books!
    for _ in 0..<repetitions {
      books = try self.books(simulated)
      let (measurement, (engine, report)) = try Measurement.of { try books.ingest(file: csv) }
      try require(
        report.reads == dayReads && report.rejected.isEmpty,
        "\(report.reads) of \(dayReads) reads went in, \(report.rejected.count) were refused")
      live = engine.state.digest
      ours.append(measurement)
    }

    var theirs: [Measurement] = []
    var wattHours: Int64 = 0
    var sqlite: SQLiteBooks!
    for _ in 0..<repetitions {
      sqlite = nil
      removeSQLite()
      sqlite = try SQLiteBooks(path: folder.file("reads.sqlite"), layout: .append)
      let (measurement, imported) = try Measurement.of { try sqlite.importFile(csv) }
      try require(imported.rows == dayReads, "sqlite has \(imported.rows) of \(dayReads) rows")
      wattHours = imported.wattHours
      theirs.append(measurement)
    }
    try sqlite.checkpoint()

    var table = Table([
      "", "day-reads/s/core", "day-reads/s wall", "peak memory", "beside SQLite (core)", "(wall)",
    ])
    func add(_ name: String, _ measurement: Measurement, beside other: Measurement? = nil) {
      table.add([
        name, (Double(dayReads) / measurement.processor).rate,
        (Double(dayReads) / measurement.wall).rate,
        measurement.peakMemory > 0 ? measurement.peakMemory.megabytes : "-",
        other.map { ($0.processor / measurement.processor).ratio } ?? "",
        other.map { ($0.wall / measurement.wall).ratio } ?? "",
      ])
    }
    let ingest = ours.median
    let sqliteImport = theirs.median
    add("ingest of the interval CSV, durable", ingest, beside: sqliteImport)
    add("  SQLite WAL import, no index", sqliteImport)

    var scans: [Measurement] = []
    for _ in 0..<repetitions {
      let (measurement, totals) = try Measurement.of { try sqlite.scan(accounts: meters) }
      try require(
        totals.reduce(0, +) == wattHours, "sqlite's scan gives another sum than its import")
      scans.append(measurement)
    }
    let scan = scans.median
    let sqliteBytes = Double(folder.bytes(of: "reads.sqlite")) / Double(dayReads)
    sqlite = nil
    removeSQLite()

    let replay = try replay(books, threads: 1, live)
    add("replay, 1 thread, CRC checked", replay, beside: scan)
    add("replay, 2 threads", try self.replay(books, threads: 2, live), beside: scan)
    add("  SQLite scan into totals by account", scan)
    add("verify, SHA-256 of every batch", try verify(books), beside: scan)

    // Slow, so once, and not in miniature.
    let keyed = repetitions > 1 ? try importKeyed(csv) : nil
    if let keyed { add("  SQLite WAL import, keyed by account and day, once", keyed) }
    say("\n" + table.text + "\n")
    if let keyed {
      say(
        "ingest beside SQLite's keyed import: \((keyed.processor / ingest.processor).ratio) a core, "
          + "\((keyed.wall / ingest.wall).ratio) wall")
    }

    let bytes = bytesADayRead()
    try timeOpening(books)
    let commands = try timeCommands(books, simulated)
    try timePayments(books, simulated)
    let coarse = try coarseBytes()
    var sizes = Table(["bytes on disk a day-read", "ours", "SQLite", "ratio"])
    for (name, size) in [("1 Wh resolution", bytes), ("10 Wh resolution", coarse)] {
      sizes.add([
        name, size.text(decimals: 1), sqliteBytes.text(decimals: 1), (sqliteBytes / size).ratio,
      ])
    }
    say(sizes.text + "\n")
    guard isJudged else { return }

    let ingestRate = Double(dayReads) / ingest.processor
    let replayRate = Double(dayReads) / replay.processor
    say(
      verdict(
        "ingest a core", "\(ingestRate.rate) day-reads/s", bar: ">= \(Bar.ingest.rate)",
        isMet: ingestRate >= Bar.ingest))
    say(
      verdict(
        "replay a core", "\(replayRate.rate) day-reads/s", bar: ">= \(Bar.replay.rate)",
        isMet: replayRate >= Bar.replay))
    say(
      verdict(
        "bytes a day-read at 1 Wh", bytes.text(decimals: 1),
        bar: "<= \(Bar.bytes.text(decimals: 0))", isMet: bytes <= Bar.bytes))
    for (name, milliseconds) in commands {
      say(
        verdict(
          "wattbook \(name)", "\(milliseconds.text(decimals: 0)) ms",
          bar: "< \(Bar.command.text(decimals: 0)) ms", isMet: milliseconds < Bar.command))
    }
  }

  private func importKeyed(_ csv: String) throws -> Measurement {
    defer { removeSQLite() }
    let sqlite = try SQLiteBooks(path: folder.file("reads.sqlite"), layout: .keyed)
    let (measurement, imported) = try Measurement.of { try sqlite.importFile(csv) }
    try require(imported.rows == dayReads, "sqlite has \(imported.rows) of \(dayReads) rows")
    return measurement
  }

  func removeSQLite() {
    for suffix in ["", "-wal", "-shm"] { folder.remove("reads.sqlite\(suffix)") }
  }

  private func replay(_ books: Books, threads: Int, _ live: Digest?) throws -> Measurement {
    var measurements: [Measurement] = []
    for _ in 0..<repetitions {
      let (measurement, state) = try Measurement.of {
        try Replay(books.reader(), threads: threads).run()
      }
      try require(Int(state.reads) == dayReads, "replay folded \(state.reads) of \(dayReads) reads")
      try require(
        state.digest == live, "replay on \(threads) threads gives another state than was live")
      measurements.append(measurement)
    }
    return measurements.median
  }

  private func verify(_ books: Books) throws -> Measurement {
    var measurements: [Measurement] = []
    for _ in 0..<repetitions {
      let (measurement, report) = try Measurement.of { try books.reader().verify() }
      try require(report.isIntact, "verify finds damage: \(report.damages)")
      measurements.append(measurement)
    }
    return measurements.median
  }

  /// Of the journal without its snapshot, which is a cache.
  private func bytesADayRead() -> Double {
    let bytes = folder.bytes(of: "journal") - folder.bytes(of: "journal/snapshot")
    return Double(bytes) / Double(dayReads)
  }

  /// Bytes a day-read of the same neighbourhood with meters of 10 Wh.
  private func coarseBytes() throws -> Double {
    let simulated = try simulated(resolution: 10)
    let csv = try write(simulated)
    let report = try books(simulated).ingest(file: csv).report
    try require(report.reads == dayReads, "\(report.reads) of \(dayReads) reads went in")
    return bytesADayRead()
  }
}
