import Journal
import Quantities

/// One event's transaction in the books.
public struct LedgerTransaction: Sendable {
  public let position: UInt64
  /// The day on which the money counts.
  public let booked: ServiceDate
  /// Number of the account.
  public let account: String
  public let kind: String
  /// The bill's number, or the caller's key; empty where there is neither.
  public let reference: String
  public let entry: LedgerEntry
}

/// The books in the order of the journal's positions, a transaction an event: the entries are those
/// of the fold itself.
public struct LedgerListing {
  private let reader: JournalReader
  private let knownAt: KnownAt?
  private let account: String?

  /// - Parameter account: only this account's transactions.
  public init(_ reader: JournalReader, knownAt: KnownAt? = nil, account: String? = nil) {
    self.reader = reader
    self.knownAt = knownAt
    self.account = account
  }

  /// Hands out each transaction; one batch's are in memory at a time, beside the state of the
  /// accounts.
  ///
  /// - Parameters:
  ///   - through: only what is booked on this day or before.
  ///   - progress: told of the position reached.
  /// - Returns: false when there is no such account.
  @discardableResult
  public func run(
    through: ServiceDate? = nil, progress: (UInt64) -> Void = { _ in },
    _ body: (LedgerTransaction) throws -> Void
  ) throws -> Bool {
    let last = through?.day ?? .max
    if let account {
      guard let view = try AccountView(reader, number: account, knownAt: knownAt) else {
        return false
      }
      for booked in view.booked where booked.recorded.event.effective <= last {
        try body(LedgerTransaction(booked, of: account))
      }
      return true
    }
    let decoder = BatchDecoder()
    var state = BillingState(identity: reader.identity)
    for partition in state.partitions.indices { state.partitions[partition].balances.booked = [] }
    try reader.forEachSegment { segment in
      for location in segment.batches {
        let header = location.header
        let known = knownAt?.count(of: header) ?? Int(header.count)
        guard known > 0 else { return false }
        // No read moves money.
        guard header.kind != .reads else { continue }
        try state.apply(
          decoder.content(of: location, in: segment), header: header, known: known)
        guard header.partition != JournalIdentity.system, header.kind == .events else { continue }
        let partition = Int(header.partition)
        for booked in state.partitions[partition].takeBooked()
        where booked.recorded.event.effective <= last {
          let account = AccountID(raw: booked.recorded.event.account)
          let number = state.partitions[partition].agreements.number(
            Int(account.slot(of: reader.identity.partitions)))
          try body(LedgerTransaction(booked, of: number))
        }
        progress(header.lastPosition)
      }
      return true
    }
    return true
  }
}

extension PartitionState {
  fileprivate mutating func takeBooked() -> [(recorded: RecordedEvent, entry: LedgerEntry)] {
    guard let booked = balances.booked, !booked.isEmpty else { return [] }
    balances.booked = []
    return booked
  }
}

extension LedgerTransaction {
  fileprivate init(
    _ booked: (recorded: RecordedEvent, entry: LedgerEntry), of account: String
  ) {
    let event = booked.recorded.event
    self.account = account
    position = booked.recorded.position
    self.booked = ServiceDate(day: event.effective)
    kind = event.kind
    reference =
      switch event.fact {
      case .billIssuedV2(let fact): fact.bill
      case .billCancelled(let fact): fact.bill
      case .billReinstated(let fact): fact.bill
      default: event.keyedSum?.key ?? ""
      }
    entry = booked.entry
  }
}

extension BillingState {
  /// What stands in the books: a trial balance over all partitions.
  public var ledger: LedgerTotals {
    partitions.reduce(into: LedgerTotals()) { $0.add($1.balances.totals) }
  }
}
