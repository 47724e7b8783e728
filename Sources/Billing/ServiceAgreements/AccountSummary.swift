import Journal
import Quantities
import Tariff

/// What whoever answers the phone wants to see of an account.
public struct AccountSummary: Sendable {
  public struct Bill: Sendable {
    public let number: String
    public let period: BillingPeriod
    public let total: Money
    public let dated: ServiceDate
    public let due: ServiceDate
    public let open: Money
    public let position: UInt64
    /// Whether a value behind it is estimated.
    public let isEstimated: Bool
    public let isCancelled: Bool
  }

  public struct PaymentEntry: Sendable {
    public let on: ServiceDate
    public let amount: Money
    public let key: String
    public let method: PaymentRecordedV2.Method
    public let position: UInt64
  }

  /// A charge that is on no bill.
  public struct Charge: Sendable {
    public let kind: LedgerAccount
    public let on: ServiceDate
    public let due: ServiceDate
    public let amount: Money
    public let open: Money
    public let isWaived: Bool
    public let position: UInt64
  }

  /// Money that moved otherwise: deposits, refunds, what was written off.
  public struct AdjustmentEntry: Sendable {
    public let kind: String
    public let on: ServiceDate
    public let amount: Money
    public let key: String
    public let position: UInt64
  }

  public struct Notice: Sendable {
    public let recordedAt: Instant
    public let template: String
    public let notice: NoticeRecorded
  }

  public let agreement: ServiceAgreement
  /// The day that due and past due are told for.
  public let day: ServiceDate
  public let currency: Currency
  /// As they are on `day`.
  public let terms: ServiceTerms
  /// Day of the month on which the cycle of `day` ends.
  public let readDay: Int
  /// Discounts for which the account is eligible on `day`, or will be.
  public let discounts: [(name: String, from: ServiceDate, lastDay: ServiceDate)]
  public let netMeteredSince: ServiceDate?
  public let plan: String
  public let plans: [(code: String, from: ServiceDate)]
  public let lockout: (left: String, on: ServiceDate, until: ServiceDate)?
  /// Receivable less credit; negative is in the customer's favour.
  public let owed: Money
  public let credit: Money
  /// Due date of the oldest open bill.
  public let dueDate: ServiceDate?
  public let pastDue: Money
  /// The last day with an interval read, or the date of the last index; nil before the first.
  public let lastRead: ServiceDate?
  /// End of the first cycle that is not billed.
  public let nextStatement: ServiceDate?
  public let bills: [Bill]
  public let payments: [PaymentEntry]
  /// Held until service has been paid for.
  public let deposit: Money
  public let charges: [Charge]
  public let adjustments: [AdjustmentEntry]
  public let notices: [Notice]
  /// Flags of validation that nobody has settled.
  public let flags: [ReadFlag]

  /// - Parameter on: the day asked about; the last one that the account's events speak of when nil.
  public init(_ view: AccountView, on: ServiceDate? = nil) throws {
    guard let agreement = view.agreement else {
      preconditionFailure("a view of an account has its enrolment")
    }
    self.agreement = agreement
    let balance = view.balance
    let dayAfter = try DailyUsage.dayAfterLastRead(view)
    lastRead = try view.lastReadDay() ?? dayAfter
    let lastDays = [
      agreement.start.day, dayAfter?.day,
      view.bills.map(\.dated.day).max(),
      view.booked.map(\.recorded.event.effective).max(),
    ]
    day = on ?? ServiceDate(day: lastDays.compactMap { $0 }.max() ?? agreement.start.day)
    let asked = day
    terms = agreement.terms(on: day)
    readDay = agreement.readDay(on: day).day
    discounts = (agreement.history?.discounts ?? []).filter { $0.lastDay >= asked }
      .map { ($0.name, $0.from, $0.lastDay) }
    netMeteredSince = agreement.history?.netMetering.first { $0.contains(asked) }?.from
    plan = agreement.plan(on: day).code
    plans = agreement.plans.map { ($0.code, $0.from) }
    lockout = agreement.lockout(in: view.system.book)
    let schedule =
      view.system.book.version(of: plan, on: day)
      ?? view.system.book.versions(of: plan).last
    currency = schedule?.currency ?? .usd
    owed = balance.owed
    credit = Money(millionths: balance.credit)
    dueDate = balance.open.first?.due
    pastDue = Money(
      millionths: balance.open.filter { $0.isPastDue(on: asked) }.reduce(0) { $0 + $1.remaining })
    bills = view.bills.enumerated().map { index, bill in
      Bill(
        number: view.bills.number(index, of: agreement.number).description,
        period: bill.period, total: bill.total, dated: bill.dated, due: bill.due,
        open: Money(
          millionths: balance.open.first { $0.bill == bill.position }?.remaining ?? 0),
        position: bill.position, isEstimated: bill.isEstimated, isCancelled: bill.isCancelled)
    }
    let billed = view.bills.filter { !$0.isCancelled }.map(\.period.end).max() ?? agreement.start
    let isOver = agreement.end.map { $0 <= billed } ?? false
    nextStatement = isOver ? nil : agreement.cycle(containing: billed).end
    payments = view.events.compactMap { recorded in
      guard case .paymentRecordedV2(let fact) = recorded.event.fact else { return nil }
      return PaymentEntry(
        on: ServiceDate(day: recorded.event.effective), amount: Money(millionths: fact.amount),
        key: fact.key, method: fact.method, position: recorded.position)
    }
    flags = view.state.flags[0].filter(\.isStanding)
    deposit = Money(millionths: balance.deposit)
    let waived = view.events.compactMap { recorded in
      if case .lateChargeWaived(let fact) = recorded.event.fact { fact.charge } else { nil }
    }
    charges = view.events.compactMap { recorded in
      guard case .chargeAssessed(let fact) = recorded.event.fact else { return nil }
      return Charge(
        kind: LedgerAccount(fact.kind), on: ServiceDate(day: recorded.event.effective),
        due: ServiceDate(day: fact.due), amount: Money(millionths: fact.amount),
        open: Money(
          millionths: balance.open.first { $0.bill == recorded.position }?.remaining ?? 0),
        isWaived: waived.contains(recorded.position), position: recorded.position)
    }
    adjustments = view.events.compactMap { recorded in
      let event = recorded.event
      guard let (key, amount, purpose) = event.keyedSum, let kind = purpose.adjustment else {
        return nil
      }
      return AdjustmentEntry(
        kind: kind, on: ServiceDate(day: event.effective), amount: Money(millionths: amount),
        key: key, position: recorded.position)
    }
    notices = view.events.compactMap { recorded in
      guard case .noticeRecorded(let fact) = recorded.event.fact else { return nil }
      return Notice(
        recordedAt: view.recordedAt[recorded.position] ?? Instant(seconds: 0),
        template: "\(fact.template)", notice: fact)
    }
  }
}
