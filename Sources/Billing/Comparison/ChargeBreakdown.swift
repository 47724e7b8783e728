import Quantities
import Tariff

/// What bills consist of: money by the kind of line, energy by period and by tier.
public struct ChargeBreakdown: Sendable, Equatable {
  /// Energy at a price, by what the plan calls it.
  public struct Part: Sendable, Equatable {
    public let name: String
    public internal(set) var energy = Energy.zero
    public internal(set) var amount = Money.zero
  }

  /// By kind of line, in the order of `BillLine.Kind`; what net metering defers counts when it is
  /// settled, as the true-up.
  public private(set) var kinds: [(kind: BillLine.Kind, amount: Money)] = []
  /// By time-of-use period; one without a name on plans where every hour is alike.
  public private(set) var periods: [Part] = []
  /// By tier; empty on plans without tiers.
  public private(set) var tiers: [Part] = []
  public private(set) var energy = Energy.zero
  public private(set) var total = Money.zero

  public init() {}

  public static func == (left: ChargeBreakdown, right: ChargeBreakdown) -> Bool {
    left.total == right.total && left.energy == right.energy && left.periods == right.periods
      && left.tiers == right.tiers && left.kinds.elementsEqual(right.kinds) { $0 == $1 }
  }

  public func amount(of kind: BillLine.Kind) -> Money {
    kinds.first { $0.kind == kind }?.amount ?? .zero
  }

  /// Energy above the first tier, and what it costs; nil on plans without tiers.
  public var aboveFirstTier: Part? {
    guard !tiers.isEmpty else { return nil }
    return tiers.dropFirst().reduce(into: Part(name: "above \(tiers[0].name)")) {
      $0.energy += $1.energy
      $0.amount += $1.amount
    }
  }

  mutating func add(_ draft: BillDraft) {
    total += draft.priced.total
    energy += draft.segments.reduce(.zero) { $0 + $1.netUsage }
    for line in draft.priced.lines {
      if !line.isDeferred { add(BillLine.Kind(line.kind), line.amount) }
      guard case .energy(let period, let tier) = line.kind, let segment = line.segment else {
        continue
      }
      let schedule = draft.segments[segment].schedule
      let energy = Energy(wattHours: line.quantity.value)
      Self.add(energy, line.amount, schedule.periods[period].name, to: &periods)
      guard let tiers = schedule.tiers else { continue }
      if self.tiers.isEmpty { self.tiers = tiers.names.map { Part(name: $0) } }
      Self.add(energy, line.amount, tiers.names[tier], to: &self.tiers)
    }
  }

  mutating func add(_ other: ChargeBreakdown) {
    total += other.total
    energy += other.energy
    for (kind, amount) in other.kinds { add(kind, amount) }
    for part in other.periods { Self.add(part.energy, part.amount, part.name, to: &periods) }
    for part in other.tiers { Self.add(part.energy, part.amount, part.name, to: &tiers) }
  }

  private mutating func add(_ kind: BillLine.Kind, _ amount: Money) {
    if let known = kinds.firstIndex(where: { $0.kind == kind }) {
      kinds[known].amount += amount
    } else {
      let place = kinds.firstIndex { $0.kind.rawValue > kind.rawValue } ?? kinds.count
      kinds.insert((kind, amount), at: place)
    }
  }

  private static func add(
    _ energy: Energy, _ amount: Money, _ name: String, to parts: inout [Part]
  ) {
    let place = parts.firstIndex { $0.name == name } ?? parts.count
    if place == parts.count { parts.append(Part(name: name)) }
    parts[place].energy += energy
    parts[place].amount += amount
  }
}

extension BillLine.Kind {
  /// For people and scripts: `baseline credit`.
  public var words: String {
    switch self {
    case .unknown: "other"
    case .energy: "energy"
    case .baselineCredit: "baseline credit"
    case .daily: "daily charges"
    case .monthly: "monthly charges"
    case .minimum: "minimum"
    case .tax: "taxes"
    case .discount: "discounts"
    case .credit: "credits"
    case .surcharge: "surcharges"
    case .reactive: "reactive energy"
    case .trueUp: "true-up"
    case .netSurplus: "net surplus"
    case .backBilling: "back-billing"
    case .UNRECOGNIZED: "other"
    }
  }
}
