import Quantities
import Tariff

/// A late charge that a run assessed, or would assess.
public struct LateChargeAssessment: Sendable {
  public let account: String
  /// Number of the bill that is past due.
  public let bill: String
  /// When the bill was due.
  public let due: ServiceDate
  /// What is still open of it.
  public let overdue: Money
  /// In millionths of that.
  public let rate: Int64
  public let amount: Money
  public let currency: Currency
  /// When the charge is due.
  public let payable: ServiceDate
}

/// What a run of late charges did.
public struct LateChargeReport: Sendable {
  public fileprivate(set) var assessed = 0
  /// Bills past due whose customers are exempt.
  public fileprivate(set) var exempt = 0
}

extension Engine {
  private static let accountsPerPart = 4096
  private static let chargesPerCommit = 4096

  /// Assesses, once for each bill that is past due, what the account's rate schedule asks for that:
  /// its rate of what is open, rounded once to the minor unit. Who has a discount that exempts pays
  /// none, and a charge that is late costs no other.
  ///
  /// - Parameters:
  ///   - day: the day on which the bills are past due; the charges' own, too.
  ///   - account: only this one.
  ///   - isDryRun: nothing is recorded.
  ///   - each: handed each charge once it is durable.
  public func assessLateCharges(
    on day: ServiceDate, account: String? = nil, isDryRun: Bool = false, at: Instant,
    progress: (_ done: Int, _ of: Int) -> Void = { _, _ in },
    each: (LateChargeAssessment) -> Void = { _ in }
  ) throws -> LateChargeReport {
    var report = LateChargeReport()
    let parts = state.parts(of: account, upTo: Self.accountsPerPart)
    let total = parts.reduce(0) { $0 + $1.indices.count }
    var done = 0
    for (partition, indices) in parts {
      var rest = indices
      while !rest.isEmpty {
        let (charges, exempt) = lateCharges(partition, &rest, on: day)
        if !isDryRun { try commit(charges.flatMap(\.events), at: at) }
        for charge in charges { each(charge.assessment) }
        report.assessed += charges.count
        report.exempt += exempt
      }
      done += indices.count
      progress(done, total)
    }
    return report
  }

  /// The charges of the first accounts, enough for a commit.
  private func lateCharges(
    _ partition: Int, _ indices: inout Range<Int>, on day: ServiceDate
  ) -> (charges: [(assessment: LateChargeAssessment, events: [Event])], exempt: Int) {
    let state = state.partitions[partition]
    var charges: [(assessment: LateChargeAssessment, events: [Event])] = []
    var exempt = 0
    while charges.count < Self.chargesPerCommit, let index = indices.popFirst() {
      let balance = state.balances[index]
      let items = balance.open.filter {
        $0.isPastDue(on: day) && !balance.past(of: $0.bill).hasLateCharge
      }
      guard !items.isEmpty, let agreement = state.agreements[index],
        self.state.loss(touching: agreement.account) == nil,
        let schedule = self.state.system.book.version(of: agreement.plan(on: day).code, on: day),
        let rule = schedule.lateCharge
      else { continue }
      let isExempt = !rule.exempt.isDisjoint(
        with: schedule.compatible(agreement.terms(on: day).discounts))
      var owed = balance
      for item in items {
        // A charge is an open item too, and no bill.
        let bills = state.bills[index]
        guard let place = bills.firstIndex(where: { $0.position == item.bill }) else { continue }
        guard !isExempt else {
          exempt += 1
          continue
        }
        let overdue = Money(millionths: item.remaining)
        let amount = ExactCharge(millionths: rule.rate, of: overdue)
          .rounded(to: schedule.currency)
        guard amount > .zero, owed.canBear(amount.millionths) else { continue }
        owed.open.append(
          OpenItem(
            bill: .max, due: day.adding(days: schedule.dueDays), remaining: amount.millionths))
        let assessment = LateChargeAssessment(
          account: agreement.number,
          bill: "\(bills.number(place, of: agreement.number))",
          due: item.due, overdue: overdue, rate: rule.rate, amount: amount,
          currency: schedule.currency, payable: day.adding(days: schedule.dueDays))
        charges.append(
          (
            assessment,
            [
              Event(
                .chargeAssessed(assessment.fact(bill: item.bill)), account: agreement.account,
                effective: day.day),
              Event(
                .noticeRecorded(assessment.notice), account: agreement.account, effective: day.day),
            ]
          ))
      }
    }
    return (charges, exempt)
  }
}

extension LateChargeAssessment {
  fileprivate func fact(bill position: UInt64) -> ChargeAssessed {
    var fact = ChargeAssessed()
    fact.kind = .lateCharge
    (fact.amount, fact.currency) = (amount.millionths, currency.code)
    fact.due = payable.day
    fact.bill = position
    (fact.basis, fact.rate) = (overdue.millionths, rate)
    return fact
  }

  fileprivate var notice: NoticeRecorded {
    NoticeRecorded(
      .lateCharge,
      [
        "bill": bill, "amount": amount.text(in: currency), "currency": currency.code,
        "rate": percent, "overdue": overdue.text(in: currency), "due": due.description,
      ])
  }

  /// `0.9`.
  public var percent: String { DecimalText.format(Int128(rate), scale: 4) }
}
