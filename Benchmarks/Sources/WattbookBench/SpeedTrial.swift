import Foundation
import Journal

/// Ours, the peers and the machine's limits on the same rows in one run, held against the bars.
struct SpeedTrial {
  let neighbourhood: Neighbourhood
  let repetitions: Int
  let folder: TemporaryFolder
  let wattbook: ProcessTiming?
  /// Whether there is a table of figures against their bars: a run in miniature says little of them.
  var isJudged = true

  var dayReads: Int { neighbourhood.dayReads }
  var csv: String { folder.file("reads.csv") }

  /// Runs everything and prints it as README.md has it; fails when a run gives another result than
  /// the rest.
  func run() throws {
    let (meters, days) = (neighbourhood.meters, neighbourhood.days)
    say("\(meters) accounts x \(days) days = \(dayReads) day-reads of 24 values, \(repetitions)x")
    try neighbourhood.writeCSV(to: csv)
    say("interval CSV: \(folder.bytes(of: "reads.csv").megabytes)")
    let postgres = PostgresServer.start(in: folder).map { PostgresBooks(server: $0) }
    defer { postgres?.server.stop() }
    if let postgres {
      let rows = try postgres.prepare(csv: csv)
      try require(rows == dayReads, "\(rows) of \(dayReads) rows are for PostgreSQL")
    }

    var rounds = Rounds()
    var sizes = Sizes()
    var last: Books?
    for round in 0..<repetitions {
      let books = try ours(&rounds)
      last = books
      try limits(books, &rounds)
      sizes.fine = bytesADayRead()
      sizes.sqlite = try sqlite(.append, &rounds)
      sizes.sqliteKeyed = try sqlite(.keyed, &rounds)
      if let postgres {
        sizes.postgres = try peer(postgres, keyed: false, &rounds)
        // Slow, so once.
        if round == 0 { sizes.postgresKeyed = try peer(postgres, keyed: true, &rounds) }
      }
      say("round \(round + 1) of \(repetitions) is done")
    }
    guard let books = last else { return }
    let payments = try timePayments(books, postgres)
    let costs = try AccountCosts(
      books, neighbourhood, wattbook, folder, repetitions: repetitions)
    sizes.coarse = try coarseBytes()

    say("\n" + rounds.markdown(dayReads: dayReads, "\(dayReads) day-reads of 24 hourly values"))
    say("\n" + sizes.markdown)
    say("\n" + costs.markdown)
    say("\n" + payments.markdown)
    guard isJudged else { return }
    var figures = Figures()
    judge(rounds, &figures)
    sizes.judge(&figures)
    payments.judge(&figures)
    costs.judge(&figures)
    say("\n" + figures.markdown)
  }

  private func judge(_ rounds: Rounds, _ figures: inout Figures) {
    func rate(_ contender: Contender) -> String { "\(rounds.rate(contender, of: dayReads).rate)/s" }
    func core(_ one: Contender, _ other: Contender) -> Double {
      rounds.speed(one, over: other, by: \.processor)
    }
    figures.add(
      "replay, a core", rounds.rate(.replay, of: dayReads), atLeast: Bar.replay, .rate,
      limit: "reading and LZ4 alone \(rate(.decode)), with the three sums \(rate(.sums))")
    figures.add(
      "replay over SQLite's bare scan, rowid table", core(.replay, .sqliteScan),
      atLeast: Bar.replayOverScan, .ratio,
      limit: "reading and LZ4 alone \(core(.decode, .sqliteScan).ratio)")
    figures.add(
      "replay over SQLite's bare scan, keyed", core(.replay, .sqliteKeyedScan),
      atLeast: Bar.replayOverScan, .ratio,
      limit: "reading and LZ4 alone \(core(.decode, .sqliteKeyedScan).ratio)")
    figures.add(
      "replay over SQLite's scan with the three sums, rowid / keyed",
      "\(core(.replay, .sqliteSums).ratio) / \(core(.replay, .sqliteKeyedSums).ratio)")
    figures.add(
      "replay on two threads over one, wall",
      rounds.speed(.replayTwo, over: .replay, by: \.wall), atLeast: Bar.twoCores, .ratio,
      limit: "two threads take \(core(.replay, .replayTwo).ratio) the processor time of one")
    figures.add(
      "verify over SHA-256 alone", core(.verify, .sha), atLeast: Bar.verify, .share,
      limit: "reading the segments takes \(core(.sha, .copy).percent) of SHA-256's time")
    figures.add(
      "ingest, a core", rounds.rate(.ingest, of: dayReads), atLeast: Bar.ingest, .rate,
      limit: "reading the CSV alone \(rate(.csv))")
    for (name, peer) in [
      ("SQLite's batched insert, no index", Contender.sqliteImport),
      ("SQLite's batched insert, keyed", .sqliteKeyedImport),
    ] {
      figures.add(
        "ingest over \(name), a core", core(.ingest, peer), atLeast: Bar.ingestOverSQLite, .ratio,
        limit: "wall \(rounds.speed(.ingest, over: peer, by: \.wall).ratio)")
    }
    guard rounds.median(.postgresCopy) != nil else { return }
    figures.add(
      "replay over PostgreSQL's COPY TO", core(.replay, .postgresScan).ratio)
    let (csv, copy, keyed) = (
      core(.ingest, .csv), core(.ingest, .postgresCopy), core(.ingest, .postgresKeyedCopy)
    )
    figures.add(
      "ingest over PostgreSQL's COPY of a file made before, no index / keyed, a core",
      "\(copy.ratio) / \(keyed.ratio)")
    figures.add(
      "the same with the reading of the CSV", "\((copy + csv).ratio) / \((keyed + csv).ratio)")
  }
}
