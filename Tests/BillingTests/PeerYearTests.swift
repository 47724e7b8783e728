import Foundation
import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// Whole years of real load, priced by calculators that others wrote. They know fewer rules: each is
/// met on the calendar that it has, and what the rest of the real one is worth is told apart.
@Suite(.enabled(if: hasSharedData, "the meter files lie beside the package"))
struct PeerYearTests {
  /// 8,760 hours that follow one another.
  enum Load: String, CaseIterable {
    case house2015, house2011, illinois2017

    var hours: [Int32] {
      get throws {
        let (file, year, zone) =
          switch self {
          case .house2015: ("load_8760_inland_sf_2015.csv", 2015, "America/Los_Angeles")
          case .house2011:
            ("greenbutton/Inland_Single_Family_2011_hourly.xml", 2011, "America/Los_Angeles")
          case .illinois2017:
            ("eemeter/il-electricity-cdd-hdd-hourly.csv.gz", 2017, "America/Chicago")
          }
        let anyTime = try PeerYearTests.schedule("D", YearCalendar(year: 2010, zone: zone))
        let books = try Books([anyTime])
        try books.enroll("1", on: "2010-01-01") { $0.zone = zone }
        try books.ingest(file: "\(sharedData)/\(file)", account: "1")
        let reads = try books.view("1").reads(in: period("\(year)-01-01", "\(year + 1)-01-01"))
        let hours = reads.flatMap(\.values)
        try #require(hours.count == 8760 && !hours.contains(MeterRows.gap))
        return hours
      }
    }
  }

  /// The days on which the hours are laid, one after the other.
  struct YearCalendar {
    var year = 2015
    var zone = "America/Los_Angeles"
    var hasHolidays = true

    /// PySAM's year: 365 days of 24 hours, 1 January is a Monday, no holidays. 2018 began so.
    static let ofPySAM = YearCalendar(year: 2018, zone: "Etc/UTC", hasHolidays: false)
    /// The real weekdays of 2015, and nothing else that is real.
    static let ofWeekdays = YearCalendar(zone: "Etc/UTC", hasHolidays: false)
  }

  /// A plan's prices of 2015 on a calendar of another year, zone or holidays.
  private static func schedule(_ plan: String, _ calendar: YearCalendar) throws -> RateSchedule {
    let latest = try #require(try BuiltinSchedules.sce.schedules().last { $0.code == plan })
    var text = latest.text
      .replacing("effective: \(latest.effective)", with: "effective: \(calendar.year)-01-01")
      .replacing("zone: America/Los_Angeles", with: "zone: \(calendar.zone)")
    if !calendar.hasHolidays { text.replace(/\nholidays:\n(?: .*\n)+/, with: "\n") }
    let schedule = try #require(try RateSchedule.parse(text, file: "\(plan).yaml").first)
    let newYear = try #require(ServiceDate(year: calendar.year, month: 1, day: 1))
    #expect(
      schedule.isTimeOfUse && calendar.hasHolidays == schedule.holidays.isHoliday(newYear)
        || !schedule.isTimeOfUse)
    return schedule
  }

  /// The exact charges for energy of the 12 months, from reads through the journal to bills.
  ///
  /// - Parameter withCredit: whether a baseline credit counts.
  private static func months(
    of plan: String, _ hours: [Int32], _ calendar: YearCalendar, withCredit: Bool = true
  ) throws -> [ExactCharge] {
    let books = try Books([schedule(plan, calendar)])
    let year = try period("\(calendar.year)-01-01", "\(calendar.year + 1)-01-01")
    try books.enroll("1", plan, on: "\(calendar.year)-01-01")
    let zone = try zoneTable(calendar.zone)
    var rest = hours[...]
    try books.ingest(
      year.dates.map { date in
        let values = rest.prefix(zone.day(date).minutes / 60)
        rest = rest.dropFirst(values.count)
        return Row(account: "1", date: date, values: Array(values))
      })
    #expect(rest.isEmpty)
    let bills = try books.bill(through: year.end.description).bills
    try #require(bills.count == 12)
    return bills.map { bill in
      bill.draft.priced.lines.reduce(.zero) { sum, line in
        switch line.kind {
        case .energy: sum + line.exact
        case .baselineCredit where withCredit: sum + line.exact
        default: sum
        }
      }
    }
  }

  /// Runs a program of the peers with the hours in a file.
  private static func run(
    _ program: String, _ plan: String, _ hours: [Int32], _ more: String...
  ) throws -> Data {
    let file = Books.freshPath()
    defer { try? FileManager.default.removeItem(atPath: file) }
    try hours.map { "\($0)\n" }.joined().write(toFile: file, atomically: false, encoding: .utf8)
    return try Peer.run(program, [plan, file] + more)
  }

  @Test(
    .enabled(if: Peer.hasPySAM, "NREL-PySAM is not installed for WATTBOOK_PYTHON or python3"),
    arguments: Load.allCases, ["D", "TOU-D-A", "TOU-D-B", "TOU-D-T"])
  func `on PySAM's calendar each month is PySAM's to a hundredth of a cent`(
    load: Load, plan: String
  ) throws {
    struct Year: Decodable { let months: [Double] }
    let hours = try load.hours
    let ours = try Self.months(of: plan, hours, .ofPySAM)
    let theirs = try JSONDecoder().decode(
      Year.self, from: Self.run("pysam_year.py", plan, hours)
    ).months
    try #require(theirs.count == 12)
    for (month, (exact, dollars)) in zip(ours, theirs).enumerated() {
      let difference = abs(Double(exact.billionths) / 1e9 - dollars)
      #expect(difference < 0.0001, "month \(month + 1): \(exact.text) and \(dollars)")
    }
  }

  @Test(
    .enabled(if: Peer.hasRatebook, "ratebook is not installed for WATTBOOK_PYTHON or python3"),
    arguments: Load.allCases, ["D", "TOU-D-A", "TOU-D-B"])
  func `without holidays and changes of clocks each month is ratebook's exactly`(
    load: Load, plan: String
  ) throws {
    let hours = try load.hours
    let ours = try Self.months(of: plan, hours, .ofWeekdays, withCredit: false)
    let theirs = try JSONDecoder().decode(
      [String].self, from: Self.run("ratebook_year.py", plan, hours, "2015"))
    try #require(theirs.count == 12)
    let exact = try theirs.map { try #require(DecimalText.parse($0, scale: 9)) }
    #expect(ours.map(\.billionths) == exact.map { Int128($0) })
  }

  /// A year's charge for energy without the credit, in cents.
  private func cents(_ calendar: YearCalendar) throws -> String {
    let months = try Self.months(
      of: "TOU-D-A", Load.house2015.hours, calendar, withCredit: false)
    return months.reduce(.zero, +).rounded(to: .usd).text(in: .usd)
  }

  @Test func `what the calendar is worth on TOU-D-A, step by step`() throws {
    // As PySAM has it: 1 January 2015 a Monday.
    #expect(try cents(.ofPySAM) == "2094.46")
    // It was a Thursday: other hours fall on the year's weekends.
    #expect(try cents(.ofWeekdays) == "2096.11")
    // From March to November the clocks are an hour ahead: the peak is an hour earlier.
    #expect(try cents(YearCalendar(hasHolidays: false)) == "2083.33")
    // On seven weekdays nobody pays the peak: Independence Day is a Saturday.
    #expect(try cents(YearCalendar()) == "2078.00")
  }
}
