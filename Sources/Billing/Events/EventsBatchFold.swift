import Journal
import Quantities

/// An event that goes straight from its bytes into the projections.
private enum PlainEvent {
  case enrolled(EnrolledAccount)
  case issued(IssuedBill)
  case noticed(RecordedNotice)

  init?(_ message: UnsafeRawBufferPointer) {
    guard let message = EventMessage(message) else { return nil }
    switch message.kind {
    case 20:
      guard let enrolled = EnrolledAccount(message) else { return nil }
      self = .enrolled(enrolled)
    case 42:
      guard let notice = RecordedNotice(message) else { return nil }
      self = .noticed(notice)
    case 44:
      guard let bill = IssuedBill(message) else { return nil }
      self = .issued(bill)
    default: return nil
    }
  }

  var account: UInt32 {
    switch self {
    case .enrolled(let enrolled): enrolled.account
    case .issued(let bill): bill.account
    case .noticed(let notice): notice.account
    }
  }
}

extension PartitionState {
  /// Folds the first `known` events of a batch of the partition.
  ///
  /// Enrolments, bills and notices, which are nearly all events, go straight from their bytes into
  /// the projections; what stands between them is decoded in one go.
  mutating func fold(
    _ content: UnsafeRawBufferPointer, header: BatchHeader, known: Int, _ system: SystemState
  ) throws(EventFault) {
    var messages = MessageFields(content)
    var position = header.firstPosition
    // Messages for the general decoder, before the next one.
    var others = (offset: 0, count: 0)
    while !messages.isAtEnd {
      let start = messages.offset
      guard let message = messages.delimited() else {
        throw EventFault(position: position, reason: "the event's length is wrong")
      }
      if let event = PlainEvent(message), isFit(event.account, header), balances.booked == nil {
        try fold(
          content[others.offset..<start], others.count, before: position, header, known, system)
        if position - header.firstPosition < UInt64(known) {
          try fold(event, at: position, system)
        }
        others = (messages.offset, 0)
      } else {
        others.count += 1
      }
      position += 1
    }
    try fold(content[others.offset...], others.count, before: position, header, known, system)
    guard position == header.firstPosition + UInt64(header.count) else {
      throw EventFault(position: position, reason: "the batch has another number of events")
    }
  }

  private mutating func fold(
    _ content: Slice<UnsafeRawBufferPointer>, _ count: Int, before position: UInt64,
    _ header: BatchHeader, _ known: Int, _ system: SystemState
  ) throws(EventFault) {
    guard count > 0 else { return }
    var part = header
    part.firstPosition = position - UInt64(count)
    part.count = UInt32(count)
    for recorded in try EventCodec.decode(UnsafeRawBufferPointer(rebasing: content), header: part)
    where recorded.position - header.firstPosition < UInt64(known) {
      try fold(recorded, in: header, system)
    }
  }

  /// Whether the account stands where it may; what does not is refused by the general fold.
  private func isFit(_ account: UInt32, _ header: BatchHeader) -> Bool {
    account >= UInt32(slots.partitions)
      && AccountID(raw: account).partition(of: slots.partitions) == header.partition
      && header.mayHold(account: account)
  }

  private mutating func fold(
    _ event: PlainEvent, at position: UInt64, _ system: SystemState
  ) throws(EventFault) {
    switch event {
    case .enrolled(let enrolled): try fold(enrolled, at: position, system)
    case .issued(let bill): try fold(bill, at: position, system)
    case .noticed(let notice): try fold(notice, at: position, system)
    }
  }

  private mutating func fold(
    _ bill: IssuedBill, at position: UInt64, _ system: SystemState
  ) throws(EventFault) {
    guard let index = slots.index(of: bill.account) else { return }
    let judgement = EventJudgement(position: position)
    do throws(EventFault) {
      try requireEnrolled(index, bill.account, judgement)
      try judge(bill.period, replacesAfter: bill.replacesAfter, index, judgement)
      try balances[index].judge(
        bill.total, Currency.known[bill.currencyIndex].code, judgement)
    } catch { return try leaveOut(bill.account, error, system) }
    bills.add(BillRecord(bill, at: position), index)
    balances.book(bill, at: position, index)
    rebilling.billed(before: bill.end)
    // It has no registers: nobody shares an index with it.
    if agreements.histories[index] != nil {
      noteNeighbours(of: position, index, at: position, system.book)
    }
  }

  private mutating func fold(
    _ notice: RecordedNotice, at position: UInt64, _ system: SystemState
  ) throws(EventFault) {
    guard let index = slots.index(of: notice.account) else { return }
    do throws(EventFault) {
      try requireEnrolled(index, notice.account, EventJudgement(position: position))
    } catch { return try leaveOut(notice.account, error, system) }
    notices.add(at: position)
  }

  /// Judges an enrolment and folds it in; that of another account is passed over where only one is
  /// folded.
  mutating func fold(
    _ enrolled: EnrolledAccount, at position: UInt64, _ system: SystemState
  ) throws(EventFault) {
    guard let index = slots.index(of: enrolled.account) else { return }
    do throws(EventFault) { try judge(enrolled, index, at: position, system) } catch {
      return try leaveOut(enrolled.account, error, system)
    }
    agreements.enroll(enrolled, at: position)
  }

  /// Whether an enrolment takes the next place, and a number of its own.
  private mutating func judge(
    _ enrolled: EnrolledAccount, _ index: Int, at position: UInt64, _ system: SystemState
  ) throws(EventFault) {
    let judgement = EventJudgement(position: position)
    try judgement.require(
      index >= agreements.count && expects(index, system),
      "account \(enrolled.account) does not take the next place")
    try judgement.require(
      !agreements.has(number: enrolled.number), "an account of this number is enrolled")
    try judgement.require(
      partition(ofAccount: enrolled.number, of: slots.partitions) == slots.partition,
      "an account of this number belongs in another partition")
  }
}
