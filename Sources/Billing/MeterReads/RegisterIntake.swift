import Quantities

// Indices of registers, which are events: few, and each judged beside those held.
extension MeterIntake {
  /// Register indices that are good, as events, and those that need a second look.
  struct JudgedRegisters {
    var events: [Event] = []
    var corrected = 0
    var duplicates = 0
    /// Rows for when these events are recorded: for a day that they hold an index of, or
    /// contradicted by an index that they may have replaced.
    var again: [RegisterRow] = []
  }

  /// Judges indices in the order of account, register and date.
  mutating func judgeRegisters(
    _ rows: [RegisterRow], _ names: [String], _ state: BillingState, isCorrection: Bool
  ) -> JudgedRegisters {
    var judged = JudgedRegisters()
    var contradicted: [(row: RegisterRow, reason: MeterReadRejection)] = []
    var held: [Int: [Channel: [RegisterIndex]]] = [:]
    let ordered = rows.sorted {
      ($0.account, $0.channel.rawValue, $0.date.day, $0.line)
        < ($1.account, $1.channel.rawValue, $1.date.day, $1.line)
    }
    for row in ordered {
      let account = resolved[Int(row.account)]
      let usage = account.isKnown ? state.partitions[account.partition].usage : UsageHistory()
      var known =
        held[Int(row.account)]?[row.channel] ?? usage.registers[account.index]?[row.channel] ?? []
      let current = known.first { $0.date == row.date.day }
      guard current?.position != .max else {
        judged.again.append(row)
        continue
      }
      let identity = ReadIdentity(index: account.index, channel: row.channel, date: row.date.day)
      let wasHeld = usage.replacedIndices[identity]?.contains(row.index.wattHours) ?? false
      let isMeasured = current.map { $0.quality > .estimated } ?? false
      guard !isMeasured || current?.index != row.index.wattHours, isCorrection || !wasHeld else {
        judged.duplicates += 1
        continue
      }
      if let reason = refusal(row, account, known, names) {
        if reason.isContradiction {
          contradicted.append((row, reason))
        } else {
          reject(row.line, Int(row.account), reason)
        }
        continue
      }
      var fact = RegisterRead()
      fact.channel = UInt32(row.channel.rawValue)
      fact.index = row.index.wattHours
      fact.quality = UInt32(ReadQuality.actual.rawValue)
      if let current {
        fact.supersedesAfter = current.position + 1
        judged.corrected += 1
      }
      judged.events.append(
        Event(.registerRead(fact), account: account.account, effective: row.date.day))
      // It has no position before it is recorded.
      _ = known.replace(
        with: RegisterIndex(
          date: row.date.day, index: row.index.wattHours, quality: .actual, position: .max))
      held[Int(row.account), default: [:]][row.channel] = known
    }
    // A file may correct several indices that only fit together.
    if judged.corrected > 0 || !judged.again.isEmpty {
      judged.again += contradicted.map(\.row)
    } else {
      for (row, reason) in contradicted { reject(row.line, Int(row.account), reason) }
    }
    return judged
  }

  private func refusal(
    _ row: RegisterRow, _ account: Resolved, _ known: [RegisterIndex], _ names: [String]
  ) -> MeterReadRejection? {
    guard account.isKnown else { return .unknownAccount(names[Int(row.account)]) }
    let day = row.date.day
    guard day >= account.start else {
      return .dayBeforeService(firstDay: ServiceDate(day: account.start))
    }
    guard day <= account.end else { return .dayAfterService(end: ServiceDate(day: account.end)) }
    guard ZoneTable.dates.contains(day) else { return .dayOutsideZoneTable }
    guard account.registers != 0 else { return .unfitMeter(plan: plans[Int(row.account)]) }
    guard account.registers >> row.channel.rawValue & 1 == 1 else {
      return .unfitRegister(row.channel.name, plan: plans[Int(row.account)])
    }
    guard row.index.wattHours >= 0 else { return .negativeIndex(wattHours: row.index.wattHours) }
    // An estimate that was wrong speaks against no index that is read.
    let known = known.filter { $0.quality > .estimated }
    let before = known.last { $0.date < day }.map { ($0.date, $0.index) }
    let after = known.first { $0.date > day }.map { ($0.date, $0.index) }
    let new = (day, row.index.wattHours)
    for (from, to) in [(before, new), (new, after)] as [((Int32, Int64)?, (Int32, Int64)?)] {
      guard let from, let to else { continue }
      let (old, next) = (Energy(wattHours: from.1), Energy(wattHours: to.1))
      let held = ServiceDate(day: from.0 == day ? to.0 : from.0)
      guard let counted = registerDifference(from: from.1, to: to.1) else {
        return .registerRanBackwards(from: old, to: next, held: held)
      }
      let days = Int(to.0 - from.0)
      guard counted <= MeterReadRejection.limitWatts * 24 * Int64(days) else {
        return .registerJumped(from: old, to: next, days: days, held: held)
      }
    }
    return nil
  }
}
