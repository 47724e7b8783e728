import Testing

/// A small document with one of everything that can be wrong.
let testDocument = """
  schedule: TEST
  name: A test
  utility: Nobody
  currency: USD
  zone: America/Los_Angeles
  effective: 2015-03-02
  source: none
  due-days: 19
  register-meters: refused
  price-change: segmented
  split-rounding: Wh
  seasons:
    summer: { from: 06-01, to: 09-30 }
    winter: { from: 10-01, to: 05-31 }
  season-change: segmented
  holidays:
    sunday: monday
    days:
      New Year's Day: 01-01
  periods:
    day:
      windows:
        - { days: every day, from: "08:00", to: "22:00" }
    night: { hours: all other }
  tiers:
    - { name: one, to-percent: 100 }
    - { name: two, to-percent: 130 }
    - { name: three }
  baseline:
    medical: 16.5
    regions:
      "5": { summer: 13.5, winter: 15.3 }
      "6": { summer: 9.4, winter: 9.8 }
  energy:
    summer: { day: [0.1, 0.2, 0.3], night: [0.4, 0.5, 0.6] }
    winter: { day: [0.1, 0.2, 0.4], night: [0.4, 0.5, 0.6] }
  daily:
    - { name: Basic charge, amount: 0.53 }
  taxes:
    - name: VAT
      rates:
        - { from: 2015-01-01, percent: 10 }

  """

struct Mistake: Sendable, CustomTestStringConvertible {
  let old: String
  let new: String
  /// A text on the line that the error names; of the changed document.
  let place: String
  let reason: String

  init(_ old: String, _ new: String, at place: String, _ reason: String) {
    (self.old, self.new, self.place, self.reason) = (old, new, place, reason)
  }

  var testDescription: String { reason }
}

let mistakes: [Mistake] = [
  Mistake(
    "name: A test\n", "name: A test\nnmae: A test\n", at: "nmae",
    "the document has no key nmae"),
  Mistake(
    "due-days: 19\n", "", at: "schedule: TEST",
    "the document lacks due-days"),
  Mistake(
    "due-days: 19", "due-days: soon", at: "due-days",
    "due-days is soon, not a whole number from 0 to 365"),
  Mistake(
    "due-days: 19", "due-days: [19]", at: "due-days",
    "due-days must be a text"),
  Mistake(
    "name: A test\n", "name: \"\"\n", at: "name: \"\"",
    "name must be a text"),
  Mistake(
    "schedule: TEST", "schedule: A plan", at: "schedule",
    "schedule is A plan, not a code of letters, digits, hyphens, at most 32"),
  Mistake(
    "currency: USD", "currency: XXX", at: "currency",
    "currency is XXX, not one of: USD, VND, AUD"),
  Mistake(
    "zone: America/Los_Angeles", "zone: PST", at: "zone",
    "zone is PST, not a zone like America/Los_Angeles"),
  Mistake(
    "effective: 2015-03-02", "effective: 2015-02-29", at: "effective",
    "effective is 2015-02-29, not a date like 2015-03-02"),
  Mistake(
    "source: none", "last-day: 2015-03-01\nsource: none", at: "last-day",
    "last-day 2015-03-01 is before effective 2015-03-02"),
  Mistake(
    "price-change: segmented", "price-change: split", at: "price-change",
    "price-change is split, not one of: segmented, pooled"),
  Mistake(
    "split-rounding: Wh", "split-rounding: MWh", at: "split-rounding",
    "split-rounding is MWh, not one of: kWh, Wh"),
  Mistake(
    "summer: { from: 06-01, to: 09-30 }",
    "summer: { from: 06-01, to: 10-01 }",
    at: "winter: { from",
    "season winter overlaps season summer on 10-01"),
  Mistake(
    "summer: { from: 06-01, to: 09-30 }",
    "summer: { from: 06-02, to: 09-30 }",
    at: "summer: { from",
    "no season covers 06-01"),
  Mistake(
    "to: 05-31", "to: 05-32", at: "05-32",
    "to of season winter is 05-32, not a day like 06-01"),
  Mistake(
    "season-change: segmented\n", "", at: "schedule: TEST",
    "the document has seasons and lacks season-change"),
  Mistake(
    "season-change: segmented", "season-change: pooled", at: "season-change",
    "pooled seasons need the same energy prices in all seasons"),
  Mistake(
    "sunday: monday", "sunday: friday", at: "sunday",
    "sunday of holidays is friday, not one of: monday, stays"),
  Mistake(
    "01-01\nperiods", "fifth monday of may\nperiods", at: "fifth",
    "holiday New Year's Day is fifth monday of may, not a day like 12-25 or third "
      + "monday of february"),
  Mistake(
    "days: every day", "days: workdays", at: "workdays",
    "days of a window is workdays, not one of: weekdays, monday to saturday, "
      + "saturdays, sundays, sundays and holidays, weekends and holidays, every day"),
  Mistake(
    "from: \"08:00\"", "from: \"8:00\"", at: "8:00",
    "from is 8:00, not a time like \"09:30\""),
  Mistake(
    "to: \"22:00\"", "to: \"24:01\"", at: "24:01",
    "to is 24:01, not a time like \"09:30\""),
  Mistake(
    "to: \"22:00\"", "to: \"08:00\"", at: "08:00",
    "the window from 08:00 to 08:00 is empty"),
  Mistake(
    "night: { hours: all other }",
    "night: { windows: [{ days: every day, from: \"21:00\", to: \"08:00\" }] }",
    at: "21:00",
    "period night overlaps period day at 21:00 on a weekday"),
  Mistake(
    "night: { hours: all other }",
    "night: { windows: [{ days: weekdays, from: \"22:00\", to: \"08:00\" }] }",
    at: "  day:",
    "no period covers 00:00 on a saturday"),
  Mistake(
    "from: \"08:00\", to: \"22:00\"", "from: \"00:00\", to: \"24:00\"", at: "night: { hours",
    "no hour is left for the period of all other hours"),
  Mistake(
    "night: { hours: all other }", "night: { hours: others }", at: "night: { hours",
    "hours of period night is others, not one of: all other"),
  Mistake(
    "night: { hours: all other }",
    "night: { hours: all other, registers: [peak] }",
    at: "night: { hours",
    "register-meters are refused and period night has registers"),
  Mistake(
    "to-percent: 130", "to-percent: 100", at: "two",
    "tier limits must ascend"),
  Mistake(
    "to-percent: 130", "to-percent: 99", at: "two",
    "tier limits must ascend"),
  Mistake(
    "to-percent: 130", "to-percent: 130%", at: "two",
    "to-percent is 130%, not a percentage with at most 4 decimals, without the sign"),
  Mistake(
    "name: three", "name: three, to-percent: 200", at: "three",
    "the last tier is open and has no limit"),
  Mistake(
    "name: two, to-percent: 130", "name: two", at: "two",
    "only the last tier may be open"),
  Mistake(
    "name: two", "name: one", at: "130",
    "two tiers are named one"),
  Mistake(
    "15.3 }", "15.3, spring: 1 }", at: "spring",
    "region 5 has no key spring"),
  Mistake(
    "summer: 9.4, ", "", at: "\"6\"",
    "region 6 lacks summer"),
  Mistake(
    "9.4", "9.4444", at: "9.4444",
    "the allotment of region 6 is 9.4444, not kilowatt-hours with at most 3 decimals, 0 or more"),
  Mistake(
    "\"6\"", "\"5\"", at: "13.5",
    "5 is written twice"),
  Mistake(
    "[0.4, 0.5, 0.6] }\n  winter", "[0.4, 0.5] }\n  winter", at: "[0.4, 0.5]",
    "there are 2 prices for 3 tiers"),
  Mistake(
    "[0.1, 0.2, 0.4]", "[0.1, 0.2, 1e-1]", at: "1e-1",
    "a price of energy is 1e-1, not a decimal price with at most 6 decimals, 0 or more"),
  Mistake(
    "[0.1, 0.2, 0.4]", "[0.1, 0.2, -0.4]", at: "-0.4",
    "a price of energy is -0.4, not a decimal price with at most 6 decimals, 0 or more"),
  Mistake(
    "0.4], night: [0.4, 0.5, 0.6]", "0.4]", at: "winter: { day",
    "energy by period lacks night"),
  Mistake(
    "amount: 0.53", "single-family: 0.53", at: "0.53",
    "a daily charge needs either amount or both single-family and multi-family"),
  Mistake(
    "from: 2015-01-01", "from: 2015-03-03", at: "2015-03-03",
    "tax VAT has no rate on 2015-03-02"),
  Mistake(
    "percent: 10 }\n",
    "percent: 10 }\n      - { from: 2014-01-01, percent: 8 }\n",
    at: "2014-01-01",
    "tax rates must ascend by date"),
  Mistake(
    "name: A test", "name: &a A test", at: "&a",
    "anchors (&name) and aliases (*name) are not accepted"),
  Mistake(
    "name: A test", "name: *a", at: "*a",
    "anchors (&name) and aliases (*name) are not accepted"),
  Mistake(
    "energy:\n", "baseline-credit: { price: 0.1 }\nenergy:\n", at: "baseline-credit",
    "baseline-credit lacks cap-percent"),
  Mistake(
    "energy:\n", "odd-cycle: full\nenergy:\n", at: "odd-cycle",
    "odd-cycle says nothing without fixed tier widths"),
  Mistake(
    "energy:\n", "voltage-classes: { high: 1000, low: 10 }\nenergy:\n", at: "voltage",
    "the last voltage class, low, must begin at 0 volts"),
  Mistake(
    "energy:\n", "voltage-classes: { high: 1000, low: 1000 }\nenergy:\n", at: "voltage",
    "voltage class low is not below high"),
  Mistake(
    "[0.1, 0.2, 0.3]", "[0.1, 0.2, 0.3", at: "[0.1, 0.2, 0.3,",
    "this is no YAML: did not find expected ',' or ']'"),
  Mistake(
    "energy:\n", "discounts:\n  - { name: CARE }\nenergy:\n",
    at: "CARE",
    "discount CARE needs either rates or both tier and billed-at"),
  Mistake(
    "energy:\n", "discounts:\n  - { name: CARE, tier: two }\nenergy:\n",
    at: "CARE",
    "discount CARE needs either rates or both tier and billed-at"),
  Mistake(
    "energy:\n", "discounts:\n  - { name: CARE, tier: four, billed-at: one }\nenergy:\n",
    at: "four",
    "tier of discount CARE is four, not a tier of this document"),
  Mistake(
    "energy:\n",
    "discounts:\n  - { name: CARE, rates: [{ from: 2015-03-03, percent: 30 }] }\nenergy:\n",
    at: "2015-03-03",
    "discount CARE has no rate on 2015-03-02"),
  Mistake(
    "energy:\n",
    "discounts:\n  - { name: CARE, rates: [{ from: 2015-01-01, percent: 101 }] }\nenergy:\n",
    at: "101",
    "discount CARE takes off more than 100 percent"),
  Mistake(
    "energy:\n",
    "discounts:\n  - { name: CARE, rates: [{ from: 2015-01-01, percent: 30 }] }\n  - { name: CARE, tier: two, billed-at: one }\nenergy:\n",
    at: "billed-at",
    "two discounts are named CARE"),
  Mistake(
    "energy:\n", "late-charge: { percent: 0.9, exempt: [CARE] }\nenergy:\n",
    at: "late-charge",
    "who is exempt from late-charge is CARE, not a discount of this document"),
  Mistake(
    "energy:\n", "late-charge: { exempt: [CARE] }\nenergy:\n",
    at: "late-charge",
    "late-charge lacks percent"),
  Mistake(
    "energy:\n", "back-billing: { overcharge-months: 36 }\nenergy:\n",
    at: "back-billing",
    "back-billing lacks undercharge-months"),
  Mistake(
    "energy:\n", "back-billing: { overcharge-months: 36, undercharge-months: -1 }\nenergy:\n",
    at: "back-billing",
    "undercharge-months is -1, not a whole number from 0 to 1200"),
  Mistake(
    "energy:\n", "rebill-tolerance: -1\nenergy:\n",
    at: "rebill-tolerance",
    "rebill-tolerance is -1, not a decimal price with at most 6 decimals, 0 or more"),
  Mistake(
    "energy:\n",
    "surcharges:\n  - { name: S, rates: [{ from: 2015-01-01, price: 0.1 }] }\nenergy:\n",
    at: "name: S",
    "a surcharge lacks authority"),
  Mistake(
    "energy:\n",
    "surcharges:\n  - { name: S, authority: A, rates: [{ from: 2015-01-01, percent: 1 }] }\nenergy:\n",
    at: "name: S",
    "a rate of surcharge S has no key percent"),
  Mistake(
    "energy:\n",
    "surcharges:\n  - { name: S, authority: A, rates: [{ from: 2015-03-03, price: 1 }] }\nenergy:\n",
    at: "name: S",
    "surcharge S has no rate on 2015-03-02"),
  Mistake(
    "energy:\n",
    "credits:\n  - { name: C, amounts: [{ on: 2015-04-01, amount: 29 }, { on: 2015-04-01, amount: 1 }] }\nenergy:\n",
    at: "name: C",
    "the amounts of a credit must ascend by date"),
  Mistake(
    "energy:\n", "credits:\n  - { name: C, amounts: [{ on: 04-01, amount: 29 }] }\nenergy:\n",
    at: "name: C",
    "on is 04-01, not a date like 2015-03-02"),
  Mistake(
    "energy:\n",
    "net-metering: { period-months: 0, surplus-price: [{ from: 2015-01-01, price: 0.04 }] }\nenergy:\n",
    at: "net-metering",
    "period-months is 0, not a whole number from 1 to 60"),
  Mistake(
    "energy:\n", "net-metering: { period-months: 12 }\nenergy:\n",
    at: "net-metering",
    "net-metering lacks surplus-price"),
  Mistake(
    "energy:\n", "undeclared-tenants-tier: four\nenergy:\n",
    at: "four",
    "undeclared-tenants-tier is four, not a tier of this document"),
  Mistake(
    "energy:\n", "reactive-power: { name: R, below: 50, percent: { \"0.9\": 1 } }\nenergy:\n",
    at: "reactive-power",
    "cos phi is 0.9, not a number with 2 decimals from 0.01 to 0.99"),
  Mistake(
    "energy:\n",
    "reactive-power: { name: R, below: 50, percent: { \"0.89\": 1, \"0.87\": 2 } }\nenergy:\n",
    at: "reactive-power",
    "cos phi 0.88 is missing"),
  Mistake(
    "energy:\n", "reactive-power: { name: R, percent: { \"0.89\": 1 } }\nenergy:\n",
    at: "reactive-power",
    "reactive-power lacks below"),
  Mistake(
    "  - name: VAT\n", "  - name: VAT\n    cities: { Long Beach: 5 }\n",
    at: "name: VAT",
    "tax VAT needs either rates or cities"),
  Mistake(
    "energy:\n",
    "discounts:\n  - { name: A, rates: [{ from: 2015-01-01, percent: 1 }], excludes: B }\nenergy:\n",
    at: "name: A",
    "excludes of discount A must be a list"),
  Mistake(
    "energy:\n",
    "discounts:\n  - name: A\n    rates: [{ from: 2015-01-01, percent: 1 }]\n    excludes:\n"
      + "      - B\n      - A\nenergy:\n",
    at: "      - A",
    "discount A excludes itself"),
  Mistake(
    "  - name: VAT\n", "  - name: VAT\n    base: after discounts\n",
    at: "base",
    "base of tax VAT is after discounts, not one of: before credits, after credits"),
  Mistake(
    "  - name: VAT\n", "  - name: UUT\n    cities: { Long Beach: 5% }\n  - name: VAT\n",
    at: "5%",
    "percent of Long Beach of tax UUT is 5%, not a percentage with at most 4 decimals, without the sign"
  ),
  Mistake(
    "  - name: VAT\n",
    "  - name: UUT\n    cities: { Long Beach: { percent: 5, exempt: [CARE] } }\n  - name: VAT\n",
    at: "exempt",
    "who is exempt from Long Beach of tax UUT is CARE, not a discount of this document"),
]
