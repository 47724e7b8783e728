import Journal
import Quantities
import Tariff

/// A value that was estimated, or would be.
public struct Estimated: Sendable {
  public let account: String
  public let channel: Channel
  /// The day of the values, or of the index.
  public let date: ServiceDate
  public let method: ReadEstimated.Method
  public let reason: String
  /// The estimated part alone.
  public let energy: Energy
  /// How many intervals of the day are estimated; nil of a register.
  public let intervals: Int?
  /// A register's index; nil of intervals.
  public let index: Energy?
  /// The days whose values it is made of.
  public let basis: [ServiceDate]
  /// Nil when nothing was recorded.
  public internal(set) var position: UInt64?
}

/// Days that stay missing, and why.
public struct Unestimated: Sendable {
  public let account: String
  public let period: BillingPeriod
  public let channel: Channel
  public let days: [ServiceDate]
  public let reason: String
}

public struct EstimationReport: Sendable {
  public internal(set) var estimates: [Estimated] = []
  public internal(set) var missing: [Unestimated] = []
}

/// What came of one account: its estimates' events first, in their order.
private struct AccountEstimates {
  var estimates: [Estimated] = []
  var events: [Event] = []
  var missing: [Unestimated]
}

extension Engine {
  private static let accountsPerChunk = 512

  /// Estimates what is missing of cycles that end on or before a date and are not billed: days
  /// without a read or with gaps, and indices at a cycle's end. What is measured is never touched.
  ///
  /// - Parameters:
  ///   - method: the only one to try; nil for the first that fits.
  ///   - isAgain: what is estimated is made again from all that is known now, in cycles that are
  ///     billed too; where it comes to something else, that takes its place.
  ///   - isDryRun: nothing is recorded.
  public func estimate(
    through: ServiceDate, account number: String? = nil, method: ReadEstimated.Method? = nil,
    isAgain: Bool = false, isDryRun: Bool = false, at: Instant,
    progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws -> EstimationReport {
    let reader = try writer.reader()
    let locations = Dictionary(grouping: try reader.locations { $0.kind == .reads }) {
      Int($0.header.partition)
    }
    var opener = BatchOpener(reader)
    var report = EstimationReport()
    var done = 0
    let parts = state.parts(of: number, upTo: Self.accountsPerChunk)
    let total = parts.reduce(0) { $0 + $1.indices.count }
    for (partition, indices) in parts {
      let made = try estimates(
        partition, indices, through: through, method.map { [$0] }, isAgain,
        locations[partition] ?? [], &opener)
      let positions = isDryRun ? [] : try commit(made.flatMap(\.events), at: at)
      var place = 0
      for account in made {
        for (offset, var estimated) in account.estimates.enumerated() {
          estimated.position = isDryRun ? nil : positions[place + offset]
          report.estimates.append(estimated)
        }
        report.missing += account.missing
        place += account.events.count
      }
      done += indices.count
      progress(done, total)
    }
    return report
  }

  /// What comes of some accounts. Nothing of it holds on to the partition, which a commit would have
  /// to copy then.
  private func estimates(
    _ partition: Int, _ indices: Range<Int>, through: ServiceDate,
    _ methods: [ReadEstimated.Method]?, _ isAgain: Bool,
    _ locations: [BatchLocation], _ opener: inout BatchOpener
  ) throws -> [AccountEstimates] {
    let state = state.partitions[partition]
    var due: [AccountEstimation] = []
    for index in indices {
      guard let agreement = state.agreements[index] else { continue }
      let billed = state.bills.standing(index)
      let estimated = isAgain ? state.usage.estimatedDates(index) : []
      let cycles = agreement.cycles(endingThrough: through).filter { cycle in
        !billed.contains { $0.period.intersection(cycle) != nil }
          || estimated.contains { cycle.start.day <= $0 && $0 <= cycle.end.day }
      }
      guard !cycles.isEmpty else { continue }
      due.append(
        AccountEstimation(
          index, agreement, cycles, state, self.state.system,
          methods ?? ReadEstimated.Method.ordered, isAgain: isAgain))
    }
    try estimate(&due, locations, &opener)
    return due.map { account in
      if let loss = self.state.loss(touching: account.agreement.account) {
        return AccountEstimates(missing: account.lost(LostHistory(loss)))
      }
      return AccountEstimates(
        estimates: account.estimates, events: account.events, missing: account.missing)
    }
  }

  /// Looks for what is missing, and only of accounts where something is, at their history.
  private func estimate(
    _ due: inout [AccountEstimation], _ locations: [BatchLocation], _ opener: inout BatchOpener
  ) throws {
    guard let first = due.first, let last = due.last else { return }
    func reads(_ dates: Range<Int32>, _ only: Set<ReadDay>?) throws -> DayReads {
      try DayReads(
        first.index...last.index, dates: dates, slots: first.state.slots,
        usage: first.state.usage, locations: locations, only: only, opener: &opener)
    }
    let cycles = due.flatMap(\.cycles)
    let start = cycles.reduce(Int32.max) { min($0, $1.start.day) }
    let end = cycles.reduce(Int32.min) { max($0, $1.end.day) }
    let held = try reads(start - 31..<end, nil)
    var days: Set<ReadDay> = []
    for place in due.indices {
      due[place].look(for: held)
      guard let span = due[place].daysNeeded else { continue }
      for date in span { days.insert(ReadDay(index: due[place].index, date: date)) }
    }
    if !days.isEmpty {
      let history = try reads(start - Int32(EstimationRule.reach)..<end + 32, days)
      for place in due.indices { due[place].estimateDays(history) }
    }
    for place in due.indices { due[place].estimateIndices() }
  }
}
