import Quantities
import TestSupport
import Testing

@testable import Tariff

/// The package's schedules, or two versions of a random one.
private func randomBook(_ random: inout SeededRandom) throws -> RateBook {
  if Bool.random(using: &random) { return builtinBook }
  var book = RateBook()
  let currency = random.pick(["USD", "VND"])
  for effective in ["2014-01-01", "2015-03-\(Int.random(in: 10...31, using: &random))"] {
    let document = RandomSchedule(&random, effective: effective, currency: currency)
    for schedule in try RateSchedule.parse(document.text, file: "random") {
      try book.add(schedule)
    }
  }
  return book
}

/// A random cycle of one to 62 days on any plan of a book, cut where the book says.
private func randomBill(
  _ random: inout SeededRandom, usage: ClosedRange<Int64> = -200_000...900_000
) throws -> (segments: [BillSegment], bill: PricedBill) {
  let book = try randomBook(&random)
  let code = try #require(book.codes.randomElement(using: &random))
  let versions = book.versions(of: code)
  let version = try #require(versions.randomElement(using: &random))
  let start = version.effective.adding(days: Int.random(in: 0..<500, using: &random))
  let cycle = BillingPeriod(
    start: start, end: start.adding(days: Int.random(in: 1...62, using: &random)))
  let edges = [start] + book.boundaries(of: code, in: cycle) + [cycle.end]
  let terms = ServiceTerms(
    region: random.pick(RandomSchedule.regions), medical: .random(using: &random),
    multiFamily: .random(using: &random), householdQuarters: .random(in: 1...16, using: &random),
    voltage: random.pick([220, 6000, 22_000, 110_000]))
  let scheduledDays = Bool.random(using: &random) ? cycle.days : 30
  var segments: [BillSegment] = []
  for (from, to) in zip(edges, edges.dropFirst()) {
    guard let schedule = book.version(of: code, on: from) else { continue }
    segments.append(
      BillSegment(
        schedule: schedule, period: BillingPeriod(start: from, end: to), terms: terms,
        usage: schedule.periods.map { _ in
          Energy(wattHours: Int64.random(in: usage, using: &random))
        }, cycle: cycle, scheduledDays: scheduledDays))
  }
  return (segments, try price(segments))
}

@Test("lines sum to the total and are rounded to the minor unit")
func linesSum() throws {
  var random = SeededRandom(1)
  for _ in 0..<2000 {
    let (_, bill) = try randomBill(&random)
    let due = bill.lines.filter { !$0.isDeferred }.reduce(.zero) { $0 + $1.amount }
    #expect(due == bill.total && bill.subtotal + bill.tax == bill.total)
    for line in bill.lines {
      #expect(line.amount.millionths % bill.currency.minorUnitMillionths == 0)
      #expect(line.amount == line.exact.rounded(to: bill.currency))
      let product = Int128(line.quantity.value) * Int128(line.price.millionthsPerUnit)
      let scale = (0..<line.quantity.decimals).reduce(Int128(1)) { value, _ in value * 10 }
      #expect(product * 1000 == line.exact.billionths * scale)
    }
  }
}

@Test("energy lines hold the usage of every segment and period, no more and no less")
func energyIsConserved() throws {
  var random = SeededRandom(2)
  for _ in 0..<2000 {
    let (segments, bill) = try randomBill(&random)
    for (index, segment) in segments.enumerated() {
      var found = Array(repeating: Energy.zero, count: segment.usage.count)
      for line in bill.energyLines where line.segment == index {
        guard case .energy(let period, _) = line.kind else { continue }
        found[period] += Energy(wattHours: line.quantity.value)
      }
      #expect(found == segment.usage)
    }
  }
}

@Test("segments of a cycle cover each of its days once")
func segmentsCoverDays() throws {
  var random = SeededRandom(3)
  for _ in 0..<500 {
    let (segments, bill) = try randomBill(&random)
    let names = Set(bill.lines.filter { $0.kind == .daily }.map(\.description))
    for name in names where segments.allSatisfy({ $0.paysDaily(name) }) {
      let days = bill.lines.filter { $0.kind == .daily && $0.description == name }
        .map(\.quantity.value).reduce(0, +)
      #expect(days == Int64(segments.map(\.period.days).reduce(0, +)))
    }
    for segment in segments {
      let seasons = Set(segment.period.dates.map { segment.schedule.season(on: $0) })
      #expect(seasons.count == 1 || segment.schedule.seasonChange == .pooled)
    }
  }
}

@Test("a cycle is cut where, day by day, the version or the season is another")
func cutsDayByDay() throws {
  var random = SeededRandom(11)
  var found = 0
  for _ in 0..<300 {
    let book = try randomBook(&random)
    let code = random.pick(book.codes)
    let first = book.versions(of: code)[0].effective
    let start = first.adding(days: .random(in: -40...900, using: &random))
    let cycle = BillingPeriod(
      start: start, end: start.adding(days: .random(in: 1...500, using: &random)))
    var current = book.version(of: code, on: start)
    var cuts: [ServiceDate] = []
    for date in cycle.dates.dropFirst() {
      let version = book.version(of: code, on: date)
      let isAnother =
        version?.versionID != current?.versionID
        && (current == nil || version == nil || version?.priceChange == .segmented)
      let before = date.adding(days: -1)
      let isSeason =
        current.map {
          $0.seasonChange == .segmented && $0.season(on: before) != $0.season(on: date)
        }
        ?? false
      if isAnother || isSeason && version != nil { cuts.append(date) }
      if isAnother { current = version }
    }
    #expect(book.boundaries(of: code, in: cycle) == cuts)
    found += cuts.count
  }
  #expect(found > 250)
}

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
  fileprivate func paysDaily(_ name: String) -> Bool {
    schedule.dailyCharges.contains {
      $0.name == name && $0.price(isMultiFamily: terms.multiFamily).millionthsPerUnit != 0
    }
  }

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

@Test("random documents are read as they were written")
func randomDocuments() throws {
  var random = SeededRandom(10)
  for _ in 0..<300 {
    let text = RandomSchedule(&random).text
    let schedule = try #require(try RateSchedule.parse(text, file: "random").first)
    #expect(schedule.text == text)
    #expect(text.contains("periods:") == schedule.isTimeOfUse)
    #expect(text.contains("\ntiers:") == (schedule.tiers != nil))
    #expect(text.contains("\nbaseline:") == schedule.needsRegion)
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

@Test("a damaged document is read or refused, never a trap")
func damagedDocuments() {
  var random = SeededRandom(7)
  let documents = [builtinBook, extrasBook].flatMap { book in
    book.codes.compactMap { book.versions(of: $0).last?.text }
  }
  let terms = ServiceTerms(
    region: "10", voltage: 400, undeclaredTenants: true, city: "Compton", discounts: ["CARE"],
    netMetering: true)
  for round in 0..<600 {
    var lines = documents[round % documents.count].split(separator: "\n").map(String.init)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let (at, other) = (
        Int.random(in: 0..<lines.count, using: &random),
        Int.random(in: 0..<lines.count, using: &random)
      )
      switch Int.random(in: 0..<5, using: &random) {
      case 0: lines.remove(at: at)
      case 1: lines.swapAt(at, other)
      case 2: lines.insert(lines[other], at: at)
      case 3: lines[at] = lines[at].replacing(": ", with: ": [", maxReplacements: 1) + "]"
      default:
        var bytes = Array(lines[at].utf8)
        guard !bytes.isEmpty else { continue }
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0x20...0x7E, using: &random)
        lines[at] = String(decoding: bytes, as: UTF8.self)
      }
    }
    do {
      for schedule in try RateSchedule.parse(lines.joined(separator: "\n"), file: "damaged") {
        let usage = schedule.periods.map { _ in Energy(wattHours: 700_000) }
        let cycle = BillingPeriod(
          start: schedule.effective, end: schedule.effective.adding(days: 30))
        _ = try? price([
          BillSegment(
            schedule: schedule, period: cycle, terms: terms, usage: usage, cycle: cycle,
            scheduledDays: 30, reactive: Energy(wattHours: 500_000))
        ])
      }
    } catch {
      #expect(!error.errors.isEmpty)
    }
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

/// A random cycle on a plan of the extras, with any terms.
private func randomExtras(
  _ random: inout SeededRandom
) throws -> (segments: [BillSegment], carried: RelevantPeriod) {
  let code = try #require(extrasBook.codes.randomElement(using: &random))
  let first = try #require(extrasBook.versions(of: code).first).effective
  let start = first.adding(days: .random(in: 0..<400, using: &random))
  let cycle = BillingPeriod(
    start: start, end: start.adding(days: .random(in: 1...62, using: &random)))
  let terms = ServiceTerms(
    region: "10", city: ["Compton", "Irvine", nil].randomElement(using: &random)!,
    discounts: [[], ["CARE"], ["FERA"]].randomElement(using: &random)!,
    netMetering: .random(using: &random))
  let edges = [start] + extrasBook.boundaries(of: code, in: cycle) + [cycle.end]
  let segments = try zip(edges, edges.dropFirst()).map { from, to in
    let schedule = try #require(extrasBook.version(of: code, on: from))
    return BillSegment(
      schedule: schedule, period: BillingPeriod(start: from, end: to), terms: terms,
      usage: schedule.periods.map { _ in
        Energy(wattHours: Int64.random(in: -300_000...500_000, using: &random))
      }, cycle: cycle, scheduledDays: cycle.days)
  }
  let carried = RelevantPeriod(
    deferred: Money(millionths: .random(in: -20_000...20_000, using: &random) * 10_000),
    net: Energy(wattHours: .random(in: -900_000...900_000, using: &random)),
    endsHere: .random(using: &random))
  return (segments, carried)
}

@Test("lines due sum to the total and deferred ones beside it, each rounded once from its product")
func deferredLinesSum() throws {
  var random = SeededRandom(31)
  for _ in 0..<2000 {
    let (segments, carried) = try randomExtras(&random)
    let bill = try price(segments, carried: carried)
    func sum(_ isDeferred: Bool) -> Money {
      bill.lines.reduce(.zero) { $1.isDeferred == isDeferred ? $0 + $1.amount : $0 }
    }
    #expect(sum(false) == bill.total && sum(true) == bill.deferred)
    #expect(bill.subtotal + bill.tax == bill.total)
    for line in bill.lines {
      let product = Int128(line.quantity.value) * Int128(line.price.millionthsPerUnit)
      let scale = (0..<line.quantity.decimals).reduce(Int128(1)) { value, _ in value * 10 }
      #expect(product * 1000 == line.exact.billionths * scale)
      #expect(line.amount == line.exact.rounded(to: bill.currency))
    }
  }
}

@Test("a relevant period of many bills charges its energy once: what is deferred, or nothing")
func relevantPeriodSums() throws {
  var random = SeededRandom(32)
  for _ in 0..<200 {
    var carried = RelevantPeriod(deferred: .zero, net: .zero, endsHere: false)
    var (energy, trueUp, surplus) = (Money.zero, Money.zero, Money.zero)
    for month in 1...12 {
      carried.endsHere = month == 12
      let schedule = try extras("TOU-D-A", on: "2015-09-01")
      let usage = schedule.periods.map { _ in
        Energy(wattHours: Int64.random(in: -200_000...250_000, using: &random))
      }
      let start = try day("2014-12-01").dayOfMonth(1, addingMonths: month)
      let cycle = BillingPeriod(start: start, end: start.dayOfMonth(1, addingMonths: 1))
      let segment = BillSegment(
        schedule: schedule, period: cycle, terms: ServiceTerms(region: "10", netMetering: true),
        usage: usage, cycle: cycle, scheduledDays: cycle.days)
      let bill = try price([segment], carried: carried)
      for line in bill.lines {
        if line.isDeferred, line.kind != .trueUp { energy += line.amount }
        if line.kind == .trueUp, !line.isDeferred { trueUp += line.amount }
        if line.kind == .netSurplus { surplus += line.amount }
      }
      carried.deferred += bill.deferred
      carried.net += segment.netUsage
    }
    #expect(trueUp == max(energy, .zero) && carried.deferred == trueUp, "seed 32")
    let paid = ExactCharge(min(carried.net, .zero), at: Price(millionthsPerUnit: 40_000))
    #expect(surplus == paid.rounded(to: .usd), "seed 32")
  }
}
