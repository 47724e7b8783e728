import Quantities
import TestSupport
import Testing

@testable import Tariff

/// The package's schedules, or two versions of a random one.
func randomBook(_ random: inout SeededRandom) throws -> RateBook {
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
func randomBill(
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

/// A random cycle on a plan of the extras, with any terms.
func randomExtras(
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
