import Billing
import Journal
import Quantities
import Tariff

/// One projection of one cycle, held against what the bill came to.
struct ProjectionOutcome {
  let home: String
  /// Days of the cycle that were known.
  let day: Int
  /// Days between the home's first read and the as-of day.
  let history: Int
  /// Errors of the total relative to the bill, signed.
  let error: Double
  let naiveError: Double
  /// The same for the cycle's energy.
  let usageError: Double
  let naiveUsageError: Double
  /// Whether the bill lay in the range.
  let isCovered: Bool
}

/// Projects every whole cycle of a home as of some of its days.
struct ProjectionTrial {
  static let readDays = [1, 5, 9, 13, 17, 21, 25]
  static let days = [5, 10, 20]
  /// Cycles of an empty home are left out: an error relative to next to nothing says nothing.
  private static let leastUsage = Energy(wattHours: 20_000)

  let home: Home
  let readDays: [Int]
  let folder: TemporaryFolder

  func outcomes() throws -> [ProjectionOutcome] {
    let name = "journal-\(home.name)"
    defer { folder.remove(name) }
    let books = try home.books(at: folder.file(name), readDays: readDays)
    let end = home.last.adding(days: 1)
    let report = try books.open(threads: 1).bill(
      through: end, dated: end, isDryRun: true, at: Instant(seconds: 1_600_000_000))
    let reader = try books.reader()
    var views: [String: AccountView] = [:]
    var outcomes: [ProjectionOutcome] = []
    for bill in report.bills {
      let cycle = bill.draft.segments[0].cycle
      // The opening cycle may be a short one.
      guard cycle.days == bill.draft.segments[0].scheduledDays else { continue }
      let usage = bill.draft.segments.reduce(Energy.zero) { $0 + $1.netUsage }
      guard usage >= Self.leastUsage else { continue }
      let view: AccountView
      if let known = views[bill.account] {
        view = known
      } else {
        guard let opened = try AccountView(reader, number: bill.account) else {
          throw BenchFailure("the journal lost account \(bill.account)")
        }
        view = opened
        views[bill.account] = view
      }
      let reads = try view.reads(in: cycle)
      for day in Self.days {
        let asOf = cycle.start.adding(days: day)
        let projected = try NextBill(view, asOf: asOf)
        guard let estimate = projected.estimate else {
          throw BenchFailure(
            "\(home.name), \(bill.account) as of \(asOf): \(projected.reason ?? "no total")")
        }
        let soFar = reads.filter { $0.date < asOf }.reduce(Energy.zero) { $0 + $1.energy }
        let naiveUsage = Energy(wattHours: soFar.wattHours * Int64(cycle.days) / Int64(day))
        let naive = try naiveTotal(of: naiveUsage, bill.draft.segments)
        let total = Double(bill.draft.priced.total.millionths)
        outcomes.append(
          ProjectionOutcome(
            home: home.name, day: day, history: home.first.days(to: asOf),
            error: Double(estimate.total.millionths) / total - 1,
            naiveError: Double(naive.millionths) / total - 1,
            usageError: Double(projected.usageProjected.wattHours) / Double(usage.wattHours) - 1,
            naiveUsageError: Double(naiveUsage.wattHours) / Double(usage.wattHours) - 1,
            isCovered: estimate.low <= bill.draft.priced.total
              && bill.draft.priced.total <= estimate.high))
      }
    }
    return outcomes
  }

  /// The naive projection's price: the same calculator, the energy spread evenly over the days.
  private func naiveTotal(of usage: Energy, _ segments: [BillSegment]) throws -> Money {
    var (days, done) = (0, Int64(0))
    let spread = segments.map { segment in
      var segment = segment
      days += segment.period.days
      let reached = usage.wattHours * Int64(days) / Int64(segment.cycle.days)
      segment.usage = [Energy(wattHours: reached - done)]
      done = reached
      return segment
    }
    return try price(spread).total
  }

  /// Fails unless projections are the same from a journal that ends at the as-of day.
  func checkNoLookAhead(samples: Int) throws {
    let name = "journal-\(home.name)"
    defer { folder.remove(name) }
    let whole = try home.books(at: folder.file(name), readDays: readDays).reader()
    for sample in 0..<samples {
      let number = home.number(readDays[sample % readDays.count])
      let reach = home.first.days(to: home.last)
      let asOf = home.first.adding(days: reach * (sample + 1) / (samples + 1))
      let cutName = "journal-\(home.name)-cut"
      defer { folder.remove(cutName) }
      let cut = try home.books(at: folder.file(cutName), readDays: readDays, before: asOf).reader()
      let totals = try [whole, cut].map { reader -> [Money] in
        guard let view = try AccountView(reader, number: number),
          let estimate = try NextBill(view, asOf: asOf).estimate
        else { throw BenchFailure("\(home.name), \(number) as of \(asOf): no projection") }
        return [estimate.total, estimate.low, estimate.high]
      }
      try require(
        totals[0] == totals[1],
        "\(home.name), \(number) as of \(asOf): a read on or after that day was used")
    }
  }
}
