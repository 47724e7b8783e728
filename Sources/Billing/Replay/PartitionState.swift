import Journal
import Quantities
import Tariff

/// Every projection of one partition's accounts, or of one account of it.
///
/// A new projector module is one folder, one line among the properties, and its place in the lists
/// below: the kinds of event that concern it, the digest and the snapshot.
struct PartitionState: Sendable {
  let slots: SlotMap
  var agreements = AgreementProjection()
  var balances = Ledger()
  var tiers = TierPositions()
  var usage = UsageHistory()
  var bills = BillProjection()
  var notices = NoticeProjection()
  var persons = PersonProjection()
  var flags = ReadFlags()
  var rebilling = Rebilling()
  /// Events that cannot be folded because what they follow on is lost.
  var setAside = 0

  init(slots: SlotMap) { self.slots = slots }

  /// Folds one event into the projections that its kind concerns.
  mutating func apply(_ recorded: RecordedEvent, _ system: SystemState) {
    let events = [recorded]
    switch recorded.event.fact {
    case .accountMovedOut, .moveOutCancelled, .discountGranted, .discountEnded,
      .netMeteringStarted, .netMeteringEnded:
      agreements.apply(events, slots)
      noteForBills(recorded)
    case .planSwitched, .planSwitchCancelled, .termsChanged:
      agreements.apply(events, slots)
      tiers.apply(events, slots, agreements, usage, system)
      noteForBills(recorded)
    case .readCorrected, .readEstimated:
      // Before the usage is another: the tiers take the difference.
      tiers.apply(events, slots, agreements, usage, system)
      usage.apply(events, slots)
      flags.apply(recorded, slots)
      noteForBills(recorded)
    case .registerRead:
      usage.apply(events, slots)
      flags.apply(recorded, slots)
      noteForBills(recorded)
    case .readFlagged:
      flags.apply(recorded, slots)
    case .flagSettled:
      flags.apply(recorded, slots)
      noteForBills(recorded)
    case .rebillProposed, .rebillDeclined:
      noteForBills(recorded)
    case .chargeAssessed, .depositReceived, .depositReturned, .creditRefunded, .debtWrittenOff,
      .lateChargeWaived:
      balances.apply(events, slots)
    case .billIssuedV2:
      bills.apply(events, slots)
      balances.apply(events, slots)
      noteForBills(recorded)
      noteNeighbours(of: recorded.position, recorded, system.book)
    case .billReinstated(let fact):
      bills.apply(events, slots)
      balances.apply(events, slots)
      noteForBills(recorded)
      noteNeighbours(of: fact.position, recorded, system.book)
    case .billCancelled:
      bills.apply(events, slots)
      balances.apply(events, slots)
      noteForBills(recorded)
    case .paymentRecordedV2:
      balances.apply(events, slots)
    case .noticeRecorded:
      balances.apply(events, slots)
      notices.apply(events)
    case .personDetailsRecorded, .personErased:
      persons.apply(events, slots)
    case .accountEnrolled, .rateSchedulePublished, .zoneTablePublished, .meterFileIngested,
      .meterReadRejected, .billIssued, .paymentRecorded, nil:
      break
    }
  }

  /// Folds one batch of the partition, or its first `known` events; live and in replay the only
  /// way in.
  mutating func apply(
    _ content: UnsafeRawBufferPointer, header: BatchHeader, known: Int, _ system: SystemState
  ) throws(EventFault) {
    switch header.kind {
    case .lost: break  // The state of all has noted it.
    case .events: try fold(content, header: header, known: known, system)
    case .reads:
      let view = try ReadBatchView(
        content, header: header, partitions: slots.partitions, known: known)
      guard expects(Int(view.lastSlot) + 1, system) else {
        throw EventFault(
          position: header.firstPosition, reason: "the reads batch names an account before its time"
        )
      }
      usage.apply(view, header: header, slots)
      for (index, position) in flags.apply(view, slots) { rebilling.lookAgain(index, position) }
      rebilling.apply(view, header, slots, bills)
      tiers.apply(view, slots, agreements, system)
    }
  }

  var projectors: [any Projector] {
    [agreements, balances, tiers, usage, bills, notices, persons, flags, rebilling]
  }

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
    case PersonProjection.name: persons = try PersonProjection(from: &reader)
    case ReadFlags.name: flags = try ReadFlags(from: &reader)
    case Rebilling.name: rebilling = try Rebilling(from: &reader)
    default: throw ByteReader.Failure.endOfBytes
    }
  }
}
