import Foundation
import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// What holds of every bill from reads in a journal, whatever the plan's document says.
struct BillPropertyTests {
  /// Accounts on random plans of one zone, with reads of two months and more.
  private struct Neighbourhood {
    var schedules: [RateSchedule] = []
    var homes: [Enrollment] = []
    var switches: [String: String] = [:]
    var rows: [Row] = []
    let zone: String

    /// - Parameter first: the first day of service of all.
    init(_ random: inout SeededRandom, zone: String, first: ServiceDate) throws {
      self.zone = zone
      let table = try zoneTable(zone)
      let currency = random.pick(["USD", "VND"])
      for code in ["R", "S"] {
        for effective in ["2014-01-01", first.adding(days: 20).description] {
          let document = RandomSchedule(
            &random, code: code, effective: effective, zone: zone, currency: currency)
          schedules += try RateSchedule.parse(document.text, file: "random")
        }
      }
      for number in 0..<8 {
        var home = Enrollment(number: "\(number)", plan: random.pick(["R", "S"]), on: first)
        home.region = random.pick(RandomSchedule.regions)
        home.medical = Bool.random(using: &random)
        home.voltage = random.pick([220, 22_000])
        home.readDay = Int.random(in: 1...31, using: &random)
        homes.append(home)
        if Bool.random(using: &random) {
          let day = first.adding(days: .random(in: 2..<60, using: &random))
          switches[home.number] = day.description
        }
        let minutes = random.pick([15, 30])
        let channels: [Channel] =
          Bool.random(using: &random) ? [.delivered, .received] : [.delivered]
        for date in BillingPeriod(start: first, end: first.adding(days: 70)).dates {
          for channel in channels {
            let values = (0..<table.day(date).minutes / minutes).map { _ in
              Int32.random(in: 0...1500, using: &random)
            }
            rows.append(
              Row(
                account: home.number, date: date, channel: channel, minutes: minutes,
                values: values))
          }
        }
      }
    }

    /// A journal in which the rows have arrived in some files.
    func books(_ files: [[Row]]) throws -> Books {
      let books = try Books(schedules)
      for result in try books.engine.enroll(
        homes, zone: { try? zoneTable($0) }, at: books.clock)
      {
        #expect(try result.get() != .repeated)
      }
      for (number, day) in switches.sorted(by: { $0.key < $1.key }) {
        let plan = homes.first { $0.number == number }?.plan
        try books.change(number, to: plan == "R" ? "S" : "R", on: day)
      }
      for (index, rows) in files.enumerated() {
        let report = try books.ingest(rows, name: "\(index).csv")
        #expect(report.rejected.isEmpty && report.reads == rows.count)
      }
      return books
    }
  }

  private static let zones = [
    "America/Los_Angeles", "Australia/Lord_Howe", "Europe/London", "Asia/Ho_Chi_Minh",
  ]
  private static let starts = ["2015-02-20", "2015-03-15", "2015-09-20", "2015-10-10"]

  @Test(arguments: zones, [1, 2] as [UInt64])
  func `a bill has the energy of its days' reads, however the cycle is cut`(
    zone: String, seed: UInt64
  ) throws {
    var random = SeededRandom(seed, "energy of the bill, \(zone)")
    let homes = try Neighbourhood(&random, zone: zone, first: day(random.pick(Self.starts)))
    let bills = try homes.books([homes.rows]).bill(through: "2016-01-01").bills
    #expect(bills.count >= 16)
    var cuts = 0
    for bill in bills {
      let cycle = bill.draft.fact.period
      let read = homes.rows.filter { $0.account == bill.account && cycle.contains($0.date) }
        .reduce(Int64(0)) { sum, row in
          let energy = row.values.reduce(Int64(0)) { $0 + Int64($1 ?? 0) }
          return row.channel == .delivered ? sum + energy : sum - energy
        }
      let billed = bill.draft.fact.lines.filter { $0.kind == .energy }.map(\.quantity)
      #expect(billed.reduce(0, +) == read, "\(bill.draft.fact.bill)")
      // And each part has that of its own days.
      for segment in bill.draft.segments {
        #expect(cycle.intersection(segment.period) == segment.period)
      }
      #expect(bill.draft.segments.map(\.period.days).reduce(0, +) == cycle.days)
      cuts += bill.draft.segments.count - 1
    }
    #expect(cuts > 0)
  }

  @Test(arguments: zones, [3, 4] as [UInt64])
  func `the order in which reads arrive changes no bill`(zone: String, seed: UInt64) throws {
    var random = SeededRandom(seed, "order of arrival, \(zone)")
    let homes = try Neighbourhood(&random, zone: zone, first: day(random.pick(Self.starts)))
    let straight = try homes.books([homes.rows]).bill(through: "2016-01-01").bills
    let shuffled = homes.rows.shuffled(using: &random)
    let cut = Int.random(in: 1..<shuffled.count, using: &random)
    let crooked = try homes.books([Array(shuffled[..<cut]), Array(shuffled[cut...])])
      .bill(through: "2016-01-01").bills
    #expect(straight.map(\.draft.fact.bill) == crooked.map(\.draft.fact.bill))
    for (one, other) in zip(straight, crooked) {
      #expect(one.draft.fact.table == other.draft.fact.table)
      #expect(one.draft.fact.lines.map(\.text) == other.draft.fact.lines.map(\.text))
      #expect(one.draft.fact.total == other.draft.fact.total)
    }
  }

  @Test(arguments: [
    ("America/Los_Angeles", "2015-03-08", 46), ("America/Los_Angeles", "2015-11-01", 50),
    ("Australia/Lord_Howe", "2015-10-04", 47), ("Australia/Lord_Howe", "2015-04-05", 49),
    ("Europe/London", "2015-03-29", 46), ("Asia/Ho_Chi_Minh", "2015-03-29", 48),
  ])
  func `a day is billed for the half-hours that it has`(
    zone: String, date: String, halfHours: Int
  ) throws {
    let flat = try #require(Books.builtin.first { $0.code == "D" })
    let text = flat.text.replacing("zone: America/Los_Angeles", with: "zone: \(zone)")
    let books = try Books(RateSchedule.parse(text, file: "flat.yaml"))
    let date = try day(date)
    try books.enroll("1", on: date.description, readDay: date.adding(days: 1).yearMonthDay.day)
    func rows(_ count: Int) -> [Row] {
      [Row(account: "1", date: date, minutes: 30, values: Array(repeating: 500, count: count))]
    }
    // No other number of half-hours makes this day.
    for count in 46...50 where count != halfHours {
      #expect(try books.ingest(rows(count), name: "\(count)").rejected.count == 1)
    }
    #expect(try books.ingest(rows(halfHours)).reads == 1)
    let bill = try #require(try books.bill(through: date.adding(days: 1).description).bills.first)
    let energy = bill.draft.fact.lines.filter { $0.kind == .energy }.map(\.quantity)
    #expect(energy.reduce(0, +) == Int64(halfHours) * 500)
  }

  @Test(arguments: zones, [5, 6, 7] as [UInt64])
  func `each interval is priced by what the clock on the wall shows`(
    zone name: String, seed: UInt64
  ) throws {
    var random = SeededRandom(seed, "clock on the wall, \(name)")
    let zone = try zoneTable(name)
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: name))
    var odd = 0
    for _ in 0..<15 {
      let text = RandomSchedule(&random, zone: name).text
      let schedule = try #require(try RateSchedule.parse(text, file: "random").first)
      var clock = PeriodClock()
      // Days around each change of clocks of a year, and others.
      let year = Int.random(in: 2010...2030, using: &random)
      let newYear = try #require(ServiceDate(year: year, month: 1, day: 1))
      let dates = (0..<365).map { newYear.adding(days: $0) }.filter {
        zone.day($0).minutes != 1440 || Int.random(in: 0..<40, using: &random) == 0
      }
      for date in dates {
        let day = zone.day(date)
        if day.minutes != 1440 { odd += 1 }
        let values = (0..<day.minutes / 30).map { _ in Int32.random(in: 0...2000, using: &random) }
        var expected = Array(repeating: Int64(0), count: schedule.periods.count)
        for (index, value) in values.enumerated() {
          let moment = Date(timeIntervalSince1970: Double(day.start + Int64(index) * 1800))
          let wall = calendar.dateComponents([.hour, .minute], from: moment)
          let minute = (wall.hour ?? 0) * 60 + (wall.minute ?? 0)
          expected[schedule.period(on: date, minute: minute)] += Int64(value)
        }
        let read = DayRead(
          date: date, channel: .delivered, intervalMinutes: 30, values: values[...],
          quality: .actual, position: 1, source: .recorded)
        let sums = try clock.usage(
          schedule, delivered: [read], in: BillingPeriod(start: date, end: date.adding(days: 1)),
          zone: zone)
        #expect(sums.map(\.wattHours) == expected, "\(date)")
      }
    }
    #expect(odd > 0 || name == "Asia/Ho_Chi_Minh")
  }
}
