import Journal
import Quantities

/// Bills of a partition with their notices, written into batches as they are made.
struct BilledBatches {
  private static let eventsPerBatch = 1024

  private let partition: UInt16
  private let dated: ServiceDate
  private var made: [PendingBatch] = []
  private var content: [UInt8] = []
  private var count = 0
  private var accounts: ClosedRange<UInt32> = 0...0
  /// What no fold would take, and nothing is recorded of these bills then.
  private var fault: EventFault?

  /// - Parameter dated: the date of all bills.
  init(partition: UInt16, dated: ServiceDate) {
    self.partition = partition
    self.dated = dated
  }

  /// Adds a bill and the notice of it, by account.
  ///
  /// - Parameters:
  ///   - old: the number of the bill whose place it takes.
  ///   - isJudged: whether its fields are known to be within their bounds.
  mutating func add(
    _ draft: BillDraft, of account: UInt32, replacing old: String?, isJudged: Bool
  ) {
    if !isJudged {
      do throws(EventFault) {
        try EventJudgement(position: 0).judgeFields(
          of: Event(.billIssuedV2(draft.fact), account: account, effective: dated.day))
      } catch { fault = fault ?? error }
    }
    accounts = count == 0 ? account...account : accounts.lowerBound...account
    count += 2
    let bill = content.open()
    content.appendPlace(account, dated.day)
    content.append(varint: 44 << 3 | 2)
    content.append(varint: UInt64(draft.message.count))
    content += draft.message
    content.close(bill)
    let notice = content.open()
    content.appendPlace(account, dated.day)
    let part = content.open(field: 42)
    draft.writeNotice(replacing: old, to: &content)
    content.close(part)
    content.close(notice)
    if count >= Self.eventsPerBatch { close() }
  }

  private mutating func close() {
    guard count > 0 else { return }
    let batch = PendingBatch(
      kind: .events, partition: partition, count: count, accounts: accounts,
      dates: dated.day...dated.day, content: content)
    made.append(batch.compressed())
    content.removeAll(keepingCapacity: true)
    count = 0
  }

  /// The batches, with what is not closed yet.
  var all: [PendingBatch] {
    mutating get throws(EventFault) {
      if let fault { throw fault }
      close()
      return made
    }
  }
}
