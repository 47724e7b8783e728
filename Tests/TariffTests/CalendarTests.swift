import Quantities
import TestSupport
import Testing

@testable import Tariff

@Test("the built-in schedules are valid documents", arguments: BuiltinSchedules.allCases)
func builtinDocuments(_ set: BuiltinSchedules) {
  #expect(throws: Never.self) { try set.schedules() }
}

@Test("the built-in books hold every published version")
func builtinVersions() {
  let versions = builtinBook.codes.map { code in
    "\(code) \(builtinBook.versions(of: code).count)"
  }
  #expect(
    versions == [
      "D 3", "EVN-KD 6", "EVN-SH 9", "EVN-SH-TT 7", "EVN-SX 4", "TOU-D-A 1", "TOU-D-B 1",
      "TOU-D-T 1",
    ])
}

@Test("a document is kept to the byte and read again gives the same version")
func textIsKept() throws {
  for code in builtinBook.codes {
    for schedule in builtinBook.versions(of: code) {
      let again = try #require(try RateSchedule.parse(schedule.text, file: "again").first)
      #expect(again.text == schedule.text && again.versionID == schedule.versionID)
    }
  }
}

@Test("observed holidays of 2014 and 2015")
func observedHolidays() throws {
  let schedule = try builtin("TOU-D-A", on: "2015-03-02")
  let expected = [
    "2014-01-01", "2014-02-17", "2014-05-26", "2014-07-04", "2014-09-01", "2014-11-11",
    "2014-11-27", "2014-12-25", "2015-01-01", "2015-02-16", "2015-05-25", "2015-07-04",
    "2015-09-07", "2015-11-11", "2015-11-26", "2015-12-25",
  ]
  let years = BillingPeriod(start: try day("2014-01-01"), end: try day("2016-01-01"))
  let found = years.dates.filter { schedule.dayType(of: $0) == .holiday }
  #expect(found.map(\.description) == expected)
}

@Test("a Sunday holiday makes Monday off-peak, a Saturday one moves nothing")
func sundayHolidays() throws {
  let schedule = try builtin("TOU-D-A", on: "2015-03-02")
  func name(_ date: String, _ minute: Int) throws -> String {
    schedule.periods[schedule.period(on: try day(date), minute: minute)].name
  }
  let mondays = ["2017-01-02", "2018-11-12", "2021-07-05", "2022-12-26", "2023-01-02"]
  for moved in mondays {
    #expect(try day(moved).weekday == 1)
    #expect(try name(moved, 15 * 60) == "Off-Peak")
  }
  // 4 July 2015 is a Saturday: neither Friday nor Monday is a holiday.
  #expect(try name("2015-07-03", 15 * 60) == "On-Peak")
  #expect(try name("2015-07-04", 15 * 60) == "Off-Peak")
  #expect(try name("2015-07-06", 15 * 60) == "On-Peak")
  // Only a Sunday holiday moves: Thanksgiving Thursday leaves Friday alone.
  #expect(try name("2015-11-27", 15 * 60) == "On-Peak")
}

@Test("holidays from 2014 to 2023: exactly six Mondays follow a Sunday holiday")
func movedMondays() throws {
  let schedule = try builtin("TOU-D-T", on: "2015-06-01")
  let years = BillingPeriod(start: try day("2014-01-01"), end: try day("2024-01-01"))
  let moved = years.dates.filter { date in
    schedule.dayType(of: date) == .holiday
      && !schedule.holidays.holidays.contains { $0.falls(on: date) }
  }
  #expect(
    moved.map(\.description)
      == [
        "2016-12-26", "2017-01-02", "2018-11-12", "2021-07-05", "2022-12-26", "2023-01-02",
      ])
}

@Test("a window begins on its first minute and ends before its last")
func windowEdges() throws {
  let edges: [(code: String, date: String, time: String, period: String)] = [
    ("TOU-D-A", "2015-03-02", "13:59", "Off-Peak"), ("TOU-D-A", "2015-03-02", "14:00", "On-Peak"),
    ("TOU-D-A", "2015-03-02", "19:59", "On-Peak"), ("TOU-D-A", "2015-03-02", "20:00", "Off-Peak"),
    ("TOU-D-A", "2015-03-02", "21:59", "Off-Peak"),
    ("TOU-D-A", "2015-03-02", "22:00", "Super Off-Peak"),
    ("TOU-D-A", "2015-03-07", "00:00", "Super Off-Peak"),
    ("TOU-D-A", "2015-03-07", "07:59", "Super Off-Peak"),
    ("TOU-D-A", "2015-03-07", "08:00", "Off-Peak"), ("TOU-D-A", "2015-03-07", "15:00", "Off-Peak"),
    ("TOU-D-B", "2015-03-02", "14:00", "On-Peak"), ("TOU-D-T", "2015-06-01", "11:59", "Off-Peak"),
    ("TOU-D-T", "2015-06-01", "12:00", "On-Peak"), ("TOU-D-T", "2015-06-01", "18:00", "Off-Peak"),
    ("EVN-KD", "2025-05-10", "09:29", "normal"), ("EVN-KD", "2025-05-10", "09:30", "peak"),
    ("EVN-KD", "2025-05-10", "11:29", "peak"), ("EVN-KD", "2025-05-10", "11:30", "normal"),
    ("EVN-KD", "2025-05-10", "17:00", "peak"), ("EVN-KD", "2025-05-10", "20:00", "normal"),
    ("EVN-KD", "2025-05-11", "10:00", "normal"), ("EVN-KD", "2025-05-11", "22:00", "off-peak"),
    ("EVN-KD", "2025-05-12", "03:59", "off-peak"), ("EVN-KD", "2025-05-12", "04:00", "normal"),
  ]
  for (code, date, time, period) in edges {
    let schedule = try builtin(code, on: date)
    let parts = time.split(separator: ":").compactMap { Int($0) }
    let found = schedule.period(on: try day(date), minute: parts[0] * 60 + parts[1])
    #expect(schedule.periods[found].name == period, "\(code) \(date) \(time)")
  }
}

@Test("the coarsest interval meets every window's edge: an hour in California, half in Vietnam")
func coarsestInterval() throws {
  for code in ["D", "TOU-D-A", "TOU-D-B", "TOU-D-T"] {
    #expect(try builtin(code, on: "2015-06-01").coarsestIntervalMinutes == 60)
  }
  #expect(try builtin("EVN-KD", on: "2025-06-01").coarsestIntervalMinutes == 30)
  let odd = try changed(builtin("TOU-D-T", on: "2015-06-01"), ["\"18:00\"": "\"18:20\""])
  #expect(odd.coarsestIntervalMinutes == 20)
}

@Test("summer is June to September")
func seasonEdges() throws {
  let schedule = try builtin("D", on: "2015-06-01")
  let dates = ["2015-05-31", "2015-06-01", "2015-09-30", "2015-10-01", "2016-02-29", "2015-12-31"]
  let names = try dates.map { schedule.seasons[schedule.season(on: try day($0))].name }
  #expect(names == ["winter", "summer", "summer", "winter", "winter", "winter"])
}

@Test("a register meter measures a period by its register, and time-of-use plans of SCE refuse it")
func registers() throws {
  let business = try builtin("EVN-KD", on: "2025-06-01")
  let names = ["normal", "peak", "offpeak", "total", "other"].map { register in
    business.period(ofRegister: register).map { business.periods[$0].name }
  }
  #expect(names == ["normal", "peak", "off-peak", "normal", nil])
  #expect(try builtin("D", on: "2015-03-02").period(ofRegister: "total") == 0)
  #expect(try builtin("D", on: "2015-03-02").period(ofRegister: "peak") == nil)
  let timeOfUse = try builtin("TOU-D-A", on: "2015-03-02")
  #expect(!timeOfUse.acceptsRegisters && timeOfUse.period(ofRegister: "total") == nil)
  #expect(timeOfUse.isTimeOfUse && timeOfUse.lockoutMonths == 12 && timeOfUse.enrolmentCap == nil)
}

@Test("a book refuses a second text for the same code and date, and takes the same text once")
func bookConflicts() throws {
  var book = RateBook()
  let schedule = try builtin("D", on: "2015-03-02")
  #expect(try book.add(schedule))
  #expect(try !book.add(schedule))
  #expect(throws: RateBookError.otherText(version: "D 2015-03-02")) {
    try book.add(changed(schedule, ["0.15": "0.16"]))
  }
}

@Test("a version holds from its first day to its last, and the next one follows")
func versionsByDate() throws {
  #expect(try builtinBook.version(of: "D", on: day("2013-03-31")) == nil)
  #expect(try builtin("D", on: "2014-07-06").versionID == "D 2013-04-01")
  #expect(try builtin("D", on: "2014-07-07").versionID == "D 2014-07-07")
  #expect(try builtin("D", on: "2030-01-01").versionID == "D 2015-03-02")
  #expect(try builtinBook.version(of: "EVN-KD", on: day("2017-11-30")) != nil)
  #expect(try builtinBook.version(of: "EVN-KD", on: day("2017-12-01")) == nil)
}

@Test("a cycle is cut where a version or a season begins inside it, not at its edges")
func boundaries() throws {
  func cuts(_ code: String, _ start: String, _ end: String) throws -> [String] {
    let cycle = BillingPeriod(start: try day(start), end: try day(end))
    return builtinBook.boundaries(of: code, in: cycle).map(\.description)
  }
  #expect(try cuts("D", "2015-02-15", "2015-03-17") == ["2015-03-02"])
  #expect(try cuts("D", "2015-03-02", "2015-04-01") == [])
  #expect(try cuts("D", "2015-05-15", "2015-06-15") == ["2015-06-01"])
  #expect(try cuts("D", "2014-06-15", "2014-07-15") == ["2014-07-07"])
  #expect(try cuts("D", "2015-02-15", "2015-10-02") == ["2015-03-02", "2015-06-01", "2015-10-01"])
  #expect(try cuts("EVN-SH", "2025-05-01", "2025-06-01") == ["2025-05-10"])
  // Business prices between 1 December 2017 and 19 March 2019 are not known: the gap is cut out.
  #expect(try cuts("EVN-KD", "2017-11-15", "2017-12-15") == ["2017-12-01"])
  #expect(try cuts("EVN-KD", "2019-03-10", "2019-04-10") == ["2019-03-20"])
  var pooled = RateBook()
  try pooled.add(
    changed(builtin("D", on: "2014-07-07"), ["season-change: segmented": "season-change: pooled"]))
  try pooled.add(
    changed(builtin("D", on: "2015-03-02"), ["price-change: segmented": "price-change: pooled"]))
  let cycle = BillingPeriod(start: try day("2015-02-15"), end: try day("2015-06-15"))
  #expect(pooled.boundaries(of: "D", in: cycle) == [])
}
