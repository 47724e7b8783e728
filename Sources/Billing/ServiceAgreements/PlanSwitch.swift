import Quantities
import Tariff

/// A request to change an account's plan.
public struct PlanSwitchRequest: Sendable {
  /// When the new plan starts.
  public enum Start: Sendable {
    /// This is the first day on the new plan, inside a cycle or not.
    case on(ServiceDate)
    /// The customer asked on this day: the first cycle start after it.
    case asked(ServiceDate)
  }
  public var number: String
  public var to: String
  public var start: Start
  /// Why staff allow it during a lock-out.
  public var overrideReason: String?

  public init(number: String, to: String, start: Start, overrideReason: String? = nil) {
    self.number = number
    self.to = to
    self.start = start
    self.overrideReason = overrideReason
  }
}

/// Why a plan switch is refused, in order of precedence.
public enum PlanSwitchRefusal: Error, Equatable, Sendable {
  case unknownAccount(String)
  case notServed(on: ServiceDate)
  case noPrice(plan: String, on: ServiceDate, firstDay: ServiceDate?)
  case samePlan(String)
  /// The day is billed already; the first day that is not.
  case alreadyBilled(ServiceDate, firstOpen: ServiceDate)
  case beforeAcceptedSwitch(ServiceDate, accepted: ServiceDate)
  case unfitMeter(plan: String, reason: String)
  /// Net metering carries money from bill to bill, which a plan without it would never settle.
  case netMetered(plan: String, since: ServiceDate, endBy: ServiceDate)
  /// Leaving a time-of-use plan locks the plan for twelve months.
  case lockedOut(left: String, on: ServiceDate, until: ServiceDate)
  case capReached(plan: String, cap: Int)
}

extension PlanSwitchRefusal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownAccount(let number): "there is no account \(number)"
    case .notServed(let day): "the account has no service on \(day)"
    case .noPrice(let plan, let day, let first):
      "no price: plan \(plan) has no price on \(day)"
        + (first.map { "; it is allowed from \($0)" } ?? "")
    case .samePlan(let plan): "same plan: the account is on \(plan) on that day already"
    case .alreadyBilled(let day, let open):
      "already billed: \(day) is on a bill; it is allowed from \(open)"
    case .beforeAcceptedSwitch(let day, let accepted):
      "accepted switch: \(day) is before the switch accepted for \(accepted); cancel that "
        + "first (wattbook switch --cancel \(accepted)), or choose a later day"
    case .unfitMeter(let plan, let reason): "unfit meter: \(plan) \(reason)"
    case .netMetered(let plan, let since, let last):
      "net metering: the account is net metered since \(since), and plan \(plan) has none; end it "
        + "first (wattbook net-metering --end --on \(last))"
    case .lockedOut(let left, let on, let until):
      "lock-out: \(left) was left on \(on), and leaving a time-of-use plan locks the plan for "
        + "twelve months; it is allowed from \(until), or with --override REASON"
    case .capReached(let plan, let cap):
      "cap reached: plan \(plan) is full with \(cap) accounts; existing customers stay"
    }
  }
}

extension ServiceAgreement {
  /// The last day on which a lock-out rule holds, as the first day that is free again: from the
  /// day a time-of-use plan is left until the same date next year (29 February: 1 March).
  ///
  /// Leaving for any other plan starts it, another time-of-use plan included; joining from a plan
  /// without lock-out starts none.
  public func lockout(in book: RateBook) -> (left: String, on: ServiceDate, until: ServiceDate)? {
    var latest: (left: String, on: ServiceDate, until: ServiceDate)?
    for (old, new) in zip(plans, plans.dropFirst()) {
      let months = book.version(of: old.code, on: new.from.adding(days: -1))?.lockoutMonths ?? 0
      guard months > 0 else { continue }
      let until =
        months == 12
        ? new.from.sameDateNextYear
        : new.from.dayOfMonth(new.from.yearMonthDay.day, addingMonths: months)
      if until > latest?.until ?? new.from { latest = (old.code, new.from, until) }
    }
    return latest
  }
}

extension BillingState {
  /// Decides a switch; nil when the same was accepted before.
  func switchPlan(
    _ request: PlanSwitchRequest
  ) throws(PlanSwitchRefusal) -> (account: UInt32, day: ServiceDate, fact: PlanSwitched)? {
    guard let (state, index, agreement) = find(request.number) else {
      throw .unknownAccount(request.number)
    }
    let day: ServiceDate
    switch request.start {
    case .on(let first): day = first
    case .asked(let asked): day = agreement.scheduledCycle(containing: asked).end
    }
    let book = system.book
    if let last = agreement.plans.dropFirst().last, last.from == day, last.code == request.to {
      return nil
    }
    guard agreement.isServed(on: day) else { throw .notServed(on: day) }
    guard let schedule = book.version(of: request.to, on: day) else {
      throw .noPrice(
        plan: request.to, on: day,
        firstDay: book.versions(of: request.to).first { $0.effective > day }?.effective)
    }
    guard agreement.plan(on: day).code != request.to else { throw .samePlan(request.to) }
    let bills = state.bills.standing(index)
    if let billed = bills.filter({ day < $0.period.end }).map(\.period.end).max() {
      throw .alreadyBilled(day, firstOpen: billed)
    }
    if let accepted = agreement.plans.dropFirst().last, day <= accepted.from {
      throw .beforeAcceptedSwitch(day, accepted: accepted.from)
    }
    try checkTerms(of: agreement, for: schedule, on: day)
    let cycle = agreement.cycle(containing: day)
    if schedule.netMetering == nil,
      let span = agreement.history?.netMetering.last(where: {
        !$0.isEmpty && $0.lastDay >= cycle.start
      })
    {
      throw .netMetered(plan: request.to, since: span.from, endBy: max(span.from, cycle.start))
    }
    let registers = state.usage.registers[index] != nil
    let minutes = state.usage.interval(index)
    if registers, minutes == 0, !schedule.acceptsRegisters {
      throw .unfitMeter(plan: request.to, reason: "needs a meter that reports intervals")
    }
    if schedule.isTimeOfUse, minutes > 0, schedule.coarsestIntervalMinutes % minutes != 0 {
      throw .unfitMeter(
        plan: request.to,
        reason: "needs intervals of \(schedule.coarsestIntervalMinutes) minutes, the meter reports "
          + "\(minutes)")
    }
    let override = request.overrideReason ?? ""
    let lockout = agreement.lockout(in: book).flatMap { day < $0.until ? $0 : nil }
    if let lockout, override.isEmpty {
      throw .lockedOut(left: lockout.left, on: lockout.on, until: lockout.until)
    }
    if let cap = schedule.enrolmentCap, seats(on: request.to) >= cap {
      throw .capReached(plan: request.to, cap: cap)
    }
    var fact = PlanSwitched()
    fact.from = agreement.lastPlan
    fact.to = request.to
    fact.overrideReason = lockout == nil ? "" : override
    return (agreement.account, day, fact)
  }

  /// What the new plan prices by, and the agreement must have.
  private func checkTerms(
    of agreement: ServiceAgreement, for schedule: RateSchedule, on day: ServiceDate
  ) throws(PlanSwitchRefusal) {
    let currency = currency(of: agreement, on: day)
    guard schedule.currency == currency else {
      throw .unfitMeter(
        plan: schedule.code, reason: "is in \(schedule.currency.code), not in \(currency.code)")
    }
    let terms = agreement.terms(on: day)
    if schedule.needsRegion {
      guard let region = terms.region, schedule.knows(region: region) else {
        throw .unfitMeter(plan: schedule.code, reason: "needs a baseline region of its table")
      }
    }
    guard schedule.voltageClasses.isEmpty || terms.voltage != nil else {
      throw .unfitMeter(plan: schedule.code, reason: "needs the supply voltage")
    }
  }

  /// Decides the cancellation of an accepted switch: before its first day, or, for a reason, as long
  /// as none of its days is billed.
  ///
  /// - Parameter today: the local day on which it is cancelled.
  func cancelSwitch(
    _ number: String, firstDay: ServiceDate, today: ServiceDate, overrideReason: String? = nil
  ) throws(SwitchCancellationRefusal) -> (account: UInt32, fact: PlanSwitchCancelled) {
    guard let (state, index, agreement) = find(number) else { throw .unknownAccount(number) }
    let accepted = agreement.plans.dropFirst()
    guard let last = accepted.last, accepted.contains(where: { $0.from == firstDay }) else {
      throw .noSuchSwitch(firstDay)
    }
    guard last.from == firstDay else { throw .notTheLast(firstDay, last: last.from) }
    guard state.bills.standing(index).allSatisfy({ $0.period.end <= firstDay }) else {
      throw .alreadyBilled(firstDay)
    }
    let override = overrideReason ?? ""
    guard today < firstDay || !override.isEmpty else { throw .alreadyStarted(firstDay) }
    var fact = PlanSwitchCancelled()
    fact.to = last.code
    fact.overrideReason = today < firstDay ? "" : override
    return (agreement.account, fact)
  }
}

/// Why an accepted switch is not cancelled, in order of precedence.
public enum SwitchCancellationRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case unknownAccount(String)
  case noSuchSwitch(ServiceDate)
  case notTheLast(ServiceDate, last: ServiceDate)
  case alreadyBilled(ServiceDate)
  case alreadyStarted(ServiceDate)

  public var description: String {
    switch self {
    case .unknownAccount(let number): "there is no account \(number)"
    case .noSuchSwitch(let day): "no switch was accepted for \(day)"
    case .notTheLast(let day, let last):
      "the switch of \(last) was accepted after that of \(day): cancel it first (wattbook switch "
        + "--cancel \(last))"
    case .alreadyBilled(let day):
      "already billed: days from \(day) on are on a bill with the new plan; switch back on a later "
        + "day, or cancel the bill first (wattbook cancel)"
    case .alreadyStarted(let day):
      "the plan has changed on \(day) already; nothing of it is billed, so it is allowed with "
        + "--override REASON"
    }
  }
}
