import Journal
import Quantities
import Tariff

/// What versions that are not published yet would do to bills that were issued: the same cycles,
/// the same facts, another rate book. Nothing is recorded.
public struct Repricing: Sendable {
  /// One account's bills before and after.
  public struct Account: Sendable {
    public let number: String
    public let bills: Int
    public let before: Money
    public let after: Money

    public var difference: Money { after - before }
  }

  /// A bill that cannot be priced by the new version.
  public struct Failure: Sendable {
    public let account: String
    public let period: BillingPeriod
    public let reason: BillException
  }

  public let versions: [RateSchedule]
  /// From when the new versions hold in the trial; nil without a bill.
  public let effective: ServiceDate?
  public let currency: Currency
  public private(set) var billCount = 0
  /// Bills whose facts have changed since they were issued: both sides are priced from what is
  /// known now.
  public private(set) var changedSince = 0
  /// In the order they were enrolled, by partition.
  public private(set) var accounts: [Account] = []
  /// Accounts with bills on the plans, before a sample was taken.
  public let candidates: Int
  public private(set) var before = ChargeBreakdown()
  public private(set) var after = ChargeBreakdown()
  public private(set) var failures: [Failure] = []
  /// Accounts with a repriced bill that is net metered, and what they have deferred after their last
  /// ones, in no total: what was deferred before the repriced bills is as it was billed, on both
  /// sides.
  public private(set) var netMetered = 0
  public private(set) var unsettled: (before: Money, after: Money) = (.zero, .zero)

  /// - Parameters:
  ///   - state: the journal's, as `Replay` gives it.
  ///   - months: how many of each account's last bills are repriced.
  ///   - effective: the day from which the versions hold; the first of the oldest cycle when nil.
  ///   - account: only this one.
  ///   - sample: at most so many accounts, evenly spread.
  ///   - progress: told now and then of how many accounts there are, how many are done.
  public init(
    _ versions: [RateSchedule], _ state: BillingState, _ reader: JournalReader, months: Int = 12,
    effective wanted: ServiceDate? = nil, account: String? = nil, sample: Int? = nil,
    progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws {
    let codes = Set(versions.map(\.code))
    var chosen: [(partition: Int, index: Int, cycles: [BillingPeriod])] = []
    for (place, partition) in state.partitions.enumerated() {
      for index in 0..<partition.agreements.count {
        guard let agreement = partition.agreements[index] else { continue }
        if let account, agreement.number != account { continue }
        guard state.loss(touching: agreement.account) == nil else { continue }
        let cycles = partition.bills.standing(index).map(\.period)
          .sorted { $0.start < $1.start }.suffix(months)
          .filter { agreement.isOn(codes, in: $0) }
        if !cycles.isEmpty { chosen.append((place, index, cycles)) }
      }
    }
    candidates = chosen.count
    if let sample, sample < chosen.count {
      chosen = (0..<sample).map { chosen[$0 * chosen.count / sample] }
    }
    self.versions = versions
    effective = wanted ?? chosen.flatMap(\.cycles).map(\.start).min()
    currency = versions.first?.currency ?? .usd
    guard let effective else { return }
    let book = versions.reduce(state.system.book) { $0.superseded(by: $1, from: effective) }
    var old = BillCalculator(system: state.system)
    var new = BillCalculator(system: state.system.with(book))
    var opener = BatchOpener(reader)
    let locations = try reader.locations { $0.kind == .reads }
    var done = 0
    for (place, partition) in state.partitions.enumerated() {
      let mine = chosen.filter { $0.partition == place }
      let held = locations.filter { Int($0.header.partition) == place }
      for start in stride(from: 0, to: mine.count, by: Self.accountsPerChunk) {
        let chunk = mine[start..<min(start + Self.accountsPerChunk, mine.count)]
        guard let first = chunk.first, let last = chunk.last else { continue }
        let cycles = chunk.flatMap(\.cycles)
        let from = cycles.reduce(Int32.max) { min($0, $1.start.day) } - 31
        let to = cycles.reduce(Int32.min) { max($0, $1.end.day) }
        // Of a sample, whose accounts lie far apart, only its own days are kept.
        var only: Set<ReadDay>?
        if last.index - first.index > 2 * chunk.count {
          only = Set(
            chunk.flatMap { account in
              (from..<to).map { ReadDay(index: account.index, date: $0) }
            })
        }
        let reads = try DayReads(
          first.index...last.index, dates: from..<to, slots: partition.slots,
          usage: partition.usage, locations: held, only: only, opener: &opener)
        for (_, index, cycles) in chunk {
          guard let agreement = partition.agreements[index] else { continue }
          let bills = partition.bills.standing(index)
          let trial = CycleTrial(
            agreement, reads, index, registers: partition.usage.registers[index] ?? [:],
            bills: bills, knownBefore: reader.nextPosition)
          reprice(agreement.number, trial, bills, cycles, &old, &new)
        }
        done += chunk.count
        progress(done, chosen.count)
      }
    }
  }

  private static let accountsPerChunk = 256

  private mutating func reprice(
    _ number: String, _ trial: CycleTrial, _ issued: [BillRecord], _ cycles: [BillingPeriod],
    _ old: inout BillCalculator, _ new: inout BillCalculator
  ) {
    var (published, changed) = (trial, trial)
    var bills = 0
    var (before, after) = (ChargeBreakdown(), ChargeBreakdown())
    for cycle in cycles {
      do throws(BillException) {
        let then = try published.bill(cycle, by: &old)
        let now = try changed.bill(cycle, by: &new)
        before.add(then)
        after.add(now)
        bills += 1
        let total = issued.first { $0.period == cycle }?.total
        if total != then.priced.total { changedSince += 1 }
      } catch {
        failures.append(
          Failure(account: number, period: cycle, reason: error))
      }
    }
    guard bills > 0 else { return }
    if cycles.contains(where: { published.relevantYear(of: $0, by: old) != nil }) {
      netMetered += 1
    }
    if let last = cycles.last {
      unsettled.before += published.unsettled(after: last, by: old) ?? .zero
      unsettled.after += changed.unsettled(after: last, by: new) ?? .zero
    }
    billCount += bills
    self.before.add(before)
    self.after.add(after)
    accounts.append(
      Account(
        number: number, bills: bills, before: before.total, after: after.total))
  }
}

extension Repricing {
  /// Accounts that pay more, pay less, and pay the same.
  public var counts: (up: Int, down: Int, same: Int) {
    let up = accounts.count { $0.difference > .zero }
    let down = accounts.count { $0.difference < .zero }
    return (up, down, accounts.count - up - down)
  }

  /// The difference that so many accounts in a hundred do not exceed (nearest rank); nil without
  /// an account.
  public func percentile(_ percent: Int) -> Money? {
    let sorted = accounts.map(\.difference).sorted()
    guard !sorted.isEmpty else { return nil }
    let rank = (percent * sorted.count + 99) / 100
    return sorted[min(max(rank, 1), sorted.count) - 1]
  }

  /// The accounts whose bills change most, either way; the first by number on a tie.
  public func mostAffected(_ count: Int) -> [Account] {
    Array(
      accounts.filter { $0.difference != .zero }.sorted {
        ($1.difference.millionths.magnitude, $0.number)
          < ($0.difference.millionths.magnitude, $1.number)
      }.prefix(count))
  }
}

extension ServiceAgreement {
  /// Whether some day of a period is on one of some plans.
  func isOn(_ codes: Set<String>, in period: BillingPeriod) -> Bool {
    zip(plans, plans.dropFirst().map(\.from) + [period.end]).contains { plan, until in
      codes.contains(plan.code) && plan.from < min(until, period.end) && period.start < until
    }
  }
}
