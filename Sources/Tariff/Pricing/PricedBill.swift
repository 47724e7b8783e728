import Quantities

/// The charges of one billing cycle; its total is the sum of its printed lines but for those that
/// are deferred.
public struct PricedBill: Sendable {
  /// What was priced; names on lines are those of its schedules.
  public let segments: [BillSegment]
  let entries: [ChargeEntry]
  /// The lines before taxes.
  public let subtotal: Money
  public let tax: Money
  public let total: Money
  /// The sum of the deferred lines: carried to the end of the relevant period, not due now.
  public let deferred: Money

  public var currency: Currency { segments[0].schedule.currency }

  /// By segment energy, baseline credit and reactive power; then daily and monthly charges,
  /// discounts, the minimum, the true-up, what is paid for surplus, surcharges, dated credits and
  /// taxes. Made anew for every caller.
  public var lines: [ChargeLine] { entries.indices.map(line) }

  public var lineCount: Int { entries.count }

  /// - Parameter index: 0 up to `lineCount`.
  public func line(_ index: Int) -> ChargeLine {
    ChargeLine(entries[index], of: segments[Int(entries[index].segment)], currency)
  }
}

/// One printed charge: quantity times price, rounded once to the currency's minor unit, half away
/// from zero.
public struct ChargeLine: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// Indexes into the schedule's periods and tiers, 0 where it has none.
    case energy(period: Int, tier: Int)
    case baselineCredit
    case daily
    case monthly
    case minimum
    case tax(name: String)
    /// A part taken off for who is eligible.
    case discount(name: String)
    /// An amount that every household gets on a date.
    case credit(name: String)
    /// A tax or fund by the kilowatt-hour.
    case surcharge(name: String)
    /// A part added for a power factor below the schedule's.
    case reactive
    /// What was deferred in the relevant period, due now.
    case trueUp
    /// Net energy sent out in the relevant period, paid for.
    case netSurplus
  }

  /// The index of the segment; nil for lines of the whole cycle.
  public let segment: Int?
  public let kind: Kind
  public let description: String
  public let quantity: Quantity
  /// `kWh`, `day`, `month`, `household`, or the currency's code for parts of an amount.
  public let unit: String
  /// Per unit; a tax of 8 percent is 0.08 per unit of currency.
  public let price: Price
  public let exact: ExactCharge
  public let amount: Money
  /// The version that made the line; for a line of several versions, the earliest.
  public let schedule: String
  /// To whom a tax or surcharge is payable; nil on what the utility keeps.
  public let authority: String?
  /// Not in the bill's total: energy under net metering, carried to the end of the relevant period.
  public let isDeferred: Bool
}

/// An exact decimal number: `value` x 10 to the power of -`decimals`.
public struct Quantity: Hashable, Sendable {
  public let value: Int64
  /// 0 to 6.
  public let decimals: Int

  public init(_ energy: Energy) { self.init(value: energy.wattHours, decimals: 3) }
  public init(count: Int) { self.init(value: Int64(count), decimals: 0) }
  public init(_ money: Money) { self.init(value: money.millionths, decimals: 6) }
  public init(value: Int64, decimals: Int) {
    self.value = value
    self.decimals = decimals
  }

  /// At a price; only of what has more than three decimals, which is money, billionths are rounded.
  func charge(at price: Price) -> ExactCharge {
    let product = Int128(value) * Int128(price.millionthsPerUnit)
    switch decimals {
    case 0: return ExactCharge(billionths: product * 1000)
    case 3: return ExactCharge(billionths: product)
    default:
      precondition(decimals == 6, "pieces, thousandths or money")
      return ExactCharge(millionths: price.millionthsPerUnit, of: Money(millionths: value))
    }
  }

  /// Without needless zeros: `12.5`.
  public var text: String { DecimalText.format(Int128(value), scale: decimals) }
}
