import Quantities
import Testing

@testable import Tariff

private func explained(_ code: String, on date: String, year: Int) throws -> ScheduleExplanation {
  ScheduleExplanation(try builtin(code, on: date), year: year)
}

@Test("prices are told by season and period, seasons that differ in none once")
func explainedPrices() throws {
  let tou = try explained("TOU-D-T", on: "2015-07-01", year: 2015).prices
  #expect(
    tou.map { "\($0.season) \($0.period) \($0.prices.map(\.text))" } == [
      "summer On-Peak [\"0.34\", \"0.47\"]", "summer Off-Peak [\"0.14\", \"0.26\"]",
      "winter On-Peak [\"0.22\", \"0.35\"]", "winter Off-Peak [\"0.13\", \"0.25\"]",
    ])
  let flat = try explained("D", on: "2015-07-01", year: 2015).prices
  #expect(flat.count == 1 && flat[0].season.isEmpty && flat[0].prices.count == 4)
  let classes = try explained("EVN-SX", on: "2025-07-01", year: 2025).prices
  #expect(classes.count == 12 && Set(classes.map(\.voltageClass)).count == 4)
}

@Test("tiers are told in the kWh of 30 days by region, fixed widths for a month")
func explainedTiers() throws {
  let rows = try explained("D", on: "2015-07-01", year: 2015).tiers
  #expect(rows.count == 18 && rows.first?.region == "5" && rows.last?.region == "16")
  let ten = try #require(rows.first { $0.region == "10" && $0.season == "summer" })
  #expect(ten.allotment?.kWh == "15.5" && ten.limits.map(\.kWh) == ["465", "604.5", "930"])
  let widths = try explained("EVN-SH", on: "2025-07-01", year: 2025).tiers
  #expect(widths.map { $0.limits.map(\.kWh) } == [["50", "100", "200", "300", "400"]])
  #expect(widths.first?.allotment == nil)
}

@Test("a half hour in which the period changes is neither")
func explainedWeek() throws {
  let strip = try explained("EVN-SX", on: "2025-07-01", year: 2025).strip
  #expect(strip.map(\.day) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
  #expect(strip[0].halfHours[18] == 0 && strip[0].halfHours[19] == 1)
  #expect(strip[6].halfHours.allSatisfy { $0 == 0 || $0 == 2 })
  let quarter = try changed(try builtin("EVN-SX", on: "2025-07-01"), ["\"09:30\"": "\"09:15\""])
  let cells = ScheduleExplanation(quarter, year: 2025).strip[0].halfHours
  #expect(cells[18] == nil && cells[17] == 0 && cells[19] == 1)
  #expect(try explained("TOU-D-A", on: "2015-07-01", year: 2015).strip.map(\.day).last == "holiday")
  #expect(try explained("D", on: "2015-07-01", year: 2015).strip.isEmpty)
}

@Test("the year has its seasons by date, and a Sunday holiday on its Monday too")
func explainedYear() throws {
  let year = try explained("TOU-D-A", on: "2015-07-01", year: 2017)
  #expect(
    year.seasons.map { "\($0.name) \($0.from) \($0.to)" } == [
      "winter 2017-01-01 2017-05-31", "summer 2017-06-01 2017-09-30",
      "winter 2017-10-01 2017-12-31",
    ])
  let moved = year.holidays.filter(\.isMoved)
  #expect(moved.map { "\($0.name) \($0.date)" } == ["New Year's Day 2017-01-02"])
  #expect(year.holidays.count == 9)
  #expect(
    year.holidays.allSatisfy { year.schedule.dayType(of: $0.date) == .holiday })
}

@Test("periods are ordered by price and told with their windows")
func explainedWindows() throws {
  let tou = try explained("TOU-D-A", on: "2015-07-01", year: 2015)
  #expect(tou.periodsByPrice == [0, 1, 2])
  #expect(
    tou.schedule.periods.map(tou.windows) == [
      "weekdays 14:00 to 20:00", "all other hours", "every day 22:00 to 08:00",
    ])
  let evn = try explained("EVN-SX", on: "2025-07-01", year: 2025)
  #expect(
    evn.windows(of: evn.schedule.periods[1])
      == "monday to saturday 09:30 to 11:30 and 17:00 to 20:00")
}
