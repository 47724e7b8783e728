import Journal
import Quantities
import Tariff

/// What the fold of reads asks of an agreement, in plain numbers side by side: to touch the whole
/// agreement of each account costs more than the rest of the fold.
struct CycleTerms: Sendable {
  /// First day of service, and the first without.
  var start = Int32.max
  var end = Int32.max
  var readDay: UInt8 = 1
  /// The only plan, as an index of the projection's `codes`; `severalPlans` after a switch.
  var plan = CycleTerms.severalPlans

  static let severalPlans = UInt16.max
}

/// Plan enrolments and seats: every account's agreement, and how many accounts are on each plan.
struct AgreementProjection: Projector {
  static let name = "agreements"
  static let version: UInt16 = 1

  /// By index of the slot map; nil before the enrolment was folded.
  private(set) var agreements: [ServiceAgreement?] = []
  /// Accounts in service by the code of the plan they are on or have been accepted for.
  private(set) var seats: [String: Int] = [:]

  /// By index as `agreements`, drawn from them: not part of the state.
  private(set) var terms: [CycleTerms] = []
  /// Codes of plans in the order in which accounts were enrolled on them.
  private(set) var codes: [String] = []

  init() {}

  subscript(_ index: Int) -> ServiceAgreement? {
    agreements.indices.contains(index) ? agreements[index] : nil
  }

  var count: Int { agreements.count }

  /// Leaves places for accounts whose enrolments are lost.
  mutating func leavePlaces(to count: Int) {
    while agreements.count < count { agreements.append(nil) }
    while terms.count < agreements.count { terms.append(CycleTerms()) }
  }

  mutating func apply(_ events: [RecordedEvent], _ slots: SlotMap) {
    for recorded in events {
      let event = recorded.event
      guard let index = slots.index(of: event.account) else { continue }
      switch event.fact {
      case .accountEnrolled(let fact):
        while agreements.count <= index { agreements.append(nil) }
        agreements[index] = ServiceAgreement(
          fact, account: event.account, on: event.effective, at: recorded.position)
        seats[fact.plan, default: 0] += 1
      case .accountMovedOut:
        let last = agreements[index]?.lastPlan ?? ""
        agreements[index]?.end = ServiceDate(day: event.effective)
        agreements[index]?.movedOutAt = recorded.position
        seats[last, default: 0] -= 1
      case .planSwitched(let fact):
        agreements[index]?.plans.append(
          PlanSpan(
            code: fact.to, from: ServiceDate(day: event.effective), position: recorded.position))
        // Who has moved out has given the seat back, and takes none.
        guard agreements[index]?.end == nil else { break }
        seats[fact.from, default: 0] -= 1
        seats[fact.to, default: 0] += 1
      case .planSwitchCancelled(let fact):
        agreements[index]?.plans.removeAll {
          $0.code == fact.to && $0.from.day == event.effective
        }
        guard agreements[index]?.end == nil else { break }
        seats[fact.to, default: 0] -= 1
        seats[agreements[index]?.lastPlan ?? "", default: 0] += 1
      case .rateSchedulePublished, .zoneTablePublished, .meterFileIngested, .readCorrected,
        .registerRead, .meterReadRejected, .billIssued, .paymentRecorded, .noticeRecorded, nil:
        continue
      }
      drawTerms(index)
    }
  }

  private mutating func drawTerms(_ index: Int) {
    while terms.count < agreements.count { terms.append(CycleTerms()) }
    guard agreements.indices.contains(index), let agreement = agreements[index] else { return }
    var drawn = CycleTerms(
      start: agreement.start.day, end: agreement.end?.day ?? .max,
      readDay: UInt8(agreement.readDay))
    if agreement.plans.count == 1 {
      let code = agreement.plans[0].code
      let place = codes.firstIndex(of: code) ?? codes.count
      if place == codes.count { codes.append(code) }
      if place < Int(CycleTerms.severalPlans) { drawn.plan = UInt16(place) }
    }
    terms[index] = drawn
  }

  func write(to writer: inout ByteWriter) {
    writer.put(UInt32(agreements.count))
    for agreement in agreements {
      writer.put(UInt8(agreement == nil ? 0 : 1))
      agreement?.write(to: &writer)
    }
  }

  init(from reader: inout ByteReader) throws {
    for _ in 0..<(try reader.get(UInt32.self)) {
      guard try reader.get(UInt8.self) == 1 else {
        agreements.append(nil)
        continue
      }
      let agreement = try ServiceAgreement(from: &reader)
      if agreement.end == nil { seats[agreement.lastPlan, default: 0] += 1 }
      agreements.append(agreement)
      drawTerms(agreements.count - 1)
    }
  }
}

extension ServiceAgreement {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.put(account)
    writer.put(text: number)
    writer.put(text: terms.region ?? "")
    writer.put(UInt8((terms.medical ? 1 : 0) | (terms.multiFamily ? 2 : 0)))
    writer.put(UInt32(terms.households))
    writer.put(UInt32(terms.voltage ?? 0))
    writer.put(UInt32(multiplier))
    writer.put(UInt8(readDay))
    writer.put(text: zone)
    writer.put(start.day)
    writer.put(end?.day ?? .max)
    writer.put(enrolledAt)
    writer.put(movedOutAt ?? .max)
    writer.put(UInt32(plans.count))
    for plan in plans {
      writer.put(text: plan.code)
      writer.put(plan.from.day)
      writer.put(plan.position)
    }
  }

  fileprivate init(from reader: inout ByteReader) throws {
    account = try reader.get()
    number = try reader.getText()
    let region = try reader.getText()
    let flags = try reader.get(UInt8.self)
    let households = Int(try reader.get(UInt32.self))
    let voltage = Int(try reader.get(UInt32.self))
    guard households <= 100_000 else { throw ByteReader.Failure.endOfBytes }
    terms = ServiceTerms(
      region: region.isEmpty ? nil : region, medical: flags & 1 != 0, multiFamily: flags & 2 != 0,
      households: max(1, households), voltage: voltage == 0 ? nil : voltage)
    multiplier = Int(try reader.get(UInt32.self))
    readDay = Int(try reader.get(UInt8.self))
    zone = try reader.getText()
    start = ServiceDate(day: try reader.get())
    let end: Int32 = try reader.get()
    self.end = end == .max ? nil : ServiceDate(day: end)
    enrolledAt = try reader.get()
    let movedOut: UInt64 = try reader.get()
    movedOutAt = movedOut == .max ? nil : movedOut
    plans = []
    for _ in 0..<(try reader.get(UInt32.self)) {
      let code = try reader.getText()
      let from = ServiceDate(day: try reader.get())
      plans.append(PlanSpan(code: code, from: from, position: try reader.get()))
    }
    guard !plans.isEmpty else { throw ByteReader.Failure.endOfBytes }
  }
}
