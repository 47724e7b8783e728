import Quantities
import Tariff

/// What a list of bills shows of one: a run over many accounts keeps this of each and no more.
public struct BillSummary: Sendable {
  public let account: String
  public let number: String
  public let period: BillingPeriod
  public let dated: ServiceDate
  public let due: ServiceDate
  public let total: Money
  public let currency: Currency
  /// Net over all time-of-use periods.
  public let energy: Energy
  /// Days whose energy is estimated, at least in part.
  public let estimatedDays: [ServiceDate]

  init(_ draft: BillDraft, of account: String) {
    self.account = account
    number = draft.number
    (period, dated, due) = (draft.period, draft.dated, draft.due)
    (total, currency) = (draft.total, draft.priced.currency)
    var energy = Energy.zero
    for index in draft.priced.segments.indices { energy += draft.priced.segments[index].netUsage }
    self.energy = energy
    estimatedDays = draft.estimatedDays
  }
}
