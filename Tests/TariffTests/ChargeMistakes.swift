/// Taxes, and what else is charged, credited or billed again.
let chargeMistakes: [Mistake] = [
  Mistake(
    "from: 2015-01-01", "from: 2015-03-03", at: "2015-03-03",
    "tax VAT has no rate on 2015-03-02"),
  Mistake(
    "percent: 10 }\n",
    "percent: 10 }\n      - { from: 2014-01-01, percent: 8 }\n",
    at: "2014-01-01",
    "tax rates must ascend by date"),
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
    "rebill-tolerance is -1, not a decimal price below 1,000,000,000 with at most 6 decimals, 0 or more"
  ),
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
    "  - name: VAT\n", "  - name: VAT\n    base: after discounts\n",
    at: "base",
    "base of tax VAT is after discounts, not one of: before credits, after credits"),
  Mistake(
    "  - name: VAT\n", "  - name: UUT\n    cities: { Long Beach: 5% }\n  - name: VAT\n",
    at: "5%",
    "percent of Long Beach of tax UUT is 5%, not a percentage up to 1,000 with at most 4 decimals, without the sign"
  ),
  Mistake(
    "  - name: VAT\n",
    "  - name: UUT\n    cities: { Long Beach: { percent: 5, exempt: [CARE] } }\n  - name: VAT\n",
    at: "exempt",
    "who is exempt from Long Beach of tax UUT is CARE, not a discount of this document"),
]
