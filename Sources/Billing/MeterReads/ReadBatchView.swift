import Journal
import Quantities

/// A reads batch as it lies in memory: the fold runs over the planes, nothing is copied.
///
/// Both layouts are read, `WBR1` and `WBR2`. Valid only inside the closure that hands out the
/// content.
struct ReadBatchView {
  let channel: Channel
  let intervalMinutes: Int
  let count: Int
  let rows: Int
  let unit: Int64
  /// The rows' accounts and days.
  let runs: [ReadRun]
  /// The highest slot of any row, of those too that are not looked at.
  let lastSlot: UInt32
  let firstPosition: UInt64
  /// (row, quality) of rows that are not actual, and (cell, watt-hours or -1) of exceptions, each
  /// strictly ascending.
  let qualities: [(row: Int, quality: ReadQuality)]
  let exceptions: [(cell: Int, value: Int64)]
  /// Bits of a count in the planes: 8, 12 or 16.
  private let bits: Int
  private let low: UnsafePointer<UInt8>
  /// High bytes, or half-bytes in pairs, row after row.
  private let high: UnsafePointer<UInt8>
  private let highBytesPerRow: Int

  /// - Parameter known: rows to look at, from the first on; all of them as a rule.
  init(
    _ content: UnsafeRawBufferPointer, header: BatchHeader, partitions: Int, known: Int = .max
  ) throws(EventFault) {
    let fault = EventFault(
      position: header.firstPosition, reason: "the reads batch is not laid out as it must be")
    do throws(ByteReader.Failure) {
      var reader = ByteReader(content)
      let layout = Layout(magic: try reader.get(bytes: 4))
      let channel = Channel(rawValue: try reader.get())
      let bits = Int(try reader.get(UInt8.self))
      intervalMinutes = Int(try reader.get(UInt16.self))
      count = Int(try reader.get(UInt16.self))
      let order = try reader.get(UInt16.self)
      let rows = Int(try reader.get(UInt32.self))
      unit = Int64(try reader.get(UInt32.self))
      let firstSlot: UInt32 = try reader.get()
      let firstDate: Int32 = try reader.get()
      firstPosition = header.firstPosition
      guard let layout, let channel, !channel.isRegister, layout.has(bits: bits, order: order),
        EventJudgement.isDay(count, ofMinutes: intervalMinutes),
        (1...Self.largestUnit).contains(unit), rows == Int(header.count)
      else { throw .endOfBytes }
      self.channel = channel
      self.rows = min(rows, known)
      self.bits = bits == 0 ? 16 : bits
      let runCount = layout == .runs ? Int(try reader.get(UInt32.self)) : 0
      let marked = Int(try reader.get(UInt32.self))
      let wide = Int(try reader.get(UInt32.self))

      var runs: [ReadRun] = []
      switch layout {
      case .columns:
        let slots = try reader.get(bytes: rows * 2)
        let dates = try reader.get(bytes: rows * 2)
        guard firstSlot <= .max - 65_535, ServiceDate.days.contains(firstDate) else {
          throw .endOfBytes
        }
        for row in 0..<rows {
          runs.add(
            slot: firstSlot + UInt32(slots.short(at: row)),
            date: firstDate + Int32(dates.short(at: row)), ofOneAccount: nil)
        }
      case .runs:
        let steps = try reader.get(bytes: runCount * 2)
        let dates = try reader.get(bytes: runCount * 2)
        let counts = try reader.get(bytes: runCount * 2)
        guard firstSlot <= .max / 2, ServiceDate.days.contains(firstDate) else {
          throw .endOfBytes
        }
        runs.reserveCapacity(runCount)
        var (slot, next) = (firstSlot, 0)
        for run in 0..<runCount {
          slot += UInt32(steps.short(at: run))
          let count = Int(counts.short(at: run))
          guard count > 0, slot <= .max / 2 else { throw .endOfBytes }
          runs.append(
            ReadRun(
              row: next, slot: slot, date: firstDate + Int32(dates.short(at: run)), count: count,
              isOfOneAccount: order == 0))
          next += count
        }
        guard next == rows else { throw .endOfBytes }
      }
      lastSlot = runs.reduce(0) { max($0, $1.lastSlot) }
      let lastDate = runs.reduce(firstDate) { max($0, $1.lastDate) }
      let accounts = [firstSlot, lastSlot].map {
        (UInt64($0) + 1) * UInt64(partitions) + UInt64(header.partition)
      }
      guard header.partition < partitions, accounts[0] >= header.firstAccount,
        accounts[1] <= header.lastAccount, firstDate >= header.firstDate,
        lastDate <= header.lastDate, ServiceDate.days.contains(firstDate),
        lastDate <= ServiceDate.days.upperBound
      else { throw .endOfBytes }
      if known < rows { runs.truncate(toRows: known) }
      self.runs = runs

      highBytesPerRow = self.bits == 16 ? count : self.bits == 12 ? (count + 1) / 2 : 0
      let lowPlane = try reader.get(bytes: rows * count)
      let highPlane = try reader.get(bytes: rows * highBytesPerRow)
      guard let lowBase = lowPlane.baseAddress, let highBase = highPlane.baseAddress,
        reader.remaining == marked * 5 + wide * (layout == .runs ? 8 : 12)
      else { throw .endOfBytes }
      low = lowBase.assumingMemoryBound(to: UInt8.self)
      high = highBase.assumingMemoryBound(to: UInt8.self)
      var qualities: [(row: Int, quality: ReadQuality)] = []
      for _ in 0..<marked {
        let row = Int(try reader.get(UInt32.self))
        guard let quality = ReadQuality(rawValue: try reader.get()), row < rows,
          row > qualities.last?.row ?? -1
        else { throw .endOfBytes }
        qualities.append((row, quality))
      }
      self.qualities = qualities
      var exceptions: [(cell: Int, value: Int64)] = []
      for _ in 0..<wide {
        let cell = Int(try reader.get(UInt32.self))
        let value: Int64 =
          layout == .runs ? Int64(try reader.get(Int32.self)) : try reader.get()
        guard cell < rows * count, cell > exceptions.last?.cell ?? -1,
          (-1...Int64(Int32.max)).contains(value)
        else { throw .endOfBytes }
        exceptions.append((cell, value))
      }
      self.exceptions = exceptions
    } catch { throw fault }
    for (cell, _) in exceptions {
      guard counts(row: cell / count, interval: cell % count) == mark else { throw fault }
    }
  }

  /// Above it a count of the planes would be more watt-hours than a value holds.
  private static let largestUnit: Int64 = 32_768

  /// In the planes where an exception stands.
  private var mark: Int64 { 1 << Int64(bits) - 1 }

  /// Account and day of every row, in order.
  func forEachRow(
    _ body: (_ row: Int, _ slot: UInt32, _ date: Int32) throws -> Void
  ) rethrows {
    for run in runs {
      for offset in 0..<run.count {
        try body(
          run.row + offset, run.isOfOneAccount ? run.slot : run.slot + UInt32(offset),
          run.isOfOneAccount ? run.date + Int32(offset) : run.date)
      }
    }
  }

  /// The counts of an hourly day of 24 hours, exceptions standing for the highest count.
  @inline(__always)
  func words(_ row: Int) -> DayWords {
    DayWords(low: low + row * 24, high: high + row * highBytesPerRow, bits: bits)
  }

  /// Copies the counts of an hourly day of 24 hours, exceptions standing for the highest count.
  ///
  /// - Returns: the highest count.
  @inline(__always)
  func copy(hours row: Int, into day: UnsafeMutablePointer<UInt16>) -> UInt16 {
    let low = low + row * 24
    let high = high + row * highBytesPerRow
    switch bits {
    case 8:
      for hour in 0..<24 { day[hour] = UInt16(low[hour]) }
    case 12:
      for pair in 0..<12 {
        let halves = UInt16(high[pair])
        day[2 * pair] = UInt16(low[2 * pair]) | (halves & 0xF) << 8
        day[2 * pair + 1] = UInt16(low[2 * pair + 1]) | (halves >> 4) << 8
      }
    default:
      for hour in 0..<24 { day[hour] = UInt16(low[hour]) | UInt16(high[hour]) << 8 }
    }
    var highest: UInt16 = 0
    for hour in 0..<24 { highest = max(highest, day[hour]) }
    return highest
  }

  /// What exceptions add, in watt-hours, to what the planes say: by hour of one row.
  ///
  /// - Parameter next: an exception not after the row's first; moved to the first one after the row.
  @inline(never)
  func corrections(
    _ row: Int, _ next: inout Int, _ body: (_ interval: Int, _ wattHours: Int64) -> Void
  ) {
    while next < exceptions.count, exceptions[next].cell < (row + 1) * count {
      let (cell, value) = exceptions[next]
      if cell >= row * count { body(cell - row * count, max(0, value) - mark * unit) }
      next += 1
    }
  }

  /// The counts of one interval, the highest of all where an exception stands.
  @inline(__always)
  private func counts(row: Int, interval: Int) -> Int64 {
    let lows = Int64(low[row * count + interval])
    switch bits {
    case 8: return lows
    case 12:
      let pair = Int64(high[row * highBytesPerRow + interval / 2])
      return lows | (interval % 2 == 0 ? pair & 0xF : pair >> 4) << 8
    default: return lows | Int64(high[row * count + interval]) << 8
    }
  }

  /// Appends the row's watt-hours, `MeterRows.gap` for a gap.
  func copy(row: Int, into values: inout [Int32]) {
    let start = values.count
    for interval in 0..<count {
      values.append(Int32(clamping: counts(row: row, interval: interval) * unit))
    }
    guard !exceptions.isEmpty else { return }
    let cells = row * count..<(row + 1) * count
    var next = Self.place(of: cells.lowerBound, among: exceptions.count) { exceptions[$0].cell }
    while next < exceptions.count, exceptions[next].cell < cells.upperBound {
      let (cell, value) = exceptions[next]
      values[start + cell - cells.lowerBound] = value < 0 ? MeterRows.gap : Int32(clamping: value)
      next += 1
    }
  }

  func quality(_ row: Int) -> ReadQuality {
    let place = Self.place(of: row, among: qualities.count) { qualities[$0].row }
    return place < qualities.count && qualities[place].row == row
      ? qualities[place].quality : .actual
  }

  /// The first place of an ascending list that is not below what is looked for.
  @inline(__always)
  private static func place(of wanted: Int, among count: Int, _ at: (Int) -> Int) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if at(middle) < wanted { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension ReadBatchView {
  /// How the rows' accounts and days are told, and how wide a count is.
  private enum Layout {
    /// `WBR1`: two columns, counts of 16 bits.
    case columns
    /// `WBR2`: runs, counts of 8, 12 or 16 bits.
    case runs

    init?(magic: UnsafeRawBufferPointer) {
      if magic.elementsEqual("WBR1".utf8) {
        self = .columns
      } else if magic.elementsEqual(ReadColumns.magic) {
        self = .runs
      } else {
        return nil
      }
    }

    /// Fields that the first layout left zero.
    func has(bits: Int, order: UInt16) -> Bool {
      self == .columns ? bits == 0 && order == 0 : [8, 12, 16].contains(bits) && order <= 1
    }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func short(at index: Int) -> UInt16 {
    UInt16(littleEndian: loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
  }
}
