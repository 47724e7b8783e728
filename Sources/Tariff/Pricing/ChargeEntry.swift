import Quantities

/// A line as pricing leaves it: numbers and places in the schedule, nothing that is counted or
/// freed one by one. What is printed of it is looked up when somebody asks for `ChargeLine`s.
struct ChargeEntry: Sendable {
  /// What the line is for; places are those in the schedule's lists.
  enum Source: Sendable {
    /// The place of the price among the schedule's, without a discount's substitution.
    case energy(period: Int32, tier: Int32, price: Int32)
    case baselineCredit(name: Int32)
    case reactive(cosPhi: Int32)
    case daily(Int32)
    case monthly(Int32)
    case discount(Int32)
    case minimum
    case trueUp
    case expiredCredits
    case netSurplus
    case surcharge(Int32)
    case credit(Int32)
    case tax(Int32)

    /// Whether it is a segment's and not the whole cycle's.
    var isOfSegment: Bool {
      switch self {
      case .energy, .baselineCredit, .reactive: true
      case .daily, .monthly, .discount, .minimum, .trueUp, .expiredCredits, .netSurplus,
        .surcharge, .credit, .tax:
        false
      }
    }
  }

  let source: Source
  /// Whose schedule and terms made the line.
  let segment: Int32
  let isDeferred: Bool
  let quantity: Quantity
  let price: Price
  let amount: Money
}

extension ChargeLine {
  init(_ entry: ChargeEntry, of origin: BillSegment, _ currency: Currency) {
    let schedule = origin.schedule
    segment = entry.source.isOfSegment ? Int(entry.segment) : nil
    (quantity, price, amount) = (entry.quantity, entry.price, entry.amount)
    exact = quantity.charge(at: price)
    self.schedule = schedule.versionID
    isDeferred = entry.isDeferred
    var authority: String?
    switch entry.source {
    case .energy(let period, let tier, let price):
      kind = .energy(period: Int(period), tier: Int(tier))
      description = origin.energyName(Int(price), tier: Int(tier))
      unit = "kWh"
    case .baselineCredit(let name):
      (kind, description, unit) = (.baselineCredit, schedule.creditNames[Int(name)], "kWh")
    case .reactive(let cosPhi):
      kind = .reactive
      let name = schedule.reactivePower?.name ?? ""
      description = "\(name), cos phi \(DecimalText.format(Int128(cosPhi), scale: 2))"
      unit = currency.code
    case .daily(let place):
      (kind, description, unit) = (.daily, schedule.dailyCharges[Int(place)].name, "day")
    case .monthly(let place):
      (kind, description, unit) = (.monthly, schedule.monthlyCharges[Int(place)].name, "month")
    case .discount(let place):
      let name = schedule.discounts[Int(place)].name
      (kind, description, unit) = (.discount(name: name), "\(name) discount", currency.code)
    case .minimum:
      (kind, description, unit) = (.minimum, schedule.dailyMinimum?.name ?? "", currency.code)
    case .trueUp:
      (kind, description, unit) = (.trueUp, "True-up of the relevant period", currency.code)
    case .expiredCredits:
      description = "Credits that expire with the relevant period"
      (kind, unit) = (.trueUp, currency.code)
    case .netSurplus:
      (kind, description, unit) = (.netSurplus, "Net surplus of the relevant period", "kWh")
    case .surcharge(let place):
      let surcharge = schedule.surcharges[Int(place)]
      (kind, description, unit) = (.surcharge(name: surcharge.name), surcharge.name, "kWh")
      authority = surcharge.authority
    case .credit(let place):
      let name = schedule.credits[Int(place)].name
      (kind, description, unit) = (.credit(name: name), name, "household")
    case .tax(let place):
      let tax = schedule.taxes[Int(place)]
      let payee = tax.cities.isEmpty ? tax.name : origin.terms.city ?? ""
      kind = .tax(name: tax.name)
      description = tax.cities.isEmpty ? tax.name : "\(tax.name), \(payee)"
      unit = currency.code
      authority = payee
    }
    self.authority = authority
  }
}

extension BillSegment {
  /// What energy of a tier is called on the bill.
  ///
  /// - Parameter price: the place of the tier's own price.
  fileprivate func energyName(_ price: Int, tier: Int) -> String {
    let name = schedule.energyNames[price]
    guard let other = substitution(of: tier) else { return name }
    let billedAt = schedule.tiers?.names[other.tier] ?? ""
    return "\(name), at the price of \(billedAt) (\(other.discount))"
  }
}
