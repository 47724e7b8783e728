/// What is measured in a round: ours, the peers and the machine's limits, on the same rows.
enum Contender: String, CaseIterable {
  case ingest = "ingest of the interval CSV, durable"
  case csv = "reading the CSV alone, our reader"
  case sqliteImport = "SQLite import, rowid table, no index"
  case sqliteKeyedImport = "SQLite import, keyed by account and day"
  case postgresCopy = "PostgreSQL COPY FROM, no index"
  case postgresKeyedCopy = "PostgreSQL COPY FROM, keyed by account and day"
  case replay = "replay, one thread, CRC checked"
  case replayTwo = "replay, two threads"
  case sqliteScan = "SQLite bare scan, rowid table"
  case sqliteKeyedScan = "SQLite bare scan, keyed"
  case sqliteSums = "SQLite scan with the three sums, rowid table"
  case sqliteKeyedSums = "SQLite scan with the three sums, keyed"
  case postgresScan = "PostgreSQL COPY TO /dev/null, no index"
  case copy = "limit: reading the segments into memory"
  case decode = "limit: reading and LZ4"
  case sums = "limit: reading, LZ4 and the three sums"
  case verify = "verify, chain and SHA-256 of every batch"
  case sha = "limit: SHA-256 of the same bytes in memory"
  case memcpy = "limit: memcpy of the same bytes"
}

/// Measurements round by round: a ratio is of runs that had the same neighbours on the machine.
struct Rounds {
  private var runs: [Contender: [Measurement]] = [:]

  mutating func measure<Result>(
    _ contender: Contender, _ body: () throws -> Result
  ) rethrows -> Result {
    let (measurement, result) = try Measurement.of(body)
    add(contender, measurement)
    return result
  }

  mutating func add(_ contender: Contender, _ measurement: Measurement) {
    runs[contender, default: []].append(measurement)
  }

  func median(_ contender: Contender) -> Measurement? { runs[contender]?.median }

  /// Units of work a second of a core.
  func rate(_ contender: Contender, of work: Int) -> Double {
    Double(work) / (median(contender)?.processor ?? .nan)
  }

  /// How many times as fast as another: the median of the rounds' ratios.
  func speed(
    _ contender: Contender, over other: Contender, by time: KeyPath<Measurement, Double>
  ) -> Double {
    zip(runs[contender] ?? [], runs[other] ?? []).map { $1[keyPath: time] / $0[keyPath: time] }
      .quantile(0.5)
  }

  /// A line for each contender that ran.
  func markdown(dayReads: Int, _ title: String) -> String {
    var table = Table([title, "a core", "wall", "peak memory"])
    for contender in Contender.allCases {
      guard let run = median(contender) else { continue }
      table.add([
        contender.rawValue, "\((Double(dayReads) / run.processor).rate)/s",
        "\((Double(dayReads) / run.wall).rate)/s",
        run.peakMemory > 0 ? run.peakMemory.megabytes : "-",
      ])
    }
    return table.markdown
  }
}
