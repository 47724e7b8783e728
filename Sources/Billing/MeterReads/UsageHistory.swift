import Journal
import Quantities

/// Which days each account has reads for. The values stay in the journal; corrections and
/// register indices, which are few, are kept whole.
struct UsageHistory: Projector {
  static let name = "usage"
  static let version: UInt16 = 3

  private(set) var delivered: [DayRuns] = []
  private(set) var received: [Int: DayRuns] = [:]
  /// Length of the latest read's intervals in minutes; 0 before the first.
  private(set) var intervalMinutes: [UInt16] = []
  /// By account and identity, in the order they were recorded.
  private(set) var corrections: [Int: [ReadIdentity: [Correction]]] = [:]
  /// By account and channel, ascending by date.
  private(set) var registers: [Int: [Channel: [RegisterIndex]]] = [:]
  /// Indices read that were held before, by identity, in the order they were recorded; estimates
  /// are not among them, because an index that is read is news even where one was estimated so.
  private(set) var replacedIndices: [ReadIdentity: [Int64]] = [:]
  private(set) var history = HistoryDigest()

  init() {}

  func days(_ index: Int, _ channel: Channel = .delivered) -> DayRuns {
    guard channel == .delivered else { return received[index] ?? DayRuns() }
    return delivered.indices.contains(index) ? delivered[index] : DayRuns()
  }

  /// Whether there is a read of the day, asked without a copy of the account's days.
  func holds(_ index: Int, _ channel: Channel, on date: Int32) -> Bool {
    guard channel == .delivered else { return received[index]?.contains(date) ?? false }
    return delivered.indices.contains(index) && delivered[index].contains(date)
  }

  /// Whether there is a read or an estimate of the day.
  func hasAny(_ index: Int, on date: Int32) -> Bool {
    [Channel.delivered, .received].contains { channel in
      holds(index, channel, on: date)
        || lastCorrection(ReadIdentity(index: index, channel: channel, date: date)) != nil
    }
  }

  /// The correction or estimate that holds.
  func lastCorrection(_ identity: ReadIdentity) -> Correction? {
    corrections[identity.index]?[identity]?.last
  }

  /// Accounts that have corrections, energy sent out or registers.
  var accountsWithMoreThanReads: Set<Int> {
    Set(corrections.keys).union(received.keys).union(registers.keys)
  }

  /// Whether an estimate follows on what is held of its day: nothing, an estimate, or a value with
  /// gaps. An estimate never takes the place of what was measured.
  func canEstimate(_ fact: ReadEstimated, of index: Int, on date: Int32) -> Bool {
    guard let channel = Channel(rawValue: UInt8(clamping: fact.channel)) else { return false }
    guard !fact.values.isEmpty else {
      let held = registers[index]?[channel]?.first { $0.date == date }
      return (held?.isEstimated ?? true)
        && fact.supersedesAfter == held.map { $0.position + 1 } ?? 0
    }
    let count = fact.values.count
    guard zip(fact.intervals, fact.intervals.dropFirst()).allSatisfy({ $0 < $1 }),
      fact.intervals.last.map({ Int($0) < count }) ?? true
    else { return false }
    guard let held = lastCorrection(ReadIdentity(index: index, channel: channel, date: date))
    else {
      // Which reads there are, a view of one account does not know; a decision does.
      return fact.supersedesAfter > 0 || !holds(index, channel, on: date)
    }
    return held.position + 1 == fact.supersedesAfter
      && (held.source == .estimated || held.values.contains(MeterRows.gap))
  }

  /// What an estimate takes the place of: nothing, a correction or an estimate that is kept here, or
  /// a read in the journal, whose measured values the estimate has itself.
  func values(
    beforeEstimate fact: ReadEstimated, of index: Int, on date: Int32
  ) -> (values: [Int64], intervalMinutes: Int) {
    guard fact.supersedesAfter > 0, let channel = Channel(rawValue: UInt8(clamping: fact.channel))
    else { return ([], 0) }
    let identity = ReadIdentity(index: index, channel: channel, date: date)
    if let held = lastCorrection(identity) {
      return (held.values.map { $0 == MeterRows.gap ? -1 : Int64($0) }, held.intervalMinutes)
    }
    guard !fact.intervals.isEmpty else { return ([], 0) }
    var measured = fact.values
    for interval in fact.intervals where Int(interval) < measured.count {
      measured[Int(interval)] = -1
    }
    return (measured, Int(fact.intervalMinutes))
  }

  /// The last day of delivered energy whose value is an estimate; nil where there is none.
  func lastEstimatedDay(_ index: Int) -> Int32? {
    corrections[index]?.lazy.filter {
      $0.key.channel == .delivered && $0.value.last?.source == .estimated
    }.map(\.key.date).max()
  }

  /// The days whose values are estimates and the dates of indices that are.
  func estimatedDates(_ index: Int) -> [Int32] {
    let days = (corrections[index] ?? [:]).filter { $0.value.last?.source == .estimated }
    let indices = (registers[index] ?? [:]).values.joined().filter(\.isEstimated)
    return days.map(\.key.date) + indices.map(\.date)
  }

  func interval(_ index: Int) -> Int {
    intervalMinutes.indices.contains(index) ? Int(intervalMinutes[index]) : 0
  }

  mutating func apply(_ view: ReadBatchView, header: BatchHeader, _ slots: SlotMap) {
    history.add(header, known: view.rows)
    guard view.channel == .delivered else {
      for run in view.runs {
        for slot in run.slot...run.lastSlot {
          guard let index = slots.index(ofSlot: slot) else { continue }
          received[index, default: DayRuns()].insert(run.date...run.lastDate)
        }
      }
      return
    }
    let highest = view.runs.reduce(0) { max($0, slots.index(ofSlot: $1.lastSlot) ?? 0) }
    if delivered.count <= highest { grow(to: highest) }
    let minutes = UInt16(view.intervalMinutes)
    delivered.withUnsafeMutableBufferPointer { delivered in
      intervalMinutes.withUnsafeMutableBufferPointer { intervalMinutes in
        for run in view.runs {
          let days = run.date...run.lastDate
          for account in 0..<(run.isOfOneAccount ? 1 : run.count) {
            guard let index = slots.index(ofSlot: run.slot &+ UInt32(account)) else { continue }
            delivered[index].insert(days)
            intervalMinutes[index] = minutes
          }
        }
      }
    }
  }

  @inline(never)
  private mutating func grow(to index: Int) {
    let more = index + 1 - delivered.count
    delivered += repeatElement(DayRuns(), count: more)
    intervalMinutes += repeatElement(0, count: more)
  }

  mutating func apply(_ events: [RecordedEvent], _ slots: SlotMap) {
    for recorded in events {
      guard let index = slots.index(of: recorded.event.account) else { continue }
      if case .readCorrected(let fact) = recorded.event.fact,
        let channel = Channel(rawValue: UInt8(fact.channel)),
        let quality = ReadQuality(rawValue: UInt8(fact.quality))
      {
        let identity = ReadIdentity(
          index: index, channel: channel, date: recorded.event.effective)
        correct(
          identity,
          Correction(
            position: recorded.position, supersedesAfter: fact.supersedes + 1,
            intervalMinutes: Int(fact.intervalMinutes),
            values: fact.values.map { $0 < 0 ? MeterRows.gap : Int32(clamping: $0) },
            quality: quality))
      }
      if case .registerRead(let fact) = recorded.event.fact,
        let channel = Channel(rawValue: UInt8(fact.channel)),
        let quality = ReadQuality(rawValue: UInt8(fact.quality))
      {
        let read = RegisterIndex(
          date: recorded.event.effective, index: fact.index, quality: quality,
          position: recorded.position)
        hold(read, channel, of: index)
      }
      if case .readEstimated(let fact) = recorded.event.fact,
        let channel = Channel(rawValue: UInt8(fact.channel))
      {
        estimate(fact, channel, of: index, on: recorded.event.effective, at: recorded.position)
      }
    }
  }

  private mutating func correct(_ identity: ReadIdentity, _ correction: Correction) {
    corrections[identity.index, default: [:]][identity, default: []].append(correction)
  }

  private mutating func hold(_ read: RegisterIndex, _ channel: Channel, of index: Int) {
    var reads = registers[index]?[channel] ?? []
    if let replaced = reads.replace(with: read), replaced.quality > .estimated {
      let identity = ReadIdentity(index: index, channel: channel, date: read.date)
      replacedIndices[identity, default: []].append(replaced.index)
    }
    registers[index, default: [:]][channel] = reads
  }

  /// An estimate is held as a read of the lowest quality: its day is a day with a read.
  private mutating func estimate(
    _ fact: ReadEstimated, _ channel: Channel, of index: Int, on date: Int32, at position: UInt64
  ) {
    guard !fact.values.isEmpty else {
      hold(
        RegisterIndex(date: date, index: fact.index, quality: .estimated, position: position),
        channel, of: index)
      return
    }
    if channel == .delivered {
      if delivered.count <= index { grow(to: index) }
      delivered[index].insert(date...date)
      if intervalMinutes[index] == 0 { intervalMinutes[index] = UInt16(fact.intervalMinutes) }
    } else {
      received[index, default: DayRuns()].insert(date...date)
    }
    let identity = ReadIdentity(index: index, channel: channel, date: date)
    correct(
      identity,
      Correction(
        position: position, supersedesAfter: fact.supersedesAfter,
        intervalMinutes: Int(fact.intervalMinutes),
        values: fact.values.map { $0 < 0 ? MeterRows.gap : Int32(clamping: $0) },
        quality: .estimated, source: .estimated))
  }

  func write(to writer: inout ByteWriter) {
    history.write(to: &writer)
    writer.put(UInt32(delivered.count))
    for (runs, minutes) in zip(delivered, intervalMinutes) {
      runs.write(to: &writer)
      writer.put(minutes)
    }
    writer.put(UInt32(received.count))
    for (index, runs) in received.sorted(by: { $0.key < $1.key }) {
      writer.put(UInt32(index))
      runs.write(to: &writer)
    }
    writer.put(UInt32(corrections.values.reduce(0) { $0 + $1.count }))
    for (identity, list) in corrections.values.joined().sorted(by: { $0.key < $1.key }) {
      identity.write(to: &writer)
      writer.put(UInt32(list.count))
      for correction in list { correction.write(to: &writer) }
    }
    writer.put(UInt32(registers.count))
    for (index, channels) in registers.sorted(by: { $0.key < $1.key }) {
      writer.put(UInt32(index))
      writer.put(UInt8(channels.count))
      for (channel, reads) in channels.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        writer.put(channel.rawValue)
        writer.put(UInt32(reads.count))
        for read in reads { read.write(to: &writer) }
      }
    }
    writer.put(UInt32(replacedIndices.count))
    for (identity, indices) in replacedIndices.sorted(by: { $0.key < $1.key }) {
      identity.write(to: &writer)
      writer.put(UInt32(indices.count))
      for index in indices { writer.put(index) }
    }
  }

  init(from reader: inout ByteReader) throws {
    history = try HistoryDigest(from: &reader)
    for _ in 0..<(try reader.get(UInt32.self)) {
      delivered.append(try DayRuns(from: &reader))
      intervalMinutes.append(try reader.get())
    }
    for _ in 0..<(try reader.get(UInt32.self)) {
      received[Int(try reader.get(UInt32.self))] = try DayRuns(from: &reader)
    }
    for _ in 0..<(try reader.get(UInt32.self)) {
      let identity = try ReadIdentity(from: &reader)
      for _ in 0..<(try reader.get(UInt32.self)) {
        correct(identity, try Correction(from: &reader))
      }
    }
    for _ in 0..<(try reader.get(UInt32.self)) {
      let index = Int(try reader.get(UInt32.self))
      for _ in 0..<(try reader.get(UInt8.self)) {
        let channel = try Channel(from: &reader)
        var reads: [RegisterIndex] = []
        for _ in 0..<(try reader.get(UInt32.self)) {
          reads.append(try RegisterIndex(from: &reader))
        }
        registers[index, default: [:]][channel] = reads
      }
    }
    for _ in 0..<(try reader.get(UInt32.self)) {
      let identity = try ReadIdentity(from: &reader)
      for _ in 0..<(try reader.get(UInt32.self)) {
        replacedIndices[identity, default: []].append(try reader.get())
      }
    }
  }
}
