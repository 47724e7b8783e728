import Quantities
import Testing

@testable import Tariff

let extrasBook: RateBook = {
  var book = RateBook()
  do {
    for schedule in try BuiltinSchedules.sceExtras.schedules() { try book.add(schedule) }
  } catch {
    Issue.record("\(error)")
  }
  return book
}()

func extras(_ code: String, on date: String) throws -> RateSchedule {
  try #require(extrasBook.version(of: code, on: day(date)))
}

/// `description amount` of each line.
private func amounts(_ bill: PricedBill) -> [String] {
  bill.lines.map { "\($0.description) \($0.amount.text(in: bill.currency))" }
}

/// Thirty days of schedule D from a date, with 1,000 kWh unless said otherwise.
private func domestic(
  from date: String = "2015-03-02", _ kWh: String = "1000", discounts: Set<String> = [],
  city: String? = nil, _ replacements: KeyValuePairs<String, String> = [:]
) throws -> PricedBill {
  let schedule = try changed(extras("D", on: date), replacements)
  let terms = ServiceTerms(region: "10", city: city, discounts: discounts)
  return try price([segment(schedule, from: date, days: 30, [kWh], terms)])
}

@Test("CARE takes 30 percent off the rounded sum of energy and fixed charges, in one line")
func care() throws {
  let bill = try domestic(discounts: ["CARE"])
  #expect(
    amounts(bill) == [
      "Tier 1, winter 49.50", "Tier 2, winter 18.81", "Tier 3, winter 57.75",
      "Tier 4, winter 105.40", "Basic charge 0.93", "CARE discount -69.72",
      "State energy resources surcharge 0.29",
    ])
  #expect(bill.lines[5].table == "232.39 USD at -0.3" && bill.total == Money("162.96"))
  #expect(bill.lines[5].kind == .discount(name: "CARE") && bill.deferred == .zero)
}

@Test("FERA bills Tier 3 at Tier 2's price until September 2015, and the line says so")
func fera() throws {
  let bill = try domestic(discounts: ["FERA"])
  let line = bill.lines[2]
  #expect(line.description == "Tier 3, winter, at the price of Tier 2 (FERA)")
  #expect(line.kind == .energy(period: 0, tier: 2) && line.amount == Money("43.89"))
  let segment = try segment(
    extras("D", on: "2015-03-02"), from: "2015-03-02", days: 30, ["500"],
    ServiceTerms(region: "10", discounts: ["FERA"]))
  #expect(try tierBands(of: segment).map { $0.prices[0].text } == ["0.15", "0.19", "0.19", "0.31"])
  #expect(try nextKWhPrice(in: segment).map(\.text) == ["0.19"])
}

@Test("of discounts that exclude one another the first one of the document is taken off")
func excludedDiscounts() throws {
  let care = try domestic(discounts: ["CARE"])
  #expect(try amounts(domestic(discounts: ["FERA", "CARE"])) == amounts(care))
  let both = try domestic(discounts: ["CARE", "FERA"], ["    excludes: [FERA]\n": ""])
  #expect(both.total < care.total)
  // It holds both ways, and only what is left excludes others.
  let rates = "rates: [{ from: 2013-01-01, percent: 10 }]"
  let text = testDocument.replacing(
    "energy:\n",
    with: """
      discounts:
        - { name: A, \(rates) }
        - { name: B, \(rates), excludes: [A] }
        - { name: C, \(rates), excludes: [B] }
        - { name: D, \(rates) }
      energy:

      """)
  let schedule = try #require(try RateSchedule.parse(text, file: "t").first)
  #expect(schedule.compatible(["A", "B", "C", "D", "other"]) == ["A", "C", "D", "other"])
  #expect(schedule.compatible(["B", "C"]) == ["B"] && schedule.compatible(["C"]) == ["C"])
  #expect(schedule.exclude("A", "B") && !schedule.exclude("A", "C"))
}

@Test("a percent discount goes by segment: fixed charges go with the last one")
func discountBySegment() throws {
  let cycle = BillingPeriod(start: try day("2015-09-16"), end: try day("2015-10-16"))
  let terms = ServiceTerms(region: "10", discounts: ["FERA"])
  let bill = try price([
    segment(
      extras("D", on: "2015-09-16"), from: "2015-09-16", days: 15, ["400"], terms, cycle: cycle),
    segment(
      extras("D", on: "2015-10-01"), from: "2015-10-01", days: 15, ["100"], terms, cycle: cycle),
  ])
  #expect(
    amounts(bill) == [
      "Tier 1, summer 34.88", "Tier 2, summer 13.25",
      "Tier 3, summer, at the price of Tier 2 (FERA) 18.57", "Tier 1, winter 15.00",
      "Basic charge 0.93", "FERA discount -1.91", "State energy resources surcharge 0.15",
      "California climate credit -29.00",
    ])
}

@Test("the next kilowatt-hour is as much cheaper as the percent discounts in force")
func nextWithDiscount() throws {
  func next(_ discounts: Set<String>) throws -> [String] {
    let terms = ServiceTerms(region: "10", discounts: discounts)
    let schedule = try changed(
      extras("TOU-D-A", on: "2015-11-01"), ["    excludes: [FERA]\n": ""])
    return try nextKWhPrice(
      in: segment(schedule, from: "2015-11-01", days: 30, ["0", "0", "0"], terms)
    ).map(\.text)
  }
  #expect(try next([]) == ["0.26", "0.16", "0.01"])
  #expect(try next(["CARE"]) == ["0.182", "0.112", "0.007"])
  #expect(try next(["CARE", "FERA", "Somebody's"]) == ["0.1508", "0.0928", "0.0058"])
}

@Test("a credit is the household's whose cycle holds its date, and may leave a negative total")
func climateCredit() throws {
  let bill = try domestic(from: "2015-04-01", "100")
  #expect(bill.lines.last?.kind == .credit(name: "California climate credit"))
  #expect(bill.lines.last?.table == "1 household at -29" && bill.total == Money("-13.04"))
  func credit(_ from: String) throws -> String? {
    try domestic(from: from, "100").lines.first { $0.unit == "household" }?.price.text
  }
  // The last day of one cycle is not the first of the next.
  #expect(try credit("2015-03-02") == nil && credit("2015-03-03") == "-29")
  #expect(try credit("2014-10-01") == "-40" && credit("2016-03-20") == "-38")
}

@Test("a surcharge goes by net energy, never below zero, at the rate of the cycle's first day")
func surcharge() throws {
  let change = "price: 0.00029 }\n      - { from: 2015-03-10, price: 0.001 }"
  func line(_ from: String, _ kWh: String, _ discounts: Set<String> = []) throws -> ChargeLine? {
    try domestic(
      from: from, kWh, discounts: discounts,
      ["price: 0.00029 }": change, "authority: State": "exempt: [FERA]\n    authority: State"]
    ).lines.first { $0.kind == .surcharge(name: "State energy resources surcharge") }
  }
  #expect(try line("2015-03-09", "1000")?.table == "1000 kWh at 0.00029")
  #expect(try line("2015-03-10", "1000")?.table == "1000 kWh at 0.001")
  #expect(try line("2015-03-09", "1000")?.authority == "State of California")
  #expect(try line("2015-03-09", "-5") == nil && line("2015-03-09", "0") == nil)
  #expect(try line("2015-03-09", "5", ["FERA"]) == nil)
}

@Test("a users tax goes by the account's city, before or after credits, and not below zero")
func usersTax() throws {
  func tax(
    _ from: String, _ kWh: String, _ city: String?, _ discounts: Set<String> = [],
    _ replacements: KeyValuePairs<String, String> = [:]
  ) throws -> String? {
    let line = try domestic(
      from: from, kWh, discounts: discounts, city: city, replacements
    ).lines.first { $0.kind == .tax(name: "Utility users tax") }
    return line.map { "\($0.authority ?? "") \($0.table) = \($0.amount.text(in: .usd))" }
  }
  // Not of the surcharge: 232.39 x 11 percent.
  #expect(try tax("2015-03-02", "1000", "Culver City") == "Culver City 232.39 USD at 0.11 = 25.56")
  #expect(try tax("2015-03-02", "1000", "Redondo Beach")?.hasSuffix("0.0475 = 11.04") == true)
  #expect(try tax("2015-03-02", "1000", nil) == nil)
  #expect(try tax("2015-03-02", "1000", "Irvine") == nil)
  #expect(try tax("2015-04-01", "100", "Culver City") == nil)
  let before: KeyValuePairs = ["base: after credits": "base: before credits"]
  #expect(
    try tax("2015-04-01", "100", "Culver City", [], before)
      == "Culver City 15.93 USD at 0.11 = 1.75")
  let exempt: KeyValuePairs = ["Culver City: 11": "Culver City: { percent: 11, exempt: [CARE] }"]
  #expect(try tax("2015-03-02", "1000", "Culver City", ["CARE"], exempt) == nil)
  #expect(try tax("2015-03-02", "1000", "Culver City", ["FERA"], exempt) != nil)
  #expect(try tax("2015-03-02", "1000", "Compton", ["CARE"], exempt) != nil)
  let all: KeyValuePairs = ["base: after credits": "base: after credits\n    exempt: [CARE]"]
  #expect(try tax("2015-03-02", "1000", "Compton", ["CARE"], all) == nil)
}

@Test("the minimum is made up after discounts, before surcharges, credits and taxes")
func minimumAfterDiscount() throws {
  let bill = try domestic(from: "2015-04-01", "0", discounts: ["CARE"], city: "Compton")
  #expect(
    amounts(bill) == [
      "Tier 1, winter 0.00", "Basic charge 0.93", "CARE discount -0.28", "Minimum charge 1.12",
      "California climate credit -29.00",
    ])
}

@Test("late charge, back-billing and tolerance are data of the schedule")
func rulesAsData() throws {
  let schedule = try extras("D", on: "2015-03-02")
  #expect(schedule.lateCharge == LateCharge(rate: 9000, exempt: ["CARE"]))
  #expect(schedule.backBilling == BackBilling(overchargeMonths: 36, underchargeMonths: 3))
  #expect(schedule.rebillTolerance == .zero)
  let tolerant = try changed(schedule, ["due-days: 19": "rebill-tolerance: 0.50\ndue-days: 19"])
  #expect(tolerant.rebillTolerance == Money("0.5"))
  let plain = try builtin("D", on: "2015-03-02")
  #expect(plain.lateCharge == nil && plain.backBilling == nil && plain.netMetering == nil)
}

@Test("TOU-EV-1 charges for its own meter by the month, and noon to nine is on-peak every day")
func vehicle() throws {
  let schedule = try extras("TOU-EV-1", on: "2015-06-01")
  let bill = try price([
    segment(schedule, from: "2015-06-01", days: 30, ["10", "100"], ServiceTerms())
  ])
  #expect(
    amounts(bill) == [
      "On-Peak, summer 3.30", "Off-Peak, summer 11.00", "Meter charge 2.76",
      "State energy resources surcharge 0.03",
    ])
  // 6 June 2015 is a Saturday.
  let minutes = [719, 720, 1259, 1260]
  #expect(
    try minutes.map { schedule.period(on: try day("2015-06-06"), minute: $0) } == [1, 0, 0, 1])
}

@Test("without extras in force a bill of the extras' plans is that of the plain ones")
func extrasArePlainPrices() throws {
  for code in builtinBook.codes where extrasBook.codes.contains(code) {
    for plain in builtinBook.versions(of: code) {
      let schedule = try #require(extrasBook.version(of: code, on: plain.effective))
      let usage = schedule.periods.indices.map { "\(300 + $0 * 77)" }
      func energy(_ schedule: RateSchedule) throws -> [String] {
        try price([segment(schedule, from: "\(plain.effective)", days: 30, usage)]).lines
          .filter { $0.authority == nil && $0.unit != "household" }.map {
            "\($0.description) \($0.table)"
          }
      }
      #expect(try energy(schedule) == energy(plain))
    }
  }
}

@Test("a set is introduced on a day: the versions in force begin with it, later ones follow")
func introduced() throws {
  var book = builtinBook
  let all = try BuiltinSchedules.sceExtras.schedules()
  for schedule in try all.introduced(on: day("2015-08-01")) { try book.add(schedule) }
  #expect(
    book.versions(of: "D").map { "\($0.effective)" }.suffix(3) == [
      "2015-03-02", "2015-08-01", "2015-10-01",
    ])
  #expect(book.version(of: "D", on: try day("2015-07-31"))?.discounts.isEmpty == true)
  #expect(book.version(of: "TOU-D-T", on: try day("2015-08-01"))?.discounts.count == 1)
  let late = try all.introduced(on: day("2020-01-01"))
  #expect(
    late.map(\.versionID)
      == ["D", "TOU-D-A", "TOU-D-B", "TOU-D-T", "TOU-EV-1"].map { "\($0) 2020-01-01" })
  let hours = try BuiltinSchedules.evn963.schedules().introduced(on: day("2026-01-01"))
  #expect(hours.map(\.versionID) == ["EVN-KD 2026-04-22", "EVN-SX 2026-04-22"])
  // A version that has ended by then is not carried on.
  let ended = builtinBook.versions(of: "EVN-KD").prefix(1).map { $0 }
  #expect(try ended.introduced(on: day("2026-01-01")).isEmpty)
}

extension ChargeLine {
  /// `quantity unit at price`.
  var table: String { "\(quantity.text) \(unit) at \(price.text)" }
}
