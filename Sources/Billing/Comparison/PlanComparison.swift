import Journal
import Quantities
import Tariff

/// What the same usage costs on every plan that is open to an account: its own reads, cycle by
/// cycle, priced as bills are.
public struct PlanComparison: Sendable {
  /// A billing cycle that is compared.
  public struct Month: Sendable {
    public let period: BillingPeriod
    public let usage: Energy
    /// By the plan that the account was on.
    public let total: Money
    /// The standing bill's, where there is one: facts known since may have changed the total.
    public let issued: Money?
    /// Days whose reads are estimates.
    public let estimatedDays: Int
  }

  /// A plan beside the account's own.
  public struct Offer: Sendable {
    public let plan: String
    public let name: String
    /// The plan that the account is on.
    public let isOwn: Bool
    /// By month, or why there is no comparison.
    public let months: Result<[Money], BillException>
    public let charges: ChargeBreakdown
    /// What is deferred after the last month and in no total; nil where nothing is open.
    public let unsettled: Money?
    public let outlook: SwitchOutlook
    public let lockoutMonths: Int

    public var total: Money? { (try? months.get())?.reduce(.zero, +) }
  }

  /// Where the relevant periods of net metering begin and end beside the months.
  public struct NetMetering: Sendable, Equatable {
    /// First day of a period that is settled in the months and began before them; what was deferred
    /// before them is as it was billed.
    public internal(set) var carriedFrom: ServiceDate?
    /// First day of the period that the last month leaves open.
    public internal(set) var openFrom: ServiceDate?
  }

  public let account: String
  /// Days before this one are compared, and the next cycle start after it is the first for a switch.
  public let asOf: ServiceDate
  public let plan: String
  public let currency: Currency
  public let wantedMonths: Int
  public let isAtCurrentPrices: Bool
  /// Whether the account was on another plan in some of the months.
  public let hasSwitched: Bool
  /// Nil where no month is net metered.
  public let netMetering: NetMetering?
  public let months: [Month]
  /// Cycles of the months wanted that cannot be priced even on the account's own plan.
  public let skipped: [(period: BillingPeriod, reason: BillException)]
  /// As the account was billed, or would be.
  public let own: ChargeBreakdown
  /// The account's own plan first, then the others in order of their totals.
  public let offers: [Offer]

  public var usage: Energy { months.reduce(.zero) { $0 + $1.usage } }
  public var total: Money { months.reduce(.zero) { $0 + $1.total } }
}

extension PlanComparison {
  /// - Parameters:
  ///   - wanted: how many of the account's last cycles are compared.
  ///   - asOf: cycles that end on or before it; the day after the last read when nil.
  ///   - isAtCurrentPrices: prices the whole time by each plan's version of that day, the account's
  ///     own too.
  ///   - state: for the seats of plans with a cap, all accounts'; the account's own when nil.
  public init(
    _ view: AccountView, months wanted: Int = 12, asOf given: ServiceDate? = nil,
    isAtCurrentPrices: Bool = false, state: BillingState? = nil
  ) throws {
    guard let agreement = view.agreement else {
      preconditionFailure("a view of an account has its enrolment")
    }
    let asOf = try given ?? DailyUsage.dayAfterLastRead(view) ?? agreement.start
    let cycles = agreement.cycles(endingThrough: asOf).suffix(wanted)
    let plan = agreement.plan(on: asOf).code
    let start = cycles.first?.start ?? agreement.start
    let book = view.system.book
    let priced = isAtCurrentPrices ? book.current(on: asOf, from: start) : book
    let bills = view.bills.filter { !$0.isCancelled }
    var trial = CycleTrial(
      agreement,
      try view.dayReads(
        in: BillingPeriod(start: start.adding(days: -31), end: max(start, asOf))),
      0, registers: view.state.usage.registers[0] ?? [:], bills: bills,
      knownBefore: view.reader.nextPosition)
    let others = trial
    var calculator = BillCalculator(system: view.system.with(priced))

    var months: [Month] = []
    var skipped: [(period: BillingPeriod, reason: BillException)] = []
    var own = ChargeBreakdown()
    for cycle in cycles {
      do throws(BillException) {
        let draft = try trial.bill(cycle, by: &calculator)
        own.add(draft)
        months.append(
          Month(
            period: cycle, usage: draft.segments.reduce(.zero) { $0 + $1.netUsage },
            total: draft.priced.total,
            issued: bills.first { $0.period == cycle }?.total,
            estimatedDays: trial.estimatedDays(in: cycle)))
      } catch { skipped.append((cycle, error)) }
    }

    var metering: NetMetering?
    for month in months {
      guard let year = trial.relevantYear(of: month.period, by: calculator) else { continue }
      metering = metering ?? NetMetering()
      metering?.openFrom = year.endsHere ? nil : year.start
      if year.endsHere, year.start < months[0].period.start { metering?.carriedFrom = year.start }
    }

    let known = book.version(of: plan, on: asOf) ?? book.versions(of: plan).last
    let state = state ?? view.alone
    let request = PlanSwitchRequest(number: agreement.number, to: "", start: .asked(asOf))
    var offers: [Offer] = []
    for code in book.codes {
      let version = book.version(of: code, on: asOf)
      let isOpen =
        version.map {
          $0.zone == agreement.zone && $0.utility == known?.utility
            && $0.currency == known?.currency
        } ?? false
      guard let schedule = version ?? known, isOpen || code == plan else { continue }
      var charges = ChargeBreakdown()
      var totals: [Money] = []
      var failure: BillException?
      var trial = others.on(code)
      for month in months {
        do throws(BillException) {
          let draft = try trial.bill(month.period, by: &calculator)
          charges.add(draft)
          totals.append(draft.priced.total)
        } catch {
          failure = error
          break
        }
      }
      var asked = request
      asked.to = code
      offers.append(
        Offer(
          plan: code, name: schedule.name, isOwn: code == plan,
          months: failure.map { .failure($0) } ?? .success(totals), charges: charges,
          unsettled: months.last.flatMap { trial.unsettled(after: $0.period, by: calculator) },
          outlook: state.outlook(asked, cap: schedule.enrolmentCap),
          lockoutMonths: schedule.lockoutMonths))
    }
    offers.sort { left, right in
      let (one, other) = (left.total?.millionths ?? .max, right.total?.millionths ?? .max)
      return (left.isOwn ? 0 : 1, one, left.plan) < (right.isOwn ? 0 : 1, other, right.plan)
    }

    account = agreement.number
    self.asOf = asOf
    self.plan = plan
    currency = known?.currency ?? .usd
    wantedMonths = wanted
    self.isAtCurrentPrices = isAtCurrentPrices
    let left = Set(agreement.plans.map(\.code)).subtracting([plan])
    hasSwitched = months.contains { agreement.isOn(left, in: $0.period) }
    netMetering = metering
    self.months = months
    self.skipped = skipped
    self.own = own
    self.offers = offers
  }
}

extension RateBook {
  /// Each plan's version of a day, as if it had held from an earlier day on; plans without one keep
  /// theirs.
  func current(on date: ServiceDate, from start: ServiceDate) -> RateBook {
    codes.reduce(self) { book, code in
      guard let version = version(of: code, on: date) else { return book }
      return book.superseded(by: version, from: min(start, version.effective))
    }
  }
}
