import Foundation
import Interchange
import Journal
import Quantities
import TestSupport
import Testing

@testable import Billing

/// Two years of a real home in Illinois, with the bills that its utility read.
@Suite(.enabled(if: hasSharedData, "the meter files lie beside the package"))
struct RealHomeTests {
  static let hourly = "\(sharedData)/eemeter/il-electricity-cdd-hdd-hourly.csv.gz"
  static let monthly = "\(sharedData)/eemeter/il-electricity-cdd-hdd-billing_monthly.csv.gz"

  private static func unpacked(_ path: String) throws -> [Substring] {
    let gzip = Process()
    gzip.executableURL = URL(filePath: "/bin/gzip")
    gzip.arguments = ["-dc", path]
    let output = Pipe()
    gzip.standardOutput = output
    try gzip.run()
    let data = try #require(try output.fileHandleForReading.readToEnd())
    gzip.waitUntilExit()
    return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
  }

  private static func books() throws -> Books {
    let books = try Books()
    try books.enroll("900", on: "2015-11-22") { $0.zone = "America/Chicago" }
    return books
  }

  @Test func `the 26 billing periods are those of the utility within a fifth of a kWh`() throws {
    let books = try Self.books()
    let report = try books.ingest(file: Self.hourly, account: "900")
    #expect(report.rejected.isEmpty)
    #expect(report.reads == 810)
    let zone = try zoneTable("America/Chicago")
    var hours: [Int64: Int64] = [:]
    for read in try books.view("900").reads(in: period("2015-11-22", "2018-02-09")) {
      let start = zone.day(read.date).start
      for (hour, value) in read.values.enumerated() where value != MeterRows.gap {
        hours[start + Int64(hour) * 3600] = Int64(value)
      }
    }
    #expect(hours.count == 19_417)
    let rows = try Self.unpacked(Self.monthly).dropFirst().map { line -> (Int64, String) in
      let cells = line.split(separator: ",")
      return (try #require(Instant(String(cells[0]))).seconds, String(cells[1]))
    }
    #expect(rows.count == 27)
    // The boundaries are midnight Central Standard Time, 1 a.m. in summer: hours, not days.
    for (row, next) in zip(rows, rows.dropFirst()) {
      let metered = stride(from: row.0, to: next.0, by: 3600).reduce(Int64(0)) {
        $0 + (hours[$1] ?? 0)
      }
      let billed = try #require(Energy(kWh: row.1)).wattHours
      #expect(abs(metered - billed) <= 200, "from \(Instant(seconds: row.0))")
    }
  }

  @Test func `days that a file lacks are named, and billed when they come`() throws {
    let books = try Self.books()
    let lines = try Self.unpacked(Self.hourly)
    let missing = ["2016-02-10", "2016-02-11"]
    let kept = lines.filter { line in !missing.contains(String(line.prefix(10))) }
    #expect(kept.count == lines.count - 48)
    let first = try books.ingest(text: kept.joined(separator: "\n"), account: "900")
    #expect(first.reads == 808)
    let report = try books.bill(through: "2016-04-01")
    #expect(
      report.bills.map(\.draft.fact.bill) == [
        "900-20151201", "900-20160101", "900-20160201", "900-20160401",
      ])
    let cycle = try #require(report.exceptions.first)
    #expect(report.exceptions.count == 1)
    #expect(cycle.period == (try period("2016-02-01", "2016-03-01")))
    #expect(cycle.exception == .missingDays(try missing.map(day)))
    #expect(
      cycle.exception.description == "reads are missing on 2016-02-10, 2016-02-11")

    let second = try books.ingest(file: Self.hourly, account: "900")
    #expect(second.reads == 2)
    #expect(second.duplicates == 808)
    let again = try books.bill(through: "2016-04-01")
    #expect(again.bills.map(\.draft.fact.bill) == ["900-20160301"])
    #expect(again.exceptions.isEmpty)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }
}
