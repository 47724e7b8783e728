import Quantities

/// Reads a record; collects what cannot be billed and what had to be assumed, each with its path.
struct URDBReader {
  private(set) var record = URDBRecord()
  private(set) var refusals: [URDBNote] = []
  private(set) var notes: [URDBNote] = []
  let value: JSONValue
  /// `items[0].` where the record stands in an answer of the service.
  private let prefix: String

  init(_ value: JSONValue, prefix: String) {
    self.value = value
    self.prefix = prefix
    record.name = text("name")
    record.utility = text("utility")
    record.label = text("label")
    record.source = text("source")
    record.utilityNumber = value["eiaid"]?.number ?? ""
    record.start = date("startdate")
    record.end = date("enddate")
    readEnergy()
    readMonths()
    readCharges()
    refuseDemand()
    noteRest()
  }

  mutating func refuse(_ path: String, _ reason: String) {
    refusals.append(URDBNote(kind: .refused, path: prefix + path, text: reason))
  }

  mutating func assume(_ path: String, _ text: String) {
    notes.append(URDBNote(kind: .assumed, path: prefix + path, text: text))
  }

  mutating func leaveOut(_ path: String, _ text: String) {
    notes.append(URDBNote(kind: .leftOut, path: prefix + path, text: text))
  }

  private func text(_ key: String) -> String { value[key]?.string ?? "" }

  /// Seconds since 1970 at midnight UTC, or a date written out.
  private mutating func date(_ key: String) -> ServiceDate? {
    guard let value = value[key] else { return nil }
    if let text = value.string, let date = ServiceDate(String(text.prefix(10))) { return date }
    guard let seconds = value.number.flatMap({ scaled($0, 0)?.value }),
      let day = Int32(exactly: (seconds - (seconds % 86_400 + 86_400) % 86_400) / 86_400),
      ServiceDate.days.contains(day)
    else {
      refuse(key, "it is neither seconds since 1970 nor a date")
      return nil
    }
    if seconds % 86_400 != 0 { assume(key, "it is no midnight of UTC; the day of UTC is taken") }
    return ServiceDate(day: day)
  }

  /// A number at a scale; nil where there is none. Digits behind the ninth that a binary fraction
  /// leaves are no digits of the price.
  private mutating func decimal(
    _ value: JSONValue?, _ path: String, scale: Int, unit: String
  ) -> Int64? {
    guard let value else { return 0 }
    guard let text = value.number, let exact = scaled(text, scale + 4),
      let rounded = scaled(text, scale)
    else {
      refuse(path, "it is no number")
      return nil
    }
    if exact.value % 10_000 != 0 {
      assume(
        path,
        "\(text) is rounded to \(DecimalText.format(Int128(rounded.value), scale: scale)) \(unit)")
    }
    return rounded.value
  }

  private mutating func readEnergy() {
    guard let periods = value["energyratestructure"]?.array, !periods.isEmpty else {
      refuse("energyratestructure", "the record has no prices of energy")
      return
    }
    guard periods.count <= 100 else {
      refuse("energyratestructure", "more than 100 periods")
      return
    }
    var units: Set<String> = []
    var sold: [String] = []
    for (number, period) in periods.enumerated() {
      var tiers: [URDBRecord.Tier] = []
      let steps = period.array ?? []
      let path = "energyratestructure[\(number)]"
      if steps.isEmpty { refuse(path, "the period has no price") }
      for (step, tier) in steps.enumerated() {
        let path = "\(path)[\(step)]"
        guard tier["rate"] != nil || tier["adj"] != nil else {
          refuse(path + ".rate", "the tier has no price")
          continue
        }
        let rate = decimal(tier["rate"], path + ".rate", scale: 6, unit: "a kWh") ?? 0
        let adj = decimal(tier["adj"], path + ".adj", scale: 6, unit: "a kWh") ?? 0
        if let sell = tier["sell"], sell.number.flatMap({ scaled($0, 6)?.value }) != rate + adj {
          sold.append(path + ".sell")
        }
        units.insert(tier["unit"]?.string ?? "kWh")
        let isLast = step == steps.count - 1
        var limit: Int64?
        if isLast, let highest = tier["max"] {
          assume(
            path + ".max",
            "the last tier is open: its price holds above \(highest.number ?? "it") too")
        } else if !isLast {
          limit = tier["max"].flatMap { decimal($0, path + ".max", scale: 3, unit: "kWh") }
          if limit == nil { refuse(path + ".max", "only the last tier may be open") }
        }
        if let limit, limit <= tiers.last?.limit ?? 0 {
          refuse(path + ".max", "the tiers' limits do not ascend")
        }
        tiers.append(URDBRecord.Tier(limit: limit, millionths: rate + adj))
      }
      record.periods.append(tiers)
    }
    if let first = sold.first {
      leaveOut(
        first,
        "energy sent out is credited as used energy is priced, not at this price"
          + (sold.count > 1 ? ", nor at those of \(sold.count - 1) more tiers" : ""))
    }
    for unit in units.sorted() where unit != "kWh" && unit != "kWh daily" {
      refuse("energyratestructure", "tiers in \(unit) depend on demand, which is not billed here")
    }
    if units.count > 1, refusals.isEmpty {
      refuse("energyratestructure", "tiers a month and tiers a day stand side by side")
    }
    record.isDaily = units == ["kWh daily"]
  }

  private mutating func readMonths() {
    let fuel = value["fueladjustmentsmonthly"]?.array ?? []
    if !fuel.isEmpty, fuel.count != 12 {
      refuse("fueladjustmentsmonthly", "there are \(fuel.count) months, not 12")
    }
    let weekdays = schedule("energyweekdayschedule")
    let weekends = schedule("energyweekendschedule")
    guard weekdays.count == 12, weekends.count == 12 else { return }
    for month in 0..<12 {
      let adder =
        fuel.count == 12
        ? decimal(
          fuel[month], "fueladjustmentsmonthly[\(month)]", scale: 6, unit: "a kWh") ?? 0 : 0
      record.months.append(
        URDBRecord.Month(weekday: weekdays[month], weekend: weekends[month], adder: adder))
    }
    for (month, hours) in record.months.enumerated() {
      for period in Set(hours.weekday + hours.weekend).sorted() {
        for tier in record.periods[period] where tier.millionths + hours.adder < 0 {
          refuse(
            "energyratestructure[\(period)]",
            "a price below zero in month \(month + 1) cannot be written")
          return
        }
      }
    }
  }

  private mutating func schedule(_ key: String) -> [[Int]] {
    guard let rows = value[key]?.array else {
      // One price for every hour needs no schedule.
      if record.periods.count == 1 {
        return Array(repeating: Array(repeating: 0, count: 24), count: 12)
      }
      refuse(key, "the record does not say which hours its periods have")
      return []
    }
    let table = rows.map { row in
      (row.array ?? []).map { $0.number.flatMap { Int($0) } ?? -1 }
    }
    guard table.count == 12, table.allSatisfy({ $0.count == 24 }) else {
      refuse(key, "it has not 12 months of 24 hours")
      return []
    }
    for (month, row) in table.enumerated() {
      guard let hour = row.firstIndex(where: { !record.periods.indices.contains($0) }) else {
        continue
      }
      refuse("\(key)[\(month)][\(hour)]", "there is no period \(row[hour])")
      return []
    }
    return table
  }

  /// A charge under its name, or under the one that records had before, which was by the month.
  private mutating func charge(
    _ key: String, before old: String, units: String, _ rounded: String
  ) -> (key: String, amount: Int64, units: String)? {
    let isOld = value[key] == nil && value[old] != nil
    if !isOld, let other = value[old], other.number.flatMap({ scaled($0, 6)?.value }) != 0,
      other.number.flatMap({ scaled($0, 6)?.value })
        != value[key]?.number.flatMap({ scaled($0, 6)?.value })
    {
      leaveOut(old, "\(other.number ?? "it") is not charged: \(key) says otherwise")
    }
    let name = isOld ? old : key
    guard let amount = decimal(value[name], name, scale: 6, unit: rounded), amount != 0 else {
      return nil
    }
    if !isOld, value[units] == nil { assume(units, "it is missing: \(key) is taken as $/month") }
    return (name, amount, isOld ? "$/month" : value[units]?.string ?? "$/month")
  }

  private mutating func readCharges() {
    let fixed = charge(
      "fixedchargefirstmeter", before: "fixedmonthlycharge", units: "fixedchargeunits",
      "as a charge")
    if let (key, amount, units) = fixed {
      if amount < 0 { refuse(key, "a charge below zero cannot be written") }
      switch units {
      case "$/month": record.charge = amount
      case "$/day":
        record.charge = amount
        record.isMonthlyCharge = false
      case "$/year":
        record.charge = Int64(dividedHalfAwayFromZero(Int128(amount), by: 12))
        assume("fixedchargeunits", "a twelfth of the yearly charge is billed each month")
      default: refuse("fixedchargeunits", "a charge in \(units) cannot be written")
      }
    }
    let least = charge(
      "mincharge", before: "minmonthlycharge", units: "minchargeunits", "at least")
    guard let (key, minimum, units) = least else { return }
    if minimum < 0 { refuse(key, "a minimum below zero cannot be written") }
    let perDay: (times: Int128, over: Int128)
    switch units {
    case "$/day": perDay = (1, 1)
    case "$/month": perDay = (12, 365)
    case "$/year": perDay = (1, 365)
    default:
      refuse("minchargeunits", "a minimum in \(units) cannot be written")
      return
    }
    record.minimum = Int64(
      dividedHalfAwayFromZero(Int128(minimum) * perDay.times, by: perDay.over))
    if units != "$/day" {
      assume(
        key,
        "the minimum is counted by days: \(DecimalText.format(Int128(record.minimum), scale: 6)) a day"
      )
    }
  }

  private mutating func refuseDemand() {
    for key in ["demandratestructure", "flatdemandstructure", "coincidentratestructure"] {
      for (number, period) in (value[key]?.array ?? []).enumerated() {
        for (step, tier) in (period.array ?? []).enumerated() {
          let parts = ["rate", "adj"].map { tier[$0]?.number.flatMap { scaled($0, 6)?.value } ?? 0 }
          guard parts != [0, 0] else { continue }
          refuse("\(key)[\(number)][\(step)]", "a charge for demand in kW is not billed here")
          break
        }
      }
    }
    for (key, reason) in [
      ("demandreactivepowercharge", "a charge for reactive power by demand is not billed here"),
      ("annualmincharge", "a minimum over a year is not billed here"),
    ] {
      guard let number = value[key]?.number, scaled(number, 6)?.value != 0 else { continue }
      refuse(key, reason)
    }
  }

  private mutating func noteRest() {
    noteSentEnergy()
    if let extra = value["fixedchargeeaaddl"]?.number, scaled(extra, 6)?.value != 0 {
      leaveOut("fixedchargeeaaddl", "further meters of an account are not charged")
    }
    for key in ["energyattrs", "fixedattrs"] where !(value[key]?.array ?? []).isEmpty {
      leaveOut(key, "what it says beside the prices is not billed: read it")
    }
    let limits = value.names.filter {
      $0.hasPrefix("peakkw") || $0.hasPrefix("voltagem") || $0 == "voltagecategory"
        || $0 == "phasewiring"
    }
    if !limits.isEmpty {
      leaveOut(limits.joined(separator: ", "), "who may be on the plan is not checked")
    }
    if let sector = value["sector"]?.string, sector != "Residential" {
      leaveOut("sector", "\(sector): who may be on the plan is not checked")
    }
    notePlace()
    noteWords()
    if let type = value["servicetype"]?.string, type != "Bundled" {
      leaveOut("servicetype", "\(type): other parts of the customer's price stand elsewhere")
    }
    if value["approved"]?.bool == false {
      leaveOut("approved", "the database has not approved the record")
    }
    let words = (record.name + " " + text("description")).lowercased()
    if words.contains("electric vehicle") || record.name.split(separator: " ").contains("EV")
      || record.name.contains("-EV")
    {
      leaveOut(
        "name", "whether the customer charges a vehicle, or has a meter for it, is not checked")
    }
    noteUnknown()
  }
}

extension JSONValue {
  var names: [String] {
    if case .object(let fields) = self {
      fields.filter { $0.value != .null }.keys.sorted()
    } else {
      []
    }
  }
}
