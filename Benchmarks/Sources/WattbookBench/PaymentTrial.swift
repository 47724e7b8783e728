import Glibc

/// Payments one at a time, each durable before the next, beside what the disk and the peers take.
struct PaymentCosts {
  private(set) var ours: [Double] = []
  private(set) var disk: [Double] = []
  private(set) var sqlite: [Double] = []
  private(set) var postgres: [Double] = []

  fileprivate mutating func add(
    ours: Double, disk: Double, sqlite: Double, postgres: Double?
  ) {
    self.ours.append(ours)
    self.disk.append(disk)
    self.sqlite.append(sqlite)
    if let postgres { self.postgres.append(postgres) }
  }

  private func over(_ times: [Double]) -> Double { zip(ours, times).map { $0 / $1 }.quantile(0.5) }

  var markdown: String {
    var table = Table(["durable, one at a time", "each", "ours over it"])
    for (name, times) in [
      ("a payment", ours), ("two writes, each with fdatasync", disk),
      ("a row in SQLite, WAL, FULL", sqlite), ("a row in PostgreSQL, inside the server", postgres),
    ] where !times.isEmpty {
      table.add([name, "\((times.quantile(0.5) * 1e6).text(decimals: 0)) us", over(times).ratio])
    }
    return table.markdown
  }

  func judge(_ figures: inout Figures) {
    figures.add(
      "a payment over two fdatasyncs", over(disk), atMost: Bar.payment, .ratio,
      limit: "the disk: \((disk.quantile(0.5) * 1e6).text(decimals: 0)) us for both")
  }
}

extension SpeedTrial {
  /// - Returns: seconds each, of runs in turn.
  func timePayments(_ books: Books, _ postgres: PostgresBooks?) throws -> PaymentCosts {
    let count = 100
    let engine = try books.open()
    defer { removeSQLite() }
    let sqlite = try SQLiteBooks(path: folder.file("reads.sqlite"), layout: .append)
    var costs = PaymentCosts()
    let end = ContinuousClock.now + .seconds(10)
    for round in 0..<(repetitions > 1 ? 15 : 1) where round < 3 || ContinuousClock.now < end {
      let (ours, _) = try Measurement.of {
        for payment in round * count..<(round + 1) * count {
          try Books.pay(
            engine, account: neighbourhood.number(payment % neighbourhood.meters), number: payment)
        }
      }
      let (disk, _) = try Measurement.of { try syncPairs(count) }
      let (theirs, _) = try Measurement.of { try sqlite.insertOneByOne(count) }
      let other = try postgres?.insertOneByOne(count)
      let each = 1 / Double(count)
      costs.add(
        ours: ours.wall * each, disk: disk.wall * each, sqlite: theirs.wall * each,
        postgres: other.map { $0.wall * each })
    }
    return costs
  }

  /// What a durable commit cannot do without: some bytes at the end of a file that grows, a few
  /// blocks in place in another, and an fdatasync of each.
  private func syncPairs(_ count: Int) throws {
    let files = ["syncs-growing", "syncs-in-place"].map { folder.file($0) }
    let descriptors = files.map { open($0, O_CREAT | O_RDWR | O_TRUNC, 0o644) }
    defer { for descriptor in descriptors { close(descriptor) } }
    let (event, boundary) = ([UInt8](repeating: 7, count: 512), [UInt8](repeating: 7, count: 8192))
    func write(_ file: Int, _ bytes: [UInt8], at offset: Int) throws {
      try require(
        pwrite(descriptors[file], bytes, bytes.count, off_t(offset)) == bytes.count
          && fdatasync(descriptors[file]) == 0, "cannot write \(files[file])")
    }
    for half in 0..<2 { try write(1, boundary, at: half * boundary.count) }
    for index in 0..<count {
      try write(0, event, at: index * event.count)
      try write(1, boundary, at: index % 2 * boundary.count)
    }
  }
}
