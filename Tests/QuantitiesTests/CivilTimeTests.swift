import Foundation
import Quantities
import Testing

/// Our civil dates and zone tables against Foundation's, over every day of 71 years.
struct CivilTimeTests {
  static let zones = [
    "America/Los_Angeles", "America/Chicago", "Asia/Ho_Chi_Minh", "Australia/Lord_Howe",
  ]

  static func table(_ name: String) throws -> ZoneTable {
    let data = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))
    return try ZoneTable(name: name, zoneFile: Array(data))
  }

  static func calendar(_ name: String) -> Calendar {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(identifier: name)!
    return calendar
  }

  @Test("civil dates, weekdays and month lengths equal Foundation's from 1970 to 2040")
  func civilDates() {
    let calendar = Self.calendar("UTC")
    var date = ServiceDate(year: 1970, month: 1, day: 1)!
    let end = ServiceDate(year: 2041, month: 1, day: 1)!
    while date < end {
      let moment = Date(timeIntervalSince1970: Double(date.day) * 86_400)
      let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: moment)
      let (year, month, day) = date.yearMonthDay
      #expect(parts.year == year && parts.month == month && parts.day == day)
      #expect(parts.weekday == date.weekday % 7 + 1)
      #expect(ServiceDate(date.description) == date)
      date = date.adding(days: 1)
    }
  }

  @Test("each service day starts and ends where Foundation's does", arguments: zones)
  func localDays(zone: String) throws {
    let table = try Self.table(zone)
    let calendar = Self.calendar(zone)
    var date = ServiceDate(year: 1970, month: 1, day: 1)!
    let end = ServiceDate(year: 2041, month: 1, day: 1)!
    var lengths: Set<Int> = []
    while date < end {
      let day = table.day(date)
      let noon = Date(timeIntervalSince1970: Double(day.start + 43_200))
      let start = calendar.startOfDay(for: noon)
      #expect(Int64(start.timeIntervalSince1970) == day.start, "\(zone) \(date)")
      #expect(table.date(at: day.start) == date && table.date(at: day.start - 1) < date)
      lengths.insert(day.minutes)
      date = date.adding(days: 1)
    }
    let expected: [String: Set<Int>] = [
      "America/Los_Angeles": [1380, 1440, 1500], "America/Chicago": [1380, 1440, 1500],
      "Asia/Ho_Chi_Minh": [1440, 1500], "Australia/Lord_Howe": [1380, 1410, 1440, 1470, 1500],
    ]
    #expect(lengths.isSubset(of: expected[zone]!))
    if zone == "Australia/Lord_Howe" { #expect(lengths.isSuperset(of: [1410, 1470])) }
  }

  @Test("offsets equal Foundation's at and around every transition", arguments: zones)
  func offsets(zone: String) throws {
    let table = try Self.table(zone)
    let foundation = TimeZone(identifier: zone)!
    var moments = table.transitions.flatMap { [$0.at - 1, $0.at, $0.at + 1] }
    moments += stride(from: 0, to: 2_240_524_800, by: 1_000_003)
    for moment in moments where moment >= 0 && moment < 2_240_524_800 {
      let date = Date(timeIntervalSince1970: Double(moment))
      #expect(Int(table.offset(at: moment)) == foundation.secondsFromGMT(for: date), "\(moment)")
    }
  }

  @Test("a repeated hour has two moments and a skipped one is the change itself")
  func repeatedAndSkipped() throws {
    let table = try Self.table("America/Los_Angeles")
    let november = ServiceDate("2011-11-06")!
    let first = table.moment(of: november, secondsOfDay: 5400)
    #expect(table.moment(of: november, secondsOfDay: 5400, later: true) - first == 3600)
    let march = ServiceDate("2011-03-13")!
    #expect(
      table.moment(of: march, secondsOfDay: 9000) == table.moment(of: march, secondsOfDay: 10_800))
    #expect(table.day(march).minutes == 1380 && table.day(november).minutes == 1500)
  }

  @Test("a day past the month's end is its last day, and 29 February turns into 1 March")
  func monthEnds() {
    let january = ServiceDate("2015-01-31")!
    #expect(january.dayOfMonth(31, addingMonths: 1) == ServiceDate("2015-02-28"))
    #expect(january.dayOfMonth(30, addingMonths: -2) == ServiceDate("2014-11-30"))
    #expect(ServiceDate("2016-02-29")!.sameDateNextYear == ServiceDate("2017-03-01"))
    #expect(ServiceDate("2015-06-01")!.sameDateNextYear == ServiceDate("2016-06-01"))
    #expect(ServiceDate("2015-02-29") == nil)
  }

  @Test("instants read offsets and print Universal Time")
  func instants() {
    #expect(Instant("2015-11-22T00:00:00-06:00")?.description == "2015-11-22T06:00:00Z")
    #expect(Instant("2015-11-22T06:00:00.250Z")?.description == "2015-11-22T06:00:00.250Z")
    #expect(Instant("2015-11-22T06:00Z")?.seconds == Instant("2015-11-22")!.seconds + 21_600)
    for bad in ["2015-11-22T24:00:00Z", "2015-11-22T06:00:00", "2015-1-2", "2015-11-22T06:00:00Zx"]
    {
      #expect(Instant(bad) == nil)
    }
  }

  @Test("a later table governs later days and leaves the days before as they were")
  func succession() throws {
    let old = try Self.table("America/Los_Angeles")
    let fixed = ZoneTable(name: old.name, initialOffset: -25_200, transitions: [])
    let table = old.followed(by: fixed, from: ServiceDate("2015-06-01")!)
    for date in ["2015-03-08", "2015-05-31", "2014-11-02"].compactMap({ ServiceDate($0) }) {
      #expect(table.day(date) == old.day(date))
    }
    for date in ["2015-06-01", "2015-11-01", "2030-03-10"].compactMap({ ServiceDate($0) }) {
      #expect(table.day(date) == fixed.day(date))
    }
    let winter = old.followed(by: fixed, from: ServiceDate("2015-01-10")!)
    #expect(winter.day(ServiceDate("2015-01-09")!).minutes == 1440)
    #expect(winter.day(ServiceDate("2015-01-10")!).minutes == 1380)
    #expect(winter.offset(at: winter.day(ServiceDate("2015-01-10")!).start) == -25_200)
  }
}
