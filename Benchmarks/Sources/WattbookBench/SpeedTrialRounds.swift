import Billing
import Journal

/// The parts of a round.
extension SpeedTrial {
  /// Ingest into a new journal, and what reads it again: digests must agree.
  func ours(_ rounds: inout Rounds) throws -> Books {
    let books = try neighbourhood.books(in: folder)
    let (engine, report) = try rounds.measure(.ingest) { try books.ingest(file: csv) }
    try require(
      report.reads == dayReads && report.rejected.isEmpty,
      "\(report.reads) of \(dayReads) reads went in, \(report.rejected.count) were refused")
    let rows = try rounds.measure(.csv) { try Books.rows(of: csv) }
    try require(rows == dayReads, "the file has \(rows) of \(dayReads) rows")
    try books.readAgain(live: engine.state.digest, reads: dayReads, &rounds)
    return books
  }

  /// The bytes of the last ingest as the machine alone would take them.
  func limits(_ books: Books, _ rounds: inout Rounds) throws {
    let bytes = try JournalBytes(journal: books.path)
    try rounds.measure(.copy) { try bytes.read { _ in } }
    _ = try rounds.measure(.decode) { try bytes.decode(summing: false) }
    let (_, sums) = try rounds.measure(.sums) { try bytes.decode(summing: true) }
    try require(Int(sums.rows) == dayReads, "the C loop saw \(sums.rows) of \(dayReads) reads")
    rounds.add(.sha, try bytes.hash())
    rounds.add(.memcpy, try bytes.copyInMemory())
  }

  /// Import and scans.
  ///
  /// - Returns: bytes a day-read.
  func sqlite(_ layout: SQLiteBooks.Layout, _ rounds: inout Rounds) throws -> Double {
    let isKeyed = layout == .keyed
    defer { removeSQLite() }
    let sqlite = try SQLiteBooks(path: folder.file("reads.sqlite"), layout: layout)
    let imported = try rounds.measure(isKeyed ? .sqliteKeyedImport : .sqliteImport) {
      try sqlite.importFile(csv)
    }
    try require(imported.rows == dayReads, "sqlite has \(imported.rows) of \(dayReads) rows")
    try sqlite.checkpoint()
    for hasBuckets in [false, true] {
      let contender: Contender =
        isKeyed
        ? hasBuckets ? .sqliteKeyedSums : .sqliteKeyedScan
        : hasBuckets ? .sqliteSums : .sqliteScan
      let totals = try rounds.measure(contender) {
        try sqlite.scan(accounts: neighbourhood.meters, buckets: hasBuckets)
      }
      try require(
        totals.reduce(0, +) == imported.wattHours,
        "sqlite's scan gives another sum than its import")
    }
    return Double(folder.bytes(of: "reads.sqlite")) / Double(dayReads)
  }

  func removeSQLite() {
    for suffix in ["", "-wal", "-shm"] { folder.remove("reads.sqlite\(suffix)") }
  }

  /// Import and, of the table without an index, a scan.
  ///
  /// - Returns: bytes a day-read.
  func peer(_ postgres: PostgresBooks, keyed: Bool, _ rounds: inout Rounds) throws -> Double {
    rounds.add(
      keyed ? .postgresKeyedCopy : .postgresCopy,
      try postgres.copyIn(keyed: keyed, expecting: dayReads))
    try postgres.settle()
    if !keyed { rounds.add(.postgresScan, try postgres.copyOut()) }
    return Double(try postgres.bytes()) / Double(dayReads)
  }

  /// Of the journal without its snapshot, which is a cache.
  func bytesADayRead() -> Double {
    let bytes = folder.bytes(of: "journal") - folder.bytes(of: "journal/snapshot")
    return Double(bytes) / Double(dayReads)
  }

  /// Bytes a day-read of the same neighbourhood with meters of 10 Wh.
  func coarseBytes() throws -> Double {
    var coarse = neighbourhood
    coarse.resolution = 10
    try coarse.writeCSV(to: csv)
    let report = try coarse.books(in: folder).ingest(file: csv).report
    try require(report.reads == dayReads, "\(report.reads) of \(dayReads) reads went in")
    return bytesADayRead()
  }
}

extension Books {
  /// Replay on one and two threads, and verify: all must come to the state that was live.
  func readAgain(live: Digest, reads: Int, _ rounds: inout Rounds) throws {
    for (contender, threads) in [(Contender.replay, 1), (.replayTwo, 2)] {
      let state = try rounds.measure(contender) {
        try Replay(reader(), threads: threads).run()
      }
      try require(Int(state.reads) == reads, "replay folded \(state.reads) of \(reads) reads")
      try require(
        state.digest == live, "replay on \(threads) threads gives another state than was live")
    }
    let report = try rounds.measure(.verify) { try reader().verify() }
    try require(report.isIntact, "verify finds damage: \(report.damages)")
  }
}
