import Quantities

/// What the fields of an event may hold, whatever came before it: within these bounds no fold and
/// no recomputation overflows.
extension EventJudgement {
  /// Millionths of a bill or of one of its lines.
  static let moneyLimit: UInt64 = 4_000_000_000_000_000_000
  /// Positions and counts, so that sums of them stay within signed 64 bits.
  static let countLimit: UInt64 = 1 << 61
  /// Watt-hours on a register's dial.
  static let registerLimit: Int64 = 1_000_000_000_000_000
  /// 26 hours, more than the longest day of any zone.
  static let longestDayMinutes = 1560

  /// Also asked of what is about to be appended.
  func judgeFields(of event: Event) throws(EventFault) {
    try requireDay(event.effective)
    switch event.fact {
    case .rateSchedulePublished(let fact):
      try requireSystem(event)
      try requireText(fact.code, 64)
      try requireDay(fact.effectiveFrom)
    case .zoneTablePublished(let fact):
      try requireSystem(event)
      try requireText(fact.name, 64)
    case .meterFileIngested(let fact):
      try requireSystem(event)
      // Together they name the file.
      try requireText(fact.sha256, 64)
      try requireText(fact.number, 65_000)
      try requireText(fact.name)
      for count in [fact.reads, fact.duplicates, fact.rejected] { try requireCount(count) }
    case .meterReadRejected(let fact):
      try requireSystem(event)
      for text in [fact.fileSha256, fact.file, fact.number, fact.reason] { try requireText(text) }
    case .accountEnrolled(let fact):
      try requireAccount(event)
      try judge(fact)
    case .accountMovedOut, .moveOutCancelled: try requireAccount(event)
    case .planSwitched(let fact):
      try requireAccount(event)
      try requireText(fact.from, 64)
      try requireText(fact.to, 64)
      try requireText(fact.overrideReason)
    case .planSwitchCancelled(let fact):
      try requireAccount(event)
      try requireText(fact.to, 64)
      try requireText(fact.overrideReason)
    case .readCorrected(let fact):
      try requireAccount(event)
      try requireCount(fact.supersedes)
      try requireChannel(fact.channel, isRegister: false)
      try requireDayOf(fact.values, fact.intervalMinutes)
      if !fact.previousValues.isEmpty {
        try requireDayOf(fact.previousValues, fact.previousIntervalMinutes)
      }
    case .registerRead(let fact):
      try requireAccount(event)
      try requireCount(fact.supersedesAfter)
      try requireChannel(fact.channel, isRegister: true)
      try requireIndex(fact.index)
    case .billIssuedV2(let bill):
      try requireAccount(event)
      try judge(bill)
    case .billCancelled(let fact):
      try requireAccount(event)
      try requireCount(fact.position)
      try judge(fact.lines, fact.currency, [fact.total, fact.tax], [fact.bill, fact.note])
    case .billReinstated(let fact):
      try requireAccount(event)
      try requireCount(fact.position)
      try requireCount(fact.cancellation)
      try requireDay(fact.due)
      try judge(fact.lines, fact.currency, [fact.total, fact.tax], [fact.bill, fact.note])
    case .rebillProposed(let fact):
      try requireAccount(event)
      try requireCount(fact.position)
      try requireCount(fact.cause)
      try judge([], fact.currency, [fact.difference], [fact.bill, fact.obstacle])
    case .rebillDeclined(let fact):
      try requireAccount(event)
      try requireCount(fact.proposal)
      try requireText(fact.note)
    case .chargeAssessed(let fact):
      try requireAccount(event)
      try requireDay(fact.due)
      try requireCount(fact.bill)
      try require((0...1_000_000).contains(fact.rate), "a rate of more than the whole")
      try requireMoney(fact.basis)
      try judgeSum(fact.amount, fact.currency, fact.key)
    case .depositReceived(let fact):
      try requireAccount(event)
      try judgeSum(fact.amount, fact.currency, fact.key)
    case .depositReturned(let fact):
      try requireAccount(event)
      try judgeSum(fact.amount, fact.currency, fact.key)
    case .creditRefunded(let fact):
      try requireAccount(event)
      try judgeSum(fact.amount, fact.currency, fact.key)
    case .debtWrittenOff(let fact):
      try requireAccount(event)
      try requireText(fact.reason)
      try judgeSum(fact.amount, fact.currency, fact.key)
    case .lateChargeWaived(let fact):
      try requireAccount(event)
      try requireCount(fact.charge)
      try requireText(fact.note)
      try judgeSum(fact.amount, fact.currency, "")
    case .termsChanged(let fact):
      try requireAccount(event)
      try requireText(fact.region, 32)
      try requireText(fact.city, 64)
      try require(
        (!fact.hasHouseholdQuarters || (1...400_000).contains(fact.householdQuarters))
          && fact.voltage <= 1_000_000
          && (!fact.hasReadDay || (1...31).contains(fact.readDay)), "terms that no account has")
    case .discountGranted(let fact):
      try requireAccount(event)
      try requireText(fact.discount, 64)
      try requireDay(fact.lastDay)
    case .discountEnded(let fact):
      try requireAccount(event)
      try requireText(fact.discount, 64)
      try requireText(fact.reason)
    case .netMeteringStarted, .netMeteringEnded: try requireAccount(event)
    case .readEstimated(let fact):
      try requireAccount(event)
      try requireCount(fact.supersedesAfter)
      try require(fact.method != .unknown, "an estimate without a method")
      try require(
        fact.intervals.count <= 1_560 && fact.days.count <= 4_000, "an estimate of too many parts")
      for day in fact.days { try requireDay(day) }
      if fact.values.isEmpty {
        try requireChannel(fact.channel, isRegister: true)
        try requireIndex(fact.index)
      } else {
        try requireChannel(fact.channel, isRegister: false)
        try requireDayOf(fact.values, fact.intervalMinutes)
      }
    case .readFlagged(let fact):
      try requireAccount(event)
      try requireDay(fact.lastDay)
      try requireCount(fact.readAfter)
      try require(
        fact.rule != .unknown && Channel(rawValue: UInt8(clamping: fact.channel)) != nil,
        "a flag of no rule")
    case .flagSettled(let fact):
      try requireAccount(event)
      try requireCount(fact.flag)
      try requireText(fact.reason)
    case .billIssued, .paymentRecorded:
      try require(false, "\(event.kind) is superseded: it is read, and never written again")
    case .paymentRecordedV2(let fact):
      try requireAccount(event)
      try require(fact.amount > 0, "a payment is more than zero")
      try requireCurrency(fact.currency)
      try requireText(fact.key)
    case .noticeRecorded(let fact):
      try requireAccount(event)
      try require(fact.parameters.count <= 64, "too many parameters")
      for parameter in fact.parameters {
        try requireText(parameter.name)
        try requireText(parameter.value)
      }
    case .personDetailsRecorded(let fact):
      try requireAccount(event)
      try require(
        fact.details.isWellFormed, "details that are not sealed as this version seals them")
    case .personErased(let fact):
      try requireAccount(event)
      try require(
        KeyID(fact.key) != nil && fact.reason != .unknown, "an erasure without a key or a reason")
    case nil: try require(false, "an event without a fact")
    }
  }

  private func judge(_ fact: AccountEnrolled) throws(EventFault) {
    try require(!fact.number.isEmpty, "an account has a number")
    try requireText(fact.number, 32)
    try requireText(fact.plan, 64)
    try requireText(fact.region, 32)
    try requireText(fact.zone, 64)
    try require(
      (1...100_000).contains(fact.households) && (1...100_000).contains(fact.multiplier)
        && (1...31).contains(fact.readDay) && fact.voltage <= 1_000_000,
      "terms that no account has")
  }

  /// Money that somebody pays, gets or owes.
  private func judgeSum(
    _ amount: Int64, _ currency: String, _ key: String
  ) throws(EventFault) {
    try require(amount > 0, "an amount is more than zero")
    try requireMoney(amount)
    try requireCurrency(currency)
    let unit = Currency(code: currency)?.minorUnitMillionths ?? 1
    try require(amount % unit == 0, "an amount finer than the currency's minor unit")
    try requireText(key)
  }

  private func judge(
    _ lines: [BillLine], _ currency: String, _ amounts: [Int64], _ texts: [String]
  ) throws(EventFault) {
    try requireCurrency(currency)
    for amount in amounts { try requireMoney(amount) }
    for text in texts { try requireText(text) }
    try require(lines.count <= 10_000, "a bill of too many parts")
    try judge(lines)
  }

  private func judge(_ lines: [BillLine]) throws(EventFault) {
    var (sum, deferred): (Int128, Int128) = (0, 0)
    for line in lines {
      try requireText(line.text)
      try requireText(line.unit, 64)
      try requireText(line.schedule, 128)
      try requireText(line.authority, 128)
      try requireMoney(line.price)
      try requireMoney(line.amount)
      try require(
        line.quantityDecimals <= 18 && line.evidence.count <= 100_000, "a line beyond all measure")
      sum += Int128(line.amount)
      if line.deferred { deferred += Int128(line.amount) }
    }
    try require(
      max(sum.magnitude, deferred.magnitude, (sum - deferred).magnitude)
        <= UInt128(Self.moneyLimit), "lines beyond all measure")
  }

  private func judge(_ bill: BillIssuedV2) throws(EventFault) {
    try requireText(bill.bill, 64)
    for day in [bill.start, bill.end, bill.dated, bill.due] { try requireDay(day) }
    try require(bill.start <= bill.end, "the bill ends before it starts")
    try requireCurrency(bill.currency)
    try requireMoney(bill.total)
    try requireMoney(bill.tax)
    try requireCount(bill.knownBefore)
    try require(
      bill.lines.count <= 10_000 && bill.evidence.count <= 100_000 && bill.registers.count <= 16,
      "a bill of too many parts")
    try judge(bill.lines)
    try requireCount(bill.replacesAfter)
    for item in bill.evidence {
      try requireText(item.kind, 64)
      try requireCount(item.last)
      try require(item.first <= item.last, "evidence that ends before it starts")
      try require(item.steps.count <= 100_000, "evidence of too many positions")
      var position = item.last
      for step in item.steps {
        try require(step > 0, "evidence that does not ascend")
        try requireCount(step)
        position += step
        try requireCount(position)
      }
    }
    for span in bill.registers {
      try require(Channel(rawValue: UInt8(clamping: span.channel)) != nil, "an unknown register")
      for day in [span.openedOn, span.closedOn] { try requireDay(day) }
      for index in [span.openingIndex, span.closingIndex] { try requireIndex(index) }
      for count in [span.openingPosition, span.closingPosition] { try requireCount(count) }
    }
  }

  private func requireSystem(_ event: Event) throws(EventFault) {
    try require(
      event.account == 0, "\(event.kind) belongs in the system partition and to no account")
  }

  private func requireAccount(_ event: Event) throws(EventFault) {
    try require(
      event.account != 0, "\(event.kind) does not belong in the system partition, or to no account")
  }

  private func requireDay(_ day: Int32) throws(EventFault) {
    try require(ServiceDate.days.contains(day), "a date outside the years 1 to 9999")
  }

  private func requireText(_ text: String, _ limit: Int = 65_535) throws(EventFault) {
    try require(text.utf8.count <= limit, "a text of more than \(limit) bytes")
  }

  private func requireCount(_ count: UInt64) throws(EventFault) {
    try require(count <= Self.countLimit, "a position or count beyond all measure")
  }

  private func requireMoney(_ millionths: Int64) throws(EventFault) {
    try require(millionths.magnitude <= Self.moneyLimit, "an amount beyond all measure")
  }

  private func requireCurrency(_ code: String) throws(EventFault) {
    try require(Currency(code: code) != nil, "an unknown currency")
  }

  private func requireIndex(_ wattHours: Int64) throws(EventFault) {
    try require((0...Self.registerLimit).contains(wattHours), "an index beyond any dial")
  }

  private func requireChannel(_ channel: UInt32, isRegister: Bool) throws(EventFault) {
    let known = Channel(rawValue: UInt8(clamping: channel))
    try require(known?.isRegister == isRegister, "a channel that does not report such values")
  }

  private func requireDayOf(_ values: [Int64], _ minutes: UInt32) throws(EventFault) {
    try require(
      EventJudgement.isDay(values.count, ofMinutes: Int(minutes)),
      "\(values.count) intervals of \(minutes) minutes make no day")
    try require(
      values.allSatisfy { (-1...Int64(Int32.max)).contains($0) }, "a value that is no energy")
  }

  /// Whether intervals can make a day, however long.
  static func isDay(_ count: Int, ofMinutes minutes: Int) -> Bool {
    count >= 1 && (1...longestDayMinutes).contains(minutes)
      && count <= longestDayMinutes / minutes
  }
}
