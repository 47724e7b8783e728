import Quantities
import Tariff

extension ScheduleExplanation {
  /// For scripts: prices and energies as decimal strings, the week as period numbers by half hour.
  var json: JSON {
    .object([
      "plan": .string(schedule.code), "name": .string(schedule.name),
      "utility": .string(schedule.utility), "currency": .string(schedule.currency.code),
      "zone": .string(schedule.zone), "effective": .string("\(schedule.effective)"),
      "lastDay": .optional(schedule.lastDay.map { "\($0)" }), "source": .string(schedule.source),
      "precision": .optional(schedule.precision), "dueDays": .number(schedule.dueDays),
      "energy": .array(
        prices.map { row in
          .object([
            "voltageClass": .name(row.voltageClass), "season": .name(row.season),
            "period": .name(row.period), "prices": .array(row.prices.map { .string($0.text) }),
          ])
        }),
      "tierNames": .array((schedule.tiers?.names ?? []).map { .string($0) }),
      "tiers": .array(
        tiers.map { row in
          .object([
            "region": .name(row.region), "season": .name(row.season),
            "dailyAllotment": .optional(row.allotment?.kWh),
            "days": row.allotment == nil ? .null : .number(Self.monthDays),
            "limits": .array(row.limits.map { .string($0.kWh) }),
          ])
        }),
      "medicalDaily": .optional(schedule.baseline?.medical.kWh),
      "periods": .array(
        schedule.periods.map { period in
          .object([
            "name": .name(period.name), "windows": .string(windows(of: period)),
            "registers": .array(period.registers.map(\.rawValue).sorted().map { .string($0) }),
          ])
        }),
      "week": .array(
        strip.map { row in
          .object([
            "day": .string(row.day),
            "halfHours": .array(row.halfHours.map { $0.map { .number($0) } ?? .null }),
          ])
        }),
      "intervalMinutes": schedule.isTimeOfUse ? .number(schedule.coarsestIntervalMinutes) : .null,
      "daily": .array(schedule.dailyCharges.map(charge)),
      "monthly": .array(schedule.monthlyCharges.map(charge)),
      "dailyMinimum": schedule.dailyMinimum.map(charge) ?? .null,
      "baselineCredit": schedule.baselineCredit.map {
        .object([
          "price": .string($0.price.text),
          "capPercent": .string(DecimalText.format(Int128($0.cap), scale: 4)),
        ])
      } ?? .null,
      "taxes": .array(
        schedule.taxes.map { tax in
          .object([
            "name": .string(tax.name),
            "rates": .array(
              tax.rates.map {
                .object([
                  "from": .string("\($0.from)"),
                  "percent": .string(DecimalText.format(Int128($0.millionths), scale: 4)),
                ])
              }),
          ])
        }),
      "year": .number(year),
      "seasons": .array(
        seasons.map {
          .object([
            "name": .name($0.name), "from": .string("\($0.from)"), "to": .string("\($0.to)"),
          ])
        }),
      "holidays": .array(
        holidays.map {
          .object([
            "name": .string($0.name), "date": .string("\($0.date)"), "moved": .bool($0.isMoved),
          ])
        }),
      "lockoutMonths": .number(schedule.lockoutMonths),
      "cap": schedule.enrolmentCap.map { .number($0) } ?? .null,
      "registerMeters": .bool(schedule.acceptsRegisters),
      "seasonChange": .string(schedule.seasonChange.rawValue),
      "priceChange": .string(schedule.priceChange.rawValue),
    ])
  }

  private func charge(_ charge: FixedCharge) -> JSON {
    .object([
      "name": .string(charge.name), "singleFamily": .string(charge.singleFamily.text),
      "multiFamily": .string(charge.multiFamily.text),
    ])
  }
}

extension JSON {
  /// What is not told apart is null.
  fileprivate static func name(_ text: String) -> JSON { text.isEmpty ? .null : .string(text) }
}
