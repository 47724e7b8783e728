/// Tiers, allotments, and the prices of energy.
let priceMistakes: [Mistake] = [
  Mistake(
    "to-percent: 130", "to-percent: 100", at: "two",
    "tier limits must ascend"),
  Mistake(
    "to-percent: 130", "to-percent: 99", at: "two",
    "tier limits must ascend"),
  Mistake(
    "to-percent: 130", "to-percent: 130%", at: "two",
    "to-percent is 130%, not a percentage up to 1,000 with at most 4 decimals, without the sign"),
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
    "the allotment of region 6 is 9.4444, not kilowatt-hours below 1,000,000 with at most 3 decimals, 0 or more"
  ),
  Mistake(
    "\"6\"", "\"5\"", at: "13.5",
    "5 is written twice"),
  Mistake(
    "[0.4, 0.5, 0.6] }\n  winter", "[0.4, 0.5] }\n  winter", at: "[0.4, 0.5]",
    "there are 2 prices for 3 tiers"),
  Mistake(
    "[0.1, 0.2, 0.4]", "[0.1, 0.2, 1e-1]", at: "1e-1",
    "a price of energy is 1e-1, not a decimal price below 1,000,000,000 with at most 6 decimals, 0 or more"
  ),
  Mistake(
    "[0.1, 0.2, 0.4]", "[0.1, 0.2, -0.4]", at: "-0.4",
    "a price of energy is -0.4, not a decimal price below 1,000,000,000 with at most 6 decimals, 0 or more"
  ),
  Mistake(
    "0.4], night: [0.4, 0.5, 0.6]", "0.4]", at: "winter: { day",
    "energy by period lacks night"),
  Mistake(
    "amount: 0.53", "single-family: 0.53", at: "0.53",
    "a daily charge needs either amount or both single-family and multi-family"),
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
    "energy:\n", "undeclared-tenants-tier: four\nenergy:\n",
    at: "four",
    "undeclared-tenants-tier is four, not a tier of this document"),
]
