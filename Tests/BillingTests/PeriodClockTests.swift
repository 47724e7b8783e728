import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// Days of reads added up by time-of-use period, by a clock that is asked again and again.
struct PeriodClockTests {
  private let zone = try! zoneTable("America/Los_Angeles")

  private func schedule(_ random: inout SeededRandom) throws -> RateSchedule {
    let text = RandomSchedule(&random).text
    return try #require(try RateSchedule.parse(text, file: "random").first)
  }

  private func read(
    _ date: ServiceDate, _ minutes: Int, _ value: (Int) -> Int32, extra: Int = 0
  ) -> DayRead {
    let count = zone.day(date).minutes / minutes + extra
    return DayRead(
      date: date, channel: .delivered, intervalMinutes: minutes,
      values: (0..<count).map(value)[...],
      quality: .actual, position: 1, source: .recorded)
  }

  /// Interval by interval, by what the clock on the wall shows.
  private func sums(
    _ schedule: RateSchedule, _ delivered: [DayRead], _ received: [DayRead] = [],
    in period: BillingPeriod
  ) -> [Energy] {
    var sums = Array(repeating: Energy.zero, count: schedule.periods.count)
    for (reads, sign) in [(delivered, 1), (received, -1)] {
      for read in reads where period.contains(read.date) {
        for (index, value) in read.values.enumerated() where value != MeterRows.gap {
          let moment = zone.day(read.date).start + Int64(index * read.intervalMinutes * 60)
          let second = Int((moment + Int64(zone.offset(at: moment))) % 86_400)
          let period = schedule.period(on: read.date, minute: second / 60)
          sums[period] += Energy(wattHours: Int64(value)) * sign
        }
      }
    }
    return sums
  }

  @Test(arguments: [31, 32] as [UInt64])
  func `long runs of days, gaps, enormous values and days of 23 and 25 hours are summed exactly`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed, "sums of long runs")
    let newYear = try day("2015-01-01")
    for _ in 0..<6 {
      let schedule = try schedule(&random)
      var clock = PeriodClock()
      for _ in 0..<12 {
        let minutes = random.pick([5, 15, 30, schedule.coarsestIntervalMinutes])
        // One day in so many has a value that is missing, or as great as 32 bits can hold.
        let rarity = random.pick([20, 200, 4000, 1_000_000])
        func value(_: Int) -> Int32 {
          let common = Int32.random(in: 0...3_000_000, using: &random)
          guard Int.random(in: 0..<rarity, using: &random) == 0 else { return common }
          return random.pick([MeterRows.gap, .max, 1 << 26, 1 << 26 - 1])
        }
        let start = newYear.adding(days: .random(in: 0..<300, using: &random))
        let days = Int.random(in: 1...200, using: &random)
        let dates = (0..<days).map { start.adding(days: $0) }
          .filter { _ in Int.random(in: 0..<30, using: &random) > 0 }
        let delivered = dates.map { read($0, minutes, value) }
        let received = Bool.random(using: &random) ? [] : dates.map { read($0, minutes, value) }
        let period = BillingPeriod(
          start: start.adding(days: .random(in: -3...3, using: &random)),
          end: start.adding(days: .random(in: 3...203, using: &random)))
        #expect(
          try clock.usage(
            schedule, delivered: delivered, received: received, in: period, zone: zone)
            == sums(schedule, delivered, received, in: period), "\(period) of \(minutes) minutes")
      }
    }
  }

  @Test(arguments: [0, 1_000_000])
  func `a year of values as great as 32 bits can hold loses nothing`(less: Int32) throws {
    var random = SeededRandom(33, "greatest values")
    let year = try period("2015-01-01", "2016-01-01")
    let reads = year.dates.map { read($0, 30, { _ in .max - less }) }
    for _ in 0..<4 {
      let schedule = try schedule(&random)
      var clock = PeriodClock()
      for _ in 0..<2 {
        #expect(
          try clock.usage(schedule, delivered: reads, in: year, zone: zone)
            == sums(schedule, reads, in: year))
      }
    }
  }

  @Test
  func `what cannot be billed of one account leaves nothing to the next`() throws {
    var random = SeededRandom(34, "refused reads")
    let month = try period("2015-07-01", "2015-08-01")
    let good = month.dates.map { read($0, 30, { _ in 250 }) }
    func last(_ read: DayRead) -> [DayRead] { good.dropLast() + [read] }
    let end = month.end.adding(days: -1)
    let short = last(read(end, 30, { _ in 1000 }, extra: -1))
    let coarse = last(read(end, 7, { _ in 1000 }))
    let gap = last(read(end, 30, { $0 == 40 ? MeterRows.gap : 1000 }))
    let enormous = last(read(end, 30, { _ in .max }))
    for _ in 0..<8 {
      let schedule = try schedule(&random)
      var clock = PeriodClock()
      func usage(_ reads: [DayRead]) throws -> [Energy] {
        try clock.usage(schedule, delivered: reads, in: month, zone: zone)
      }
      for (other, isRefused) in [
        (good, false), (short, true), (coarse, true), (gap, false), (enormous, false),
      ] {
        #expect(((try? usage(other)) == nil) == isRefused)
        #expect(try usage(good) == sums(schedule, good, in: month))
      }
    }
  }
}
