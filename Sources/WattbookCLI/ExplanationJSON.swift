import Quantities
import Tariff

extension ScheduleExplanation {
  /// For scripts: prices and energies as decimal strings, the week as period numbers by half hour.
  var json: JSON {
    .fields([heading, energy, charges, rules].flatMap { $0.map { ($0.key, $0.value) } })
  }

  private var heading: KeyValuePairs<String, JSON> {
    [
      "plan": .string(schedule.code), "name": .string(schedule.name),
      "utility": .string(schedule.utility), "currency": .string(schedule.currency.code),
      "zone": .string(schedule.zone), "effective": .string("\(schedule.effective)"),
      "lastDay": .optional(schedule.lastDay.map { "\($0)" }), "source": .string(schedule.source),
      "precision": .optional(schedule.precision), "dueDays": .number(schedule.dueDays),
    ]
  }

  private var energy: KeyValuePairs<String, JSON> {
    [
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
      "undeclaredTenantsTier": .optional(
        schedule.undeclaredTenantsTier.flatMap { schedule.tiers?.names[$0] }),
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
    ]
  }

  private var charges: KeyValuePairs<String, JSON> {
    [
      "daily": .array(schedule.dailyCharges.map(charge)),
      "monthly": .array(schedule.monthlyCharges.map(charge)),
      "dailyMinimum": schedule.dailyMinimum.map(charge) ?? .null,
      "baselineCredit": schedule.baselineCredit.map {
        .object([
          "price": .string($0.price.text),
          "capPercent": .string(Self.percent($0.cap)),
        ])
      } ?? .null,
      "reactivePower": schedule.reactivePower.map(reactivePower) ?? .null,
      "taxes": .array(schedule.taxes.map(tax)),
      "discounts": .array(schedule.discounts.map(discount)),
      "credits": .array(schedule.credits.map(credit)),
      "surcharges": .array(schedule.surcharges.map(surcharge)),
      "netMetering": schedule.netMetering.map {
        .object([
          "months": .number($0.periodMonths),
          "surplus": Self.rates($0.surplusPrices, scale: 6, "price"),
        ])
      } ?? .null,
      "lateCharge": schedule.lateCharge.map {
        .object([
          "percent": .string(Self.percent($0.rate)),
          "exempt": Self.names($0.exempt),
        ])
      } ?? .null,
    ]
  }

  private var rules: KeyValuePairs<String, JSON> {
    [
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
      "backBilling": schedule.backBilling.map(backBilling) ?? .null,
      "oddCycle": .optional(schedule.oddCycle?.rawValue),
      "splitRounding": .string(schedule.splitRounding.rawValue),
      "rebillTolerance": .string(schedule.rebillTolerance.text(in: schedule.currency)),
      "seasonChange": .string(schedule.seasonChange.rawValue),
      "priceChange": .string(schedule.priceChange.rawValue),
    ]
  }

  private static func rates(_ rates: [DatedRate], scale: Int, _ unit: String) -> JSON {
    .array(
      rates.map {
        .fields([
          ("from", .string("\($0.from)")),
          (unit, .string(DecimalText.format(Int128($0.millionths), scale: scale))),
        ])
      })
  }

  private static func names(_ names: Set<String>) -> JSON {
    .array(names.sorted().map { .string($0) })
  }

  private func tax(_ tax: Tax) -> JSON {
    .object([
      "name": .string(tax.name), "base": .string(tax.base.rawValue),
      "rates": Self.rates(tax.rates, scale: 4, "percent"),
      "cities": .fields(
        tax.cities.sorted { $0.key < $1.key }.map { city, rate in
          (city, .string(Self.percent(rate.millionths)))
        }), "exempt": Self.names(tax.exempt),
    ])
  }

  private func credit(_ credit: DatedCredit) -> JSON {
    .object([
      "name": .string(credit.name),
      "amounts": .array(
        credit.amounts.map {
          .object(["on": .string("\($0.on)"), "amount": .string($0.amount.text)])
        }),
    ])
  }

  private func surcharge(_ surcharge: Surcharge) -> JSON {
    .object([
      "name": .string(surcharge.name), "authority": .string(surcharge.authority),
      "rates": Self.rates(surcharge.rates, scale: 6, "price"),
      "exempt": Self.names(surcharge.exempt),
    ])
  }

  /// Percentages by cos phi; between the table's last one and 1 there is no charge.
  private func reactivePower(_ rule: ReactivePower) -> JSON {
    .object([
      "name": .string(rule.name), "below": .string(Self.percent(rule.below)),
      "percent": .fields(
        rule.parts.enumerated().map { place, part in
          let cosPhi = DecimalText.format(
            Int128(rule.lowest + place), scale: 2, minimumDecimals: 2)
          return (cosPhi, .string(Self.percent(part)))
        }),
    ])
  }

  private func backBilling(_ limits: BackBilling) -> JSON {
    .object([
      "overchargeMonths": .number(limits.overchargeMonths),
      "underchargeMonths": .number(limits.underchargeMonths),
    ])
  }

  private static func percent(_ millionths: Int64) -> String {
    DecimalText.format(Int128(millionths), scale: 4)
  }

  private func discount(_ discount: Discount) -> JSON {
    switch discount.effect {
    case .percent(let rates):
      .object([
        "name": .string(discount.name), "rates": Self.rates(rates, scale: 4, "percent"),
        "excludes": Self.names(schedule.excluded(by: discount)),
      ])
    case .tier(let tier, let billedAt):
      .object([
        "name": .string(discount.name), "tier": .optional(schedule.tiers?.names[tier]),
        "billedAt": .optional(schedule.tiers?.names[billedAt]),
        "excludes": Self.names(schedule.excluded(by: discount)),
      ])
    }
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
