import Quantities
import TestSupport
import Testing

@testable import Tariff

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
