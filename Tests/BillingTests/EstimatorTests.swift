import Quantities
import TestSupport
import Testing

@testable import Billing

/// Each estimator alone, with the numbers that its rule gives.
struct EstimatorTests {
  private let zone: ZoneTable

  init() throws { zone = try zoneTable("America/Los_Angeles") }

  /// Days of hourly values by date; nil is a gap, and a date that is not there has no read.
  private func history(_ days: [String: [Int32?]]) throws -> DayHistory {
    let reads = Dictionary(
      uniqueKeysWithValues: try days.map { date, values in
        let date = try day(date)
        let cells = values.map { $0 ?? MeterRows.gap }
        return (
          date.day,
          DayRead(
            date: date, channel: .delivered, intervalMinutes: 60, values: cells[...],
            quality: .actual, position: UInt64(date.day), source: .recorded)
        )
      })
    let dates = reads.keys.sorted()
    return DayHistory(
      dates[0] - 1..<dates[dates.count - 1] + 40, zone: zone, intervalMinutes: 60,
      isDayOff: { $0.weekday >= 6 }, everHeld: { reads[$0].map { [$0] } ?? [] })
  }

  private func flat(_ wattHours: Int32) -> [Int32?] { Array(repeating: wattHours, count: 24) }

  private func answer(
    _ history: DayHistory, _ date: String, _ method: ReadEstimated.Method,
    _ registers: [RegisterSum] = [], multiplier: Int64 = 1
  ) throws -> EstimatorAnswer {
    history.estimate(
      try day(date).day, by: method, registers: registers, multiplier: multiplier)
  }

  private func made(_ answer: EstimatorAnswer) throws -> DayEstimate {
    guard case .estimate(let made) = answer else {
      Issue.record("\(answer)")
      throw Died()
    }
    return made
  }

  private func refusal(_ answer: EstimatorAnswer) -> String {
    guard case .not(let reason) = answer else { return "" }
    return reason
  }

  @Test func `a line is drawn through a gap in whole watt-hours that sum to the line's`() {
    #expect(interpolated(100, 400, 2) == [200, 300])
    // 100 + 50/3, 100 + 100/3: 116.67 and 133.33 sum to 250.
    #expect(interpolated(100, 150, 2) == [117, 133])
    #expect(interpolated(0, 1, 1) == [1])
    #expect(interpolated(0, 0, 2) == [0, 0])
    #expect(interpolated(5, 5, 8) == Array(repeating: 5, count: 8))
  }

  @Test func `shares lose nothing whatever the weights are`() {
    var random = SeededRandom(20_261_122)
    for _ in 0..<500 {
      let weights = (0..<Int.random(in: 1...40, using: &random)).map { _ in
        Bool.random(using: &random) ? 0 : Int64.random(in: 0...1 << 40, using: &random)
      }
      let total = Int64.random(in: 0...1 << 50, using: &random)
      let parts = apportion(total, by: weights)
      #expect(parts.reduce(0, +) == total && parts.allSatisfy { $0 >= 0 })
      if weights.contains(where: { $0 > 0 }) {
        #expect(zip(parts, weights).allSatisfy { $0.1 > 0 || $0.0 == 0 })
      }
    }
    #expect(apportion(10, by: [1, 1, 1]) == [4, 3, 3])
    #expect(apportion(2, by: [0, 0, 0]) == [1, 1, 0])
  }

  @Test func `a gap of two hours is interpolated, one of three is not`() throws {
    var gappy = flat(100)
    (gappy[4], gappy[5], gappy[6]) = (nil, nil, 400)
    let known = try history([
      "2015-03-02": flat(100), "2015-03-03": gappy, "2015-03-04": flat(100),
    ])
    let estimate = try made(answer(known, "2015-03-03", .interpolated))
    #expect(estimate.intervals == [4, 5] && estimate.values[4] == 200 && estimate.values[5] == 300)
    let whole = estimate.values.reduce(0, +)
    #expect(whole == 3_000)
    let day3 = try day("2015-03-03")
    #expect(estimate.days == [day3.day])
    gappy[3] = nil
    let longer = try history([
      "2015-03-02": flat(100), "2015-03-03": gappy, "2015-03-04": flat(100),
    ])
    #expect(
      try refusal(answer(longer, "2015-03-03", .interpolated)) == "a gap is longer than two hours")
  }

  @Test func `a gap over midnight is one line, and each day takes its own part`() throws {
    var (first, second) = (flat(100), flat(400))
    first[23] = nil
    second[0] = nil
    let known = try history([
      "2015-03-02": flat(100), "2015-03-03": first, "2015-03-04": second, "2015-03-05": flat(1),
    ])
    #expect(try made(answer(known, "2015-03-03", .interpolated)).values[23] == 200)
    #expect(try made(answer(known, "2015-03-04", .interpolated)).values[0] == 300)
    second[1] = nil
    let longer = try history([
      "2015-03-02": flat(100), "2015-03-03": first, "2015-03-04": second, "2015-03-05": flat(1),
    ])
    #expect(try refusal(answer(longer, "2015-03-03", .interpolated)).contains("longer than two"))
  }

  @Test func `the mean of the last four days of the same type, measured hours kept`() throws {
    // Monday 2 to Sunday 15 March; weekdays 100 a day more each, weekends 900.
    var days: [String: [Int32?]] = [:]
    for number in 2...15 {
      let date = "2015-03-" + (number < 10 ? "0\(number)" : "\(number)")
      days[date] = flat(try day(date).weekday >= 6 ? 900 : Int32(number * 10))
    }
    let known = try history(days)
    // The last four weekdays before Monday 16 are 10 to 13 March: a mean of 115.
    let monday = try made(answer(known, "2015-03-16", .sameDayType))
    #expect(monday.values == Array(repeating: 115, count: 24) && monday.intervals.count == 24)
    #expect(try monday.days == ["10", "11", "12", "13"].map { try day("2015-03-\($0)").day })
    #expect(
      try made(answer(known, "2015-03-21", .sameDayType)).values.allSatisfy { $0 == 900 })
    days["2015-03-16"] = Array(repeating: 7, count: 20) + Array(repeating: nil, count: 4)
    let part = try made(answer(history(days), "2015-03-16", .sameDayType))
    let mixed = [Int64](repeating: 7, count: 20) + [Int64](repeating: 115, count: 4)
    #expect(part.values == mixed)
    #expect(part.intervals == [20, 21, 22, 23])
    let few = try history(["2015-03-12": flat(1), "2015-03-13": flat(1)])
    #expect(try refusal(answer(few, "2015-03-16", .sameDayType)).hasPrefix("2 measured days"))
  }

  @Test func `a mean whose hours do not come out even loses nothing of the day`() throws {
    var random = SeededRandom(41)
    for _ in 0..<50 {
      var days: [String: [Int32?]] = [:]
      for number in 10...13 {
        days["2015-03-\(number)"] = (0..<24).map { _ in Int32.random(in: 0...999, using: &random) }
      }
      let whole = days.values.joined().reduce(0) { $0 + Int64($1 ?? 0) }
      let made = try made(answer(history(days), "2015-03-16", .sameDayType))
      #expect(made.values.reduce(0, +) == rounded(Int128(whole), by: 4))
    }
  }

  @Test func `a day of 23 hours lacks the hour that the clock skipped, one of 25 has it twice`()
    throws
  {
    let rising = (0..<24).map { Int32?(Int32($0)) }
    // Sundays and Saturdays before 8 March and 1 November 2015.
    let spring = try history([
      "2015-02-22": rising, "2015-02-28": rising, "2015-03-01": rising, "2015-03-07": rising,
    ])
    let skipped = (0..<24).filter { $0 != 2 }.map { Int64($0) }
    #expect(try made(answer(spring, "2015-03-08", .sameDayType)).values == skipped)
    let autumn = try history([
      "2015-10-18": rising, "2015-10-24": rising, "2015-10-25": rising, "2015-10-31": rising,
    ])
    let repeated: [Int64] = [0, 1, 1] + (2..<24).map { Int64($0) }
    #expect(try made(answer(autumn, "2015-11-01", .sameDayType)).values == repeated)
  }

  @Test func `the same day of last year, times what is used now by what was used then`() throws {
    var days: [String: [Int32?]] = ["2014-03-17": flat(300)]
    for date in try period("2014-02-24", "2014-03-17").dates { days["\(date)"] = flat(200) }
    for date in try period("2015-02-23", "2015-03-16").dates { days["\(date)"] = flat(300) }
    // Monday 16 March 2015 is 364 days after Monday 17 March 2014: 300 times three by two.
    let made = try made(answer(history(days), "2015-03-16", .yearAgo))
    #expect(made.values == Array(repeating: 450, count: 24))
    let basis = try day("2014-03-17")
    #expect(made.days == [basis.day])
    days = days.filter { $0.key < "2015-03-05" || $0.key > "2015-03-15" }
    #expect(try refusal(answer(history(days), "2015-03-16", .yearAgo)).hasPrefix("10 days of"))
    days["2014-03-17"] = nil
    days["2014-03-10"] = nil
    #expect(try refusal(answer(history(days), "2015-03-16", .yearAgo)).hasPrefix("no measured"))
  }

  @Test func `a year ago times more than any meter counts is refused`() throws {
    var days: [String: [Int32?]] = ["2014-03-17": flat(.max), "2014-03-16": flat(1)]
    for date in try period("2014-02-24", "2014-03-16").dates { days["\(date)"] = flat(0) }
    for date in try period("2015-02-23", "2015-03-16").dates { days["\(date)"] = flat(.max) }
    #expect(
      try refusal(answer(history(days), "2015-03-16", .yearAgo))
        == "it would come to more than a meter measures")
  }

  @Test func `what the register counted is shared to the last watt-hour, by the usual profile`()
    throws
  {
    var random = SeededRandom(57)
    for round in 0..<40 {
      var days: [String: [Int32?]] = [:]
      var missing: [String] = []
      var measured: Int64 = 0
      for date in try period("2015-02-01", "2015-04-01").dates {
        let isInside = date >= (try day("2015-03-01"))
        if isInside, Int.random(in: 0..<4, using: &random) == 0 {
          missing.append("\(date)")
          guard Bool.random(using: &random) else { continue }
        }
        let hours = zone.day(date).minutes / 60
        days["\(date)"] = (0..<hours).map { hour in
          missing.last == "\(date)" && hour > 12 ? nil : Int32.random(in: 0...900, using: &random)
        }
        guard isInside else { continue }
        measured += days["\(date)"]!.reduce(0) { $0 + Int64($1 ?? 0) }
      }
      let multiplier = Int64.random(in: 1...20, using: &random)
      let counted = measured / multiplier + Int64.random(in: 1...400_000, using: &random)
      let span = RegisterSum(
        from: try day("2015-03-01").day, to: try day("2015-04-01").day, counted: counted)
      let known = try history(days)
      var shared: Int64 = 0
      for date in missing {
        let made = try made(
          answer(known, date, .registerDifference, [span], multiplier: multiplier))
        shared += made.intervals.reduce(0) { $0 + made.values[$1] }
        let before = Array(known.measured[try day(date).day]?.values ?? [])
        for (hour, value) in before.enumerated() where value != MeterRows.gap {
          #expect(made.values[hour] == Int64(value))
        }
      }
      #expect(missing.isEmpty || shared == counted * multiplier - measured, "round \(round)")
    }
  }

  @Test func `a register that counted less than was measured, or none, shares nothing`() throws {
    let known = try history(["2015-03-02": flat(1000), "2015-03-04": flat(1000)])
    let span = RegisterSum(
      from: try day("2015-03-02").day, to: try day("2015-03-05").day, counted: 47_999)
    #expect(
      try refusal(answer(known, "2015-03-03", .registerDifference, [span])).contains("less than"))
    let just = RegisterSum(
      from: try day("2015-03-02").day, to: try day("2015-03-05").day, counted: 48_024)
    // Without days of its type the hours are alike.
    let made = try made(answer(known, "2015-03-03", .registerDifference, [just]))
    #expect(made.values == Array(repeating: 1, count: 24))
    #expect(try refusal(answer(known, "2015-03-03", .registerDifference)).hasPrefix("no two"))
  }

  @Test func `an index nobody read is the mean daily use of three periods times the days`() throws {
    let books = try Books()
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    try books.ingest([
      index("V", "2024-01-01", "1000"), index("V", "2024-02-01", "1100"),
      index("V", "2024-03-01", "1201"), index("V", "2024-04-01", "1310"),
    ])
    // 310 kWh in 91 days, times 30: 102.197 kWh, 102 in the register's own resolution.
    let report = try books.estimate(through: "2024-05-01")
    let made = try #require(report.estimates.first)
    #expect(report.estimates.count == 1 && report.missing.isEmpty)
    #expect(made.method == .previousPeriods && made.index?.kWh == "1412")
    #expect(made.energy.kWh == "102" && made.date.description == "2024-05-01")
    #expect(made.reason == "310 kWh in 91 days of the three periods before, 30 days")
    #expect(
      made.basis.map(\.description) == ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"])
  }
}
