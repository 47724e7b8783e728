/// Judges the events of a commit before any of them is written, as the folds will: what is in the
/// journal and cannot be folded would keep everybody out of it for ever.
struct CommitJudgement {
  private let judgement: EventJudgement
  /// Of accounts with an event before, as far as money has moved.
  private var balances: [UInt32: AccountBalance] = [:]
  private var entry = LedgerEntry()

  init(at position: UInt64) { judgement = EventJudgement(position: position) }

  /// - Parameter state: before the commit. What follows on an event of the same commit is its
  ///   decision's to know, but for the balance, which several may exceed together.
  mutating func judge(_ event: Event, _ state: BillingState) throws(EventFault) {
    let unknown = event.unknownPart
    try judgement.require(unknown == nil, "\(unknown ?? "") that this version does not know")
    try judgement.judgeFields(of: event)
    guard event.account > 0 else { return }
    let partition = state.partitions[state.partition(of: event.account)]
    if balances[event.account] == nil {
      let index = partition.slots.index(of: event.account)
      balances[event.account] = index.map { partition.balances[$0] } ?? AccountBalance()
      if case .accountEnrolled = event.fact { return }
      try partition.judge(event, judgement)
    } else {
      try balances[event.account]?.judge(event, judgement)
    }
    _ = balances[event.account]?.book(event, at: judgement.position, &entry)
  }
}

/// What no fold would take: nothing of its commit is recorded.
public struct UnrecordableEvent: Error, Equatable, CustomStringConvertible {
  public let kind: String
  /// The account's number, where it has one.
  public let account: String?
  public let reason: String

  public var description: String {
    "nothing was recorded: \(kind)" + (account.map { " of account \($0)" } ?? "") + ": \(reason)"
  }
}
