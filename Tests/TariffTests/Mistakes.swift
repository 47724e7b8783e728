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

let mistakes =
  documentMistakes + calendarMistakes + priceMistakes + discountMistakes + chargeMistakes
  + boundMistakes

/// Keys, values and the form of a document.
let documentMistakes: [Mistake] = [
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
    "name: A test", "name: &a A test", at: "&a",
    "anchors (&name) and aliases (*name) are not accepted"),
  Mistake(
    "name: A test", "name: *a", at: "*a",
    "anchors (&name) and aliases (*name) are not accepted"),
  Mistake(
    "[0.1, 0.2, 0.3]", "[0.1, 0.2, 0.3", at: "[0.1, 0.2, 0.3,",
    "this is no YAML: did not find expected ',' or ']'"),
]
