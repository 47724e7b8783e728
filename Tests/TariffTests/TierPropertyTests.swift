import Quantities
import TestSupport
import Testing

@testable import Tariff

@Test("more use never lowers a tier's energy nor the charge for energy")
func moreIsNeverLess() throws {
  var random = SeededRandom(4)
  for _ in 0..<1000 {
    let limits = (0..<3).map { _ in Int128.random(in: 0...500_000, using: &random) }.sorted()
    let ladder = TierLadder(limits: limits)
    let usage = [Int128.random(in: -100_000...900_000, using: &random)]
    let more = [usage[0] + Int128.random(in: 0...300_000, using: &random)]
    for (less, more) in zip(ladder.steps(of: usage), ladder.steps(of: more)) {
      #expect(less <= more)
    }
  }
  for _ in 0..<1000 {
    let (segments, _) = try randomBill(&random)
    for next in try nextKWhPrice(in: segments[0]) where segments[0].schedule.baselineCredit == nil {
      #expect(next.millionthsPerUnit >= 0)
    }
  }
}

@Test("more use in any hours never lowers what energy costs")
func moreUseCostsMore() throws {
  var random = SeededRandom(8)
  var tiered = 0
  for _ in 0..<2000 {
    var (segments, bill) = try randomBill(&random)
    let at = Int.random(in: segments.indices, using: &random)
    let period = Int.random(in: segments[at].usage.indices, using: &random)
    segments[at].usage[period] += Energy(wattHours: .random(in: 0...400_000, using: &random))
    let more = try price(segments)
    // Shares of a tier are whole watt-hours: each period's may be one off.
    let dearest = (bill.energyLines + more.energyLines).map(\.price.millionthsPerUnit).max() ?? 0
    let limits = try segments[at].tierLimits().count
    let slack = segments[at].usage.count > 1 ? Int128(segments[at].usage.count * limits) : 0
    #expect(
      more.exact(more.energyLines).billionths + slack * Int128(dearest)
        >= bill.exact(bill.energyLines).billionths)
    if limits > 0 { tiered += 1 }
  }
  #expect(tiered > 1000)
}

extension BillSegment {
  /// What the segment's energy up to each tier's end comes to, and what earns the credit.
  fileprivate func reached() throws -> (tiers: [Int64], credited: Int64) {
    let bill = try price([self])
    var tiers = Array(repeating: Int64(0), count: schedule.tiers?.count ?? 1)
    for line in bill.energyLines {
      guard case .energy(_, let lineTier) = line.kind else { continue }
      for tier in lineTier..<tiers.count { tiers[tier] += line.quantity.value }
    }
    let credited = bill.lines.filter { $0.kind == .baselineCredit }.map(\.quantity.value)
    return (tiers, credited.reduce(0, +))
  }
}

@Test("what a cycle costs when it is cut at any day goes by its tiers' rule")
func splitting() throws {
  var random = SeededRandom(9)
  var seen = (none: 0, percent: 0, full: 0, byDays: 0)
  while min(seen.none, seen.percent, seen.full, seen.byDays) < 100 {
    var whole = try randomBill(&random, usage: 0...900_000).segments[0]
    guard whole.period.days > 1 else { continue }
    if Bool.random(using: &random) {
      // A whole scheduled month; nothing but the cut makes it an odd one.
      whole.cycle = whole.period
      whole.scheduledDays = whole.cycle.days
    }
    var parts = [whole, whole]
    let middle = whole.period.start.adding(
      days: .random(in: 1..<whole.period.days, using: &random))
    parts[0].period = BillingPeriod(start: whole.period.start, end: middle)
    parts[1].period = BillingPeriod(start: middle, end: whole.period.end)
    // A pooled season has the price of all; else both parts are of the whole's one season.
    for period in whole.usage.indices {
      let first = Int64.random(in: 0...whole.usage[period].wattHours, using: &random)
      parts[0].usage[period] = Energy(wattHours: first)
      parts[1].usage[period] -= Energy(wattHours: first)
    }
    #expect(try parts[0].allowance + parts[1].allowance == whole.allowance)
    let (uncut, cut) = (try whole.reached(), try parts.map { try $0.reached() })
    // Each part's credit stops at its own days' allowance.
    #expect(cut[0].credited + cut[1].credited <= uncut.credited + 1)
    let tiers = zip(cut[0].tiers, cut[1].tiers).map(+)
    let step = whole.schedule.splitRounding.step.wattHours
    switch whole.schedule.tiers?.limits {
    case nil:
      seen.none += 1
      let energy = try parts.map { try price([$0]).energyLines.map(\.exact) }
      #expect(
        energy.joined().reduce(.zero, +)
          == (try price([whole]).energyLines.map(\.exact))
          .reduce(.zero, +))
      #expect(tiers == uncut.tiers)
    case .percentOfBaseline:
      // Room in a low tier that one part does not need is no use to the other.
      seen.percent += 1
      for (parts, whole) in zip(tiers, uncut.tiers) { #expect(parts <= whole + 1) }
    case .fixedWidths(_, .full):
      seen.full += 1
      for (parts, whole) in zip(tiers, uncut.tiers) { #expect(parts >= whole) }
    case .fixedWidths(_, .byDays):
      seen.byDays += 1
      for (tier, (parts, whole)) in zip(tiers, uncut.tiers).enumerated() {
        #expect(parts <= whole + Int64(tier + 1) * (step + 1) * 3 / 2)
      }
    }
    #expect(tiers.last == uncut.tiers.last)
  }
}

@Test("a tier's energy over all periods is that of the total, and no period's share is negative")
func sharesAreWhole() throws {
  var random = SeededRandom(5)
  for _ in 0..<3000 {
    let limits = (0..<Int.random(in: 1...4, using: &random)).map { _ in
      Int128.random(in: 0...1000, using: &random)
    }.sorted()
    let usage = (0..<3).map { _ in Int128.random(in: -50...900, using: &random) }
    let ladder = TierLadder(limits: limits)
    let steps = ladder.steps(of: usage)
    let alone = ladder.steps(of: [usage.reduce(0, +)])
    #expect(alone.indices.map { steps[$0 * 3..<$0 * 3 + 3].reduce(0, +) } == alone)
    #expect(steps.dropFirst(3).allSatisfy { $0 >= 0 })
    #expect(
      (0..<3).map { period in
        stride(from: period, to: steps.count, by: 3).reduce(0) { $0 + steps[$1] }
      } == usage)
  }
}

@Test("a period alone climbs the tiers as it does on the ladder of many periods")
func aloneOnTheLadder() {
  var random = SeededRandom(11)
  for _ in 0..<3000 {
    let limits = (0..<Int.random(in: 1...4, using: &random)).map { _ in
      Int64.random(in: 0...1000, using: &random)
    }.sorted()
    let used = Int64.random(in: -300...1500, using: &random)
    var climb = TierClimb(used: used)
    let tiers = limits.map { climb.energy(upTo: $0) } + [climb.rest]
    #expect(tiers == TierLadder(limits: limits).steps(of: [used]), "\(used) on \(limits)")
  }
}

@Test("splitting by days conserves energy and never takes more than there is")
func splitConserves() {
  var random = SeededRandom(6)
  for _ in 0..<3000 {
    let energy = Energy(wattHours: .random(in: -5000...50_000, using: &random))
    let days = (0..<Int.random(in: 1...6, using: &random)).map { _ in
      Int.random(in: 1...31, using: &random)
    }
    for rounding in SplitRounding.allCases {
      let parts = rounding.split(energy, byDays: days)
      #expect(parts.reduce(.zero, +) == energy)
      #expect(parts.allSatisfy { energy < .zero ? $0 <= .zero : $0 >= .zero })
    }
  }
}
