import Billing
import Foundation
import Quantities
import TestSupport
import Testing

@testable import Interchange

@Suite("Real meter files", .enabled(if: hasSharedData))
struct RealFileTests {
  @Test func `a year of Green Button has the hours of its local days`() throws {
    let path = shared("greenbutton/Inland_Single_Family_2011_hourly.xml")
    let file = try content(path: path, account: "1")
    #expect(file.malformed.isEmpty)
    #expect(file.days.count == 365)
    #expect(file.day("2011-03-13")?.values.count == 23)
    #expect(file.day("2011-11-06")?.values.count == 25)
    #expect(!file.days.contains { $0.values.contains(MeterRows.gap) })

    let text = try String(contentsOfFile: path, encoding: .utf8)
    let readings = try text.components(separatedBy: "<IntervalReading>").dropFirst().map { part in
      let from = try #require(part.range(of: "<value>"))
      let to = try #require(part.range(of: "</value>"))
      return try #require(Int(part[from.upperBound..<to.lowerBound]))
    }
    #expect(readings.count == 8760)
    #expect(file.total == readings.reduce(0, +))
  }

  @Test func `nine days of Green Button are 216 readings`() throws {
    let path = shared("greenbutton/TestGBDataHourlyNineDaysBinnedDaily.xml")
    let file = try content(path: path, account: "1", zone: zone("America/New_York"))
    #expect(file.malformed.isEmpty)
    #expect(file.days.count == 9)
    #expect(file.days.allSatisfy { $0.values.count == 24 })
    #expect(file.days.flatMap(\.values).filter { $0 != MeterRows.gap }.count == 216)
  }

  @Test func `quarter hours of Green Button keep their quality`() throws {
    let path = shared("greenbutton/openespi_test_usage_data_01.xml")
    let file = try content(path: path, account: "1", zone: zone("America/New_York"))
    #expect(file.days.map(\.date) == ["2012-03-01"])
    #expect(file.days.first?.minutes == 15)
    #expect(file.days.first?.values.count == 96)
    #expect(file.days.first?.values.prefix(3) == [282, 323, 294])
    #expect(file.days.first?.quality == .estimated)
  }

  @Test func `a compressed home of two years has its gaps and its total`() throws {
    let file = try content(
      path: shared("eemeter/il-electricity-cdd-hdd-hourly.csv.gz"), account: "1",
      zone: zone("America/Chicago"))
    #expect(file.malformed.isEmpty)
    #expect(file.days.count == 810)
    #expect(file.days.flatMap(\.values).filter { $0 != MeterRows.gap }.count == 19_417)
    let last = try #require(file.days.last)
    #expect(last.date == "2018-02-08")
    #expect(last.values == [1170] + Array(repeating: MeterRows.gap, count: 23))
    #expect(file.day("2016-03-13")?.values.count == 23)
    #expect(file.day("2016-11-06")?.values.count == 25)
  }

  @Test func `monthly readings are not made into days`() throws {
    let file = try content(
      path: shared("eemeter/il-electricity-cdd-hdd-billing_monthly.csv.gz"), account: "1",
      zone: zone("America/Chicago"))
    #expect(file.days.isEmpty)
    #expect(file.malformed.count == 27)
    #expect(file.malformed.first?.reason.contains("cannot be told") == true)
  }

  @Test func `the download of SCE has its repeated hour`() throws {
    let file = try content(path: shared("sce-csv/two-weeks-with-repeated-hour.csv"), account: "1")
    #expect(file.malformed.isEmpty)
    #expect(file.days.first?.date == "2015-10-25")
    #expect(file.days.allSatisfy { !$0.values.contains(MeterRows.gap) })
    let repeated = try #require(file.day("2015-11-01"))
    #expect(repeated.values.count == 25)
    #expect(repeated.values.prefix(4) == [734, 636, 577, 546])
    #expect(repeated.line == 204)
  }

  @Test func `a year of elapsed hours fills every local day`() throws {
    let file = try content(path: shared("load_8760_inland_sf_2015.csv"), account: "1")
    #expect(file.malformed.isEmpty)
    #expect(file.days.count == 365)
    #expect(file.day("2015-03-08")?.values.count == 23)
    #expect(file.day("2015-11-01")?.values.count == 25)
    #expect(!file.days.contains { $0.values.contains(MeterRows.gap) })
  }
}
