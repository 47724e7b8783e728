import Quantities
import Tariff

/// A rate schedule for people: prices in a table, the week as a strip, the year as a band.
struct ExplanationReport {
  let explanation: ScheduleExplanation
  var schedule: RateSchedule { explanation.schedule }

  init(_ explanation: ScheduleExplanation) { self.explanation = explanation }

  func show() {
    let until = schedule.lastDay.map { " to \($0)" } ?? ""
    head("\(schedule.code): \(schedule.name)")
    Terminal.print("  \(schedule.utility), \(schedule.currency.code), \(schedule.zone)".printable)
    Terminal.print(
      "  from \(schedule.effective)\(until); bills are due after \(schedule.dueDays) days")
    Terminal.print("  source: \(schedule.source)".printable)
    if let precision = schedule.precision { Terminal.print("  prices are rounded to \(precision)") }
    showPrices()
    showWeek()
    showTiers()
    showCharges()
    showYear()
    showRules()
  }

  private func head(_ text: String) { Terminal.print(Terminal.styled(text.printable, .bold)) }

  func section(_ text: String) {
    Terminal.print()
    head(text)
  }

  private func showPrices() {
    let rows = explanation.prices
    let hasClass = rows.contains { !$0.voltageClass.isEmpty }
    let hasSeason = rows.contains { !$0.season.isEmpty }
    let hasPeriod = rows.contains { !$0.period.isEmpty }
    var columns: [(String, Table.Side)] = []
    if hasClass { columns.append(("  voltage", .left)) }
    if hasSeason { columns.append((columns.isEmpty ? "  season" : "season", .left)) }
    if hasPeriod { columns.append((columns.isEmpty ? "  period" : "period", .left)) }
    if columns.isEmpty { columns.append(("  ", .left)) }
    columns += (schedule.tiers?.names ?? ["price"]).map { ($0, .point) }
    var table = Table(columns)
    for row in rows {
      var cells: [String] = []
      if hasClass { cells.append(row.voltageClass) }
      if hasSeason { cells.append(row.season.isEmpty ? "all year" : row.season) }
      if hasPeriod { cells.append(row.period) }
      if cells.isEmpty { cells.append("all hours") }
      cells[0] = "  " + cells[0]
      table.add(cells + row.prices.map { plain($0) })
    }
    section("Energy, \(schedule.currency.code) for a kWh")
    Terminal.print(table.text)
  }

  /// At least the currency's decimals, without its sign: the heading says it.
  private func plain(_ price: Price) -> String {
    DecimalText.format(
      Int128(price.millionthsPerUnit), scale: 6, minimumDecimals: schedule.currency.decimals)
  }

  private func showTiers() {
    if let oddCycle = schedule.oddCycle { showWidths(oddCycle) }
    let rows = explanation.tiers.filter { $0.allotment != nil }
    guard !rows.isEmpty else { return }
    let days = ScheduleExplanation.monthDays
    section(schedule.tiers == nil ? "Baseline, kWh" : "Tiers, kWh in \(days) days")
    let hasSeason = rows.contains { !$0.season.isEmpty }
    var columns: [(String, Table.Side)] = [("  region", .left)]
    if hasSeason { columns.append(("season", .left)) }
    columns.append(("kWh a day", .point))
    let names = schedule.tiers?.names ?? []
    columns += names.dropLast().map { ("\($0) to", .point) }
    if let last = names.last { columns.append((last, .left)) }
    var table = Table(columns)
    for row in rows {
      var cells = ["  " + row.region]
      if hasSeason { cells.append(row.season) }
      if let allotment = row.allotment { cells.append(allotment.kWh) }
      cells += row.limits.map(\.kWh)
      if !names.isEmpty { cells.append("and more") }
      table.add(cells)
    }
    Terminal.print(table.text)
    if let medical = schedule.baseline?.medical, medical != .zero {
      Terminal.print(
        "  medical baseline adds \(medical.kWh) kWh a day, \((medical * days).kWh) in \(days) days")
    }
  }

  private func showWidths(_ oddCycle: Tiers.OddCycleRule) {
    let names = schedule.tiers?.names ?? []
    let limits = explanation.tiers.first { $0.allotment == nil }?.limits ?? []
    section("Tiers, kWh for one household in a month")
    var table = Table([("  tier", .left), ("from", .point), ("to", .point)])
    for (tier, name) in names.enumerated() {
      let from = tier == 0 ? "0" : limits[tier - 1].kWh
      table.add(["  " + name, from, tier < limits.count ? limits[tier].kWh : "and more"])
    }
    Terminal.print(table.text)
    Terminal.print("  in a cycle that is no whole month: \(oddCycle.rawValue)")
    if let tier = schedule.undeclaredTenantsTier {
      Terminal.print(
        "  tenants whom nobody has declared: all at the price of \(names[tier])".printable)
    }
  }

  private func showCharges() {
    let currency = schedule.currency
    var rows: [(String, String)] = []
    func add(_ charge: FixedCharge, _ unit: String) {
      let single = charge.singleFamily.words(currency)
      let multi = charge.multiFamily.words(currency)
      rows.append(
        (
          charge.name,
          single == multi ? "\(single) \(unit)" : "\(single) \(unit), multi-family \(multi)"
        ))
    }
    for charge in schedule.dailyCharges { add(charge, "a day") }
    for charge in schedule.monthlyCharges { add(charge, "a month") }
    if let minimum = schedule.dailyMinimum { add(minimum, "a day at least") }
    if let credit = schedule.baselineCredit {
      rows.append(
        (
          "Baseline credit",
          "\(credit.price.words(currency)) off each kWh up to \(percent(credit.cap)) % of the "
            + "baseline allowance"
        ))
    }
    rows += adjustments
    guard !rows.isEmpty else { return }
    section("Charges, credits, taxes")
    let width = rows.map(\.0.count).max() ?? 0
    for (name, text) in rows {
      let space = String(repeating: " ", count: width - name.count)
      Terminal.print("  \(name)\(space)  \(text)".printable)
    }
  }

  /// What is taken off and added for some, on some days, by the kilowatt-hour or in percent.
  private var adjustments: [(String, String)] {
    let currency = schedule.currency
    func exempt(_ names: Set<String>) -> String {
      names.isEmpty ? "" : ", not with " + names.sorted().joined(separator: ", ")
    }
    func list(_ rates: [DatedRate], _ words: (Int64) -> String) -> String {
      rates.map { "\(words($0.millionths)) from \($0.from)" }.joined(separator: ", ")
    }
    func price(_ millionths: Int64) -> String {
      Price(millionthsPerUnit: millionths).words(currency)
    }
    var rows = schedule.discounts.map { discount in
      switch discount.effect {
      case .percent(let rates):
        (
          "Discount \(discount.name)",
          list(rates) { percent($0) + " % off" } + exempt(schedule.excluded(by: discount))
        )
      case .tier(let tier, let billedAt):
        (
          "Discount \(discount.name)",
          "\(schedule.tiers?.names[tier] ?? "") at the price of "
            + "\(schedule.tiers?.names[billedAt] ?? "")" + exempt(schedule.excluded(by: discount))
        )
      }
    }
    rows += schedule.credits.map { credit in
      (
        credit.name,
        credit.amounts.map { "\($0.amount.words(currency)) off on \($0.on)" }
          .joined(separator: ", ")
      )
    }
    rows += schedule.surcharges.map {
      (
        $0.name,
        list($0.rates) { price($0) + " a kWh" } + ", to \($0.authority)" + exempt($0.exempt)
      )
    }
    if let reactive = schedule.reactivePower {
      rows.append((reactive.name, "a part of the energy charges by the power factor"))
    }
    rows += schedule.taxes.map { tax in
      let cities = tax.cities.sorted { $0.key < $1.key }.map { city, rate in
        "\(city) \(percent(rate.millionths)) %\(exempt(rate.exempt))"
      }.joined(separator: ", ")
      let text = tax.cities.isEmpty ? list(tax.rates) { percent($0) + " %" } : cities
      let base = tax.base == .beforeCredits && !schedule.credits.isEmpty ? ", before credits" : ""
      return (tax.name, text + base + exempt(tax.exempt))
    }
    if let metering = schedule.netMetering {
      let surplus = list(metering.surplusPrices) { price($0) + " a kWh" }
      rows.append(
        ("Net metering", "settled every \(metering.periodMonths) months; surplus \(surplus)"))
    }
    if let late = schedule.lateCharge {
      rows.append(
        ("Late charge", "\(percent(late.rate)) % of what is overdue" + exempt(late.exempt)))
    }
    return rows
  }

  private func percent(_ millionths: Int64) -> String {
    DecimalText.format(Int128(millionths), scale: 4)
  }

  private func showRules() {
    section("Rules")
    if schedule.lockoutMonths > 0 {
      Terminal.print(
        "  leaving the plan locks every further switch for \(schedule.lockoutMonths) months")
    }
    if let cap = schedule.enrolmentCap { Terminal.print("  at most \(grouped(cap)) accounts") }
    Terminal.print(
      "  meters with registers only are \(schedule.acceptsRegisters ? "accepted" : "refused")")
    if schedule.seasons.count > 1 {
      Terminal.print("  a season's change inside a cycle: \(schedule.seasonChange.rawValue)")
    }
    Terminal.print("  a price change inside a cycle: \(schedule.priceChange.rawValue)")
    Terminal.print("  what days divide is rounded to \(schedule.splitRounding.rawValue)")
    if schedule.rebillTolerance != .zero {
      Terminal.print(
        "  corrections of no more than "
          + "\(moneyWords(schedule.rebillTolerance, schedule.currency)) are made without asking")
    }
    if let limits = schedule.backBilling {
      Terminal.print(
        "  corrections reach back \(limits.overchargeMonths) months for what was charged too much, "
          + "\(limits.underchargeMonths) for too little")
    }
  }
}
