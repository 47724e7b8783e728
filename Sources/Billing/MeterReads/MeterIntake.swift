import Journal
import Quantities
import Tariff

/// A refused line, as it is reported.
public struct RejectedLine: Sendable, Hashable {
  public let file: String
  public let line: UInt32
  /// The account number in the file; empty where the line has none.
  public let account: String
  public let reason: String
  /// The rule of validation that says so, where a value is refused and not a line.
  public let verdict: ReadFlagged.Rule?
}

/// Judges the rows of one meter file against the accounts, and sorts the good ones into batches.
///
/// Rows stay in columns: per row there is a look at the account, which is resolved once per file,
/// at the calendar, which is cached by day, and at the values.
struct MeterIntake {
  /// An account of the file, resolved once; plain numbers, because each row copies it.
  struct Resolved {
    var account: UInt32 = 0
    var index = 0
    var partition = 0
    var start: Int32 = .max
    var end: Int32 = .max
    var zone = 0
    /// Length in minutes that intervals must divide for the plan the account is on alone; 0 when
    /// any length will do, -1 when that depends on the day.
    var neededMinutes = 0
    /// Registers that the plan is billed from, a bit by channel.
    var registers: UInt8 = 0
    var isKnown: Bool { account != 0 }
  }

  /// A row that a held day stands against, to be compared value by value.
  struct HeldRow {
    var account: UInt32
    var index: Int
    var partition: Int
    var date: Int32
    var shape: Int
    var row: Int
  }

  private(set) var resolved: [Resolved] = []
  /// The plan that each account of the file ends up on.
  private(set) var plans: [String] = []
  /// Agreements with several plans, by account of the file.
  private var several: [Int: ServiceAgreement] = [:]
  private var book: RateBook?
  private var needs: [String: (minutes: Int, registers: UInt8)] = [:]
  private var zones: [String: Int] = [:]
  private var dayMinutes: [DayMinutes] = []
  private(set) var rejections: [(line: UInt32, account: Int, reason: MeterReadRejection)] = []

  /// Good rows of one chunk as batches, and the rows that need a second look.
  struct Judged {
    var batches: [PendingBatch] = []
    var reads = 0
    var held: [HeldRow] = []
  }

  mutating func judge(_ chunk: MeterFileChunk, _ state: BillingState) -> Judged {
    resolve(chunk.accountNames, state)
    var judged = Judged()
    for malformed in chunk.malformed {
      reject(malformed.line, -1, .malformed(malformed.reason))
    }
    for (shape, rows) in chunk.intervals.enumerated() {
      judge(rows, shape, chunk.accountNames, state, &judged)
    }
    return judged
  }

  mutating func takeRejections() -> [(line: UInt32, account: Int, reason: MeterReadRejection)] {
    defer { rejections = [] }
    return rejections
  }

  mutating func reject(_ line: UInt32, _ account: Int, _ reason: MeterReadRejection) {
    rejections.append((line, account, reason))
  }

  private mutating func resolve(_ names: [String], _ state: BillingState) {
    book = state.system.book
    while resolved.count < names.count {
      let name = names[resolved.count]
      guard let (partition, index, agreement) = state.find(name) else {
        resolved.append(Resolved())
        plans.append("")
        continue
      }
      var account = Resolved()
      account.account = agreement.account
      account.index = index
      account.partition = Int(partition.slots.partition)
      account.start = agreement.start.day
      account.end = agreement.end?.day ?? .max
      let needs = planNeeds(agreement.lastPlan, in: state.system.book)
      account.neededMinutes = agreement.plans.count == 1 ? needs.minutes : -1
      account.registers = needs.registers
      if let known = zones[agreement.zone] {
        account.zone = known
      } else if let table = state.system.zones[agreement.zone] {
        account.zone = dayMinutes.count
        zones[agreement.zone] = account.zone
        dayMinutes.append(DayMinutes(table: table))
      } else {
        account.zone = -1
      }
      resolved.append(account)
      if agreement.plans.count > 1 { several[plans.count] = agreement }
      plans.append(agreement.lastPlan)
    }
  }

  private mutating func judge(
    _ rows: MeterRows, _ shape: Int, _ names: [String], _ state: BillingState,
    _ judged: inout Judged
  ) {
    let limit = MeterReadRejection.limitWatts * Int64(rows.intervalMinutes) / 60
    var good: [[Int32]] = Array(repeating: [], count: state.partitions.count)
    for row in 0..<rows.rows {
      let account = resolved[Int(rows.accounts[row])]
      if let reason = refusal(rows, row, account, limit, names) {
        reject(rows.lines[row], Int(rows.accounts[row]), reason)
        continue
      }
      good[account.partition].append(Int32(row))
    }
    for partition in good.indices where !good[partition].isEmpty {
      // One copy of the projection a partition; one a row costs more than the look itself.
      let usage = state.partitions[partition].usage
      let fresh = good[partition].filter { row in
        let row = Int(row)
        let account = resolved[Int(rows.accounts[row])]
        guard usage.holds(account.index, rows.channel, on: rows.dates[row]) else { return true }
        judged.held.append(
          HeldRow(
            account: account.account, index: account.index, partition: partition,
            date: rows.dates[row], shape: shape, row: row))
        return false
      }
      if !fresh.isEmpty { pack(fresh, rows, shape, partition, state, &judged) }
    }
  }

  private mutating func refusal(
    _ rows: MeterRows, _ row: Int, _ account: Resolved, _ limit: Int64, _ names: [String]
  ) -> MeterReadRejection? {
    guard account.isKnown else { return .unknownAccount(names[Int(rows.accounts[row])]) }
    let date = rows.dates[row]
    guard date >= account.start else {
      return .dayBeforeService(firstDay: ServiceDate(day: account.start))
    }
    guard date < account.end else { return .dayAfterService(end: ServiceDate(day: account.end)) }
    guard account.zone >= 0 else { return .noZoneTable(names[Int(rows.accounts[row])]) }
    guard let minutes = dayMinutes[account.zone].minutes(of: date) else {
      return .dayOutsideZoneTable
    }
    guard rows.intervalMinutes > 0, minutes % rows.intervalMinutes == 0 else {
      return .intervalLength(minutes: rows.intervalMinutes, dayMinutes: minutes)
    }
    guard minutes / rows.intervalMinutes == rows.count else {
      return .intervalCount(found: rows.count, expected: minutes / rows.intervalMinutes)
    }
    let needed =
      account.neededMinutes >= 0
      ? account.neededMinutes : neededMinutes(Int(rows.accounts[row]), on: date)
    if needed > 0, needed % rows.intervalMinutes != 0 {
      return .tooCoarse(
        plan: plans[Int(rows.accounts[row])], minutes: rows.intervalMinutes, needed: needed)
    }
    return outOfRange(rows, row, limit)
  }

  /// What a plan asks of a meter, over all its versions; looked up once a plan.
  private mutating func planNeeds(
    _ code: String, in book: RateBook
  ) -> (minutes: Int, registers: UInt8) {
    if let known = needs[code] { return known }
    let versions = book.versions(of: code)
    var registers: UInt8 = 0
    for channel in Channel.allCases where channel.isRegister {
      let isBilled = versions.contains {
        channel == .registerReactive
          ? $0.reactivePower != nil : $0.period(ofRegister: channel.name) != nil
      }
      guard isBilled else { continue }
      registers |= 1 << channel.rawValue
    }
    let found = (MeterIntake.neededMinutes(code, in: book, on: nil), registers)
    needs[code] = found
    return found
  }

  /// Length that intervals must divide to be billed on a plan: on a day, or on any day of a
  /// version of it; 0 when any length will do.
  private static func neededMinutes(
    _ code: String, in book: RateBook, on date: ServiceDate?
  ) -> Int {
    let versions =
      date.map { date in book.version(of: code, on: date).map { [$0] } ?? [] }
      ?? book.versions(of: code)
    return versions.filter(\.isTimeOfUse).map(\.coarsestIntervalMinutes).reduce(0) { one, other in
      var (one, other) = (one, other)
      while one != 0 { (one, other) = (other % one, one) }
      return other
    }
  }

  /// The same for an account that has changed its plan.
  private func neededMinutes(_ account: Int, on date: Int32) -> Int {
    let day = ServiceDate(day: date)
    guard let agreement = several[account], let book else { return 0 }
    return MeterIntake.neededMinutes(agreement.plan(on: day).code, in: book, on: day)
  }

  private func outOfRange(_ rows: MeterRows, _ row: Int, _ limit: Int64) -> MeterReadRejection? {
    let range = row * rows.count..<(row + 1) * rows.count
    var low = Int32.max
    var high = Int32.min
    rows.values.withUnsafeBufferPointer { values in
      for cell in range {
        low = min(low, values[cell])
        high = max(high, values[cell])
      }
    }
    guard low < 0 || Int64(high) > limit else { return nil }
    for (interval, cell) in range.enumerated() {
      let value = rows.values[cell]
      if value < 0, value != MeterRows.gap {
        return .negative(interval: interval + 1, wattHours: Int64(value))
      }
      if Int64(value) > limit {
        return .absurd(interval: interval + 1, wattHours: Int64(value), limit: limit)
      }
    }
    return nil
  }

  /// Sorts a partition's rows by account and date and makes batches of them. Of two rows for the
  /// same day the later line is looked at again once the earlier is in.
  private func pack(
    _ picked: [Int32], _ rows: MeterRows, _ shape: Int, _ partition: Int, _ state: BillingState,
    _ judged: inout Judged
  ) {
    let count = state.identity.partitions
    var keyed = picked.map { row -> (key: UInt64, row: Int32) in
      let slot = AccountID(raw: resolved[Int(rows.accounts[Int(row)])].account).slot(of: count)
      let day = UInt64(UInt32(bitPattern: rows.dates[Int(row)] ^ .min))
      return (UInt64(slot) << 32 | day, row)
    }
    let isSorted = zip(keyed, keyed.dropFirst()).allSatisfy { $0.key < $1.key }
    if !isSorted { keyed.sort { ($0.key, $0.row) < ($1.key, $1.row) } }
    func columns() -> ReadColumns {
      ReadColumns(
        channel: rows.channel, intervalMinutes: rows.intervalMinutes, count: rows.count,
        partition: UInt16(partition), partitions: count, expected: keyed.count)
    }
    var batch = columns()
    // Spans, because a slice of the array is retained and released for each row.
    let cells = rows.values.span
    var previous: UInt64?
    for (key, row) in keyed {
      let row = Int(row)
      guard key != previous else {
        let account = resolved[Int(rows.accounts[row])]
        judged.held.append(
          HeldRow(
            account: account.account, index: account.index, partition: account.partition,
            date: rows.dates[row], shape: shape, row: row))
        continue
      }
      previous = key
      let slot = UInt32(key >> 32)
      if !batch.fits(slot: slot, date: rows.dates[row]) {
        judged.batches.append(batch.batch())
        batch = columns()
      }
      batch.append(
        slot: slot, date: rows.dates[row], quality: rows.qualities[row],
        row: cells.extracting(row * rows.count..<(row + 1) * rows.count))
      judged.reads += 1
    }
    if batch.rows > 0 { judged.batches.append(batch.batch()) }
  }
}
