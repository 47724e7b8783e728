/// Projects a home's energy to the end of its billing cycle from its own daily reads.
///
/// The method, in whole numbers throughout:
/// 1. the *level* is the mean of the daily means of the last 28, 14 and 5 days, single days held
///    within half and twice the median of the four weeks before them;
/// 2. a *season*, one smooth wave over the year, is fitted to every day known, so that the same
///    season a year ago counts as soon as the journal has it;
/// 3. three corrections are added to level x days left: part of the way to the season, part of the
///    season's slope from the last three weeks, part of the way to the cycle's own average so far;
/// 4. how large each part is, is learned from how this home's own earlier projections of as many
///    days came out, starting from what suits most homes;
/// 5. three percent are taken off, because an error is told relative to the outcome, and too much
///    costs more than too little;
/// 6. the range is where the middle eighty percent of this home's earlier outcomes lay, mixed with
///    a prior that matters while there are few.
///
/// No day on or after the as-of day is looked at.
struct UsageForecast: Sendable {
  /// Watt-hours of each day from the as-of day to the cycle's end; they sum to `total`.
  let days: [Int64]
  let total: Int64
  /// Range of the total.
  let low: Int64
  let high: Int64

  private static let outcomes: [Int64] = [
    600, 720, 800, 860, 910, 955, 1000, 1045, 1095, 1160, 1250, 1390, 1700,
  ]
  private static let copiesOfPrior = 3
  private static let recentOutcomes = 400
  private static let shading: Int64 = 970

  /// - Parameters:
  ///   - origin: days from 1970-01-01 to day 0.
  ///   - known: watt-hours of each day before the as-of day, nil where a day is missing.
  ///   - elapsed: days of the cycle before the as-of day.
  ///   - left: days of the cycle from the as-of day on.
  /// - Returns: nil without any known day.
  init?(origin: Int, known: [Int64?], elapsed: Int, left: Int) {
    let sums = SeasonSums(origin: origin, days: known)
    var learner = ForecastLearner()
    var steps: [Int: ForecastLearner.Step] = [:]
    var ratios: [Int64] = []
    var latest: ForecastLearner.Step?
    guard !known.isEmpty else { return nil }
    for day in 1...known.count {
      if let past = steps.removeValue(forKey: day - left) {
        let (energy, count) = sums.total(day - left, day)
        if count * 4 >= Int64(left) * 3 {
          let outcome = energy * Int64(left) / count
          let (all, allDays) = sums.total(0, day - left)
          learner.learn(past, outcome, scale: max(outcome, all * Int64(left) / (4 * allDays)) + 1)
          if past.projected > 0 { ratios.append(outcome * 1000 / past.projected) }
        }
      }
      latest = learner.step(sums, day, left: left, elapsed: elapsed)
      steps[day] = latest
    }
    guard let latest else { return nil }
    let total = latest.projected
    var pool = Array(ratios.suffix(Self.recentOutcomes))
    for _ in 0..<Self.copiesOfPrior { pool += Self.outcomes }
    pool.sort()
    self.total = total
    low = total * min(pool[(pool.count - 1) * 100 / 1000], 1000) / 1000
    high = total * max(pool[((pool.count - 1) * 900 + 999) / 1000], 1000) / 1000
    days = (0..<Int64(left)).map { total * ($0 + 1) / Int64(left) - total * $0 / Int64(left) }
  }

  /// What a missing day of the past probably was: the calm mean of the known days around it.
  static func estimate(missing day: Int, known: [Int64?], origin: Int) -> Int64 {
    let sums = SeasonSums(origin: origin, days: known)
    for reach in [7, 28, known.count] {
      let (energy, count) = sums.total(day - reach, min(day + reach + 1, known.count), calm: true)
      if count > 0 { return energy / count }
    }
    return 0
  }

  /// The corrections and what has been learned of each.
  private struct ForecastLearner {
    /// A projection with what each correction would have added, for learning from it later.
    struct Step {
      var projected: Int64
      var trail: [(difference: Int64, before: Int64)?]
    }

    private struct Weight {
      /// Thousandths of the correction to apply before anything is learned.
      let prior: Int64
      var products: Int64 = 0
      var squares: Int64 = 0
      var count: Int64 = 0

      /// The prior counts as this many projections.
      private static let priorCount: Int64 = 400

      mutating func learn(_ difference: Int64, _ error: Int64, scale: Int64) {
        let x = min(max(difference * 1024 / scale, -4096), 4096)
        let y = min(max(error * 1024 / scale, -4096), 4096)
        products += x * y
        squares += x * x
        count += 1
      }

      var value: Int64 {
        let raw = squares > 0 ? min(max(products * 1000 / squares, -4000), 4000) : prior
        let mixed = (count * raw + Self.priorCount * prior) / (count + Self.priorCount)
        return min(max(mixed, 0), 1000)
      }
    }

    /// What is added to the level, in this order.
    private enum Correction: Int, CaseIterable {
      case toSeason, seasonSlope, toOwnAverage

      var prior: Int64 {
        switch self {
        case .toSeason: 400
        case .seasonSlope, .toOwnAverage: 300
        }
      }
    }

    private var weights = Correction.allCases.map { Weight(prior: $0.prior) }

    func step(_ sums: SeasonSums, _ day: Int, left: Int, elapsed: Int) -> Step? {
      guard let level = sums.level(day) else { return nil }
      var projected = level * Int64(left)
      let season = sums.season(before: day)
      let expected = season?.expected(day, day + left)
      let (own, ownDays) = sums.total(day - elapsed, day)
      var trail: [(difference: Int64, before: Int64)?] = []
      for correction in Correction.allCases {
        let difference: Int64?
        switch correction {
        case .toSeason: difference = expected.map { $0 - projected }
        case .seasonSlope:
          difference = season.flatMap { season in
            expected.map { $0 - season.expected(day - 21, day) * Int64(left) / 21 }
          }
        case .toOwnAverage:
          difference = ownDays > 0 ? own * Int64(left) / ownDays - projected : nil
        }
        trail.append(difference.map { ($0, projected) })
        if let difference {
          projected = max(
            projected + weights[correction.rawValue].value * difference / 1000, 0)
        }
      }
      return Step(projected: projected * UsageForecast.shading / 1000, trail: trail)
    }

    mutating func learn(_ step: Step, _ outcome: Int64, scale: Int64) {
      for (index, tried) in step.trail.enumerated() {
        guard let tried else { continue }
        weights[index].learn(tried.difference, outcome - tried.before, scale: scale)
      }
    }
  }
}
