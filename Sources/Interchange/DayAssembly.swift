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

  /// Takes readings over that do not say how long their intervals are.
  init(inferringIntervals unsorted: inout [Reading]) {
    var taken: [Reading] = []
    swap(&taken, &unsorted)
    taken.inferIntervals()
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

    let minutes = Int(first.seconds / 60)
    guard first.seconds % 60 == 0, let count = day.intervals(ofMinutes: minutes) else {
      let length = first.seconds % 60 == 0 ? "\(minutes) minutes" : "\(first.seconds) seconds"
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
      guard elapsed % Int64(first.seconds) == 0 else {
        chunk.reject(
          reading.line, "the start is not on the day's grid of \(minutes) minutes from midnight")
        continue
      }
      kept = reading
      values[Int(elapsed / Int64(first.seconds))] = reading.value
      line = min(line, reading.line)
      quality = min(quality, reading.quality)
    }
    guard kept != nil else { return }
    chunk.append(
      DayShape(channel: first.channel, minutes: minutes, count: count), account: first.account,
      date: day.date, line: line, quality: quality, values: values.span)
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
