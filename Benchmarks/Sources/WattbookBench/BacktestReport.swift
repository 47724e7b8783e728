/// Medians and 90th percentiles of projections and naive ones, and how often the range held.
struct BacktestFigures {
  let count: Int
  let median: Double
  let tail: Double
  let naiveMedian: Double
  let naiveTail: Double
  let usageRatios: (median: Double, tail: Double)
  let coverage: Double

  var medianRatio: Double { median / naiveMedian }
  var tailRatio: Double { tail / naiveTail }

  init(_ outcomes: [ProjectionOutcome]) {
    func quantiles(_ error: (ProjectionOutcome) -> Double) -> (median: Double, tail: Double) {
      let errors = outcomes.map { abs(error($0)) * 100 }
      return (errors.quantile(0.5), errors.quantile(0.9))
    }
    count = outcomes.count
    (median, tail) = quantiles(\.error)
    (naiveMedian, naiveTail) = quantiles(\.naiveError)
    let usage = quantiles(\.usageError)
    let naiveUsage = quantiles(\.naiveUsageError)
    usageRatios = (usage.median / naiveUsage.median, usage.tail / naiveUsage.tail)
    coverage =
      Double(outcomes.count(where: \.isCovered)) * 100 / Double(max(outcomes.count, 1))
  }
}

/// The backtest's table and its verdicts.
struct BacktestReport {
  let outcomes: [ProjectionOutcome]

  private static let year = 365

  var text: String {
    var table = Table([
      "error of the total, percent", "day", "cycles", "median", "p90", "naive median", "naive p90",
      "ratio", "p90 ratio", "in range", "usage ratio", "usage p90",
    ])
    let homes = outcomes.map(\.home).reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    func add(_ name: String, _ chosen: [ProjectionOutcome]) {
      for day in ProjectionTrial.days {
        let figures = BacktestFigures(chosen.filter { $0.day == day })
        guard figures.count > 0 else { continue }
        table.add([
          name, "\(day)", "\(figures.count)", figures.median.text(decimals: 1),
          figures.tail.text(decimals: 1), figures.naiveMedian.text(decimals: 1),
          figures.naiveTail.text(decimals: 1), figures.medianRatio.text(decimals: 2),
          figures.tailRatio.text(decimals: 2), figures.coverage.text(decimals: 0),
          figures.usageRatios.median.text(decimals: 2), figures.usageRatios.tail.text(decimals: 2),
        ])
      }
    }
    for home in homes { add(home, outcomes.filter { $0.home == home }) }
    add("all \(homes.count) homes", outcomes)
    add(
      "all, 12 months of history and more", outcomes.filter { $0.history >= Self.year })
    return table.text
  }

  /// One line for each bar of the project.
  var verdicts: [String] {
    func figures(_ day: Int) -> BacktestFigures {
      BacktestFigures(outcomes.filter { $0.day == day })
    }
    let (ten, twenty) = (figures(10), figures(20))
    let all = BacktestFigures(outcomes)
    func ratio(_ name: String, _ value: Double, _ bar: Double) -> String {
      verdict(
        name, value.text(decimals: 3), bar: "<= \(bar.text(decimals: 2))", isMet: value <= bar)
    }
    func coverage(_ name: String, _ value: Double) -> String {
      verdict(
        name, "\(value.text(decimals: 1)) of 100", bar: "75 to 85", isMet: (75...85).contains(value)
      )
    }
    return [
      ratio("median at day 10 over naive", ten.medianRatio, 0.75),
      ratio("p90 at day 10 over naive", ten.tailRatio, 0.65),
      ratio("median at day 20 over naive", twenty.medianRatio, 1),
      ratio("p90 at day 20 over naive", twenty.tailRatio, 1),
      coverage("bills in the range, day 10", ten.coverage),
      coverage("bills in the range, all days", all.coverage),
    ]
  }
}
