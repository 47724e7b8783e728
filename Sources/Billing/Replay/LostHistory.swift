import Journal

/// What is decided about an account must not rest on a history that has a hole.
public struct LostHistory: Error, Equatable, Sendable, CustomStringConvertible {
  public let positions: ClosedRange<UInt64>

  init(_ loss: LostBatch) { positions = loss.positions }

  public var description: String {
    "positions \(positions.lowerBound) to \(positions.upperBound) are lost and may have been this "
      + "account's, or what it is billed by: nothing is decided about it here"
  }
}

extension LostBatch {
  /// What a batch of kind `lost` says.
  init(checking content: UnsafeRawBufferPointer, header: BatchHeader) throws(EventFault) {
    guard let lost = LostBatch(content, header: header) else {
      throw EventFault(
        position: header.firstPosition, reason: "the lost batch is not laid out as it must be")
    }
    self = lost
  }
}

extension SystemState {
  /// The first loss that may be of an account's facts, or of rate schedules and zones.
  func loss(touching account: UInt32, of partitions: Int) -> LostBatch? {
    losses.first { $0.mayTouch(account: account, partitions: partitions) }
  }
}

extension BillingState {
  /// Positions that a salvage could not copy.
  public var losses: [LostBatch] { system.losses }

  /// Events that follow on what is lost, and are not in the state.
  public var setAside: Int { partitions.reduce(0) { $0 + $1.setAside } }

  /// Accounts whose facts, or whose rate schedules, may be among what is lost.
  public var touchedAccounts: Int {
    guard !losses.isEmpty else { return 0 }
    return partitions.reduce(0) { sum, partition in
      let agreements = partition.agreements
      return agreements.records.indices.reduce(sum) { sum, index in
        agreements.records[index].isEmpty || loss(touching: agreements.account(at: index)) == nil
          ? sum : sum + 1
      }
    }
  }

  func loss(touching account: UInt32) -> LostBatch? {
    system.loss(touching: account, of: identity.partitions)
  }

  mutating func applyLoss(
    _ content: UnsafeRawBufferPointer, _ header: BatchHeader
  ) throws(EventFault) {
    let lost = try LostBatch(checking: content, header: header)
    system.losses.append(lost)
    // Accounts up to the last one that the batch named were enrolled by then.
    guard let told = lost.told, let last = told.accounts?.upperBound,
      partitions.indices.contains(Int(told.partition)), last >= UInt32(identity.partitions)
    else { return }
    let slot = Int(AccountID(raw: last).slot(of: identity.partitions))
    _ = partitions[Int(told.partition)].expects(slot + 1, system)
  }
}

extension PartitionState {
  /// No more enrolments than this are taken for lost in one partition: what is not in the journal
  /// must not make us allocate without bounds.
  private static let mostLostAccounts: UInt64 = 1 << 20

  /// Whether so many accounts may be enrolled by now: those that are, and as many more as may be
  /// lost, for which places are left.
  mutating func expects(_ count: Int, _ system: SystemState) -> Bool {
    if count <= agreements.count { return true }
    guard !system.losses.isEmpty else { return false }
    let lost = system.losses.reduce(UInt64(0)) { sum, loss in
      let partition = loss.told?.partition ?? slots.partition
      return partition == slots.partition ? sum + UInt64(loss.positions.count) : sum
    }
    guard UInt64(count - agreements.count) <= min(lost, Self.mostLostAccounts) else { return false }
    agreements.leavePlaces(to: count, slots)
    return true
  }

  /// Leaves an event out of the state where what it follows on may be what is lost: in the journal
  /// it stays.
  mutating func leaveOut(
    _ account: UInt32, _ fault: EventFault, _ system: SystemState
  ) throws(EventFault) {
    guard system.loss(touching: account, of: slots.partitions) != nil else { throw fault }
    setAside += 1
  }
}

extension Event {
  /// Whether it rests on what is known of the account. Meter values do not: they are what they are.
  var isDecision: Bool {
    switch fact {
    case .accountEnrolled, .accountMovedOut, .planSwitched, .planSwitchCancelled, .billIssued,
      .paymentRecorded, .paymentRecordedV2, .personDetailsRecorded, .termsChanged, .discountGranted,
      .discountEnded, .netMeteringStarted, .netMeteringEnded, .readEstimated, .billIssuedV2,
      .billCancelled, .billReinstated, .rebillProposed, .rebillDeclined, .chargeAssessed,
      .depositReceived, .depositReturned, .creditRefunded, .debtWrittenOff,
      .lateChargeWaived, .moveOutCancelled:
      true
    case .rateSchedulePublished, .zoneTablePublished, .meterFileIngested, .meterReadRejected,
      .readCorrected, .registerRead, .readFlagged, .flagSettled, .noticeRecorded, .personErased,
      nil:
      false
    }
  }
}
