/// Names and numbers beyond what bills and events hold.
let boundMistakes: [Mistake] =
  [
    long("tax", 128, "  - name: VAT\n", "  - name: NAME\n", "name of a tax"),
    long(
      "authority", 128, "energy:\n",
      "surcharges:\n  - { name: S, authority: NAME, rates: [{ from: 2015-01-01, price: 1 }] }\n"
        + "energy:\n",
      "authority of surcharge S"),
    long(
      "surcharge", 128, "energy:\n",
      "surcharges:\n  - { name: NAME, authority: A, rates: [{ from: 2015-01-01, price: 1 }] }\n"
        + "energy:\n",
      "name of a surcharge"),
    long(
      "city", 64, "  - name: VAT\n", "  - name: UUT\n    cities: { NAME: 5 }\n  - name: VAT\n",
      "a name in cities of tax UUT"),
    long(
      "discount", 64, "energy:\n",
      "discounts:\n  - { name: NAME, tier: two, billed-at: one }\nenergy:\n", "name of a discount"),
    long(
      "excluded", 64, "energy:\n",
      "discounts:\n  - { name: A, tier: two, billed-at: one, excludes: [NAME] }\nenergy:\n",
      "a name in excludes of discount A"),
    long(
      "credit", 128, "energy:\n",
      "credits:\n  - { name: NAME, amounts: [{ on: 2015-04-01, amount: 29 }] }\nenergy:\n",
      "name of a credit"),
    long(
      "reactive", 128, "energy:\n",
      "reactive-power: { name: NAME, below: 50, percent: { \"0.89\": 1 } }\nenergy:\n",
      "name of reactive-power"),
    long("charge", 128, "name: Basic charge", "name: NAME", "name of a daily charge"),
    long("tier", 128, "name: two", "name: NAME", "a tier's name"),
    long("season", 128, "  summer: { from", "  NAME: { from", "a name in seasons"),
    long("period", 128, "  night: { hours", "  NAME: { hours", "a name in periods"),
    long("holiday", 128, "New Year's Day", "NAME", "a name in days of holidays"),
    long("region", 32, "\"6\"", "NAME", "a name in regions of baseline"),
    long(
      "voltage class", 128, "energy:\n", "voltage-classes: { high: 1000, NAME: 0 }\nenergy:\n",
      "a name in voltage-classes"),
    Mistake(
      "energy:\n", "late-charge: { percent: 100.0001 }\nenergy:\n", at: "late-charge",
      "late-charge asks for more than 100 percent"),
    Mistake(
      "  - name: VAT\n", "  - name: UUT\n    cities: { Long Beach: 1000.0001 }\n  - name: VAT\n",
      at: "Long Beach",
      "percent of Long Beach of tax UUT is 1000.0001, not a percentage up to 1,000 with at most 4 "
        + "decimals, without the sign"),
    Mistake(
      "amount: 0.53", "amount: 1000000000", at: "1000000000",
      "amount is 1000000000, not a decimal price below 1,000,000,000 with at most 6 decimals, "
        + "0 or more"),
    Mistake(
      "16.5", "1000000", at: "1000000",
      "medical of baseline is 1000000, not kilowatt-hours below 1,000,000 with at most 3 decimals, "
        + "0 or more"),
  ]

/// A name of a byte too many, some of them two to a letter.
///
/// - Parameter new: the changed text, with `NAME` in the name's place.
private func long(
  _ kind: String, _ bytes: Int, _ old: String, _ new: String, _ what: String
) -> Mistake {
  let name = "\(kind) é".padding(to: bytes + 1)
  return Mistake(
    old, new.replacing("NAME", with: name), at: name, "\(what) has more than \(bytes) bytes")
}

extension String {
  /// The text with so many hyphens behind it that it has as many bytes.
  func padding(to bytes: Int) -> String {
    self + String(repeating: "-", count: bytes - utf8.count)
  }
}
