import Billing
import CSQLite
import Foundation
import Interchange

/// The same rows in SQLite, as one who knows it would store them: write-ahead log with every commit
/// synced, prepared statements, large transactions, and the day's values as one blob of 16-bit
/// integers.
final class SQLiteBooks {
  enum Layout {
    /// In the order of arrival and without an index: SQLite's fastest, but nothing can be asked of
    /// one account, and a day sent twice is stored twice.
    case append
    /// By account and day, as the journal's index answers.
    case keyed

    fileprivate var schema: String {
      switch self {
      case .append:
        "CREATE TABLE reads (account INTEGER NOT NULL, day INTEGER NOT NULL, wh BLOB NOT NULL)"
      case .keyed:
        "CREATE TABLE reads (account INTEGER NOT NULL, day INTEGER NOT NULL, wh BLOB NOT NULL, "
          + "PRIMARY KEY (account, day)) WITHOUT ROWID"
      }
    }
  }

  /// As many rows as a commit of ours has.
  private static let rowsPerTransaction = MeterFile.chunkRows

  private var handle: OpaquePointer?

  init(path: String, layout: Layout) throws {
    try check(sqlite3_open(path, &handle))
    try run("PRAGMA journal_mode=WAL")
    try run("PRAGMA synchronous=FULL")
    try run("PRAGMA cache_size=-262144")
    try run("PRAGMA wal_autocheckpoint=16384")
    try run(layout.schema)
  }

  deinit { sqlite3_close(handle) }

  private func check(_ code: Int32) throws {
    guard code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW else {
      throw BenchFailure("sqlite: " + String(cString: sqlite3_errmsg(handle)))
    }
  }

  private func run(_ sql: String) throws { try check(sqlite3_exec(handle, sql, nil, nil, nil)) }

  private func prepare(_ sql: String) throws -> OpaquePointer? {
    var statement: OpaquePointer?
    try check(sqlite3_prepare_v2(handle, sql, -1, &statement, nil))
    return statement
  }

  /// Imports an interval CSV, taken apart by the same reader as ours.
  ///
  /// - Returns: rows and the sum of their watt-hours.
  func importFile(_ path: String) throws -> (rows: Int, wattHours: Int64) {
    let insert = try prepare("INSERT INTO reads VALUES (?, ?, ?)")
    defer { sqlite3_finalize(insert) }
    var file = try MeterFile(path: path)
    var rows = 0
    var sum: Int64 = 0
    var packed: [UInt16] = []
    while let chunk = try file.nextChunk(zone: { _ in nil }) {
      try require(chunk.malformed.isEmpty, "the simulated file has malformed lines")
      for shape in chunk.intervals {
        for first in stride(from: 0, to: shape.rows, by: Self.rowsPerTransaction) {
          try run("BEGIN")
          for row in first..<min(first + Self.rowsPerTransaction, shape.rows) {
            packed.removeAll(keepingCapacity: true)
            for value in shape.values[row * shape.count..<(row + 1) * shape.count] {
              packed.append(UInt16(value).littleEndian)
              sum += Int64(value)
            }
            sqlite3_bind_int64(insert, 1, Int64(shape.accounts[row]))
            sqlite3_bind_int64(insert, 2, Int64(shape.dates[row]))
            packed.withUnsafeBytes {
              _ = sqlite3_bind_blob(insert, 3, $0.baseAddress, Int32($0.count), nil)
              _ = sqlite3_step(insert)
            }
            try check(sqlite3_reset(insert))
          }
          try run("COMMIT")
          rows += min(Self.rowsPerTransaction, shape.rows - first)
        }
      }
    }
    return (rows, sum)
  }

  /// Moves everything from the log to the database file, so that its size can be told.
  func checkpoint() throws { try run("PRAGMA wal_checkpoint(TRUNCATE)") }

  /// The bare scan: reads every row and adds its values to a total per account, no rates, no cycles,
  /// no checksums. With `buckets`, accounts on time-of-use plans get the sums under two masks too,
  /// as our fold makes them.
  ///
  /// - Returns: the totals of the accounts.
  func scan(accounts: Int, buckets: Bool = false) throws -> [Int64] {
    let select = try prepare("SELECT account, wh FROM reads")
    defer { sqlite3_finalize(select) }
    var totals = [Int64](repeating: 0, count: accounts)
    var first = [Int64](repeating: 0, count: buckets ? accounts : 0)
    var second = first
    while sqlite3_step(select) == SQLITE_ROW {
      let account = Int(sqlite3_column_int64(select, 0))
      let count = Int(sqlite3_column_bytes(select, 1)) / 2
      guard let bytes = sqlite3_column_blob(select, 1), account < accounts else {
        throw BenchFailure("sqlite: a row without values")
      }
      let values = bytes.assumingMemoryBound(to: UInt16.self)
      var sum: UInt32 = 0
      for index in 0..<count { sum &+= UInt32(values[index]) }
      totals[account] += Int64(sum)
      guard buckets, count == 24, Neighbourhood.hasBuckets(account) else { continue }
      let sums = SQLiteBooks.maskedSums(values)
      first[account] += Int64(sums.0)
      second[account] += Int64(sums.1)
    }
    try require(
      !buckets || zip(totals, zip(first, second)).allSatisfy { $0 >= $1.0 + $1.1 },
      "sqlite: the buckets hold more than the totals")
    return totals
  }

  /// On-peak is 14:00 to 20:00 and super off-peak 22:00 to 08:00.
  private static let masks: (onPeak: [UInt32], superOffPeak: [UInt32]) = (
    (0..<24).map { (14..<20).contains($0) ? .max : 0 },
    (0..<24).map { $0 < 8 || $0 >= 22 ? .max : 0 }
  )

  /// In the fixed length that the compiler turns into vectors.
  @inline(__always)
  private static func maskedSums(_ values: UnsafePointer<UInt16>) -> (UInt32, UInt32) {
    masks.onPeak.withUnsafeBufferPointer { onPeak in
      masks.superOffPeak.withUnsafeBufferPointer { superOffPeak in
        let (one, two) = (onPeak.baseAddress!, superOffPeak.baseAddress!)
        var sums: (UInt32, UInt32) = (0, 0)
        for index in 0..<24 {
          let value = UInt32(values[index])
          sums.0 &+= value & one[index]
          sums.1 &+= value & two[index]
        }
        return sums
      }
    }
  }

  /// Commits single rows, one after the other.
  func insertOneByOne(_ count: Int) throws {
    try run("CREATE TABLE IF NOT EXISTS payments (account INTEGER, amount INTEGER, key TEXT)")
    let insert = try prepare("INSERT INTO payments VALUES (?, ?, 'bench')")
    defer { sqlite3_finalize(insert) }
    for number in 0..<count {
      sqlite3_bind_int64(insert, 1, Int64(number))
      sqlite3_bind_int64(insert, 2, 1_230_000)
      try check(sqlite3_step(insert))
      try check(sqlite3_reset(insert))
    }
  }
}
