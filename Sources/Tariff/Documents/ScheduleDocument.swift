import Quantities
import Yams

/// What a whole document has to say; the parts are read in `ScheduleCalendar`, `SchedulePrices` and
/// `ScheduleRules`.
extension ScheduleReader {
  func keys(of root: Node) -> [String: Node] {
    table(
      root, "the document",
      required: [
        "schedule", "name", "utility", "currency", "zone", "effective", "source", "due-days",
        "register-meters", "price-change", "split-rounding", "energy",
      ],
      optional: [
        "last-day", "precision", "seasons", "season-change", "holidays", "periods",
        "voltage-classes", "tiers", "odd-cycle", "undeclared-tenants-tier", "baseline",
        "baseline-credit", "reactive-power", "daily", "monthly", "daily-minimum", "discounts",
        "net-metering", "surcharges", "credits", "taxes", "late-charge", "back-billing",
        "rebill-tolerance", "enrolment-cap", "lockout-months",
      ])
  }

  enum RegisterMeters: String, CaseIterable { case accepted, refused }

  /// What one key alone cannot show.
  func validate(_ schedule: RateSchedule, _ root: Node, _ keys: [String: Node]) {
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

  func code(_ node: Node?) -> String? {
    value(node, "schedule", "a code of letters, digits, hyphens, at most 32") { text in
      let fits = text.utf8.allSatisfy { byte in
        byte == 0x2D || 0x30...0x39 ~= byte || 0x61...0x7A ~= byte | 0x20
      }
      return fits && text.utf8.count <= 32 ? text : nil
    }
  }

  func currency(_ node: Node?) -> Currency? {
    let codes = Currency.known.map(\.code).joined(separator: ", ")
    return value(node, "currency", "one of: \(codes)") { Currency(code: $0) }
  }

  func zone(_ node: Node?) -> String? {
    value(node, "zone", "a zone like America/Los_Angeles") { text in
      text.utf8.allSatisfy { 0x2B...0x7A ~= $0 && $0 != 0x5C } && text.contains("/") ? text : nil
    }
  }
}
