import Foundation
import Quantities
import TestSupport
import Testing

@testable import Billing
@testable import Journal

/// Journals with right checksums that no decision of ours wrote: they are refused by position, by
/// the whole fold and by an account's view, and nothing traps.
struct HostileJournalTests {
  /// What is appended to a sound journal.
  struct Planted: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var batch: PendingBatch
    /// Which of the batch's events is the one refused.
    var place: UInt64 = 0
    /// Whether the account's view sees it; what belongs to another account it passes over.
    var isSeen = true
  }

  private static let number = "S1"
  private static let partitions = 8
  private static let home = partition(ofAccount: number, of: partitions)
  /// The account's integer: the first of its partition.
  private static let account = UInt32(partitions) + UInt32(home)
  private static let start: Int32 = 16_436

  /// One account with ten days of reads, a bill and a payment.
  private static func sound() throws -> Books {
    let books = try Books(partitions: partitions, Books.builtin.filter { $0.code == "D" })
    try books.enroll(number, on: "2015-01-01", readDay: 11)
    try books.ingest(days(number, from: "2015-01-01", 10, wattHours: 500))
    try books.bill(through: "2015-01-11")
    try books.pay(number, "1.00", on: "2015-01-20")
    return books
  }

  private static func batch(
    _ events: [Event], partition: UInt16 = home, accounts: ClosedRange<UInt32>? = 0...UInt32.max
  ) throws -> PendingBatch {
    PendingBatch(
      kind: .events, partition: partition, count: events.count, accounts: accounts, dates: nil,
      content: try EventCodec.encode(events))
  }

  private static func make<Fact>(_ fact: Fact, _ change: (inout Fact) -> Void) -> Fact {
    var fact = fact
    change(&fact)
    return fact
  }

  private static func event(_ fact: Event.OneOf_Fact, on day: Int32 = start + 40) -> Event {
    Event(fact, account: account, effective: day)
  }

  private static func bill(_ change: (inout BillIssuedV2) -> Void) -> Event {
    event(
      .billIssuedV2(
        make(BillIssuedV2()) {
          $0.bill = "S1-20150211"
          ($0.start, $0.end, $0.dated, $0.due) = (start + 10, start + 41, start + 41, start + 60)
          $0.currency = "USD"
          change(&$0)
        }))
  }

  private static func line(_ change: (inout BillLine) -> Void) -> Event {
    bill { $0.lines = [make(BillLine(), change)] }
  }

  private static func correction(_ change: (inout ReadCorrected) -> Void) -> Event {
    event(
      .readCorrected(
        make(ReadCorrected()) {
          ($0.intervalMinutes, $0.quality) = (60, 3)
          $0.values = Array(repeating: 1, count: 24)
          change(&$0)
        }), on: start)
  }

  private static func payment(_ change: (inout PaymentRecordedV2) -> Void) -> Event {
    event(
      .paymentRecordedV2(
        make(PaymentRecordedV2()) {
          ($0.amount, $0.currency) = (1_000_000, "USD")
          change(&$0)
        }))
  }

  /// Details under a key of one byte, as only their lengths are known to be sealed.
  private static func details(
    _ key: UInt8 = 1, _ change: (inout Sealed) -> Void = { _ in }
  ) -> Event {
    event(
      .personDetailsRecorded(
        make(PersonDetailsRecorded()) {
          $0.details.key = Data(repeating: key, count: 16)
          $0.details.nonce = Data(count: 12)
          $0.details.ciphertext = Data(count: 64 + 16)
          change(&$0.details)
        }))
  }

  private static func erased(
    _ key: UInt8 = 1, _ change: (inout PersonErased) -> Void = { _ in }
  ) -> Event {
    event(
      .personErased(
        make(PersonErased()) {
          $0.key = Data(repeating: key, count: 16)
          $0.reason = .request
          change(&$0)
        }))
  }

  private static func switched(_ from: String, _ to: String, on day: Int32) -> Event {
    event(
      .planSwitched(
        make(PlanSwitched()) {
          $0.from = from
          $0.to = to
        }), on: day)
  }

  private static func cancelled(_ plan: String, on day: Int32) -> Event {
    event(.planSwitchCancelled(make(PlanSwitchCancelled()) { $0.to = plan }), on: day)
  }

  private static func enrolled(
    slot: UInt32 = 1, number: String, _ change: (inout AccountEnrolled) -> Void = { _ in }
  ) -> Event {
    Event(
      .accountEnrolled(
        make(AccountEnrolled()) {
          ($0.number, $0.plan, $0.region) = (number, "D", "10")
          ($0.zone, $0.readDay) = ("America/Los_Angeles", 1)
          ($0.households, $0.multiplier) = (1, 1)
          change(&$0)
        }), account: AccountID(slot: slot, partition: home, of: partitions).raw, effective: start)
  }

  /// A number of the same partition that is not enrolled.
  private static let neighbour: String = {
    let found = (0...).lazy.map { "N\($0)" }
      .first { partition(ofAccount: $0, of: partitions) == home }
    return found ?? ""
  }()

  static let ofOneAccount: [(String, Event)] = [
    ("a date after year 9999", event(.noticeRecorded(.init()), on: .max)),
    ("a date before year 1", event(.noticeRecorded(.init()), on: .min)),
    ("a system fact of an account", event(.meterFileIngested(.init()))),
    ("an enrolment again", enrolled(slot: 0, number: number)),
    ("a move-out before service", event(.accountMovedOut(.init()), on: start)),
    ("a switch from another plan", switched("X", "TOU-D-A", on: start + 50)),
    ("a switch before service", switched("D", "TOU-D-A", on: start - 1)),
    ("a plan of 65 bytes", switched("D", String(repeating: "x", count: 65), on: start + 50)),
    ("the enrolment's plan cancelled", cancelled("D", on: start)),
    ("a switch cancelled that was not accepted", cancelled("TOU-D-A", on: start + 50)),
    ("intervals of 0 minutes", correction { $0.intervalMinutes = 0 }),
    ("intervals of 70,000 minutes", correction { $0.intervalMinutes = 70_000 }),
    ("a day of 27 hours", correction { $0.values = Array(repeating: 0, count: 27) }),
    ("a day without values", correction { $0.values = [] }),
    ("values beyond 32 bits", correction { $0.values = [.max, .max] }),
    ("values below a gap", correction { $0.values = [-2] }),
    (
      "previous values beyond 32 bits",
      correction {
        $0.previousIntervalMinutes = 60
        $0.previousValues = [.min, .min]
      }
    ),
    ("a register's channel for a day", correction { $0.channel = 2 }),
    ("a position of 64 bits", correction { $0.supersedes = .max }),
    ("a quality that is none", correction { $0.quality = 4 }),
    (
      "a negative index",
      event(
        .registerRead(
          make(RegisterRead()) { ($0.channel, $0.quality, $0.index) = (2, 3, -1) }))
    ),
    (
      "an index beyond any dial",
      event(
        .registerRead(
          make(RegisterRead()) { ($0.channel, $0.quality, $0.index) = (2, 3, .max) }))
    ),
    (
      "an index of an interval channel",
      event(.registerRead(make(RegisterRead()) { ($0.channel, $0.quality) = (0, 3) }))
    ),
    ("a total of 64 bits", bill { $0.total = .min }),
    ("a tax of 64 bits", bill { $0.tax = .max }),
    ("a bill that ends before it starts", bill { $0.end = $0.start - 1 }),
    ("a bill that starts after year 9999", bill { $0.start = .max }),
    ("a bill dated before year 1", bill { $0.dated = .min }),
    ("a bill due after year 9999", bill { $0.due = .max }),
    ("a bill in no currency", bill { $0.currency = "" }),
    ("a bill that knew 64 bits", bill { $0.knownBefore = .max }),
    (
      "300 registers",
      bill { $0.registers = Array(repeating: RegisterSpan(), count: 300) }
    ),
    (
      "a register closed after year 9999",
      bill { $0.registers = [make(RegisterSpan()) { $0.closedOn = .max }] }
    ),
    (
      "a register closed beyond any dial",
      bill { $0.registers = [make(RegisterSpan()) { $0.closingIndex = .max }] }
    ),
    (
      "evidence that ends before it starts",
      bill { $0.evidence = [make(Evidence()) { $0.first = 2 }] }
    ),
    ("evidence of 64 bits", bill { $0.evidence = [make(Evidence()) { $0.last = .max }] }),
    ("a line of 64 bits", line { $0.amount = .min }),
    (
      "lines whose sum overflows",
      bill {
        $0.lines = Array(
          repeating: make(BillLine()) { $0.amount = 4_000_000_000_000_000_000 }, count: 3)
      }
    ),
    ("decimals without end", line { $0.quantityDecimals = 4_000_000_000 }),
    ("a price of 64 bits", line { $0.price = .min }),
    ("a payment of nothing", payment { $0.amount = 0 }),
    ("a payment taken back", payment { $0.amount = .min }),
    ("a payment in no currency", payment { $0.currency = "XXX" }),
    ("a key of 65,536 bytes", payment { $0.key = String(repeating: "k", count: 65_536) }),
    ("an old payment of nothing", event(.paymentRecorded(.init()))),
    ("details that are not sealed", event(.personDetailsRecorded(.init()))),
    ("details sealed with no key", details { $0.key = Data() }),
    ("details sealed with a longer nonce", details { $0.nonce = Data(count: 24) }),
    ("details without padding", details { $0.ciphertext = Data(count: 63 + 16) }),
    ("details of a tag alone", details { $0.ciphertext = Data(count: 16) }),
    ("details of 5 KiB", details { $0.ciphertext = Data(count: 5120 + 16) }),
    ("an erasure of nobody", erased()),
  ]

  static let ofOthers: [(String, Event)] = [
    ("no account", Event(.noticeRecorded(.init()), effective: start)),
    ("an account below the partitions", Event(.noticeRecorded(.init()), account: 3)),
    (
      "a move-out of nobody",
      Event(.accountMovedOut(.init()), account: account + 80, effective: start)
    ),
    ("a switch of nobody", Event(.planSwitched(.init()), account: account + 80)),
    ("a place that is not the next", enrolled(slot: 500_000_000 / 8, number: neighbour)),
    ("the number of another account", enrolled(number: number)),
    ("no number", enrolled(number: "")),
    ("a number of 33 bytes", enrolled(number: String(repeating: "x", count: 33))),
    ("read day 0", enrolled(number: neighbour) { $0.readDay = 0 }),
    ("read day 300", enrolled(number: neighbour) { $0.readDay = 300 }),
    ("2 million households", enrolled(number: neighbour) { $0.households = 2_000_000 }),
    ("no multiplier", enrolled(number: neighbour) { $0.multiplier = 0 }),
    ("4 billion volts", enrolled(number: neighbour) { $0.voltage = .max }),
    (
      "a region of 33 bytes",
      enrolled(number: neighbour) { $0.region = String(repeating: "r", count: 33) }
    ),
  ]

  static let ofTheSystem: [(String, Event.OneOf_Fact)] = [
    ("a move-out in the system partition", .accountMovedOut(.init())),
    (
      "a receipt of 64 bits",
      .meterFileIngested(
        make(MeterFileIngested()) {
          $0.reads = .max
          $0.duplicates = 1
        })
    ),
    (
      "offsets of 68 years",
      .zoneTablePublished(
        make(ZoneTablePublished()) {
          $0.moments = [-4_611_686_018_427_387_904, 4_611_686_018_427_387_904]
          $0.offsets = [.max, .min]
        })
    ),
    (
      "transitions that do not ascend",
      .zoneTablePublished(
        make(ZoneTablePublished()) {
          $0.moments = [1, 1]
          $0.offsets = [0, 3600]
        })
    ),
    (
      "an initial offset of 68 years",
      .zoneTablePublished(make(ZoneTablePublished()) { $0.initialOffset = .min })
    ),
    (
      "a reason of 65,536 bytes",
      .meterReadRejected(
        make(MeterReadRejected()) { $0.reason = String(repeating: "r", count: 65_536) })
    ),
    (
      "a schedule from after year 9999",
      .rateSchedulePublished(make(RateSchedulePublished()) { $0.effectiveFrom = .max })
    ),
  ]

  static func cases() throws -> [Planted] {
    var cases: [Planted] = []
    for (name, event) in ofOneAccount {
      cases.append(Planted(testDescription: name, batch: try batch([event])))
    }
    for (name, event) in ofOthers {
      cases.append(Planted(testDescription: name, batch: try batch([event]), isSeen: false))
    }
    for (name, fact) in ofTheSystem {
      // One account's view passes receipts and refused lines over.
      let isOfFiles =
        switch fact {
        case .meterFileIngested, .meterReadRejected: true
        default: false
        }
      cases.append(
        Planted(
          testDescription: name,
          batch: try batch([Event(fact)], partition: JournalIdentity.system, accounts: nil),
          isSeen: !isOfFiles))
    }
    let paid = payment { _ in }
    let credit = payment { $0.amount = .max }
    func sum<Fact>(_ fact: Fact, _ change: (inout Fact) -> Void) -> Fact { make(fact, change) }
    let refund = event(
      .creditRefunded(sum(CreditRefunded()) { ($0.amount, $0.currency) = (1_000_000, "USD") }))
    let writeOff = event(
      .debtWrittenOff(sum(DebtWrittenOff()) { ($0.amount, $0.currency) = (1_000_000_000, "USD") }))
    func deposit(_ amount: Int64, _ currency: String = "USD") -> Event {
      event(
        .depositReceived(sum(DepositReceived()) { ($0.amount, $0.currency) = (amount, currency) }))
    }
    func returned(_ amount: Int64) -> Event {
      event(.depositReturned(sum(DepositReturned()) { ($0.amount, $0.currency) = (amount, "USD") }))
    }
    let large: Int64 = 4_000_000_000_000_000_000
    // Of no days: days are billed once.
    let costly = bill {
      $0.total = 4_000_000_000_000_000_000
      $0.end = $0.start
    }
    let issued = bill { $0.total = 10_000 }
    func cancelling(_ total: Int64, of bill: UInt64) -> Event {
      var fact = BillCancelled()
      (fact.position, fact.total, fact.currency) = (bill, total, "USD")
      return event(.billCancelled(fact))
    }
    func reinstating(_ total: Int64, of bill: UInt64, cancelledAt position: UInt64) -> Event {
      var fact = BillReinstated()
      (fact.position, fact.cancellation, fact.total) = (bill, position, total)
      fact.currency = "USD"
      return event(.billReinstated(fact))
    }
    let next = try sound().position
    let twice = [
      ("a refund of no credit", [refund], 0),
      ("a write-off above the debt", [writeOff], 0),
      ("a deposit returned above what is held", [deposit(2_000_000), returned(3_000_000)], 1),
      ("a deposit returned twice", [deposit(20_000), returned(20_000), returned(20_000)], 2),
      ("a deposit in another currency", [deposit(2_000_000), deposit(2_000_000, "VND")], 1),
      ("a deposit of half a cent", [deposit(5_000)], 0),
      ("deposits of more than 64 bits", [deposit(large), deposit(large), deposit(large)], 2),
      ("a credit of more than 64 bits", [credit, credit], 1),
      ("bills of more than 64 bits", [costly, costly, costly], 2),
      ("a day on two bills", [issued, issued], 1),
      ("a cancellation of nothing", [cancelling(0, of: next)], 0),
      ("a cancellation of another amount", [issued, cancelling(-9_999, of: next)], 1),
      (
        "a cancellation twice",
        [issued, cancelling(-10_000, of: next), cancelling(-10_000, of: next)], 2
      ),
      (
        "a bill that replaces one that stands",
        [
          issued,
          bill {
            $0.end = $0.start
            $0.replacesAfter = next + 1
          },
        ], 1
      ),
      (
        "a reinstatement of what stands", [issued, reinstating(10_000, of: next, cancelledAt: 0)], 1
      ),
      (
        "a reinstatement of days that are billed again",
        [
          issued, cancelling(-10_000, of: next), issued,
          reinstating(10_000, of: next, cancelledAt: next + 1),
        ], 3
      ),
      (
        "a reinstatement of another amount",
        [
          issued, cancelling(-10_000, of: next),
          reinstating(10_001, of: next, cancelledAt: next + 1),
        ], 2
      ),
      (
        "a proposal for no bill",
        [event(.rebillProposed(make(RebillProposed()) { $0.currency = "USD" }))], 0
      ),
      ("a proposal declined that was none", [event(.rebillDeclined(.init()))], 0),
      (
        "a move-out twice",
        [event(.accountMovedOut(.init())), event(.accountMovedOut(.init()))], 1
      ),
      (
        "two switches to one day",
        [switched("D", "TOU-D-A", on: start + 50), switched("TOU-D-A", "D", on: start + 50)], 1
      ),
      ("details of one person with two keys", [details(1), details(2)], 1),
      ("the erasure of another", [details(1), erased(2)], 1),
      ("an erasure twice", [details(), erased(), erased()], 2),
      ("an erasure for no reason", [details(), erased { $0.reason = .unknown }], 1),
      ("details with a key that is destroyed", [details(), erased(), details()], 2),
      (
        "a switch cancelled twice",
        [
          switched("D", "TOU-D-A", on: start + 50), cancelled("TOU-D-A", on: start + 50),
          cancelled("TOU-D-A", on: start + 50),
        ], 2
      ),
    ]
    for (name, events, place) in twice {
      cases.append(
        Planted(testDescription: name, batch: try batch(events), place: UInt64(place)))
    }
    var planted = Planted(
      testDescription: "an account outside its header's range",
      batch: try batch([paid], accounts: account + 8...account + 8), isSeen: false)
    cases.append(planted)
    planted.testDescription = "an account of no range"
    planted.batch.accounts = nil
    cases.append(planted)
    planted.testDescription = "an account of another partition"
    planted.batch = try batch([paid], partition: (home + 1) % UInt16(partitions))
    cases.append(planted)
    planted.testDescription = "an enrolment twice in a batch"
    planted.batch = try batch([
      enrolled(number: neighbour), enrolled(slot: 2, number: neighbour),
    ])
    planted.place = 1
    cases.append(planted)
    planted = Planted(testDescription: "4 billion events", batch: try batch([paid]), place: 1)
    planted.batch.count = Int(UInt32.max)
    cases.append(planted)
    // Another account's event where one looks at the first field only.
    let message: [UInt8] = try paid.serializedBytes()
    let disguised = [0x08, UInt8(account + 8)] + message
    planted = Planted(testDescription: "an account told twice", batch: try batch([paid]))
    planted.batch.content = [UInt8(disguised.count)] + disguised
    planted.isSeen = false
    cases.append(planted)
    return cases
  }

  /// Appends a batch to a copy of a journal.
  private func journal(
    _ planted: PendingBatch, after path: String, at: Int64 = 0
  ) throws -> JournalReader {
    let copy = Books.freshPath()
    try FileManager.default.copyItem(atPath: path, toPath: copy)
    let writer = try JournalWriter(path: copy, wait: .seconds(5))
    try writer.append([planted], recordedAt: at, origin: Books.origin)
    return try writer.reader()
  }

  private func remove(_ reader: JournalReader) {
    try? FileManager.default.removeItem(atPath: reader.path)
  }

  @Test func `an event that no decision makes is refused by its position`() throws {
    let books = try Self.sound()
    for planted in try Self.cases() {
      let reader = try journal(planted.batch, after: books.path)
      defer { remove(reader) }
      let position = books.position + planted.place
      let fault = #expect(throws: EventFault.self, "\(planted.testDescription)") {
        try Replay(reader, threads: 2).run()
      }
      #expect(fault?.position == position, "\(planted.testDescription): \(fault as Any)")
      if planted.isSeen {
        let fault = #expect(throws: EventFault.self, "\(planted.testDescription)") {
          try AccountView(reader, number: Self.number)
        }
        #expect(fault?.position == position, "\(planted.testDescription)")
      } else {
        let view = try #require(try AccountView(reader, number: Self.number))
        #expect(view.events.last?.position == books.position - 1, "\(planted.testDescription)")
      }
      var listing = EventListing(reader)
      try? listing.run(positions: 0...UInt64.max) { _ in }
    }
  }

  @Test func `a past-due notice before the first bill marks nothing`() throws {
    let books = try Books(partitions: Self.partitions)
    try books.enroll(Self.number, on: "2015-01-01")
    let notice = Self.make(NoticeRecorded()) { $0.template = .pastDue }
    let reader = try journal(
      try Self.batch([Self.event(.noticeRecorded(notice))]), after: books.path)
    defer { remove(reader) }
    #expect(try Replay(reader).run().events == books.position + 1)
    #expect(try AccountView(reader, number: Self.number)?.balance.open.isEmpty == true)
  }

  @Test func `what replay would refuse is not appended`() throws {
    let books = try Self.sound()
    let position = books.position
    #expect(throws: EventFault.self) {
      try books.engine.commit([Self.bill { $0.total = .max }], at: books.clock)
    }
    #expect(try books.reader.nextPosition == position)
    try books.pay(Self.number, "1.00", on: "2015-01-21")
  }

  // MARK: - Reads in columns

  /// A reads batch of one row; what is changed in it is wrong.
  struct Columns {
    var minutes: UInt16 = 60
    var count: UInt16 = 24
    var rows: UInt32 = 1
    var unit: UInt32 = 10
    var firstSlot: UInt32 = 0
    var firstDate: Int32 = HostileJournalTests.start + 30
    var slot: UInt16 = 0
    var date: UInt16 = 0
    var low: UInt8 = 5
    var high: UInt8 = 0
    var qualities: [(UInt32, UInt8)] = []
    var exceptions: [(UInt32, Int64)] = []
    var accounts: ClosedRange<UInt32> = 0...UInt32.max
    var dates: ClosedRange<Int32> = Int32.min...Int32.max

    func batch() -> PendingBatch {
      var writer = ByteWriter()
      writer.put("WBR1".utf8)
      writer.put(UInt16(0))
      writer.put(minutes)
      writer.put(count)
      writer.put(UInt16(0))
      writer.put(rows)
      writer.put(unit)
      writer.put(firstSlot)
      writer.put(firstDate)
      writer.put(UInt32(qualities.count))
      writer.put(UInt32(exceptions.count))
      writer.put(slot)
      writer.put(date)
      writer.put(repeatElement(low, count: Int(count)))
      writer.put(repeatElement(high, count: Int(count)))
      for (row, quality) in qualities {
        writer.put(row)
        writer.put(quality)
      }
      for (cell, value) in exceptions {
        writer.put(cell)
        writer.put(value)
      }
      return PendingBatch(
        kind: .reads, partition: HostileJournalTests.home, count: Int(rows), accounts: accounts,
        dates: dates, content: writer.bytes)
    }
  }

  @Test func `reads that no meter file gives are refused by their position`() throws {
    let books = try Self.sound()
    let cases: [(String, (inout Columns) -> Void)] = [
      ("slots that overflow", { ($0.firstSlot, $0.slot) = (.max, 1) }),
      ("a slot of nobody", { $0.firstSlot = 400_000_000 }),
      ("a row's slot of nobody", { $0.slot = 1 }),
      ("dates that overflow", { ($0.firstDate, $0.date) = (.max, 1) }),
      ("a date before year 1", { $0.firstDate = .min }),
      ("a date after year 9999", { ($0.firstDate, $0.date) = (ServiceDate.days.upperBound, 1) }),
      ("an account outside the header's", { $0.accounts = 0...7 }),
      ("a day outside the header's", { $0.dates = 0...7 }),
      ("counts of 4 MWh", { $0.unit = .max }),
      ("counts of nothing", { $0.unit = 0 }),
      ("no minutes", { $0.minutes = 0 }),
      ("a day of 45 days", { $0.minutes = .max }),
      ("no values", { $0.count = 0 }),
      ("more rows than there are", { $0.rows = 4_000_000_000 }),
      ("a quality twice", { $0.qualities = [(0, 1), (0, 2)] }),
      ("a quality of another row", { $0.qualities = [(1, 1)] }),
      (
        "exceptions that do not ascend",
        {
          ($0.low, $0.high) = (0xFF, 0xFF)
          $0.exceptions = [(1, 1), (0, 1)]
        }
      ),
      (
        "an exception beyond 32 bits",
        {
          ($0.low, $0.high) = (0xFF, 0xFF)
          $0.exceptions = [(0, .max)]
        }
      ),
      ("an exception to a value", { $0.exceptions = [(0, 1)] }),
    ]
    let sound = try journal(Columns().batch(), after: books.path)
    defer { remove(sound) }
    #expect(try Replay(sound).run().reads == 11)
    for (name, change) in cases {
      let reader = try journal(Self.make(Columns(), change).batch(), after: books.path)
      defer { remove(reader) }
      let fault = #expect(throws: EventFault.self, "\(name)") { try Replay(reader).run() }
      #expect(fault?.position == books.position, "\(name)")
      // The view looks at the batch when it is asked for reads.
      let view = try #require(try AccountView(reader, number: Self.number))
      _ = try? view.lastReadDay()
      _ = try? view.reads(in: try period("2015-01-01", "2016-01-01"))
      var listing = EventListing(reader)
      try? listing.run(positions: 0...UInt64.max) { _ in }
    }
  }

  @Test func `values beyond 16 bits and gaps are found by their cell`() throws {
    let books = try Self.sound()
    var columns = Columns()
    (columns.low, columns.high) = (0xFF, 0xFF)
    columns.exceptions = (0..<24).map { ($0, $0 % 3 == 0 ? -1 : Int64($0) * 100_000) }
    columns.qualities = [(0, 1)]
    let reader = try journal(columns.batch(), after: books.path)
    defer { remove(reader) }
    let view = try #require(try AccountView(reader, number: Self.number))
    let read = try #require(try view.reads(in: period("2015-01-31", "2015-02-01")).first)
    #expect(read.quality == .estimated)
    let expected: [Int32] = (0..<24).map { $0 % 3 == 0 ? MeterRows.gap : $0 * 100_000 }
    #expect(Array(read.values) == expected)
  }

  // MARK: - Bytes at random

  /// The golden journal's batches with some bytes exchanged, under right checksums.
  @Test(arguments: [1, 2]) func `no bytes under right checksums trap`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let folder = GoldenJournal.folder("v\(seed)")
    let golden = try JournalReader(path: folder)
    var state = BillingState(identity: golden.identity)
    var opener = BatchOpener(golden)
    var accepted: [PendingBatch] = []
    for location in try golden.locations(where: { _ in true }) {
      let header = location.header
      let content = try opener.open(location) { Array($0) }
      for _ in 0..<30 {
        var mutant = content
        mutate(&mutant, &random)
        var copy = state
        do {
          try mutant.withUnsafeBytes {
            try copy.apply($0, header: header, known: Int(header.count))
          }
        } catch is EventFault { continue }
        var writer = ByteWriter()
        if header.partition != JournalIdentity.system {
          let partition = copy.partitions[Int(header.partition)]
          for projector in partition.projectors { projector.write(to: &writer) }
        }
        accepted.append(
          PendingBatch(
            kind: header.kind, partition: header.partition, count: Int(header.count),
            accounts: header.firstAccount <= header.lastAccount
              ? header.firstAccount...header.lastAccount : nil,
            dates: header.firstDate <= header.lastDate
              ? header.firstDate...header.lastDate : nil, content: mutant))
      }
      try content.withUnsafeBytes {
        try state.apply($0, header: header, known: Int(header.count))
      }
    }
    #expect(accepted.count > 20)
    // Once more at the end of the whole journal, where all that asks questions meets them.
    var audits = 0
    for batch in accepted.shuffled(using: &random).prefix(40) {
      let reader = try journal(batch, after: folder)
      defer { remove(reader) }
      var listing = EventListing(reader)
      try? listing.run(positions: 0...UInt64.max) { _ in }
      _ = try? Replay(reader).run().digest
      for number in [GoldenJournal.home, GoldenJournal.medical, GoldenJournal.hanoi] {
        guard let view = try? AccountView(reader, number: number) else { continue }
        _ = try? AccountSummary(view)
        guard let bill = view.bills.last else { continue }
        _ = try? BillAudit(reader, .period(account: number, start: bill.period.start))
        audits += 1
      }
    }
    #expect(audits > 0)
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let at = Int.random(in: bytes.indices, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[at] = random.pick([0, 1, 0x7F, 0x80, 0xFF])
      case 2:
        // A longer number: every byte but the last says that another follows.
        for index in at..<min(at + 9, bytes.count) { bytes[index] |= 0x80 }
      default: bytes[at] = UInt8.random(in: 0...255, using: &random)
      }
    }
  }

  @Test func `a crafted snapshot is ignored or folded on, and never traps`() throws {
    var random = SeededRandom(7)
    let books = try Self.sound()
    try books.engine.saveSnapshot(always: true)
    let file = URL(filePath: "\(books.path)/\(Snapshot.fileName)")
    let sound = [UInt8](try Data(contentsOf: file))
    // What comes after the schedules' texts, which are parsed again each time.
    let projections = sound.count - 2000
    var ignored = 0
    for _ in 0..<300 {
      var body = Array(sound.dropLast(32))
      let at = Int.random(in: projections..<body.count, using: &random)
      let value: UInt8 = random.pick([0, 1, 0x7F, 0x80, 0xFF])
      for index in at..<min(at + random.pick([1, 2, 4, 8]), body.count) { body[index] = value }
      try Data(body + Digest(of: body).bytes).write(to: file)
      let reader = try books.reader
      guard let state = Snapshot(reader)?.state(identity: reader.identity) else {
        ignored += 1
        continue
      }
      #expect(state.position <= reader.nextPosition)
      var folded = state
      let batch = try Self.batch([Self.payment { _ in }])
      try? batch.content.withUnsafeBytes {
        try folded.apply($0, header: header(of: batch, at: reader.nextPosition), known: 1)
      }
      let columns = Columns().batch()
      try? columns.content.withUnsafeBytes {
        try folded.apply($0, header: header(of: columns, at: reader.nextPosition), known: 1)
      }
    }
    #expect(ignored > 0)
  }

  private func header(of batch: PendingBatch, at position: UInt64) -> BatchHeader {
    BatchHeader(
      kind: batch.kind, isLastOfCommit: true, partition: batch.partition,
      count: UInt32(batch.count), firstPosition: position, commit: 1, recordedAt: 0, epoch: 1,
      accounts: batch.accounts, dates: batch.dates, storedBytes: 0, contentBytes: 0, storedCRC: 0,
      storedSHA: Digest(of: []), previousChain: Digest(of: []), actor: "", source: "")
  }

  @Test func `a moment of any 64 bits has a description`() {
    for milliseconds in [Int64.min, .min + 1, -1, 0, 1, .max] {
      #expect(!Instant(milliseconds: milliseconds).description.isEmpty)
    }
    #expect("\(Instant(milliseconds: -1))" == "1969-12-31T23:59:59.999Z")
    #expect("\(Instant(milliseconds: .max))" == "9223372036854775807 ms")
    #expect("\(Instant(milliseconds: 253_402_300_799_999))" == "9999-12-31T23:59:59.999Z")
  }
}
