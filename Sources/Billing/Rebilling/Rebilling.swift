import Journal
import Quantities
import Tariff

/// Which bills do not know what has been recorded of their days since, and what has been proposed
/// for them.
///
/// A fact that a bill might depend on marks it, standing or cancelled: a cancelled one may be
/// reinstated. `RebillProposed` takes the mark away, with a difference of zero too, so that what is
/// marked has not been looked at yet, whenever its writer died.
struct Rebilling: Projector {
  static let name = "rebilling"
  static let version: UInt16 = 5

  /// By account's index, then by the bill's position.
  private(set) var cases: [Int: [UInt64: RebillCase]] = [:]
  /// Days before it are on bills: reads of later ones are passed over in one look.
  private(set) var billedBefore = Int32.min

  init() {}

  /// - Parameter bills: all bills of the account that the event is of.
  mutating func apply(_ recorded: RecordedEvent, _ index: Int, _ bills: [BillRecord]) {
    switch recorded.event.fact {
    case .billIssuedV2(let fact): billed(before: fact.end)
    case .billCancelled(let fact): cases[index]?[fact.position]?.reopen()
    case .billReinstated(let fact):
      // Its neighbours may have been made again without it.
      change(index, fact.position) {
        $0.mark = $0.mark ?? RebillCause(position: recorded.position, reason: .other)
      }
    case .rebillProposed(let fact):
      let isSettled = fact.difference == 0 && fact.obstacle.isEmpty
      let since = cases[index]?[fact.position]?.proposal?.since ?? recorded.event.effective
      let proposal = RebillProposal(fact, at: recorded.position, since: since)
      change(index, fact.position) { $0 = RebillCase(proposal: isSettled ? nil : proposal) }
    case .rebillDeclined(let fact):
      guard let bill = bill(of: fact.proposal, index) else { return }
      change(index, bill) { $0.proposal = nil }
    case .flagSettled: lookAgain(index, recorded.position)
    case .readCorrected, .registerRead:
      lookAgain(index, recorded.position)
      fallthrough
    default:
      let (bearing, day) = (recorded.event.bearing, ServiceDate(day: recorded.event.effective))
      for bill in bills where bearing.concerns(bill.period, from: day) {
        let reason = recorded.event.correctionReason(ofEstimated: bill.isEstimated)
        mark(bill, index, RebillCause(position: recorded.position, reason: reason))
      }
    }
  }

  mutating func billed(before end: Int32) { billedBefore = max(billedBefore, end) }

  /// What kept a bill from being priced may be gone: a flag holds every cycle that its days touch.
  mutating func lookAgain(_ index: Int, _ position: UInt64) {
    for (bill, rebill) in cases[index] ?? [:] {
      guard let proposal = rebill.proposal, !proposal.obstacle.isEmpty else { continue }
      let cause = RebillCause(position: position, reason: proposal.cause.reason)
      change(index, bill) { $0.mark = $0.mark ?? cause }
    }
  }

  /// The bill that an open proposal is about.
  func bill(of proposal: UInt64, _ index: Int) -> UInt64? {
    cases[index]?.first { $0.value.proposal?.position == proposal }?.key
  }

  /// Reads of days that are billed: of energy sent out, or of a meter that reports an index too.
  mutating func apply(
    _ view: ReadBatchView, _ header: BatchHeader, _ slots: SlotMap, _ bills: BillProjection
  ) {
    guard header.firstDate < billedBefore else { return }
    view.forEachRow { row, slot, date in
      guard date < billedBefore, let index = slots.index(ofSlot: slot) else { return }
      for bill in bills[index] where bill.period.contains(ServiceDate(day: date)) {
        let position = view.firstPosition + UInt64(row)
        mark(
          bill, index,
          RebillCause(
            position: position, reason: bill.isEstimated ? .estimatedRead : .correctedRead))
      }
    }
  }

  /// Marks the bills that end after a day and that something of the system partition concerns.
  mutating func apply(
    from day: Int32, _ cause: RebillCause, _ agreements: AgreementProjection,
    _ bills: BillProjection, where concerns: (ServiceAgreement, BillingPeriod) -> Bool
  ) {
    guard day < billedBefore else { return }
    for index in bills.bills.indices {
      let later = bills[index].filter { day < $0.period.end.day }
      guard !later.isEmpty, let agreement = agreements[index] else { continue }
      for bill in later where concerns(agreement, bill.period) { mark(bill, index, cause) }
    }
  }

  fileprivate mutating func mark(_ bill: BillRecord, _ index: Int, _ cause: RebillCause) {
    change(index, bill.position) { $0.mark = $0.mark ?? cause }
  }

  private mutating func change(
    _ index: Int, _ bill: UInt64, _ body: (inout RebillCase) -> Void
  ) {
    body(&cases[index, default: [:]][bill, default: RebillCase()])
    guard cases[index]?[bill]?.isEmpty ?? false else { return }
    cases[index]?[bill] = nil
    if cases[index]?.isEmpty ?? false { cases[index] = nil }
  }

  func write(to writer: inout ByteWriter) {
    writer.put(billedBefore)
    writer.put(UInt32(cases.count))
    for (index, bills) in cases.sorted(by: { $0.key < $1.key }) {
      writer.put(UInt32(index))
      writer.put(UInt32(bills.count))
      for (bill, rebill) in bills.sorted(by: { $0.key < $1.key }) {
        writer.put(bill)
        rebill.write(to: &writer)
      }
    }
  }

  init(from reader: inout ByteReader) throws {
    billedBefore = try reader.get()
    for _ in 0..<(try reader.get(UInt32.self)) {
      let index = Int(try reader.get(UInt32.self))
      for _ in 0..<(try reader.get(UInt32.self)) {
        let bill: UInt64 = try reader.get()
        cases[index, default: [:]][bill] = try RebillCase(from: &reader)
      }
    }
  }
}

extension PartitionState {
  /// Marks the bills of an account that its event concerns.
  mutating func noteForBills(_ recorded: RecordedEvent) {
    guard let index = slots.index(of: recorded.event.account) else { return }
    rebilling.apply(recorded, index, bills[index])
  }

  /// Marks what a bill that stands now makes doubtful: a settlement of its year of net metering that
  /// stood before it, and, where it shares an index with a neighbour that is not the edge's any
  /// more, both of them.
  mutating func noteNeighbours(
    of position: UInt64, _ recorded: RecordedEvent, _ book: RateBook
  ) {
    guard let index = slots.index(of: recorded.event.account) else { return }
    noteNeighbours(of: position, index, at: recorded.position, book)
  }

  mutating func noteNeighbours(
    of position: UInt64, _ index: Int, at event: UInt64, _ book: RateBook
  ) {
    guard let own = bills.bill(index, at: position) else { return }
    let standing = bills.standing(index)
    if agreements.histories[index]?.netMetering.isEmpty == false,
      let agreement = agreements[index],
      let settlement = settlement(of: [own], standing, agreement, book),
      settlement.position != position
    {
      rebilling.mark(settlement, index, RebillCause(position: event, reason: .other))
    }
    guard !own.closings.isEmpty else { return }
    for other in standing
    where sharesFormerIndex(own, other, index) || sharesFormerIndex(other, own, index) {
      for bill in [own, other] {
        rebilling.mark(bill, index, RebillCause(position: event, reason: .correctedRead))
      }
    }
  }

  /// Marks the bills that a rate schedule or a zone table concerns.
  mutating func noteForBills(_ recorded: RecordedEvent, _ system: SystemState) {
    let cause = RebillCause(
      position: recorded.position, reason: recorded.event.correctionReason(ofEstimated: false))
    switch recorded.event.fact {
    case .rateSchedulePublished(let fact):
      let from = ServiceDate(day: fact.effectiveFrom)
      let next = system.book.nextVersion(of: fact.code, after: from)
      rebilling.apply(from: from.day, cause, agreements, bills) { agreement, period in
        agreement.isPriced(in: period, by: fact.code, from: from, until: next)
      }
    case .zoneTablePublished(let fact):
      rebilling.apply(from: recorded.event.effective, cause, agreements, bills) { agreement, _ in
        agreement.zone == fact.name
      }
    default: break
    }
  }
}
