import Journal
import Quantities

/// Bills of a partition with their notices, written into batches as they are made.
struct BilledBatches {
  private static let eventsPerBatch = 1024

  private let partition: UInt16
  private var made: [PendingBatch] = []
  private var content: [UInt8] = []
  private var count = 0
  private var accounts: ClosedRange<UInt32> = 0...0
  private var dates: ClosedRange<Int32> = 0...0

  init(partition: UInt16) { self.partition = partition }

  /// Adds a bill and the notice of it, by account.
  ///
  /// - Parameters:
  ///   - draft: within all bounds.
  ///   - old: the number of the bill whose place it takes.
  mutating func add(_ draft: BillDraft, of account: UInt32, replacing old: String?) {
    let dated = draft.dated.day
    accounts = count == 0 ? account...account : accounts.lowerBound...account
    dates =
      count == 0 ? dated...dated : min(dates.lowerBound, dated)...max(dates.upperBound, dated)
    count += 2
    let bill = content.open()
    content.appendPlace(account, dated)
    content.append(varint: 44 << 3 | 2)
    content.append(varint: UInt64(draft.message.count))
    content += draft.message
    content.close(bill)
    let notice = content.open()
    content.appendPlace(account, dated)
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
      dates: dates, content: content)
    made.append(batch.compressed())
    content.removeAll(keepingCapacity: true)
    count = 0
  }

  /// The batches, with what is not closed yet.
  var all: [PendingBatch] {
    mutating get {
      close()
      return made
    }
  }
}
