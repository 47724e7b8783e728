import Quantities
import Testing

@testable import Tariff

/// November on TOU-D-A: 500 kWh sent out on-peak, 200 taken in, 300 net out.
private func november(
  _ carried: RelevantPeriod?, usage: [String] = ["-500", "100", "100"],
  discounts: Set<String> = [], city: String? = nil, netMetering: Bool = true
) throws -> PricedBill {
  let terms = ServiceTerms(
    region: "10", city: city, discounts: discounts, netMetering: netMetering)
  return try price(
    [segment(extras("TOU-D-A", on: "2015-03-02"), from: "2015-11-01", days: 30, usage, terms)],
    carried: carried)
}

private func carried(
  _ deferred: String, _ net: String, endsHere: Bool = true
) throws -> RelevantPeriod {
  RelevantPeriod(
    deferred: try #require(Money(deferred)), net: try kWh(net), endsHere: endsHere)
}

private func lines(_ bill: PricedBill) -> [String] {
  bill.lines.map {
    "\($0.description) \($0.amount.text(in: bill.currency))\($0.isDeferred ? " deferred" : "")"
  }
}

@Test("net metering defers energy and baseline credit; what is no energy is due each month")
func deferredEnergy() throws {
  for carried in [nil, try carried("12", "34", endsHere: false)] {
    let bill = try november(carried)
    #expect(
      lines(bill) == [
        "On-Peak, winter -180.00 deferred", "Off-Peak, winter 26.00 deferred",
        "Super Off-Peak, winter 11.00 deferred", "Baseline credit, winter 30.00 deferred",
        "Basic charge 0.93", "Minimum charge 0.84",
      ])
    #expect(bill.deferred == Money("-113") && bill.total == Money("1.77"))
    #expect(bill.subtotal + bill.tax == bill.total)
  }
}

@Test("energy that is deferred counts for the minimum, a deferred credit does not")
func deferredMinimum() throws {
  let bill = try november(nil, usage: ["0", "0", "100"])
  // 11.00 less 10.00 of credit are deferred: with 0.93 that is more than 1.77. 0.03 are surcharge.
  #expect(bill.deferred == Money("1") && bill.total == Money("0.96"))
}

@Test("the last bill of the relevant period settles what was deferred, never below zero")
func trueUp() throws {
  let owed = try november(carried("200", "400"))
  #expect(lines(owed).suffix(1) == ["True-up of the relevant period 87.00"])
  #expect(owed.total == Money("88.77") && owed.deferred == Money("-113"))
  let even = try november(carried("100", "400"))
  #expect(
    lines(even).suffix(2) == [
      "Minimum charge 0.84",
      "Credits that expire with the relevant period 13.00 deferred",
    ])
  // Nothing stays deferred.
  #expect(even.total == Money("1.77") && even.deferred == Money("-100"))
}

@Test("net energy sent out over the relevant period is paid at the surplus price")
func netSurplus() throws {
  let bill = try november(carried("100", "50"))
  #expect(
    lines(bill).suffix(3) == [
      "Minimum charge 0.84",
      "Credits that expire with the relevant period 13.00 deferred",
      "Net surplus of the relevant period -10.00",
    ])
  #expect(bill.lines.last?.table == "250 kWh at -0.04" && bill.total == Money("-8.23"))
  #expect(try november(carried("120", "300")).lines.last?.kind == .trueUp)
}

@Test("a true-up of nothing is told only where nothing else says that the period is settled")
func trueUpOfNothing() throws {
  #expect(try lines(november(carried("113", "300"))).last == "True-up of the relevant period 0.00")
  let surplus = try lines(november(carried("113", "200"))).suffix(2)
  #expect(surplus == ["Minimum charge 0.84", "Net surplus of the relevant period -4.00"])
}

@Test("a users tax is due monthly on what is no energy, and on energy at the true-up")
func taxOfTrueUp() throws {
  func base(_ carried: RelevantPeriod?) throws -> String? {
    try november(carried, city: "Culver City").lines.first { $0.authority == "Culver City" }?.table
  }
  #expect(try base(nil) == "1.77 USD at 0.11")
  #expect(try base(carried("200", "400")) == "88.77 USD at 0.11")
  // What is paid for surplus is no charge for energy.
  #expect(try base(carried("100", "50")) == "1.77 USD at 0.11")
}

@Test("the part of a discount that is energy's is deferred with it")
func deferredDiscount() throws {
  let bill = try november(nil, discounts: ["CARE"])
  #expect(
    lines(bill).suffix(4) == [
      "Basic charge 0.93", "CARE discount -0.28", "CARE discount 33.90 deferred",
      "Minimum charge 1.12",
    ])
  #expect(bill.deferred == Money("-79.10"))
}

@Test("a surcharge goes by each cycle's net energy, which net metering does not defer")
func surchargeOfNetMetering() throws {
  #expect(
    lines(try november(nil, usage: ["100", "100", "100"])).last
      == "State energy resources surcharge 0.09")
}

@Test("terms without net metering, or a plan that knows none, defer nothing")
func notDeferred() throws {
  #expect(try november(nil, netMetering: false).deferred == .zero)
  let terms = ServiceTerms(region: "10", netMetering: true)
  let plain = try segment(
    builtin("TOU-D-A", on: "2015-11-01"), from: "2015-11-01", days: 30, ["-500", "1", "1"], terms)
  #expect(try price([plain]).deferred == .zero)
  // What was deferred before is settled all the same.
  let closing = try price([plain], carried: carried("500", "1000"))
  #expect(closing.lines.last?.kind == .trueUp && closing.lines.last?.amount == Money("500"))
}

@Test("what is carried beyond all measure is refused, not added")
func hugeCarried() throws {
  for period in [
    RelevantPeriod(deferred: Money(millionths: .max), net: .zero, endsHere: true),
    RelevantPeriod(deferred: .zero, net: Energy(wattHours: .min), endsHere: true),
  ] {
    #expect(throws: PricingError.outOfRange(version: "TOU-D-A 2015-03-02")) {
      try november(period)
    }
  }
}

@Test("net metering changes no price of the next kilowatt-hour")
func nextOfNetMetering() throws {
  func next(_ netMetering: Bool) throws -> [Price] {
    try nextKWhPrice(
      in: segment(
        extras("D", on: "2015-03-02"), from: "2015-03-02", days: 30, ["-20"],
        ServiceTerms(region: "10", netMetering: netMetering)))
  }
  #expect(try next(true) == next(false))
}
