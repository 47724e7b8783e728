import Journal
import Quantities

/// A request that takes a bill back, or the taking back, or that decides that a bill stays as it is.
public enum BillCorrection: Sendable {
  /// The bill's number, why, and the day on which it is void; today, or the bill's own date or that
  /// of its last correction where that is later, unless given.
  case cancel(bill: String, BillCancelled.CancellationReason, note: String, on: ServiceDate?)
  case reinstate(bill: String, note: String, on: ServiceDate?)
  case decline(proposal: UInt64, note: String)
  /// Takes back the late charge of a bill.
  case waive(bill: String, note: String, on: ServiceDate?)
}

/// Why a bill is not cancelled, reinstated or billed again, in order of precedence.
public enum BillCorrectionRefusal: Error, Equatable, Sendable {
  case unknownAccount(String)
  case unknownBill(String)
  case alreadyCancelled(String, at: UInt64)
  case notCancelled(String)
  /// A day before the bill's own date or its last correction, or a rebill's before its cycle ends.
  case tooEarly(ServiceDate, allowed: ServiceDate)
  /// A later bill that stands has settled the relevant period of net metering that this one is in.
  case settledBy(bill: String)
  /// Another bill stands on days of it.
  case billedAgain(by: String)
  case noteTooLong(bytes: Int)
  case notProposed(position: UInt64)
  case noLateCharge(String)
}

extension BillCorrectionRefusal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownAccount(let number): "there is no account \(number)"
    case .unknownBill(let number):
      "there is no bill \(number); wattbook account lists an account's bills"
    case .alreadyCancelled(let number, let position):
      "bill \(number) was cancelled at position \(position); wattbook reinstate lets it stand again"
    case .notCancelled(let number): "bill \(number) stands: there is nothing to reinstate"
    case .tooEarly(let day, let allowed):
      "\(day) is too early: it is allowed from \(allowed) (--on)"
    case .settledBy(let number):
      "bill \(number) has settled the year of net metering that this bill is in: cancel that one "
        + "first, or bill both again with wattbook rebill"
    case .billedAgain(let number):
      "bill \(number) stands on the same days: cancel that one first"
    case .noteTooLong(let bytes): "the note has \(bytes) bytes, and may have 4,096"
    case .notProposed(let position):
      "position \(position) is no proposal that is open; wattbook worklist lists those that are"
    case .noLateCharge(let number): "bill \(number) has no late charge that stands"
    }
  }
}

/// A bill of the state, by its number.
struct NumberedBill {
  let number: BillNumber
  let state: PartitionState
  let index: Int
  let agreement: ServiceAgreement
  let record: BillRecord

  var account: UInt32 { agreement.account }

  /// The first day on which it may stand again: what stood in its place counts until it was
  /// cancelled.
  var reinstatableFrom: ServiceDate {
    max(
      record.correctableFrom,
      state.bills[index].earliestDate(of: record.period) ?? record.correctableFrom)
  }

  /// The number of another bill of the account.
  func number(of other: BillRecord) -> String {
    let bills = state.bills[index]
    return bills.firstIndex(of: other).map { "\(bills.number($0, of: agreement.number))" } ?? ""
  }
}

extension BillingState {
  func bill(_ text: String) throws(BillCorrectionRefusal) -> NumberedBill {
    guard let number = BillNumber(text), let (state, index, agreement) = find(number.account),
      let place = state.bills[index].index(of: number)
    else { throw .unknownBill(text) }
    return NumberedBill(
      number: number, state: state, index: index, agreement: agreement,
      record: state.bills[index][place])
  }

  /// Decides a cancellation. Registers hold nobody back: the bills beside it keep the indices at
  /// which they open and close, and a bill of these days will open and close there.
  func cancel(_ text: String, on day: ServiceDate) throws(BillCorrectionRefusal) -> NumberedBill {
    let bill = try bill(text)
    if let cancelled = bill.record.cancelledAt { throw .alreadyCancelled(text, at: cancelled) }
    let earliest = bill.record.correctableFrom
    guard day >= earliest else { throw .tooEarly(day, allowed: earliest) }
    let settlement = bill.state.settlement(
      of: [bill.record], bill.state.bills.standing(bill.index), bill.agreement, system.book)
    if let settlement, settlement != bill.record {
      throw .settledBy(bill: bill.number(of: settlement))
    }
    return bill
  }

  /// Decides that a cancelled bill stands again: each day is billed once at most.
  func reinstate(
    _ text: String, on day: ServiceDate
  ) throws(BillCorrectionRefusal) -> (bill: NumberedBill, cancellation: UInt64) {
    let bill = try bill(text)
    guard let cancellation = bill.record.cancelledAt else { throw .notCancelled(text) }
    let earliest = bill.reinstatableFrom
    guard day >= earliest else { throw .tooEarly(day, allowed: earliest) }
    if let other = bill.state.bills.standing(bill.index, on: bill.record.period) {
      throw .billedAgain(by: bill.number(of: other))
    }
    return (bill, cancellation)
  }

  /// The late charge of a bill that nobody has waived; nil where there is none.
  public func lateCharge(of bill: String) -> (amount: Money, currency: Currency)? {
    guard let (_, charge, currency) = try? standingCharge(of: bill) else { return nil }
    return (Money(millionths: charge.amount), currency)
  }

  fileprivate func standingCharge(
    of text: String
  ) throws(BillCorrectionRefusal) -> (NumberedBill, ItemPast.LateCharge, Currency) {
    let bill = try bill(text)
    let balance = bill.state.balances[bill.index]
    guard let charge = balance.past(of: bill.record.position).lateCharge else {
      throw .noLateCharge(text)
    }
    return (bill, charge, Currency.known[Int(balance.currency)])
  }

  /// Decides that a proposal comes to nothing; gives its account's agreement.
  func decline(_ proposal: UInt64) throws(BillCorrectionRefusal) -> ServiceAgreement {
    for partition in partitions {
      for index in partition.rebilling.cases.keys
      where partition.rebilling.bill(of: proposal, index) != nil {
        if let agreement = partition.agreements[index] { return agreement }
      }
    }
    throw .notProposed(position: proposal)
  }
}

extension Engine {
  /// Cancels or reinstates a bill, or declines a proposal.
  @discardableResult
  public func correct(_ correction: BillCorrection, at: Instant) throws -> Outcome {
    try record([.correct(correction)], at: at)[0].get()
  }

  /// The events of a correction, what it is about first.
  func decide(_ correction: BillCorrection, at: Instant) throws -> [Event] {
    switch correction {
    case .cancel(let text, let reason, let note, let day):
      try checkNote(note)
      let known = try state.bill(text)
      let day = day ?? max(today(known.agreement, at), known.record.correctableFrom)
      let bill = try state.cancel(text, on: day)
      let fact = BillCancelled(try whole(bill), at: bill.record.position, reason, note: note)
      return [Event(.billCancelled(fact), account: bill.account, effective: day.day)]
    case .reinstate(let text, let note, let day):
      try checkNote(note)
      let known = try state.bill(text)
      let day = day ?? max(today(known.agreement, at), known.reinstatableFrom)
      let (bill, cancellation) = try state.reinstate(text, on: day)
      let fact = BillReinstated(
        try whole(bill), at: bill.record.position, cancelledAt: cancellation, note: note)
      return [Event(.billReinstated(fact), account: bill.account, effective: day.day)]
    case .waive(let text, let note, let day):
      try checkNote(note)
      let (bill, charge, currency) = try state.standingCharge(of: text)
      let assessed = ServiceDate(day: charge.on)
      let day = day ?? max(today(bill.agreement, at), assessed)
      guard day >= assessed else {
        throw BillCorrectionRefusal.tooEarly(day, allowed: assessed)
      }
      var fact = LateChargeWaived()
      (fact.charge, fact.amount) = (charge.position, charge.amount)
      (fact.currency, fact.note) = (currency.code, note)
      let notice = NoticeRecorded(
        .lateChargeWaived,
        [
          "bill": text, "amount": Money(millionths: charge.amount).text(in: currency),
          "currency": currency.code,
        ])
      return [
        Event(.lateChargeWaived(fact), account: bill.account, effective: day.day),
        Event(.noticeRecorded(notice), account: bill.account, effective: day.day),
      ]
    case .decline(let proposal, let note):
      try checkNote(note)
      var fact = RebillDeclined()
      (fact.proposal, fact.note) = (proposal, note)
      let agreement = try state.decline(proposal)
      return [
        Event(
          .rebillDeclined(fact), account: agreement.account, effective: today(agreement, at).day)
      ]
    }
  }

  /// The civil date of an account at the moment that events get.
  func today(_ agreement: ServiceAgreement, _ at: Instant) -> ServiceDate {
    state.system.zones[agreement.zone]?.date(at: recordedAt(at).seconds) ?? agreement.start
  }

  private func checkNote(_ note: String) throws(BillCorrectionRefusal) {
    guard note.utf8.count <= 4096 else { throw .noteTooLong(bytes: note.utf8.count) }
  }

  /// The whole bill, from the journal.
  private func whole(_ bill: NumberedBill) throws -> BillIssuedV2 {
    var bills = try RecordedBills(writer.reader())
    let position = bill.record.position
    guard let fact = try bills.bills(at: [(position, bill.account)])[position] else {
      throw EventFault(position: position, reason: "the bill that was here is not here any more")
    }
    return fact
  }
}
