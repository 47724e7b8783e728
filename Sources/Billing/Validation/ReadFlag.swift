import Journal
import Quantities

/// Doubts that a rule of validation has about a value, until somebody has looked or the value is
/// another.
public struct ReadFlag: Sendable, Hashable {
  public enum Standing: UInt8, Sendable {
    case standing = 0
    /// Somebody has looked, and the value stands.
    case settled = 1
    /// The value was corrected or estimated since.
    case overtaken = 2
  }

  public var position: UInt64
  public var rule: ReadFlagged.Rule
  public var channel: Channel
  /// First and last day, counted from 1970-01-01.
  public var first: Int32
  public var last: Int32
  /// What was found and the limit that it passes, in the rule's own unit.
  public var found: Int64
  public var limit: Int64
  /// No cycle with the days is billed while it stands.
  public var holds: Bool
  /// Position plus one of the value; 0 where it is of several.
  var readAfter: UInt64
  public internal(set) var standing = Standing.standing

  public var firstDay: ServiceDate { ServiceDate(day: first) }
  public var lastDay: ServiceDate { ServiceDate(day: last) }
  public var isStanding: Bool { standing == .standing }

  /// Whether it says what another says, whatever was found: a run that has grown is the same run.
  func isSame(as other: ReadFlag) -> Bool {
    rule == other.rule && channel == other.channel && first == other.first
      && readAfter == other.readAfter
  }

  /// Whether a new value of a channel and day leaves nothing of the doubt. That estimation goes on
  /// is no reason to stop doubting it; what was measured ends it, but for the index that it began
  /// with.
  fileprivate func isAbout(_ channel: Channel, on date: Int32, isMeasured: Bool) -> Bool {
    if rule == .prolongedEstimation {
      return isMeasured && channel == self.channel && date <= last
        && (channel.isRegister ? first < date : first <= date)
    }
    if channel == self.channel { return first <= date && date <= last }
    // Sums are of intervals and of the indices at both ends of them.
    return [.sumAgainstRegister, .multiplier].contains(rule) && channel.isRegister
      && first <= date && date <= last + 1
  }
}

/// Every account's flags, in the order they were recorded.
struct ReadFlags: Projector {
  static let name = "flags"
  static let version: UInt16 = 2

  private(set) var flags: [Int: [ReadFlag]] = [:]
  /// Accounts with a standing flag of prolonged estimation, whose reads are looked at; not part of
  /// the state.
  private var prolonged: Set<Int> = []

  init() {}

  subscript(_ index: Int) -> [ReadFlag] { flags[index] ?? [] }

  mutating func apply(_ recorded: RecordedEvent, _ slots: SlotMap) {
    guard let index = slots.index(of: recorded.event.account) else { return }
    let date = recorded.event.effective
    switch recorded.event.fact {
    case .readFlagged(let fact):
      guard let flag = ReadFlag(fact, on: date, at: recorded.position) else { return }
      flags[index, default: []].append(flag)
      if flag.rule == .prolongedEstimation { prolonged.insert(index) }
    case .flagSettled(let fact):
      change(index, to: .settled) { $0.position == fact.flag }
    case .readCorrected(let fact):
      let isMeasured = Self.isMeasured(fact.quality) && !fact.values.contains { $0 < 0 }
      overtake(index, fact.channel, date, isMeasured: isMeasured)
    case .registerRead(let fact):
      overtake(index, fact.channel, date, isMeasured: Self.isMeasured(fact.quality))
    case .readEstimated(let fact): overtake(index, fact.channel, date, isMeasured: false)
    default: break
    }
  }

  /// Days that had no value before: they overtake nothing but doubts about a long run of them.
  /// - Returns: the accounts of which measured values have ended a flag, each with the first such
  ///   read's position.
  mutating func apply(_ view: ReadBatchView, _ slots: SlotMap) -> [Int: UInt64] {
    guard !prolonged.isEmpty else { return [:] }
    var ended: [Int: UInt64] = [:]
    var values: [Int32] = []
    view.forEachRow { row, slot, date in
      guard let index = slots.index(ofSlot: slot), prolonged.contains(index),
        view.quality(row) > .estimated
      else { return }
      values.removeAll(keepingCapacity: true)
      view.copy(row: row, into: &values)
      guard !values.contains(MeterRows.gap) else { return }
      let position = view.firstPosition + UInt64(row)
      let hasEnded = change(index, to: .overtaken) {
        $0.rule == .prolongedEstimation && $0.position < position
          && $0.isAbout(view.channel, on: date, isMeasured: true)
      }
      if hasEnded, ended[index] == nil { ended[index] = position }
    }
    return ended
  }

  private static func isMeasured(_ quality: UInt32) -> Bool {
    quality > UInt32(ReadQuality.estimated.rawValue)
  }

  private mutating func overtake(
    _ index: Int, _ channel: UInt32, _ date: Int32, isMeasured: Bool
  ) {
    guard flags[index] != nil, let channel = Channel(rawValue: UInt8(clamping: channel)) else {
      return
    }
    change(index, to: .overtaken) { $0.isAbout(channel, on: date, isMeasured: isMeasured) }
  }

  private mutating func noteProlonged(_ index: Int) {
    let isProlonged =
      flags[index]?.contains { $0.isStanding && $0.rule == .prolongedEstimation } ?? false
    if isProlonged { prolonged.insert(index) } else { prolonged.remove(index) }
  }

  /// - Returns: whether there was one.
  @discardableResult
  private mutating func change(
    _ index: Int, to standing: ReadFlag.Standing, _ isMeant: (ReadFlag) -> Bool
  ) -> Bool {
    let own = self[index]
    let places = own.indices.filter { own[$0].isStanding && isMeant(own[$0]) }
    guard !places.isEmpty else { return false }
    for place in places { flags[index]?[place].standing = standing }
    noteProlonged(index)
    return true
  }

  /// The first flag that keeps a cycle from being billed.
  func holding(_ index: Int, in cycle: BillingPeriod) -> ReadFlag? {
    flags[index]?.first {
      $0.holds && $0.isStanding && $0.first < cycle.end.day && cycle.start.day <= $0.last
    }
  }

  func write(to writer: inout ByteWriter) {
    writer.put(UInt32(flags.count))
    for (index, own) in flags.sorted(by: { $0.key < $1.key }) {
      writer.put(UInt32(index))
      writer.put(UInt32(own.count))
      for flag in own { flag.write(to: &writer) }
    }
  }

  init(from reader: inout ByteReader) throws {
    for _ in 0..<(try reader.get(UInt32.self)) {
      let index = Int(try reader.get(UInt32.self))
      for _ in 0..<(try reader.get(UInt32.self)) {
        flags[index, default: []].append(try ReadFlag(from: &reader))
      }
      noteProlonged(index)
    }
  }
}

extension ReadFlag {
  /// Nil for a rule or channel that nobody knows.
  init?(_ fact: ReadFlagged, on date: Int32, at position: UInt64) {
    guard let channel = Channel(rawValue: UInt8(clamping: fact.channel)) else { return nil }
    self.init(
      position: position, rule: fact.rule, channel: channel, first: date, last: fact.lastDay,
      found: fact.found, limit: fact.limit, holds: fact.holds, readAfter: fact.readAfter)
  }

  var fact: ReadFlagged {
    var fact = ReadFlagged()
    fact.rule = rule
    fact.channel = UInt32(channel.rawValue)
    fact.lastDay = last
    (fact.found, fact.limit) = (found, limit)
    fact.holds = holds
    fact.readAfter = readAfter
    return fact
  }

  fileprivate func write(to writer: inout ByteWriter) {
    writer.put(position)
    writer.put(UInt8(clamping: rule.rawValue))
    writer.put(channel.rawValue)
    writer.put(first)
    writer.put(last)
    writer.put(found)
    writer.put(limit)
    writer.put(UInt8(holds ? 1 : 0))
    writer.put(readAfter)
    writer.put(standing.rawValue)
  }

  fileprivate init(from reader: inout ByteReader) throws {
    position = try reader.get()
    guard let rule = ReadFlagged.Rule(rawValue: Int(try reader.get(UInt8.self))) else {
      throw ByteReader.Failure.endOfBytes
    }
    self.rule = rule
    channel = try Channel(from: &reader)
    (first, last) = (try reader.get(), try reader.get())
    (found, limit) = (try reader.get(), try reader.get())
    holds = try reader.get(UInt8.self) == 1
    readAfter = try reader.get()
    guard let standing = Standing(rawValue: try reader.get()) else {
      throw ByteReader.Failure.endOfBytes
    }
    self.standing = standing
  }
}
