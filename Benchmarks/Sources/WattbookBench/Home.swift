import Billing
import Interchange
import Quantities
import Tariff

/// A home's day reads, as a meter file gave them.
struct Home {
  let name: String
  let zone: String
  let chunk: MeterFileChunk
  /// The first and the last day with a value for every interval.
  let first: ServiceDate
  let last: ServiceDate

  /// Reads a file of one home in any layout.
  init(name: String, path: String, zone: String) throws {
    let table = try Books.zone(zone)
    // A file that names accounts is read by its own.
    var file = try MeterFile(path: path, account: "home")
    var merged = MeterFileChunk()
    while let chunk = try file.nextChunk(zone: { _ in table }) {
      merged.accountNames = chunk.accountNames
      merged.intervals += chunk.intervals
    }
    try self.init(name: name, zone: zone, chunk: merged)
  }

  /// - Parameter chunk: rows of one account.
  init(name: String, zone: String, chunk: MeterFileChunk) throws {
    var days: [Int32] = []
    for shape in chunk.intervals {
      for row in 0..<shape.rows where !shape.isGapped(row) { days.append(shape.dates[row]) }
    }
    guard chunk.accountNames.count == 1, let first = days.min(), let last = days.max() else {
      throw BenchFailure("\(name): a home's file has whole days of one account")
    }
    self.name = name
    self.zone = zone
    self.chunk = chunk
    self.first = ServiceDate(day: first)
    self.last = ServiceDate(day: last)
  }

  /// A simulated home, for where there is no real one.
  init(
    simulated meter: Int, days: Int, zone name: String,
    from start: ServiceDate = ServiceDate(year: 2015, month: 4, day: 1)!
  ) throws {
    let zone = try Books.zone(name)
    var homes = MeterSimulation(meters: meter + 1, intervalMinutes: 60, seed: 11, zone: zone)
    var shapes: [Int: MeterRows] = [:]
    var values: [Int] = []
    for offset in 0..<days {
      let date = start.adding(days: offset)
      homes.startDay(date)
      homes.day(date, meter: meter, into: &values)
      var rows =
        shapes[values.count]
        ?? MeterRows(channel: .delivered, intervalMinutes: 60, count: values.count)
      rows.accounts.append(0)
      rows.dates.append(date.day)
      rows.lines.append(UInt32(offset + 2))
      rows.qualities.append(ReadQuality.actual.rawValue)
      rows.values += values.map { Int32($0) }
      shapes[values.count] = rows
    }
    var chunk = MeterFileChunk()
    chunk.accountNames = ["home"]
    chunk.intervals = shapes.values.sorted { $0.count < $1.count }
    try self.init(name: "simulated-\(meter)", zone: name, chunk: chunk)
  }

  /// The rows of days before one, under another account number.
  func rows(as account: String, before end: ServiceDate) -> MeterFileChunk {
    var part = MeterFileChunk()
    part.accountNames = [account]
    part.intervals = chunk.intervals.map { shape in
      var rows = MeterRows(
        channel: shape.channel, intervalMinutes: shape.intervalMinutes, count: shape.count)
      for row in 0..<shape.rows where shape.dates[row] < end.day {
        rows.accounts.append(0)
        rows.dates.append(shape.dates[row])
        rows.lines.append(shape.lines[row])
        rows.qualities.append(shape.qualities[row])
        rows.values += shape.values[row * shape.count..<(row + 1) * shape.count]
      }
      return rows
    }.filter { $0.rows > 0 }
    return part
  }

  /// A journal of the home, one account for each read day, all on schedule D in region 10.
  ///
  /// - Parameter end: only days before it.
  func books(at path: String, readDays: [Int], before end: ServiceDate? = nil) throws -> Books {
    let schedule = try scheduleD()
    let accounts = readDays.map { readDay in
      var account = Enrollment(number: number(readDay), plan: "D", on: first, region: "10")
      account.readDay = readDay
      account.zone = zone
      return account
    }
    let books = try Books(path: path, schedules: schedule, accounts: accounts)
    let engine = try books.open(threads: 1)
    for account in accounts {
      let rows = rows(as: account.number, before: end ?? last.adding(days: 1))
      _ = try books.ingest(rows, into: engine, as: account.number)
    }
    return books
  }

  func number(_ readDay: Int) -> String { "home-\(readDay)" }

  /// The latest version of the package's schedule D alone; for a home before its time the same
  /// prices from the home's first day on.
  private func scheduleD() throws -> [RateSchedule] {
    let versions = try BuiltinSchedules.sce.schedules().filter { $0.code == "D" }
    guard let latest = versions.last else { throw BenchFailure("there is no schedule D") }
    guard first < latest.effective else { return [latest] }
    let moved = latest.text.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.hasPrefix("effective: ") ? "effective: \(first)" : String($0)
    }.joined(separator: "\n")
    return try RateSchedule.parse(moved, file: "D moved to \(first)")
  }
}

extension MeterRows {
  func isGapped(_ row: Int) -> Bool {
    values[row * count..<(row + 1) * count].contains(MeterRows.gap)
  }
}
