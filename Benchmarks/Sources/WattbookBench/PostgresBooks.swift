import Billing
import Foundation
import Interchange

/// The same rows in PostgreSQL, by its fastest way in and out: COPY of its binary format, which the
/// server reads from a file that was made beforehand.
struct PostgresBooks {
  let server: PostgresServer
  private var rows: String { "\(server.folder.path)-rows" }

  /// Makes the binary file from the CSV; not counted, in PostgreSQL's favour.
  ///
  /// - Returns: the rows.
  func prepare(csv: String) throws -> Int {
    guard let handle = fopen(rows, "w") else { throw BenchFailure("cannot write \(rows)") }
    defer { fclose(handle) }
    var bytes: [UInt8] =
      Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8)
    func put(_ value: Int32) { withUnsafeBytes(of: value.bigEndian) { bytes += $0 } }
    func put(_ value: Int16) { withUnsafeBytes(of: value.bigEndian) { bytes += $0 } }
    var file = try MeterFile(path: csv)
    var count = 0
    while let chunk = try file.nextChunk(zone: { _ in nil }) {
      for shape in chunk.intervals {
        for row in 0..<shape.rows {
          put(Int16(3))
          put(Int32(4))
          put(Int32(shape.accounts[row]))
          put(Int32(4))
          put(shape.dates[row])
          put(Int32(shape.count * 2))
          for value in shape.values[row * shape.count..<(row + 1) * shape.count] {
            put(Int16(truncatingIfNeeded: value))
          }
        }
        count += shape.rows
        try require(fwrite(bytes, 1, bytes.count, handle) == bytes.count, "cannot write \(rows)")
        bytes.removeAll(keepingCapacity: true)
      }
    }
    put(Int16(-1))
    try require(fwrite(bytes, 1, bytes.count, handle) == bytes.count, "cannot write \(rows)")
    return count
  }

  /// Imports into a new table, in one transaction that is durable when it ends.
  func copyIn(keyed: Bool, expecting count: Int) throws -> Measurement {
    try server.run("DROP TABLE IF EXISTS reads")
    try server.run(
      "CREATE TABLE reads (account int NOT NULL, day int NOT NULL, wh bytea NOT NULL"
        + (keyed ? ", PRIMARY KEY (account, day))" : ")"))
    let measurement = try server.measure("COPY reads FROM '\(rows)' (FORMAT binary)")
    let found = try server.run("SELECT count(*) FROM reads")
    try require(found == "\(count)", "PostgreSQL has \(found) of \(count) rows")
    return measurement
  }

  /// The bare scan: every row is read and handed out, nothing is added.
  func copyOut() throws -> Measurement {
    try server.measure("COPY (SELECT account, wh FROM reads) TO '/dev/null' (FORMAT binary)")
  }

  /// So that a scan finds the table at rest, as SQLite's does.
  func settle() throws {
    try server.run("VACUUM reads")
    try server.run("CHECKPOINT")
  }

  /// Bytes of the table with its index.
  func bytes() throws -> Int { Int(try server.run("SELECT pg_total_relation_size('reads')")) ?? 0 }

  /// Commits single rows one after the other, inside the server: nothing goes to and fro.
  func insertOneByOne(_ count: Int) throws -> Measurement {
    try server.run("CREATE TABLE IF NOT EXISTS payments (account int, amount bigint, key text)")
    return try server.measure(
      "DO $$ BEGIN FOR n IN 1..\(count) LOOP INSERT INTO payments VALUES (n, 1230000, 'bench'); "
        + "COMMIT; END LOOP; END $$")
  }
}
