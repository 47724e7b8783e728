import Foundation
import Quantities
import Tariff

@testable import Billing
@testable import Interchange
@testable import Journal

/// A format that others may have written, and all that reads it. Whatever the bytes, a reader
/// throws or goes on: a trap, a hang or memory without end is a find.
enum FuzzTarget: String, CaseIterable {
  /// A segment; an odd first byte has its checksums put right.
  case segment
  /// The boundary's fields under a right CRC, and `journal.json`.
  case boundary
  /// An events batch on top of the golden journal; the first two bytes are partition and account.
  case events
  /// A reads batch likewise.
  case reads
  /// A snapshot of the golden journal, its own digest put right.
  case snapshot
  case zone
  case tariff
  /// A meter file; the first byte chooses the layout and how the bytes arrive.
  case csv
  case xml

  func take(_ bytes: [UInt8]) {
    switch self {
    case .segment: FuzzedJournal.shared.take(segment: bytes)
    case .boundary: FuzzedJournal.shared.take(boundary: bytes)
    case .events: FuzzedJournal.shared.take(events: bytes)
    case .reads: FuzzedJournal.shared.take(reads: bytes)
    case .snapshot: FuzzedJournal.shared.take(snapshot: bytes)
    case .zone: Self.take(zone: bytes)
    case .tariff: Self.take(tariff: bytes)
    case .csv: Self.take(meterFile: bytes, [.csv, .auto, .sceCSV])
    case .xml: Self.take(meterFile: bytes, [.greenButton, .auto])
    }
  }

  private static func take(zone bytes: [UInt8]) {
    guard let table = try? ZoneTable(name: "Fuzz/Zone", zoneFile: bytes) else { return }
    for day in stride(from: ZoneTable.dates.lowerBound, to: ZoneTable.dates.upperBound, by: 97) {
      _ = table.day(ServiceDate(day: day)).intervals(ofMinutes: 15)
    }
    _ = table.followed(by: table, from: ServiceDate(day: 16_000))
  }

  private static func take(tariff bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self),
      let schedules = try? RateSchedule.parse(text, file: "fuzz.yaml")
    else { return }
    var book = RateBook()
    for schedule in schedules {
      // What is published is read again from the journal.
      guard let again = try? RateSchedule.parse(schedule.text, file: "journal"),
        again.map(\.versionID) == [schedule.versionID]
      else { fatalError("the text of a schedule does not read as it did") }
      _ = try? book.add(schedule)
      price(schedule)
    }
  }

  /// One month of usage under the schedule, for the smallest and the largest values.
  private static func price(_ schedule: RateSchedule) {
    let start = schedule.effective
    guard start.day < ServiceDate.days.upperBound - 60 else { return }
    let period = BillingPeriod(start: start, end: start.adding(days: 30))
    for wattHours in [0, 1, 1_000_000, -5_000, 1_000_000_000_000] as [Int64] {
      let usage = Array(repeating: Energy(wattHours: wattHours), count: schedule.periods.count)
      for region in [nil, "10"] {
        _ = try? Tariff.price([
          BillSegment(
            schedule: schedule, period: period, terms: ServiceTerms(region: region, voltage: 400),
            usage: usage, cycle: period, scheduledDays: period.days)
        ])
      }
    }
  }

  private static func take(meterFile bytes: [UInt8], _ formats: [MeterFileFormat]) {
    guard let first = bytes.first else { return }
    let format = formats[Int(first) % formats.count]
    let source = ByteSource(Array(bytes.dropFirst()), blockSize: 1 + Int(first) / 3)
    do throws(MeterFileError) {
      var file = try MeterFile(
        source, format: format, account: first < 128 ? "A" : nil, chunkRows: 1 + Int(first) % 7)
      while let chunk = try file.nextChunk(zone: { $0 == "B" ? nil : losAngeles }) {
        for group in chunk.intervals {
          precondition(group.values.count == group.rows * group.count, "rows are whole")
        }
      }
    } catch { precondition(!error.description.isEmpty, "an error has words") }
  }

  private static let losAngeles: ZoneTable = {
    let path = "/usr/share/zoneinfo/America/Los_Angeles"
    let bytes = FileManager.default.contents(atPath: path).map { [UInt8]($0) } ?? []
    return (try? ZoneTable(name: "America/Los_Angeles", zoneFile: bytes)) ?? .universal
  }()
}
