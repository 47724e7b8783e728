import Quantities

/// Writes an imported record as a rate schedule document.
struct URDBDocument {
  let record: URDBRecord
  let hours: URDBHours
  let ladder: URDBLadder
  let code: String
  let zone: String
  let effective: ServiceDate
  let notes: [URDBNote]

  var text: String {
    let isTimeOfUse = hours.names.count > 1
    let isSeasonal = hours.seasons.count > 1
    var lines = ["# Made from a record of the U.S. Utility Rate Database."]
    for note in notes {
      lines.append("# \(note.kind.rawValue): \(Self.plain(note.description))")
    }
    let label = record.label.isEmpty ? "" : " \(record.label)"
    let source = record.source.isEmpty ? "" : ", which names \(record.source)"
    lines += [
      "schedule: \(code)", "name: \(quoted(record.name, or: code))",
      "utility: \(quoted(record.utility, or: "not told"))", "currency: USD", "zone: \(zone)",
      "effective: \(effective)",
    ]
    if let end = record.end { lines.append("last-day: \(end)") }
    lines += [
      "source: "
        + quoted(
          "Record\(label) of the U.S. Utility Rate Database\(source). Status: imported.", or: ""),
      "due-days: 21", "register-meters: \(isTimeOfUse ? "refused" : "accepted")",
    ]
    if isSeasonal {
      lines += ["seasons:"] + hours.seasons.map(season) + ["season-change: segmented"]
    }
    lines += ["price-change: segmented", "split-rounding: Wh"]
    if isTimeOfUse { lines += ["periods:"] + periods }
    if !ladder.limits.isEmpty { lines += tiers(isSeasonal) }
    lines += energy(isSeasonal)
    let (days, months) = (
      record.isMonthlyCharge ? 0 : record.charge, record.isMonthlyCharge ? record.charge : 0
    )
    if days != 0 { lines += ["daily:", "  - { name: Fixed charge, amount: \(price(days)) }"] }
    if months != 0 {
      lines += ["monthly:", "  - { name: Fixed charge, amount: \(price(months)) }"]
    }
    if record.minimum != 0 {
      lines.append("daily-minimum: { name: Minimum charge, amount: \(price(record.minimum)) }")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func season(_ season: URDBHours.Season) -> String {
    let (first, last) = season.months
    let from = "\(two(first))-01"
    let to = "\(two(last))-\(two(ServiceDate.days(inMonth: last, of: 2000)))"
    return "  \(season.name): { from: \(from), to: \(to) }"
  }

  /// The period with the most hours takes what the others leave.
  private var periods: [String] {
    let counts = hours.names.indices.map { period in hours.cells.count { $0 == period } }
    let rest = counts.indices.max { (counts[$0], $1) < (counts[$1], $0) } ?? 0
    return hours.names.enumerated().flatMap { period, name -> [String] in
      guard period != rest else { return ["  \(name): { hours: all other }"] }
      let weekday = (0..<24).filter { hours.cells[$0] == period }
      let weekend = (0..<24).filter { hours.cells[$0 + 24] == period }
      let both = weekday.filter(weekend.contains)
      let windows =
        weekday == weekend
        ? runs(both).map { window("every day", $0) }
        : runs(weekday).map { window("weekdays", $0) }
          + runs(weekend).map { window("weekends and holidays", $0) }
      return ["  \(name):", "    windows:"] + windows.map { "      - \($0)" }
    }
  }

  private func window(_ days: String, _ hours: (from: Int, to: Int)) -> String {
    "{ days: \(days), from: \"\(two(hours.from)):00\", to: \"\(two(hours.to)):00\" }"
  }

  /// Hours in a row, over midnight too; the end is excluded.
  private func runs(_ hours: [Int]) -> [(from: Int, to: Int)] {
    let set = Set(hours)
    guard set.count < 24 else { return [(0, 24)] }
    return hours.filter { !set.contains(($0 + 23) % 24) }.map { from in
      var to = from
      while set.contains(to % 24) { to += 1 }
      return (from, to > 24 ? to - 24 : to)
    }
  }

  private func tiers(_ isSeasonal: Bool) -> [String] {
    let limits = ladder.limits
    let names = (0...limits.count).map { "Tier \($0 + 1)" }
    var lines: [String] = []
    if !ladder.parts.isEmpty {
      let allotments = zip(hours.seasons, ladder.allotments).map { season, energy in
        "\(season.name): \(Energy(wattHours: energy).kWh)"
      }
      let region = "\"\(ladder.region)\""
      lines += ["baseline:", "  regions:"]
      lines.append(
        isSeasonal
          ? "    \(region): { \(allotments.joined(separator: ", ")) }"
          : "    \(region): \(Energy(wattHours: ladder.allotments[0]).kWh)")
    }
    lines.append("tiers:")
    for (tier, name) in names.dropLast().enumerated() {
      let width = limits[tier] - (tier == 0 ? 0 : limits[tier - 1])
      lines.append(
        ladder.parts.isEmpty
          ? "  - { name: \(name), width-kWh: \(Energy(wattHours: width).kWh) }"
          : "  - { name: \(name), to-percent: \(DecimalText.format(Int128(ladder.parts[tier]), scale: 4)) }"
      )
    }
    lines.append("  - { name: \(names[names.count - 1]) }")
    if ladder.parts.isEmpty { lines.append("odd-cycle: by days") }
    return lines
  }

  private func energy(_ isSeasonal: Bool) -> [String] {
    func step(_ prices: [Int64]) -> String {
      prices.count == 1 ? price(prices[0]) : "[\(prices.map(price).joined(separator: ", "))]"
    }
    func periods(_ prices: [[Int64]]) -> String {
      guard hours.names.count > 1 else { return step(prices[0]) }
      return "{ "
        + zip(hours.names, prices).map { "\($0): \(step($1))" }.joined(separator: ", ") + " }"
    }
    guard isSeasonal else { return ["energy: \(periods(ladder.prices[0]))"] }
    return ["energy:"]
      + zip(hours.seasons, ladder.prices).map { "  \($0.name): \(periods($1))" }
  }

  private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private func price(_ millionths: Int64) -> String {
    DecimalText.format(Int128(millionths), scale: 6)
  }

  /// In double quotes, and without what a document must not hold.
  private func quoted(_ text: String, or other: String) -> String {
    let plain = Self.plain(text)
    let known = plain.allSatisfy { $0 == " " } ? other : plain
    return "\"" + known.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
  }

  /// On one line; an ampersand or star before a word reads as an anchor.
  private static func plain(_ text: String) -> String {
    var plain = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": plain += " and "
      case "*": plain += " "
      default:
        let isControl = scalar.properties.generalCategory == .control || scalar == "\u{FEFF}"
        plain.unicodeScalars.append(isControl || scalar.value == 0x2028 ? " " : scalar)
      }
    }
    return plain.split(separator: " ").joined(separator: " ")
  }
}
