import Journal
import Quantities

/// What the state keeps of a bill; the whole bill is the event at `position`.
public struct BillRecord: Hashable, Sendable {
  public var period: BillingPeriod
  public var total: Money
  /// What is left out of the total until the relevant period of net metering ends, less what a
  /// true-up on it asks for of that: summed over a year, what is still to be settled.
  public var deferred: Money
  /// Energy delivered less energy received.
  public var netEnergy: Energy
  public var dated: ServiceDate
  public var due: ServiceDate
  public var position: UInt64
  /// Where each register stood at the start and at the end: the cycles beside this one close and
  /// open there, so that nothing is billed twice or not at all.
  var openings: [RegisterMark]
  var closings: [RegisterMark]
  /// Whether a value behind it is estimated.
  public internal(set) var isEstimated = false
  /// The day of its last cancellation or reinstatement, since 1970.
  private var correctedOn = Int32.min
  /// Position of the cancellation that holds: the bill's days are as if they were not billed.
  public internal(set) var cancelledAt: UInt64?

  public var isCancelled: Bool { cancelledAt != nil }

  /// The first day on which it may be corrected: on an earlier one it would count twice, or be taken
  /// back twice.
  var correctableFrom: ServiceDate { max(dated, ServiceDate(day: correctedOn)) }

  fileprivate mutating func set(cancelled position: UInt64?, on day: Int32) {
    cancelledAt = position
    correctedOn = max(correctedOn, day)
  }
}

/// A register's index that a bill opens or closes with.
struct RegisterMark: Hashable, Sendable {
  var channel: UInt8
  var date: Int32
  var index: Int64
  var position: UInt64
  var isEstimated = false

  /// The index as a read that anything may be counted from.
  var read: RegisterIndex {
    RegisterIndex(
      date: date, index: index, quality: isEstimated ? .estimated : .actual, position: position)
  }
}

/// Every account's bills, in the order they were issued.
struct BillProjection: Projector {
  static let name = "bills"
  static let version: UInt16 = 6

  private(set) var bills: [[BillRecord]] = []

  init() {}

  subscript(_ index: Int) -> [BillRecord] { bills.indices.contains(index) ? bills[index] : [] }

  /// The bills of an account that are not cancelled: no day is in two of them.
  func standing(_ index: Int) -> [BillRecord] { self[index].filter { !$0.isCancelled } }

  /// The bill of an account that stands on one of some days; nil where none of them is billed.
  func standing(_ index: Int, on days: BillingPeriod) -> BillRecord? {
    self[index].first { !$0.isCancelled && $0.period.intersection(days) != nil }
  }

  /// The bill of an account at a position.
  func bill(_ index: Int, at position: UInt64) -> BillRecord? {
    self[index].first { $0.position == position }
  }

  mutating func apply(_ events: [RecordedEvent], _ slots: SlotMap) {
    for recorded in events {
      guard let index = slots.index(of: recorded.event.account) else { continue }
      switch recorded.event.fact {
      case .billIssuedV2(let bill):
        add(BillRecord(bill, at: recorded.position), index)
      case .billCancelled(let fact):
        change(fact.position, of: index) {
          $0.set(cancelled: recorded.position, on: recorded.event.effective)
        }
      case .billReinstated(let fact):
        change(fact.position, of: index) {
          $0.set(cancelled: nil, on: recorded.event.effective)
        }
      default: continue
      }
    }
  }

  mutating func add(_ bill: BillRecord, _ index: Int) {
    while bills.count <= index { bills.append([]) }
    bills[index].append(bill)
  }

  private mutating func change(
    _ position: UInt64, of index: Int, _ body: (inout BillRecord) -> Void
  ) {
    guard let bill = self[index].firstIndex(where: { $0.position == position }) else { return }
    body(&bills[index][bill])
  }

  func write(to writer: inout ByteWriter) {
    writer.put(UInt32(bills.count))
    for account in bills {
      writer.put(UInt32(account.count))
      for bill in account { bill.write(to: &writer) }
    }
  }

  init(from reader: inout ByteReader) throws {
    for _ in 0..<(try reader.get(UInt32.self)) {
      var account: [BillRecord] = []
      for _ in 0..<(try reader.get(UInt32.self)) { account.append(try BillRecord(from: &reader)) }
      bills.append(account)
    }
  }
}

extension BillRecord {
  init(_ bill: IssuedBill, at position: UInt64) {
    period = bill.period
    total = Money(millionths: bill.total)
    deferred = Money(millionths: bill.deferred)
    netEnergy = Energy(wattHours: bill.netEnergy)
    dated = ServiceDate(day: bill.dated)
    due = ServiceDate(day: bill.due)
    self.position = position
    (openings, closings) = ([], [])
  }

  init(_ bill: BillIssuedV2, at position: UInt64) {
    period = bill.period
    total = Money(millionths: bill.total)
    deferred = Money(
      millionths: bill.lines.reduce(0) { sum, line in
        line.deferred ? sum &+ line.amount : line.kind == .trueUp ? sum &- line.amount : sum
      })
    netEnergy = Energy(
      wattHours: bill.lines.reduce(0) {
        $1.kind == .energy && $1.quantityDecimals == 3 ? $0 &+ $1.quantity : $0
      })
    dated = ServiceDate(day: bill.dated)
    due = ServiceDate(day: bill.due)
    self.position = position
    isEstimated = bill.estimated
    let estimates =
      bill.estimated ? bill.evidence.filter { $0.kind == ReadSource.estimated.kind } : []
    func isEstimate(_ position: UInt64) -> Bool {
      estimates.contains { $0.runs.contains { $0.contains(position) } }
    }
    openings = bill.registers.map {
      RegisterMark(
        channel: UInt8(clamping: $0.channel), date: $0.openedOn, index: $0.openingIndex,
        position: $0.openingPosition,
        isEstimated: isEstimate($0.openingPosition))
    }
    closings = bill.registers.map {
      RegisterMark(
        channel: UInt8(clamping: $0.channel), date: $0.closedOn, index: $0.closingIndex,
        position: $0.closingPosition,
        isEstimated: isEstimate($0.closingPosition))
    }
  }

  func write(to writer: inout ByteWriter) {
    for day in [period.start, period.end, dated, due] { writer.put(day.day) }
    writer.put(total.millionths)
    writer.put(deferred.millionths)
    writer.put(netEnergy.wattHours)
    writer.put(position)
    writer.put(UInt8(isEstimated ? 1 : 0))
    writer.put(correctedOn)
    writer.put(cancelledAt ?? .max)
    writer.put(UInt32(closings.count))
    for mark in openings + closings {
      writer.put(mark.channel)
      writer.put(mark.date)
      writer.put(mark.index)
      writer.put(mark.position)
      writer.put(UInt8(mark.isEstimated ? 1 : 0))
    }
  }

  init(from reader: inout ByteReader) throws {
    var days: [ServiceDate] = []
    for _ in 0..<4 { days.append(ServiceDate(day: try reader.get())) }
    guard days[0] <= days[1] else { throw ByteReader.Failure.endOfBytes }
    period = BillingPeriod(start: days[0], end: days[1])
    (dated, due) = (days[2], days[3])
    total = Money(millionths: try reader.get())
    deferred = Money(millionths: try reader.get())
    netEnergy = Energy(wattHours: try reader.get())
    position = try reader.get()
    isEstimated = try reader.get(UInt8.self) == 1
    correctedOn = try reader.get()
    let cancelled: UInt64 = try reader.get()
    cancelledAt = cancelled == .max ? nil : cancelled
    let registers = Int(try reader.get(UInt32.self))
    func marks() throws -> [RegisterMark] {
      var marks: [RegisterMark] = []
      for _ in 0..<registers {
        marks.append(
          RegisterMark(
            channel: try reader.get(), date: try reader.get(), index: try reader.get(),
            position: try reader.get(), isEstimated: try reader.get(UInt8.self) == 1))
      }
      return marks
    }
    openings = try marks()
    closings = try marks()
  }
}
