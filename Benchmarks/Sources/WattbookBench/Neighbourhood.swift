import Billing
import Foundation
import Interchange
import Quantities
import Tariff

/// The simulated accounts and day reads of a trial: 24 hourly values each, the same for all peers.
struct Neighbourhood {
  let meters: Int
  let days: Int
  /// Watt-hours that every value is a multiple of.
  var resolution = 1

  /// By then every plan has a price: four accounts in ten have time-of-use buckets to fold into.
  static let start = ServiceDate(year: 2015, month: 7, day: 1)!
  /// Account by account, as `SimulatedMeterFile` assigns its plans.
  static func hasBuckets(_ account: Int) -> Bool { account % 10 >= 6 }

  var dayReads: Int { meters * days }

  func simulated() throws -> SimulatedMeterFile {
    var file = SimulatedMeterFile(
      meters: meters, days: days, start: Self.start, zone: try Books.zone("America/Los_Angeles"))
    file.resolution = resolution
    return file
  }

  /// Writes the interval CSV, synced.
  func writeCSV(to path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let handle = FileHandle(forWritingAtPath: path)
    else { throw BenchFailure("cannot write \(path)") }
    try simulated().write { bytes, _ in try handle.write(contentsOf: Data(bytes)) }
    try handle.synchronize()
    try handle.close()
  }

  /// A new journal with the rate schedules and the accounts, in the place of the one before.
  func books(in folder: TemporaryFolder, _ name: String = "journal") throws -> Books {
    folder.remove(name)
    return try Books(
      path: folder.file(name), schedules: try BuiltinSchedules.sce.schedules(),
      accounts: try simulated().enrollments)
  }

  func number(_ meter: Int) -> String { String(3_000_000_001 + meter) }

  /// Accounts from all over the neighbourhood whose first cycle ends within the days, for bills.
  func billable(_ count: Int) -> [String] {
    let readDay = max(2, min(15, days / 2 + 1))
    let blocks = max(1, meters / 28)
    return (0..<count).map { number(min(meters - 1, ($0 * 7919 % blocks) * 28 + readDay - 1)) }
  }
}

/// The neighbourhood's rows in chunks as a meter file gives them, without the file.
struct SimulatedRows {
  private var homes: MeterSimulation
  private let zone: ZoneTable
  private let names: [String]
  private let days: Int
  private var day = 0
  private var meter = 0
  private var values: [Int] = []

  init(_ neighbourhood: Neighbourhood) throws {
    zone = try Books.zone("America/Los_Angeles")
    homes = MeterSimulation(
      meters: neighbourhood.meters, intervalMinutes: 60, seed: 1, zone: zone)
    names = (0..<neighbourhood.meters).map(neighbourhood.number)
    days = neighbourhood.days
  }

  private var date: ServiceDate { Neighbourhood.start.adding(days: day) }

  /// Rows of days of one length, at most as many as a file's chunk has; nil at the end.
  mutating func next() -> MeterFileChunk? {
    guard day < days else { return nil }
    let hours = zone.day(date).minutes / 60
    var rows = MeterRows(channel: .delivered, intervalMinutes: 60, count: hours)
    while day < days, zone.day(date).minutes / 60 == hours, rows.rows < MeterFile.chunkRows {
      if meter == 0 { homes.startDay(date) }
      let date = date
      let end = min(names.count, meter + MeterFile.chunkRows - rows.rows)
      for meter in meter..<end {
        homes.day(date, meter: meter, into: &values)
        rows.accounts.append(UInt32(meter))
        rows.dates.append(date.day)
        rows.lines.append(UInt32(truncatingIfNeeded: day * names.count + meter + 2))
        rows.qualities.append(ReadQuality.actual.rawValue)
        for value in values { rows.values.append(Int32(value)) }
      }
      meter = end
      if meter == names.count { (day, meter) = (day + 1, 0) }
    }
    var chunk = MeterFileChunk()
    chunk.accountNames = names
    chunk.intervals = [rows]
    return chunk
  }
}
