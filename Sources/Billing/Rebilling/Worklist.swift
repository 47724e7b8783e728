import Journal
import Quantities

/// A bill that waits for somebody, and why.
public struct WorklistEntry: Sendable {
  public enum State: String, Sendable {
    /// `rebill` or `decline` is to decide.
    case proposed
    /// Its cycle cannot be priced now; the obstacle says why.
    case unpriced
    /// Something was recorded about it, and its writer died before it was looked at: the next
    /// ingest or bill run does.
    case marked
    /// Positions are lost that may be the account's: nothing is decided about it here.
    case lostHistory = "lost-history"
  }
  public let state: State
  public let account: String
  public let bill: String
  /// Position of the proposal; nil where there is none.
  public let proposal: UInt64?
  public let reason: BillCancelled.CancellationReason
  /// What the bill would come to less what it came to; nil while nobody knows.
  public let difference: Money?
  public let currency: Currency
  /// The first fact that the bill did not know.
  public let cause: (position: UInt64, kind: String)
  public let since: ServiceDate?
  public let obstacle: String
}

/// The bills that do not know all that is known of their days, by account and period.
public struct Worklist: Sendable {
  public let entries: [WorklistEntry]

  public init(_ state: BillingState, _ reader: JournalReader) throws {
    let groups = state.rebillGroups { _ in true }
    var causes: [(position: UInt64, account: UInt32)] = []
    var found: [(group: RebillGroup, bill: BillRecord, rebill: RebillCase)] = []
    for group in groups {
      let cases = state.partitions[group.partition].rebilling.cases[group.index] ?? [:]
      for bill in group.bills where group.asked.contains(bill.position) {
        guard let rebill = cases[bill.position], let cause = rebill.cause else { continue }
        found.append((group, bill, rebill))
        // Facts of the system partition are of no account.
        causes.append((cause.position, 0))
      }
    }
    var recorded = try RecordedBills(reader)
    let kinds = try recorded.kinds(at: causes)
    entries = found.map { group, bill, rebill in
      let partition = state.partitions[group.partition]
      let bills = partition.bills[group.index]
      let cause = rebill.cause ?? RebillCause(position: 0, reason: .other)
      let loss = state.loss(touching: group.agreement.account)
      let proposal = rebill.proposal
      let isPriced = proposal?.obstacle.isEmpty ?? false
      return WorklistEntry(
        state: loss != nil
          ? .lostHistory : proposal == nil ? .marked : isPriced ? .proposed : .unpriced,
        account: group.agreement.number,
        bill: "\(bills.number(bills.firstIndex(of: bill) ?? 0, of: group.agreement.number))",
        proposal: proposal?.position, reason: cause.reason,
        difference: isPriced ? proposal.map { Money(millionths: $0.difference) } : nil,
        currency: Currency.known[Int(partition.balances[group.index].currency)],
        cause: (cause.position, kinds[cause.position] ?? "unknown"),
        since: proposal.map { ServiceDate(day: $0.since) },
        obstacle: loss.map { "\(LostHistory($0))" } ?? proposal?.obstacle ?? "")
    }.sorted { ($0.account, $0.bill) < ($1.account, $1.bill) }
  }
}
