import Journal
import Quantities
import Tariff

/// Every projection of one partition's accounts, or of one account of it.
///
/// A new projector module is one folder, one line among the properties and one in each of the
/// three lists below.
struct PartitionState: Sendable {
  let slots: SlotMap
  var agreements = AgreementProjection()
  var balances = Ledger()
  var tiers = TierPositions()
  var usage = UsageHistory()
  var bills = BillProjection()
  var notices = NoticeProjection()

  init(slots: SlotMap) { self.slots = slots }

  mutating func apply(_ events: [RecordedEvent], _ system: SystemState) {
    agreements.apply(events, slots)
    usage.apply(events, slots)
    tiers.apply(events, slots, agreements, system)
    bills.apply(events, slots)
    balances.apply(events, slots)
    notices.apply(events)
  }

  mutating func apply(_ view: ReadBatchView, header: BatchHeader, _ system: SystemState) {
    usage.apply(view, header: header, slots)
    tiers.apply(view, slots, agreements, system)
  }

  var projectors: [any Projector] { [agreements, balances, tiers, usage, bills, notices] }

  /// Versions by name, the system partition's too.
  static let versions: [String: UInt16] = Dictionary(
    uniqueKeysWithValues: ([SystemState()] + blank.projectors).map {
      (type(of: $0).name, type(of: $0).version)
    })
  private static let blank = PartitionState(slots: SlotMap(partition: 0, partitions: 1, only: nil))

  mutating func restore(_ name: String, from reader: inout ByteReader) throws {
    switch name {
    case AgreementProjection.name: agreements = try AgreementProjection(from: &reader)
    case Ledger.name: balances = try Ledger(from: &reader)
    case TierPositions.name: tiers = try TierPositions(from: &reader)
    case UsageHistory.name: usage = try UsageHistory(from: &reader)
    case BillProjection.name: bills = try BillProjection(from: &reader)
    case NoticeProjection.name: notices = try NoticeProjection(from: &reader)
    default: throw ByteReader.Failure.endOfBytes
    }
  }
}
