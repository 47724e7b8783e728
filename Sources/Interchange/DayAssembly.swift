import Billing
import Quantities

/// Makes days of readings in any order, by the zone of each account.
///
/// A missing interval is a gap, never a zero. A day has the lowest quality of its readings and the
/// smallest of their lines. Of two readings of the same interval the one that stands first in the
/// file counts; an equal one is ignored, a different one is malformed.
struct DayAssembly {
  private let readings: [Reading]
  private var next = 0
  private var values: [Int32] = []
  private var zone = (account: UInt32.max, table: ZoneTable.universal)

  init(_ unsorted: consuming [Reading]) {
    unsorted.sort { $0.order < $1.order }
    readings = unsorted
  }

  /// Takes readings over, so that they are not held twice.
  init(taking unsorted: inout [Reading]) {
    var taken: [Reading] = []
    swap(&taken, &unsorted)
    self.init(consume taken)
  }

  /// Assembles days until the chunk is full (true) or there are no more readings (false).
  mutating func fill(_ chunk: inout MeterChunkBuilder, zone: (String) -> ZoneTable?) -> Bool {
    while next < readings.count {
      guard !chunk.isFull else { return true }
      let account = readings[next].account
      if self.zone.account != account {
        let table = zone(chunk.accounts.names[Int(account)]) ?? .universal
        self.zone = (account, table)
      }
      assemble(&chunk)
    }
    return false
  }

  /// Assembles the day that the next reading is in.
  private mutating func assemble(_ chunk: inout MeterChunkBuilder) {
    let first = readings[next]
    let day = zone.table.day(zone.table.date(at: Int64(first.start)))
    let dayEnd = day.start + Int64(day.minutes) * 60
    var end = next
    while end < readings.count, readings[end].series == first.series,
      Int64(readings[end].start) < dayEnd
    { end += 1 }
    let range = next..<end
    next = range.upperBound

    guard let seconds = first.seconds > 0 ? first.seconds : inferred(range) else {
      for index in range {
        chunk.reject(
          readings[index].line,
          "the only value of \(day.date): the length of its interval cannot be told")
      }
      return
    }
    let minutes = Int(seconds / 60)
    guard seconds % 60 == 0, let count = day.intervals(ofMinutes: minutes) else {
      let length = seconds % 60 == 0 ? "\(minutes) minutes" : "\(seconds) seconds"
      for index in range {
        chunk.reject(
          readings[index].line,
          "intervals of \(length) do not divide \(day.date), which has \(day.minutes) minutes")
      }
      return
    }
    values.removeAll(keepingCapacity: true)
    values.append(contentsOf: repeatElement(MeterRows.gap, count: count))
    var line = UInt32.max
    var quality = ReadQuality.actual
    var kept: Reading?
    for index in range {
      let reading = readings[index]
      if let kept, kept.start == reading.start {
        if kept.value != reading.value {
          chunk.reject(
            reading.line, "the value differs from line \(kept.line), which has the same start")
        }
        continue
      }
      let elapsed = Int64(reading.start) - day.start
      guard elapsed % Int64(seconds) == 0 else {
        chunk.reject(
          reading.line, "the start is not on the day's grid of \(minutes) minutes from midnight")
        continue
      }
      kept = reading
      values[Int(elapsed / Int64(seconds))] = reading.value
      line = min(line, reading.line)
      quality = min(quality, reading.quality)
    }
    guard kept != nil else { return }
    chunk.append(
      DayShape(channel: first.channel, minutes: minutes, count: count), account: first.account,
      date: day.date, line: line, quality: quality, values: values.span)
  }

  /// The length of a day's intervals: of those that divide an hour the longest than which hardly
  /// any distance between the day's readings is shorter; of a day's only reading the distance to its
  /// neighbour.
  ///
  /// One stray reading so costs itself and not the day, and what is missing stays a gap: a file of
  /// every second hour has hours that are missing, not longer ones.
  private func inferred(_ range: Range<Int>) -> UInt32? {
    let distances = zip(range, range.dropFirst())
      .map { distance(readings[$0].start, readings[$1].start) }.filter { $0 > 0 }
    guard !distances.isEmpty else { return neighbourDistance(range.lowerBound) }
    for minutes in [60, 30, 20, 15, 12, 10, 6, 5, 4, 3, 2, 1] as [UInt32] {
      let shorter = distances.count(where: { $0 < minutes * 60 })
      if shorter * 10 < distances.count { return minutes * 60 }
    }
    return distances.min()
  }

  private func neighbourDistance(_ index: Int) -> UInt32? {
    let reading = readings[index]
    let neighbours = [index - 1, index + 1].filter {
      readings.indices.contains($0) && readings[$0].series == reading.series
    }
    // The only reading of a file is an hour's.
    guard !neighbours.isEmpty else { return 3600 }
    let nearest = neighbours.map { distance(readings[$0].start, reading.start) }.min() ?? .max
    return nearest > 0 && nearest <= 3600 ? nearest : nil
  }

  private func distance(_ one: UInt32, _ other: UInt32) -> UInt32 {
    one > other ? one - other : other - one
  }
}

extension ZoneTable {
  /// For an account nobody knows.
  static let universal = ZoneTable(name: "UTC", initialOffset: 0, transitions: [])
}

extension Reading {
  /// Equal for readings that make days together.
  fileprivate var series: (UInt32, UInt8, UInt32) { (account, channel.rawValue, seconds) }

  fileprivate var order: (UInt32, UInt8, UInt32, UInt32, UInt32) {
    (account, channel.rawValue, seconds, start, line)
  }
}
