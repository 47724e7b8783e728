import Quantities
import Yams

/// What a whole document says; the parts are read in `ScheduleCalendar` and `SchedulePrices`.
extension ScheduleReader {
  /// Worth using only when no error was collected: what could not be read is a placeholder.
  func schedule(_ root: Node, text document: String) -> RateSchedule {
    let keys = table(
      root, "the document",
      required: [
        "schedule", "name", "utility", "currency", "zone", "effective", "source", "due-days",
        "register-meters", "price-change", "split-rounding", "energy",
      ],
      optional: [
        "last-day", "precision", "seasons", "season-change", "holidays", "periods",
        "voltage-classes", "tiers", "odd-cycle", "baseline", "baseline-credit", "daily", "monthly",
        "daily-minimum", "taxes", "enrolment-cap", "lockout-months",
      ])
    let effective = date(keys["effective"], "effective")
    let registers = choice(keys["register-meters"], "register-meters", RegisterMeters.self)
    let seasons = seasons(keys["seasons"])
    let (periods, clock) = periods(keys["periods"], registers: registers)
    let classes = voltageClasses(keys["voltage-classes"])
    let tiers = tiers(keys["tiers"], oddCycle: keys["odd-cycle"])
    let prices = energyPrices(
      keys["energy"], classes: classes.map(\.name), seasons: seasons.map(\.name),
      periods: periods.map(\.name), tiers: tiers?.count ?? 0)

    let schedule = RateSchedule(
      text: document, code: code(keys["schedule"]) ?? "", name: text(keys["name"], "name") ?? "",
      utility: text(keys["utility"], "utility") ?? "",
      currency: currency(keys["currency"]) ?? .usd,
      zone: zone(keys["zone"]) ?? "",
      effective: effective ?? ServiceDate(day: 0), lastDay: date(keys["last-day"], "last-day"),
      source: text(keys["source"], "source") ?? "",
      precision: text(keys["precision"], "precision"),
      dueDays: integer(keys["due-days"], "due-days", 0...365) ?? 0,
      seasons: seasons, holidays: holidays(keys["holidays"]), periods: periods, clock: clock,
      voltageClasses: classes, tiers: tiers,
      baseline: baseline(keys["baseline"], seasons: seasons),
      baselineCredit: baselineCredit(keys["baseline-credit"]), energyPrices: prices,
      dailyCharges: list(keys["daily"], "daily").map { fixedCharge($0, "a daily charge") },
      monthlyCharges: list(keys["monthly"], "monthly").map { fixedCharge($0, "a monthly charge") },
      dailyMinimum: keys["daily-minimum"].map { fixedCharge($0, "daily-minimum") },
      taxes: list(keys["taxes"], "taxes").map { tax($0, effective: effective) },
      enrolmentCap: integer(keys["enrolment-cap"], "enrolment-cap", 0...1_000_000_000),
      lockoutMonths: integer(keys["lockout-months"], "lockout-months", 0...120) ?? 0,
      acceptsRegisters: registers == .accepted,
      seasonChange: choice(keys["season-change"], "season-change") ?? .segmented,
      priceChange: choice(keys["price-change"], "price-change") ?? .segmented,
      splitRounding: choice(keys["split-rounding"], "split-rounding") ?? .wattHour)
    validate(schedule, root, keys)
    return schedule
  }

  enum RegisterMeters: String, CaseIterable { case accepted, refused }

  /// What one key alone cannot show.
  private func validate(_ schedule: RateSchedule, _ root: Node, _ keys: [String: Node]) {
    if let lastDay = schedule.lastDay, lastDay < schedule.effective {
      refuse(keys["last-day"], "last-day \(lastDay) is before effective \(schedule.effective)")
    }
    if keys["seasons"] != nil, keys["season-change"] == nil {
      refuse(root, "the document has seasons and lacks season-change")
    }
    if keys["seasons"] == nil, let node = keys["season-change"] {
      refuse(node, "season-change says nothing without seasons")
    }
    if schedule.seasonChange == .pooled, !schedule.energyPrices.areEqualInAllSeasons {
      refuse(
        keys["season-change"] ?? root, "pooled seasons need the same energy prices in all seasons")
    }
    for (index, name) in schedule.periods.map(\.name).enumerated() {
      if !name.isEmpty, schedule.seasons.contains(where: { $0.name == name }) {
        refuse(keys["periods"], "period \(index + 1) and a season are both named \(name)")
      }
    }
    switch schedule.tiers?.limits {
    case .percentOfBaseline where schedule.baseline == nil && keys["baseline"] == nil:
      refuse(keys["tiers"], "tiers in percent need a baseline")
    case .percentOfBaseline: break
    case .fixedWidths, nil:
      if let node = keys["baseline"], keys["tiers"] == nil || schedule.tiers != nil,
        keys["baseline-credit"] == nil
      {
        refuse(node, "neither tiers nor a baseline-credit use the baseline")
      }
    }
    if let node = keys["baseline-credit"], keys["baseline"] == nil {
      refuse(node, "baseline-credit needs a baseline")
    }
  }

  private func code(_ node: Node?) -> String? {
    value(node, "schedule", "a code of letters, digits, hyphens, at most 32") { text in
      let fits = text.utf8.allSatisfy { byte in
        byte == 0x2D || 0x30...0x39 ~= byte || 0x61...0x7A ~= byte | 0x20
      }
      return fits && text.utf8.count <= 32 ? text : nil
    }
  }

  private func currency(_ node: Node?) -> Currency? {
    let codes = Currency.known.map(\.code).joined(separator: ", ")
    return value(node, "currency", "one of: \(codes)") { text in
      Currency.known.first { $0.code == text }
    }
  }

  private func zone(_ node: Node?) -> String? {
    value(node, "zone", "a zone like America/Los_Angeles") { text in
      text.utf8.allSatisfy { 0x2B...0x7A ~= $0 && $0 != 0x5C } && text.contains("/") ? text : nil
    }
  }
}
