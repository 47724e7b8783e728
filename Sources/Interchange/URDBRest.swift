/// What a record says beside its prices, so that nothing of it is dropped without a word.
extension URDBReader {
  mutating func noteSentEnergy() {
    let rules = value["dgrules"]?.string
    let isMetered = value["usenetmetering"]?.bool
    let told = "energy sent out counts against energy used, cycle by cycle"
    switch (rules, isMetered) {
    case ("Net Metering"?, _), (nil, true?):
      assume(
        rules == nil ? "usenetmetering" : "dgrules",
        "\(told); nothing is carried on: write net-metering for that")
    case (let rules?, _): leaveOut("dgrules", "\(rules): \(told)")
    case (nil, false?): leaveOut("usenetmetering", "there is none, and \(told) all the same")
    case (nil, nil): assume("dgrules", "it is missing: \(told)")
    }
  }

  /// Prices in another currency would be billed as dollars.
  mutating func notePlace() {
    if let currency = value["currency"]?.string, currency != "USD" {
      refuse("currency", "prices in \(currency) cannot be told as US dollars")
    }
    if let country = value["country"]?.string, !["USA", "US", "United States"].contains(country) {
      assume("country", "\(country): the prices are taken for US dollars")
    }
  }

  /// Texts for people may say what no number does.
  mutating func noteWords() {
    for key in ["description", "basicinformationcomments", "energycomments", "demandcomments"] {
      guard let text = value[key]?.string, text.contains(where: { !$0.isWhitespace }) else {
        continue
      }
      leaveOut(key, "its words are not billed: “\(text.prefix(200))\(text.count > 200 ? "…" : "")”")
    }
  }

  mutating func noteUnknown() {
    let unknown = value.names.filter { !Self.known.contains($0) }
    if !unknown.isEmpty {
      leaveOut(unknown.joined(separator: ", "), "this is not known here, and not billed: read it")
    }
    var tiers: [String: String] = [:]
    for (period, steps) in (value["energyratestructure"]?.array ?? []).enumerated() {
      for (step, tier) in (steps.array ?? []).enumerated() {
        for name in tier.names where !Self.knownOfTiers.contains(name) && tiers[name] == nil {
          tiers[name] = "energyratestructure[\(period)][\(step)].\(name)"
        }
      }
    }
    for path in tiers.values.sorted() {
      leaveOut(path, "this is not known here, and not billed: read it")
    }
  }

  private static let knownOfTiers: Set = ["rate", "adj", "max", "unit", "sell"]

  /// What is read, told in another note, or can move no money where no demand is charged for.
  private static let known: Set = [
    "label", "eiaid", "name", "is_default", "startdate", "enddate", "supercedes", "utility", "uri",
    "approved", "sector", "servicetype", "description", "source", "sourceparent", "revisions",
    "basicinformationcomments", "country", "currency", "peakkwcapacitymin", "peakkwcapacitymax",
    "peakkwcapacityhistory", "peakkwhusagemin", "peakkwhusagemax", "peakkwhusagehistory",
    "voltageminimum", "voltagemaximum", "voltagecategory", "phasewiring", "flatdemandunit",
    "flatdemandunits", "flatdemandstructure", "flatdemandmonths", "demandrateunit",
    "demandrateunits", "demandratestructure", "demandweekdayschedule", "demandweekendschedule",
    "demandratchetpercentage", "demandwindow", "demandreactivepowercharge", "demandunits",
    "demandcomments", "coincidentrateunit", "coincidentrateunits", "coincidentratestructure",
    "coincidentrateschedule", "usenetmetering", "dgrules", "energyratestructure",
    "energyweekdayschedule", "energyweekendschedule", "energyattrs", "energycomments",
    "fueladjustmentsmonthly", "fixedmonthlycharge", "fixedchargefirstmeter", "fixedchargeunits",
    "fixedchargeeaaddl", "fixedattrs", "mincharge", "minmonthlycharge", "minchargeunits",
    "annualmincharge",
  ]
}
