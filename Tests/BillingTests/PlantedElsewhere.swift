import Journal

@testable import Billing

/// Events of another partition, account or batch than the one they stand in.
extension Planted {
  static let system: [Planted] = [
    ofSystem("a move-out in the system partition", .accountMovedOut(.init())),
    ofSystem(
      "a receipt of 64 bits",
      .meterFileIngested(
        with(MeterFileIngested()) {
          $0.reads = .max
          $0.duplicates = 1
        })
    ),
    ofSystem(
      "offsets of 68 years",
      .zoneTablePublished(
        with(ZoneTablePublished()) {
          $0.moments = [-4_611_686_018_427_387_904, 4_611_686_018_427_387_904]
          $0.offsets = [.max, .min]
        })
    ),
    ofSystem(
      "transitions that do not ascend",
      .zoneTablePublished(
        with(ZoneTablePublished()) {
          $0.moments = [1, 1]
          $0.offsets = [0, 3600]
        })
    ),
    ofSystem(
      "an initial offset of 68 years",
      .zoneTablePublished(with(ZoneTablePublished()) { $0.initialOffset = .min })
    ),
    ofSystem(
      "a reason of 65,536 bytes",
      .meterReadRejected(
        with(MeterReadRejected()) { $0.reason = String(repeating: "r", count: 65_536) })
    ),
    ofSystem(
      "a schedule from after year 9999",
      .rateSchedulePublished(with(RateSchedulePublished()) { $0.effectiveFrom = .max })
    ),
  ]

  static func misplaced() throws -> [Planted] {
    let paid = payment { _ in }
    // Another account's event where one looks at the first field only.
    let message = [0x08, UInt8(account + 8)] + (try paid.serializedBytes() as [UInt8])
    return [
      Planted("a date after year 9999", event(.noticeRecorded(.init()), on: .max)),
      Planted("a date before year 1", event(.noticeRecorded(.init()), on: .min)),
      Planted("a system fact of an account", event(.meterFileIngested(.init()))),
      Planted("no account", Event(.noticeRecorded(.init()), effective: start), isSeen: false),
      Planted(
        "an account below the partitions", Event(.noticeRecorded(.init()), account: 3),
        isSeen: false),
      Planted(
        "a move-out of nobody",
        Event(.accountMovedOut(.init()), account: account + 80, effective: start), isSeen: false),
      Planted(
        "a switch of nobody", Event(.planSwitched(.init()), account: account + 80), isSeen: false),
      with(Planted("an account outside its header's range", paid, isSeen: false)) {
        $0.change = { $0.accounts = account + 8...account + 8 }
      },
      with(Planted("an account of no range", paid, isSeen: false)) {
        $0.change = { $0.accounts = nil }
      },
      with(Planted("an account of another partition", paid, isSeen: false)) {
        $0.partitionNumber = (home + 1) % UInt16(partitions)
      },
      with(Planted("4 billion events", paid)) {
        $0.place = 1
        $0.change = { $0.count = Int(UInt32.max) }
      },
      with(Planted("an account told twice", paid, isSeen: false)) {
        $0.change = { $0.content = [UInt8(message.count)] + message }
      },
    ]
  }

  private static func ofSystem(_ name: String, _ fact: Event.OneOf_Fact) -> Planted {
    with(Planted(name, Event(fact))) {
      $0.partitionNumber = JournalIdentity.system
      $0.change = { $0.accounts = nil }
      // One account's view passes receipts and refused lines over.
      switch fact {
      case .meterFileIngested, .meterReadRejected: $0.isSeen = false
      default: break
      }
    }
  }
}
