import Journal
import Quantities
import Tariff

/// What has changed of an account's terms since its enrolment, each with the event that says so.
struct TermsHistory: Hashable, Sendable {
  /// A change of some terms; nil stays as it was.
  struct Change: Hashable, Sendable {
    var from: ServiceDate
    var position: UInt64
    var region: String?
    var medical: Bool?
    var multiFamily: Bool?
    var householdQuarters: Int?
    var voltage: Int?
    /// Empty where no city's tax is due.
    var city: String?
    var undeclaredTenants: Bool?
    /// From the cycle that starts on the change's first day.
    var readDay: Int?
  }

  /// Days of eligibility for a discount, or of net metering; both ends are days that count.
  struct Span: Hashable, Sendable {
    /// The discount's name; empty for net metering.
    var name: String
    var from: ServiceDate
    var lastDay: ServiceDate
    var position: UInt64
    /// Position of the event that cut it short.
    var endedAt: UInt64?

    func contains(_ day: ServiceDate) -> Bool { from <= day && day <= lastDay }

    /// Taken back before it began.
    var isEmpty: Bool { lastDay < from }
  }

  /// Ascending by day, and of one day by position.
  private(set) var changes: [Change] = []
  /// In the order of their positions.
  private(set) var discounts: [Span] = []
  private(set) var netMetering: [Span] = []

  /// Far away: net metering ends when somebody ends it.
  static let openEnd = ServiceDate(day: ServiceDate.days.upperBound)

  init() {}

  mutating func add(
    _ fact: TermsChanged, on day: ServiceDate, at position: UInt64, enrolledReadDay: Int
  ) {
    let change = Change(
      from: day, position: position, region: fact.hasRegion ? fact.region : nil,
      medical: fact.hasMedical ? fact.medical : nil,
      multiFamily: fact.hasMultiFamily ? fact.multiFamily : nil,
      householdQuarters: fact.hasHouseholdQuarters ? Int(fact.householdQuarters) : nil,
      voltage: fact.hasVoltage ? Int(fact.voltage) : nil, city: fact.hasCity ? fact.city : nil,
      undeclaredTenants: fact.hasUndeclaredTenants ? fact.undeclaredTenants : nil,
      readDay: fact.hasReadDay ? Int(fact.readDay) : nil)
    changes.insert(change, at: changes.firstIndex { $0.from > day } ?? changes.count)
    // The read day before it takes a change of the day back, and is none itself: whatever changes
    // before that day later goes on over it.
    let held = readDay(on: day.adding(days: -1), enrolled: enrolledReadDay).day
    guard change.readDay == held else { return }
    for index in changes.indices where changes[index].from == day { changes[index].readDay = nil }
  }

  mutating func grant(
    _ discount: String, from day: ServiceDate, through last: ServiceDate, at position: UInt64
  ) {
    discounts.append(Span(name: discount, from: day, lastDay: last, position: position))
  }

  mutating func end(_ discount: String, on day: ServiceDate, at position: UInt64) {
    Self.cut(&discounts, discount, on: day, at: position)
  }

  mutating func startNetMetering(on day: ServiceDate, at position: UInt64) {
    netMetering.append(
      Span(name: "", from: day, lastDay: Self.openEnd, position: position))
  }

  mutating func endNetMetering(on day: ServiceDate, at position: UInt64) {
    Self.cut(&netMetering, "", on: day, at: position)
  }

  private static func cut(
    _ spans: inout [Span], _ name: String, on day: ServiceDate, at position: UInt64
  ) {
    for index in spans.indices
    where spans[index].name == name && !spans[index].isEmpty && spans[index].lastDay >= day {
      spans[index].lastDay = day.adding(days: -1)
      spans[index].endedAt = position
    }
  }
}

extension ServiceAgreement {
  /// The terms that a day of a cycle is billed by: region and medical baseline of the day itself,
  /// everything else as on the cycle's first day.
  func terms(on day: ServiceDate, in cycle: BillingPeriod) -> ServiceTerms {
    guard let history else { return terms }
    var terms = terms
    for change in history.changes where change.from <= day {
      if let region = change.region { terms.region = region }
      if let medical = change.medical { terms.medical = medical }
    }
    for change in history.changes where change.from <= cycle.start {
      if let multiFamily = change.multiFamily { terms.multiFamily = multiFamily }
      if let quarters = change.householdQuarters { terms.householdQuarters = quarters }
      if let voltage = change.voltage { terms.voltage = voltage }
      if let city = change.city { terms.city = city.isEmpty ? nil : city }
      if let undeclared = change.undeclaredTenants { terms.undeclaredTenants = undeclared }
    }
    for span in history.discounts where span.contains(cycle.start) {
      terms.discounts.insert(span.name)
    }
    terms.netMetering = history.netMetering.contains { $0.contains(cycle.start) }
    return terms
  }

  /// The terms as they are from the last change on that counts on a day.
  public func terms(on day: ServiceDate) -> ServiceTerms {
    terms(on: day, in: BillingPeriod(start: day, end: day.adding(days: 1)))
  }

  /// Changes of region and medical baseline after a period's first day, for its allowance.
  func allotmentChanges(in period: BillingPeriod, of cycle: BillingPeriod) -> [AllotmentChange] {
    guard let history else { return [] }
    var changes: [AllotmentChange] = []
    for change in history.changes
    where period.contains(change.from) && change.from > period.start
      && (change.region != nil || change.medical != nil)
    {
      if changes.last?.on == change.from { changes.removeLast() }
      let terms = terms(on: change.from, in: cycle)
      changes.append(
        AllotmentChange(on: change.from, region: terms.region, medical: terms.medical))
    }
    return changes
  }

  /// The events that have made the terms of a cycle what they are, by kind.
  func termsEvidence(in cycle: BillingPeriod) -> [(kind: String, positions: [UInt64])] {
    guard let history else { return [] }
    // A grant that an end cut before the cycle is the reason for what is not on the bill.
    func facts(_ spans: [TermsHistory.Span]) -> (began: [UInt64], ended: [UInt64]) {
      let known = spans.filter { $0.from < cycle.end }
      return (known.map(\.position), Array(Set(known.compactMap(\.endedAt))).sorted())
    }
    let discounts = facts(history.discounts)
    let netMetering = facts(history.netMetering)
    return [
      ("TermsChanged", history.changes.filter { $0.from < cycle.end }.map(\.position).sorted()),
      ("DiscountGranted", discounts.began), ("DiscountEnded", discounts.ended),
      ("NetMeteringStarted", netMetering.began), ("NetMeteringEnded", netMetering.ended),
    ].filter { !$0.positions.isEmpty }
  }
}

extension TermsHistory {
  func write(to writer: inout ByteWriter) {
    writer.put(UInt32(changes.count))
    for change in changes {
      writer.put(change.from.day)
      writer.put(change.position)
      writer.put(
        [change.medical, change.multiFamily, change.undeclaredTenants].reduce(UInt8(0)) {
          $0 << 2 | ($1.map { $0 ? 2 : 1 } ?? 0)
        })
      writer.put(UInt8((change.region == nil ? 0 : 1) | (change.city == nil ? 0 : 2)))
      writer.put(text: change.region ?? "")
      writer.put(text: change.city ?? "")
      writer.put(UInt32(change.householdQuarters ?? 0))
      writer.put(UInt32(change.voltage.map { $0 + 1 } ?? 0))
      writer.put(UInt8(change.readDay ?? 0))
    }
    for spans in [discounts, netMetering] {
      writer.put(UInt32(spans.count))
      for span in spans {
        writer.put(text: span.name)
        writer.put(span.from.day)
        writer.put(span.lastDay.day)
        writer.put(span.position)
        writer.put(span.endedAt ?? .max)
      }
    }
  }

  init(from reader: inout ByteReader) throws {
    for _ in 0..<(try reader.get(UInt32.self)) {
      var change = Change(from: ServiceDate(day: try reader.get()), position: try reader.get())
      let flags: UInt8 = try reader.get()
      func flag(_ shift: UInt8) -> Bool? {
        switch flags >> shift & 3 {
        case 1: false
        case 2: true
        default: nil
        }
      }
      change.medical = flag(4)
      change.multiFamily = flag(2)
      change.undeclaredTenants = flag(0)
      let texts: UInt8 = try reader.get()
      let (region, city) = (try reader.getText(), try reader.getText())
      change.region = texts & 1 != 0 ? region : nil
      change.city = texts & 2 != 0 ? city : nil
      let (quarters, voltage): (UInt32, UInt32) = (try reader.get(), try reader.get())
      change.householdQuarters = quarters == 0 ? nil : Int(quarters)
      change.voltage = voltage == 0 ? nil : Int(voltage) - 1
      let readDay: UInt8 = try reader.get()
      change.readDay = readDay == 0 ? nil : Int(readDay)
      changes.append(change)
    }
    func spans() throws -> [Span] {
      var spans: [Span] = []
      for _ in 0..<(try reader.get(UInt32.self)) {
        var span = Span(
          name: try reader.getText(), from: ServiceDate(day: try reader.get()),
          lastDay: ServiceDate(day: try reader.get()), position: try reader.get())
        let endedAt: UInt64 = try reader.get()
        span.endedAt = endedAt == .max ? nil : endedAt
        spans.append(span)
      }
      return spans
    }
    discounts = try spans()
    netMetering = try spans()
  }
}
