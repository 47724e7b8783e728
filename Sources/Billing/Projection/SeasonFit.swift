/// Sums over a home's known days, from which a season is fitted for any day of the past at once.
struct SeasonSums: Sendable {
  /// Prefix sums: known days, u, v, uu, uv, vv, watt-hours, watt-hours x u, watt-hours x v, and
  /// watt-hours held in by their neighbours ("calm").
  private var sums: [[Int64]]
  /// Days from 1970-01-01 to day 0.
  private let origin: Int

  /// Weight of "no season" in the fit: ten days at full swing.
  private static let ridge: Int64 = 100_000
  private static let fewestDays: Int64 = 30

  /// - Parameter days: watt-hours of each local day from `origin` on, nil where a day is missing.
  init(origin: Int, days: [Int64?]) {
    self.origin = origin
    sums = Array(repeating: [0], count: 10)
    for row in sums.indices { sums[row].reserveCapacity(days.count + 1) }
    for (index, day) in days.enumerated() {
      var terms = [Int64](repeating: 0, count: 10)
      if let day {
        let (u, v) = SeasonSums.wave(origin + index)
        terms = [1, u, v, u * u, u * v, v * v, day, day * u, day * v, SeasonSums.calm(days, index)]
      }
      for row in sums.indices { sums[row].append((sums[row].last ?? 0) + terms[row]) }
    }
  }

  /// The year as a wave: u is 100 on 22 July and -100 on 21 January, v is 50 at both turns and -50
  /// between them. The fit finds the signs, so both hemispheres work.
  static func wave(_ day: Int) -> (u: Int64, v: Int64) {
    let quarter = ((4 * (day - 202)) % 1461 + 1461) % 1461
    let r = 365 - min(quarter, 1461 - quarter)
    let u = r * (730 - abs(r)) * 100 / 133_225
    return (Int64(u), Int64(u * u / 100 - 50))
  }

  /// A day held within half and twice the median of the known days among the 28 before it.
  private static func calm(_ days: [Int64?], _ index: Int) -> Int64 {
    let before = days[max(0, index - 28)..<index].compactMap { $0 }.sorted()
    let day = days[index] ?? 0
    guard before.count >= 7 else { return day }
    let median = before[before.count / 2]
    return min(max(day, median / 2), median * 2)
  }

  /// Watt-hours (calm ones on request) and known days of days `low..<high`.
  func total(_ low: Int, _ high: Int, calm: Bool = false) -> (energy: Int64, days: Int64) {
    let (from, row) = (max(low, 0), calm ? 9 : 6)
    guard from < high else { return (0, 0) }
    return (sums[row][high] - sums[row][from], sums[0][high] - sums[0][from])
  }

  /// Watt-hours a day now: the mean of the calm means of the last 28, 14 and 5 days before `day`.
  func level(_ day: Int) -> Int64? {
    var means: [Int64] = []
    for window in [day, 28, 14, 5] {
      let (energy, count) = total(day - window, day, calm: true)
      if count == 0, means.isEmpty { return nil }
      means.append(count > 0 ? energy / count : means[means.count - 1])
    }
    return (means[1] + means[2] + means[3]) / 3
  }

  /// A season fitted (least squares with a ridge) to every known day before `day`; nil with fewer
  /// than thirty.
  func season(before day: Int) -> Season? {
    let at = sums.map { $0[day] }
    let (n, su, sv, sy) = (at[0], at[1], at[2], at[6])
    guard n >= Self.fewestDays else { return nil }
    let a = at[3] - su * su / n + Self.ridge
    let b = at[4] - su * sv / n
    let c = at[5] - sv * sv / n + Self.ridge
    let p = at[7] - sy * su / n
    let q = at[8] - sy * sv / n
    let determinant = (a * c - b * b) / 1000
    return Season(
      n: n, u: su, v: sv, energy: sy,
      slopeU: Int64((Int128(p) * Int128(c) - Int128(q) * Int128(b)) / Int128(determinant)),
      slopeV: Int64((Int128(q) * Int128(a) - Int128(p) * Int128(b)) / Int128(determinant)),
      origin: origin)
  }

  struct Season {
    let n: Int64
    let u: Int64
    let v: Int64
    let energy: Int64
    /// Thousandths of a watt-hour per unit of the wave.
    let slopeU: Int64
    let slopeV: Int64
    let origin: Int

    /// Watt-hours that the season makes expect over days `low..<high`.
    func expected(_ low: Int, _ high: Int) -> Int64 {
      let days = Int64(high - low)
      var (u, v): (Int64, Int64) = (0, 0)
      for day in low..<high {
        let wave = SeasonSums.wave(origin + day)
        u += wave.u
        v += wave.v
      }
      let mean = energy * days / n
      let swing = slopeU * (u * n - self.u * days) + slopeV * (v * n - self.v * days)
      return min(max(mean + swing / (1000 * n), mean / 5), mean * 5)
    }
  }
}
