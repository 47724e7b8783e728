/// Discounts, and what names them.
let discountMistakes: [Mistake] = [
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
]
