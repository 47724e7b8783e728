import Quantities
import Tariff

extension BillIssuedV2 {
  /// Takes off what may no longer be asked for or given back (SCE's Rule 17: three months of what
  /// was charged too little, three years of what was charged too much).
  ///
  /// Days before the limit, so many months before the bill's date, stay as they were billed: of a
  /// cycle that ends before it the whole difference is taken off, of the cycle that it falls into
  /// the part by days. There is a line for what the utility keeps and one for each authority, so
  /// that taxes stay what the earlier bill paid.
  ///
  /// What is deferred is charged too, only later: it is limited as what is due is, by a line that is
  /// deferred, and a true-up charges nothing anew. Where one bill defers what the other asks for,
  /// nothing but the sum of both is more or less.
  ///
  /// - Parameter old: the bill whose place this takes, and its position.
  mutating func limit(to old: BillIssuedV2, at position: UInt64, _ schedule: RateSchedule) {
    guard let limits = schedule.backBilling, charged != old.charged else { return }
    let months = charged > old.charged ? limits.underchargeMonths : limits.overchargeMonths
    let day = ServiceDate(day: dated)
    let limit = day.dayOfMonth(day.yearMonthDay.day, addingMonths: -months)
    let days = Int64(period.days)
    let kept = min(days, Int64(period.start.days(to: limit)))
    guard kept > 0 else { return }
    let isDeferredOnBoth =
      lines.contains(where: \.deferred) == old.lines.contains(where: \.deferred)
    let before = old.amounts(tellingDeferred: isDeferredOnBoth)
    let after = amounts(tellingDeferred: isDeferredOnBoth)
    let taxed = Set((lines + old.lines).filter { $0.kind == .tax }.map(\.authority))
    let indices = limitEvidence(position, schedule)
    for payee in Set(before.keys).union(after.keys).sorted() {
      let difference = (after[payee] ?? 0) &- (before[payee] ?? 0)
      let part = ExactCharge(billionths: -Int128(difference) * 1000 * Int128(kept))
      let amount = Self.share(part, of: days, in: schedule.currency)
      guard amount != 0 else { continue }
      var line = BillLine()
      line.kind = .backBilling
      line.authority = payee.authority
      line.deferred = payee.isDeferred
      line.text = "Back-billing limit, \(kept) of \(days) days before \(limit)"
      if !payee.authority.isEmpty { line.text += ", \(payee.authority)" }
      // An amount as a quantity of the currency at a price of one.
      (line.quantity, line.quantityDecimals, line.unit) = (amount, 6, currency)
      (line.price, line.amount) = (1_000_000, amount)
      line.schedule = schedule.versionID
      line.evidence = indices
      lines.append(line)
      guard !payee.isDeferred else { continue }
      total &+= amount
      if taxed.contains(payee.authority) { tax &+= amount }
    }
  }

  private static func share(
    _ sum: ExactCharge, of days: Int64, in currency: Currency
  ) -> Int64 {
    // Divided and rounded in one step: half away from zero, to the minor unit.
    let unit = Int128(currency.minorUnitMillionths) * 1000 * Int128(days)
    let (value, half) = (sum.billionths, unit / 2)
    let rounded = (value < 0 ? value - half : value + half) / unit
    // Wrapping: what somebody else wrote as the earlier bill must not trap here.
    return Int64(truncatingIfNeeded: rounded) &* currency.minorUnitMillionths
  }

  /// What the cycle costs, now or at the end of the year: a true-up moves what was charged before.
  private var charged: Int64 {
    lines.reduce(0) { $1.isSettlement ? $0 : $0 &+ $1.amount }
  }

  /// To whom an amount is payable, the utility under the empty name, and whether it is due later.
  private struct Payee: Hashable, Comparable {
    let authority: String
    let isDeferred: Bool

    static func < (one: Payee, other: Payee) -> Bool {
      (one.authority, one.isDeferred ? 1 : 0) < (other.authority, other.isDeferred ? 1 : 0)
    }
  }

  private func amounts(tellingDeferred: Bool) -> [Payee: Int64] {
    lines.reduce(into: [:]) { sums, line in
      guard !line.isSettlement else { return }
      let payee = Payee(
        authority: line.authority, isDeferred: tellingDeferred && line.deferred)
      sums[payee, default: 0] &+= line.amount
    }
  }

  /// Evidence of a limit: the earlier bill and the schedule that has the limit.
  private mutating func limitEvidence(_ position: UInt64, _ schedule: RateSchedule) -> [UInt32] {
    var earlier = Evidence()
    earlier.kind = "BillIssued"
    (earlier.first, earlier.last) = (position, position)
    evidence.append(earlier)
    let published = lines.last { $0.schedule == schedule.versionID }?.evidence ?? []
    return [UInt32(evidence.count - 1)]
      + published.filter { evidence[Int($0)].kind == "RateSchedulePublished" }
  }
}

extension BillLine {
  /// Whether it asks for what other bills have charged and deferred.
  fileprivate var isSettlement: Bool { kind == .trueUp && !deferred }
}

extension BillDraft {
  /// The draft as the bill that comes after an account's others: numbered behind those of its
  /// cycle, and within the limits where it takes the place of one that is cancelled.
  ///
  /// - Parameters:
  ///   - bills: all bills of the account before this one.
  ///   - old: the bill whose place it takes, and its position.
  func following(
    _ bills: [BillRecord], replacing old: (position: UInt64, bill: BillIssuedV2)?
  ) -> BillDraft {
    var fact = fact
    let ordinal = bills.count { $0.period.end == period.end } + 1
    if ordinal > 1, let number = BillNumber(fact.bill) {
      fact.bill =
        BillNumber(account: number.account, end: number.end, ordinal: ordinal).description
    }
    if let old {
      fact.replacesAfter = old.position + 1
      if let schedule = segments.last?.schedule {
        fact.limit(to: old.bill, at: old.position, schedule)
      }
    }
    var draft = self
    draft.fact = fact
    return draft
  }
}
