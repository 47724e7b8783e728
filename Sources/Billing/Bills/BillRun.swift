import Dispatch
import Journal
import Quantities
import Synchronization
import Tariff

/// A bill that a run issued, or would issue.
public struct BilledCycle: Sendable {
  public let account: String
  public let draft: BillDraft
}

/// A cycle that a run did not bill, and why.
public struct UnbilledCycle: Sendable {
  public let account: String
  public let period: BillingPeriod
  public let exception: BillException
}

/// What a bill run did.
public struct BillRunReport: Sendable {
  /// The bills, unless they were handed out one by one.
  public var bills: [BilledCycle] = []
  public var billCount = 0
  public var exceptions: [UnbilledCycle] = []
  /// Past-due notices recorded.
  public var pastDue = 0
}

extension Engine {
  /// Accounts that one thread bills at a time, and how many such parts make one commit: enough that
  /// its syncs do not count, few enough that its bills fit in memory.
  private static let accountsPerWork = 4096
  private static let worksPerCommit = 8
  private static let noticesPerCommit = 4096

  /// Bills every cycle that ends on or before a date and is not billed yet.
  ///
  /// Threads make the bills of a few thousand accounts each; what a wave of them has made is one
  /// commit, so a run that dies has issued the bills of its first waves and issues the others when
  /// it is run again. Where many cycles are open, the earliest of all accounts come first.
  ///
  /// - Parameters:
  ///   - dated: the bills' date, from which the due date counts; never the clock's.
  ///   - account: only this one.
  ///   - isDryRun: nothing is recorded.
  ///   - each: handed each bill once it is durable, so that a run over many accounts keeps no draft.
  ///   - progress: told now and then of how many accounts are gone through, how many are done.
  public func bill(
    through: ServiceDate, dated: ServiceDate, account: String? = nil, isDryRun: Bool = false,
    threads: Int = 2, at: Instant, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in },
    each: ((BillSummary) -> Void)? = nil
  ) throws -> BillRunReport {
    var report = BillRunReport()
    var works = billWorks(account)
    let total = works.reduce(0) { $0 + $1.weight }
    var done = 0
    // What closes a year of net metering waits for the bills of the year, and is the next round's, as
    // is what would make a commit too large.
    while !works.isEmpty {
      let reader = try writer.reader()
      var locations: [[BatchLocation]] = state.partitions.map { _ in [] }
      for location in try reader.locations(where: { $0.kind == .reads })
      where locations.indices.contains(Int(location.header.partition)) {
        locations[Int(location.header.partition)].append(location)
      }
      var makers = (0..<max(1, threads)).map { _ in
        BillMaker(
          through: through, dated: dated, isDryRun: isDryRun, keepsDrafts: each == nil,
          cyclesPerWork: cyclesPerWork, reader, locations, state.system)
      }
      var rest: [BillWork] = []
      let size = isDryRun ? makers.count : Self.worksPerCommit
      for start in stride(from: 0, to: works.count, by: size) {
        let wave = Array(works[start..<min(start + size, works.count)])
        let made = try make(wave, &makers)
        if !isDryRun { try append(made.flatMap(\.batches), at: at) }
        for (work, made) in zip(wave, made) {
          report.billCount += made.billCount
          report.bills += made.bills
          if let each {
            for place in made.summaries.indices { each(made.summaries[place]) }
          }
          report.exceptions += made.exceptions
          if let left = made.rest { rest.append(left) }
          done += work.weight - (made.rest?.weight ?? 0)
        }
        progress(done, total)
      }
      works = rest
    }
    guard !isDryRun else { return report }
    report.pastDue = try noticePastDue(on: dated, account: account, at: at)
    return report
  }

  /// The parts of a run, by partition and account.
  private func billWorks(_ account: String?) -> [BillWork] {
    state.parts(of: account, upTo: Self.accountsPerWork).map { partition, indices in
      BillWork(
        partition: partition, accounts: indices.map { .init(index: $0) }, weight: indices.count)
    }
  }

  /// Makes the bills of some parts, each maker taking the next part that nobody has.
  private func make(_ works: [BillWork], _ makers: inout [BillMaker]) throws -> [BilledWork] {
    let state = state
    let next = Atomic(0)
    let results = Mutex<[Int: Result<BilledWork, any Error>]>([:])
    makers.withUnsafeMutableBufferPointer { makers in
      // Each maker is one thread's.
      nonisolated(unsafe) let makers = makers
      @Sendable func make(_ maker: Int) {
        while true {
          let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard item < works.count else { return }
          let made = Result { try makers[maker].make(works[item], state) }
          results.withLock { $0[item] = made }
        }
      }
      if works.count == 1 {
        make(0)
      } else {
        DispatchQueue.concurrentPerform(iterations: min(makers.count, works.count), execute: make)
      }
    }
    let made = results.withLock { $0 }
    return try works.indices.compactMap { try made[$0]?.get() }
  }

  /// Tells each customer once of each bill that is past due on a day.
  private func noticePastDue(
    on day: ServiceDate, account: String?, at: Instant
  ) throws -> Int {
    var count = 0
    for (partition, indices) in state.parts(of: account, upTo: Self.accountsPerWork) {
      var rest = indices
      while !rest.isEmpty {
        let notices = pastDueNotices(partition, &rest, on: day)
        try commit(notices, at: at)
        count += notices.count
      }
    }
    return count
  }

  /// The notices of the first accounts, enough for a commit.
  private func pastDueNotices(
    _ partition: Int, _ indices: inout Range<Int>, on day: ServiceDate
  ) -> [Event] {
    let state = state.partitions[partition]
    var notices: [Event] = []
    while notices.count < Self.noticesPerCommit, let index = indices.popFirst() {
      let balance = state.balances[index]
      for item in balance.open where item.isPastDue(on: day) && !item.isNoticed {
        guard let agreement = state.agreements[index],
          self.state.loss(touching: agreement.account) == nil,
          let place = state.bills[index].firstIndex(where: { $0.position == item.bill })
        else { continue }
        let currency = currency(of: balance)
        let notice = NoticeRecorded(
          .pastDue,
          [
            "bill": state.bills[index].number(place, of: agreement.number).description,
            "amount": Money(millionths: item.remaining).text(in: currency),
            "currency": currency.code, "due": item.due.description,
            "position": String(item.bill),
          ])
        notices.append(
          Event(.noticeRecorded(notice), account: agreement.account, effective: day.day))
      }
    }
    return notices
  }

  private func currency(of balance: AccountBalance) -> Currency {
    Currency.known[Int(balance.currency)]
  }
}
