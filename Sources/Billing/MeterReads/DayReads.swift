import Journal
import Quantities

/// Which kind of event a day's values stand in.
public enum ReadSource: UInt8, Sendable {
  case recorded = 0
  case corrected = 1
  case estimated = 2

  /// As the schema spells it.
  var kind: String {
    switch self {
    case .recorded: "MeterReadRecorded"
    case .corrected: "ReadCorrected"
    case .estimated: "ReadEstimated"
    }
  }
}

/// One held day of one account and channel, corrections and estimates applied.
public struct DayRead: Sendable {
  public let date: ServiceDate
  public let channel: Channel
  public let intervalMinutes: Int
  /// Watt-hours per interval from local midnight, `MeterRows.gap` where there is none.
  public let values: ArraySlice<Int32>
  public let quality: ReadQuality
  /// The event that the values stand in; nil for a day that is only projected.
  public let position: UInt64?
  public let source: ReadSource

  public var hasGap: Bool { values.contains(MeterRows.gap) }

  /// Energy of the intervals that have a value.
  public var energy: Energy {
    Energy(wattHours: values.reduce(Int64(0)) { $1 == MeterRows.gap ? $0 : $0 + Int64($1) })
  }
}

/// An account, as an index of the slot map, and a day.
struct ReadDay: Hashable {
  var index: Int
  var date: Int32
}

/// Reads of some accounts and dates, fetched from the journal in columns.
struct DayReads {
  private struct Row {
    var index: Int
    var channel: Channel
    var date: Int32
    var intervalMinutes: Int
    var start: Int
    var count: Int
    var quality: ReadQuality
    var position: UInt64
    var source: ReadSource
  }
  private var rows: [Row] = []
  private var values: [Int32] = []

  /// - Parameters:
  ///   - indices: the accounts wanted, as indices of the slot map.
  ///   - locations: reads batches that may hold them.
  ///   - only: days that are kept, when not all are wanted.
  ///   - hashing: whether SHA-256 is checked of every batch that is opened.
  init(
    _ indices: ClosedRange<Int>, dates: Range<Int32>, slots: SlotMap, usage: UsageHistory,
    locations: [BatchLocation], only: Set<ReadDay>? = nil, knownAt: KnownAt? = nil,
    hashing: Bool = false, opener: inout BatchOpener
  ) throws {
    let wanted = slots.account(at: indices.lowerBound)...slots.account(at: indices.upperBound)
    for location in locations {
      let header = location.header
      guard header.kind == .reads, header.partition == slots.partition,
        header.firstAccount <= wanted.upperBound, wanted.lowerBound <= header.lastAccount,
        header.firstDate < dates.upperBound, dates.lowerBound <= header.lastDate
      else { continue }
      let known = knownAt?.count(of: header) ?? Int(header.count)
      guard known > 0 else { continue }
      try opener.open(location, hashing: hashing) { content in
        let view = try ReadBatchView(
          content, header: header, partitions: slots.partitions, known: known)
        add(view, indices, dates, slots, only)
      }
    }
    for index in only.map({ Set($0.lazy.map(\.index)) }) ?? Set(indices) {
      for (identity, corrections) in usage.corrections[index] ?? [:]
      where dates.contains(identity.date) {
        for correction in corrections { add(correction, identity) }
      }
    }
    // Of one identity the latest position holds; sorted last, it is what lookups find.
    rows.sort {
      ($0.index, $0.channel.rawValue, $0.date, $0.position)
        < ($1.index, $1.channel.rawValue, $1.date, $1.position)
    }
  }

  /// The same without what was recorded from a position on.
  func known(before position: UInt64) -> DayReads {
    var earlier = self
    earlier.rows.removeAll { $0.position >= position }
    return earlier
  }

  private mutating func add(_ correction: Correction, _ identity: ReadIdentity) {
    rows.append(
      Row(
        index: identity.index, channel: identity.channel, date: identity.date,
        intervalMinutes: correction.intervalMinutes, start: values.count,
        count: correction.values.count, quality: correction.quality,
        position: correction.position, source: correction.source))
    values += correction.values
  }

  private mutating func add(
    _ view: ReadBatchView, _ indices: ClosedRange<Int>, _ dates: Range<Int32>, _ slots: SlotMap,
    _ only: Set<ReadDay>?
  ) {
    view.forEachRow { row, slot, date in
      guard dates.contains(date), let index = slots.index(ofSlot: slot),
        indices.contains(index), only?.contains(ReadDay(index: index, date: date)) ?? true
      else { return }
      rows.append(
        Row(
          index: index, channel: view.channel, date: date, intervalMinutes: view.intervalMinutes,
          start: values.count, count: view.count, quality: view.quality(row),
          position: view.firstPosition + UInt64(row), source: .recorded))
      view.copy(row: row, into: &values)
    }
  }

  /// The held reads of an account's channel in a span of dates, ascending, one a day.
  func days(_ index: Int, _ channel: Channel, in period: BillingPeriod) -> [DayRead] {
    var low = lowerBound(index, channel, period.start.day)
    var found: [DayRead] = []
    while low < rows.count {
      let row = rows[low]
      guard row.index == index, row.channel == channel, row.date < period.end.day else { break }
      low += 1
      if low < rows.count, rows[low].index == index, rows[low].channel == channel,
        rows[low].date == row.date
      {
        continue
      }
      found.append(read(row))
    }
    return found
  }

  /// Every value ever held for an account, channel and day, in the order recorded.
  func everHeld(_ index: Int, _ channel: Channel, on date: Int32) -> [DayRead] {
    var low = lowerBound(index, channel, date)
    var found: [DayRead] = []
    while low < rows.count, rows[low].index == index, rows[low].channel == channel,
      rows[low].date == date
    {
      found.append(read(rows[low]))
      low += 1
    }
    return found
  }

  private func read(_ row: Row) -> DayRead {
    DayRead(
      date: ServiceDate(day: row.date), channel: row.channel,
      intervalMinutes: row.intervalMinutes, values: values[row.start..<row.start + row.count],
      quality: row.quality, position: row.position, source: row.source)
  }

  private func lowerBound(_ index: Int, _ channel: Channel, _ date: Int32) -> Int {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      let row = rows[middle]
      if (row.index, row.channel.rawValue, row.date) < (index, channel.rawValue, date) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}

extension AccountView {
  /// The last day that has an interval read; nil when no day has. Batches are opened from the
  /// latest on, until none can hold a later day.
  public func lastReadDay() throws -> ServiceDate? {
    var opener = BatchOpener(reader)
    var latest: Int32?
    for location in readBatches.sorted(by: { $0.header.lastDate > $1.header.lastDate }) {
      let header = location.header
      if let latest, latest >= header.lastDate { break }
      let known = knownAt?.count(of: header) ?? Int(header.count)
      let found = try opener.open(location) { content -> Int32? in
        let view = try ReadBatchView(
          content, header: header, partitions: state.slots.partitions, known: known)
        var last: Int32?
        view.forEachRow { _, slot, date in
          if state.slots.index(ofSlot: slot) != nil { last = max(last ?? date, date) }
        }
        return last
      }
      if let found { latest = max(latest ?? found, found) }
    }
    return latest.map { ServiceDate(day: $0) }
  }

  /// The account's held reads of a channel in a period, one a day, ascending by date.
  public func reads(
    _ channel: Channel = .delivered, in period: BillingPeriod, hashing: Bool = false
  ) throws -> [DayRead] {
    try dayReads(in: period, hashing: hashing).days(0, channel, in: period)
  }

  func dayReads(in period: BillingPeriod, hashing: Bool = false) throws -> DayReads {
    var opener = BatchOpener(reader)
    return try DayReads(
      0...0, dates: period.start.day..<period.end.day, slots: state.slots, usage: state.usage,
      locations: readBatches, knownAt: knownAt, hashing: hashing, opener: &opener)
  }
}
