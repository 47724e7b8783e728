import Journal
import Quantities
import Tariff

/// Plan enrolments and seats: every account's agreement, and how many accounts are on each plan.
struct AgreementProjection: Projector {
  static let name = "agreements"
  static let version: UInt16 = 3

  /// By index of the slot map.
  private(set) var records: [AgreementRecord] = []
  /// Account numbers by index.
  private(set) var numbers = TextTable()
  /// Plans, regions and zones.
  private(set) var codes = TextTable()
  /// Every plan of accounts that have switched.
  private(set) var plans: [Int: [PlanSpan]] = [:]
  private(set) var movedOutAt: [Int: UInt64] = [:]
  /// Of accounts whose terms have changed.
  private(set) var histories: [Int: TermsHistory] = [:]
  /// Places whose enrolments are lost.
  private var emptyPlaces = 0
  private var firstAccount: UInt32 = 0
  private var accountStep: UInt32 = 0
  /// Accounts in service by the code of the plan they are on or have been accepted for.
  private var seatsByCode: [Int] = []

  init() {}

  /// Places of accounts, of which the last one that was enrolled has the last.
  var count: Int { records.count }
  /// Accounts whose enrolments are known.
  var enrolled: Int { records.count - emptyPlaces }

  /// The integer of an account: they are counted in even steps.
  func account(at index: Int) -> UInt32 { firstAccount + UInt32(index) * accountStep }

  /// The whole agreement of an account; nil before it is enrolled.
  subscript(_ index: Int) -> ServiceAgreement? {
    guard isEnrolled(index) else { return nil }
    let record = records[index]
    let start = ServiceDate(day: record.start)
    let region = codes.text(record.region)
    return ServiceAgreement(
      number: numbers.text(UInt32(index)), account: account(at: index),
      terms: ServiceTerms(
        region: region.isEmpty ? nil : region, medical: record.isMedical,
        multiFamily: record.isMultiFamily, householdQuarters: Int(record.households) * 4,
        voltage: record.voltage == 0 ? nil : Int(record.voltage)),
      history: record.hasHistory ? histories[index] : nil, multiplier: Int(record.multiplier),
      readDay: Int(record.readDay),
      zone: codes.text(record.zone), start: start,
      end: record.end == .max ? nil : ServiceDate(day: record.end),
      enrolledAt: record.enrolledAt, movedOutAt: movedOutAt[index],
      plans: plans[index]
        ?? [PlanSpan(code: codes.text(record.plan), from: start, position: record.enrolledAt)])
  }

  /// The account's number.
  func number(_ index: Int) -> String { numbers.text(UInt32(index)) }

  @inline(__always)
  func isEnrolled(_ index: Int) -> Bool {
    records.indices.contains(index) && !records[index].isEmpty
  }

  /// The code of an account's plan on a day, without the rest of the agreement.
  @inline(__always)
  func plan(_ index: Int, on day: ServiceDate) -> String {
    records[index].hasSeveralPlans
      ? self[index]!.plan(on: day).code : codes.text(records[index].plan)
  }

  func lastPlan(_ index: Int) -> String {
    plans[index]?.last?.code ?? codes.text(records[index].plan)
  }

  /// Accounts on a plan.
  func seats(on plan: String) -> Int {
    codes.find(plan).flatMap { Int($0) < seatsByCode.count ? seatsByCode[Int($0)] : nil } ?? 0
  }

  private mutating func addSeats(_ seats: Int, on plan: UInt32) {
    while seatsByCode.count <= Int(plan) { seatsByCode.append(0) }
    seatsByCode[Int(plan)] += seats
  }

  /// Whether an account of the number is enrolled.
  func has(number: UnsafeRawBufferPointer) -> Bool { numbers.find(number) != nil }

  /// The integer of an account by its number.
  @inline(__always)
  func account(_ number: String) -> UInt32? {
    number.isEmpty ? nil : numbers.find(number).map { account(at: Int($0)) }
  }

  /// Enrolls the next account.
  mutating func enroll(_ enrolled: EnrolledAccount, at position: UInt64) {
    add(enrolled.number, enrolled.account)
    let plan = codes.insert(enrolled.plan)
    records.append(
      AgreementRecord(
        start: enrolled.effective, enrolledAt: position, households: enrolled.households,
        voltage: enrolled.voltage, multiplier: enrolled.multiplier,
        region: codes.insert(enrolled.region), zone: codes.insert(enrolled.zone), plan: plan,
        readDay: enrolled.readDay, isMedical: enrolled.isMedical,
        isMultiFamily: enrolled.isMultiFamily))
    addSeats(1, on: plan)
  }

  private mutating func add(_ number: UnsafeRawBufferPointer, _ account: UInt32) {
    if records.isEmpty { firstAccount = account }
    if records.count == 1 { accountStep = account - firstAccount }
    _ = numbers.append(number)
  }

  /// Leaves places for accounts whose enrolments are lost.
  mutating func leavePlaces(to count: Int, _ slots: SlotMap) {
    let nobody = UnsafeRawBufferPointer(start: nil, count: 0)
    while records.count < count {
      add(nobody, slots.account(at: records.count))
      records.append(.empty)
      emptyPlaces += 1
    }
  }

  mutating func apply(_ events: [RecordedEvent], _ slots: SlotMap) {
    for recorded in events {
      let event = recorded.event
      guard let index = slots.index(of: event.account), records.indices.contains(index)
      else { continue }
      let isServed = records[index].end == .max
      let day = ServiceDate(day: event.effective)
      switch event.fact {
      case .accountMovedOut:
        records[index].end = event.effective
        movedOutAt[index] = recorded.position
        addSeats(-1, on: codes.insert(lastPlan(index)))
      case .moveOutCancelled:
        records[index].end = .max
        movedOutAt[index] = nil
        addSeats(1, on: codes.insert(lastPlan(index)))
      case .planSwitched(let fact):
        let enrolled = records[index]
        let first = PlanSpan(
          code: codes.text(enrolled.plan), from: ServiceDate(day: enrolled.start),
          position: enrolled.enrolledAt)
        plans[index, default: [first]].append(
          PlanSpan(
            code: fact.to, from: ServiceDate(day: event.effective), position: recorded.position))
        records[index].hasSeveralPlans = true
        // Who has moved out has given the seat back, and takes none.
        guard isServed else { break }
        addSeats(-1, on: codes.insert(fact.from))
        addSeats(1, on: codes.insert(fact.to))
      case .planSwitchCancelled(let fact):
        plans[index]?.removeAll { $0.code == fact.to && $0.from.day == event.effective }
        if plans[index]?.count == 1 {
          plans[index] = nil
          records[index].hasSeveralPlans = false
        }
        guard isServed else { break }
        addSeats(-1, on: codes.insert(fact.to))
        addSeats(1, on: codes.insert(lastPlan(index)))
      case .termsChanged(let fact):
        let enrolled = Int(records[index].readDay)
        change(index) { $0.add(fact, on: day, at: recorded.position, enrolledReadDay: enrolled) }
      case .discountGranted(let fact):
        let last = ServiceDate(day: fact.lastDay)
        change(index) {
          $0.grant(fact.discount, from: day, through: last, at: recorded.position)
        }
      case .discountEnded(let fact):
        change(index) { $0.end(fact.discount, on: day, at: recorded.position) }
      case .netMeteringStarted:
        change(index) { $0.startNetMetering(on: day, at: recorded.position) }
      case .netMeteringEnded:
        change(index) { $0.endNetMetering(on: day, at: recorded.position) }
      case .accountEnrolled, .rateSchedulePublished, .zoneTablePublished, .meterFileIngested,
        .readCorrected, .registerRead, .meterReadRejected, .billIssued, .paymentRecorded,

        .readEstimated, .readFlagged, .flagSettled, .billIssuedV2, .billCancelled, .billReinstated,
        .rebillProposed, .rebillDeclined, .chargeAssessed, .depositReceived, .depositReturned,
        .creditRefunded, .debtWrittenOff, .lateChargeWaived,
        .paymentRecordedV2, .noticeRecorded, .personDetailsRecorded, .personErased, nil:
        continue
      }
    }
  }
}

extension AgreementProjection {
  private mutating func change(_ index: Int, _ body: (inout TermsHistory) -> Void) {
    records[index].hasHistory = true
    body(&histories[index, default: TermsHistory()])
  }

  func write(to writer: inout ByteWriter) {
    writer.put(UInt32(records.count))
    for (index, record) in records.enumerated() {
      writer.put(UInt8(record.isEmpty ? 0 : 1))
      guard !record.isEmpty else { continue }
      writer.put(account(at: index))
      numbers.write(UInt32(index), to: &writer)
      codes.write(record.region, to: &writer)
      writer.put(UInt8((record.isMedical ? 1 : 0) | (record.isMultiFamily ? 2 : 0)))
      writer.put(record.households)
      writer.put(record.voltage)
      writer.put(record.multiplier)
      writer.put(record.readDay)
      codes.write(record.zone, to: &writer)
      writer.put(record.start)
      writer.put(record.end)
      writer.put(record.enrolledAt)
      writer.put(movedOutAt[index] ?? .max)
      guard record.hasSeveralPlans, let plans = plans[index] else {
        writer.put(UInt32(1))
        codes.write(record.plan, to: &writer)
        writer.put(record.start)
        writer.put(record.enrolledAt)
        writeHistory(index, to: &writer)
        continue
      }
      writer.put(UInt32(plans.count))
      for plan in plans {
        writer.put(text: plan.code)
        writer.put(plan.from.day)
        writer.put(plan.position)
      }
      writeHistory(index, to: &writer)
    }
  }

  private func writeHistory(_ index: Int, to writer: inout ByteWriter) {
    let history = records[index].hasHistory ? histories[index] : nil
    writer.put(UInt8(history == nil ? 0 : 1))
    history?.write(to: &writer)
  }

  init(from reader: inout ByteReader) throws {
    for index in 0..<Int(try reader.get(UInt32.self)) {
      guard try reader.get(UInt8.self) == 1 else { throw ByteReader.Failure.endOfBytes }
      let account: UInt32 = try reader.get()
      let number = try reader.getTextBytes()
      let region = codes.insert(try reader.getTextBytes())
      let flags: UInt8 = try reader.get()
      let (households, voltage, multiplier): (UInt32, UInt32, UInt32) = (
        try reader.get(), try reader.get(), try reader.get()
      )
      let readDay: UInt8 = try reader.get()
      let zone = codes.insert(try reader.getTextBytes())
      let (start, end): (Int32, Int32) = (try reader.get(), try reader.get())
      let (enrolledAt, movedOutAt): (UInt64, UInt64) = (try reader.get(), try reader.get())
      let planCount = Int(try reader.get(UInt32.self))
      guard planCount > 0, numbers.find(number) == nil, records.isEmpty || account > firstAccount
      else { throw ByteReader.Failure.endOfBytes }
      let plan = codes.insert(try reader.getTextBytes())
      var last = plan
      guard try reader.get() == start, try reader.get() == enrolledAt else {
        throw ByteReader.Failure.endOfBytes
      }
      if planCount > 1 {
        var spans = [
          PlanSpan(code: codes.text(plan), from: ServiceDate(day: start), position: enrolledAt)
        ]
        for _ in 1..<planCount {
          last = codes.insert(try reader.getTextBytes())
          let from = ServiceDate(day: try reader.get())
          spans.append(PlanSpan(code: codes.text(last), from: from, position: try reader.get()))
        }
        plans[index] = spans
      }
      let hasHistory = try reader.get(UInt8.self) == 1
      if hasHistory { histories[index] = try TermsHistory(from: &reader) }
      add(number, account)
      if movedOutAt != .max { self.movedOutAt[index] = movedOutAt }
      records.append(
        AgreementRecord(
          start: start, end: end, enrolledAt: enrolledAt, households: households,
          voltage: voltage, multiplier: multiplier, region: region, zone: zone, plan: plan,
          readDay: readDay, isMedical: flags & 1 != 0, isMultiFamily: flags & 2 != 0,
          hasSeveralPlans: planCount > 1, hasHistory: hasHistory))
      guard self.account(at: index) == account else { throw ByteReader.Failure.endOfBytes }
      if end == .max { addSeats(1, on: last) }
    }
  }
}
