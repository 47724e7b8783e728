import Quantities

/// Each estimator makes the missing part of one day, or says why it cannot.
enum EstimatorAnswer {
  case estimate(DayEstimate)
  case not(String)
}

extension DayHistory {
  /// - Parameters:
  ///   - registers: spans between indices that were read, ascending.
  func estimate(
    _ date: Int32, by method: ReadEstimated.Method, registers: [RegisterSum], multiplier: Int64
  ) -> EstimatorAnswer {
    switch method {
    case .interpolated: interpolate(date)
    case .sameDayType: averageSameType(date)
    case .yearAgo: scaleYearAgo(date)
    case .registerDifference: shareRegister(date, registers, multiplier)
    case .previousPeriods, .unknown, .UNRECOGNIZED: .not("it is for registers")
    }
  }

  private static let tooMuch = "it would come to more than a meter measures"

  private func estimate(
    _ date: Int32, _ method: ReadEstimated.Method, _ cells: [Int32], _ parts: [Int64],
    _ days: [Int32], _ reason: String
  ) -> EstimatorAnswer {
    let gaps = cells.indices.filter { cells[$0] == MeterRows.gap }
    var values = cells.map(Int64.init)
    for (gap, part) in zip(gaps, parts) { values[gap] = part }
    guard parts.allSatisfy({ (0...Int64(Int32.max)).contains($0) }) else {
      return .not(Self.tooMuch)
    }
    return .estimate(
      DayEstimate(
        method: method, values: values, intervals: gaps, days: days.sorted(), reason: reason))
  }

  /// A line between the values beside each gap, where none is longer than two hours.
  private func interpolate(_ date: Int32) -> EstimatorAnswer {
    // With the days beside it, because a gap may run over midnight.
    var line: [Int32] = []
    var own = 0..<0
    guard let day = cells(date), measured[date] != nil else { return .not("the day has no read") }
    for beside in [date - 1, date, date + 1] {
      guard let cells = cells(beside), cells.minutes == day.minutes else {
        return .not("the days beside it are measured otherwise")
      }
      if beside == date { own = line.count..<line.count + cells.values.count }
      line += cells.values
    }
    let most = EstimationRule.interpolatedMinutes / day.minutes
    var parts: [Int64] = []
    var place = 0
    while place < line.count {
      guard line[place] == MeterRows.gap else {
        place += 1
        continue
      }
      let start = place
      while place < line.count, line[place] == MeterRows.gap { place += 1 }
      let gap = start..<place
      guard gap.overlaps(own) else { continue }
      guard gap.count <= most else { return .not("a gap is longer than two hours") }
      guard start > 0, place < line.count else { return .not("a gap has no value beside it") }
      let drawn = interpolated(Int64(line[start - 1]), Int64(line[place]), gap.count)
      parts += zip(gap, drawn).filter { own.contains($0.0) }.map(\.1)
    }
    return estimate(
      date, .interpolated, day.values, parts, [date],
      "gaps of up to two hours between measured values")
  }

  private func averageSameType(_ date: Int32) -> EstimatorAnswer {
    guard let day = cells(date) else { return .not("the day has no length") }
    let days = sameType(date, minutes: day.minutes)
    guard days.count >= EstimationRule.sameTypeDays.lowerBound else {
      return .not(
        "\(days.count) measured days of the same type in the four weeks before it, 3 needed")
    }
    let sums = sums(days, on: date, minutes: day.minutes, count: day.values.count)
    let missing = zip(day.values, sums).filter { $0.0 == MeterRows.gap }.map(\.1)
    let total = rounded(missing.reduce(Int128(0)) { $0 + Int128($1) }, by: Int128(days.count))
    return estimate(
      date, .sameDayType, day.values, apportion(Int64(total), by: missing), days.map(\.date.day),
      "the mean of the last \(days.count) days of the same type")
  }

  private func scaleYearAgo(_ date: Int32) -> EstimatorAnswer {
    guard let day = cells(date) else { return .not("the day has no length") }
    let year = Int32(EstimationRule.yearDays)
    // The same weekday of the same week, or of the weeks beside it.
    guard
      let before = [date - year, date - year - 7, date - year + 7].compactMap({ regular($0) })
        .first(where: { $0.intervalMinutes == day.minutes })
    else { return .not("no measured day of the same weeks a year ago") }
    var (now, then, pairs) = (Int128(0), Int128(0), 0)
    for back in 1...Int32(EstimationRule.comparedDays) {
      guard let one = regular(date - back), let other = regular(date - back - year) else {
        continue
      }
      now += Int128(one.energy.wattHours)
      then += Int128(other.energy.wattHours)
      pairs += 1
    }
    guard pairs >= EstimationRule.comparedAtLeast, then > 0 else {
      return .not("\(pairs) days of the last four weeks to compare with a year ago, 14 needed")
    }
    let sums = sums([before], on: date, minutes: day.minutes, count: day.values.count)
    let missing = zip(day.values, sums).filter { $0.0 == MeterRows.gap }.map(\.1)
    let scaled = rounded(missing.reduce(Int128(0)) { $0 + Int128($1) } * now, by: then)
    guard let total = Int64(exactly: scaled) else { return .not(Self.tooMuch) }
    return estimate(
      date, .yearAgo, day.values, apportion(total, by: missing), [before.date.day],
      "\(before.date) times \(now) by \(then), what \(pairs) days used now and a year ago")
  }

  /// What a register counted over all missing days between two of its indices, shared among them
  /// as such days are used as a rule: no watt-hour more or less.
  private func shareRegister(
    _ date: Int32, _ registers: [RegisterSum], _ multiplier: Int64
  ) -> EstimatorAnswer {
    guard let span = registers.first(where: { $0.from <= date && date < $0.to }) else {
      return .not("no two indices with the day between them")
    }
    guard span.counted <= Int64.max / max(1, multiplier) / 2, span.to - span.from <= 400 else {
      return .not("the indices lie too far apart")
    }
    var left = span.counted * multiplier
    var weights: [[Int64]] = []
    var missing: [Int32] = []
    var basis: Set<Int32> = [span.from, span.to]
    var isUsual = true
    for other in span.from..<span.to {
      guard let day = cells(other) else { return .not("the day has no length") }
      left -= day.values.reduce(Int64(0)) { $0 + Int64(max(0, $1)) }
      guard day.values.contains(MeterRows.gap) else { continue }
      let days = sameType(other, minutes: day.minutes)
      if days.isEmpty { isUsual = false } else { basis.formUnion(days.map(\.date.day)) }
      let sums = sums(days, on: other, minutes: day.minutes, count: day.values.count)
      missing.append(other)
      // Twelve divides by 1 to 4: means of more and of fewer days weigh alike.
      weights.append(
        zip(day.values, sums).filter { $0.0 == MeterRows.gap }
          .map { $0.1 * 12 / Int64(max(1, days.count)) })
    }
    guard left >= 0 else {
      return .not("the register counted less than the intervals that were measured")
    }
    if !isUsual {
      weights = weights.map { $0.map { _ in 1 } }
      basis = [span.from, span.to]
    }
    var parts = apportion(left, by: weights.flatMap(\.self))[...]
    for (other, own) in zip(missing, weights) {
      let mine = Array(parts.prefix(own.count))
      parts = parts.dropFirst(own.count)
      guard other == date, let day = cells(date) else { continue }
      return estimate(
        date, .registerDifference, day.values, mine, Array(basis),
        "the register counted \(Energy(wattHours: left).kWh) kWh on \(missing.count) missing "
          + "days, shared by the " + (isUsual ? "usual profile" : "hour"))
    }
    return .not("the day is not missing")
  }
}

/// Whole watt-hours on the line between two values, which sum to what the line does.
func interpolated(_ before: Int64, _ after: Int64, _ count: Int) -> [Int64] {
  let steps = Int64(count)
  let total = rounded(Int128(steps) * Int128(before + after), by: 2)
  return apportion(Int64(total), by: (1...steps).map { before * (steps + 1 - $0) + after * $0 })
}
