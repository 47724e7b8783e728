import Journal
import Quantities

/// A reads batch as it lies in memory: the fold runs over the planes, nothing is copied.
///
/// Valid only inside the closure that hands out the content.
struct ReadBatchView {
  let channel: Channel
  let intervalMinutes: Int
  let count: Int
  let rows: Int
  let unit: Int64
  let firstSlot: UInt32
  let firstDate: Int32
  /// The highest slot of any row.
  let lastSlot: UInt32
  let firstPosition: UInt64
  private let slots: UnsafeRawBufferPointer
  private let dates: UnsafeRawBufferPointer
  private let low: UnsafePointer<UInt8>
  private let high: UnsafePointer<UInt8>
  /// (row, quality) of rows that are not actual, and (cell, watt-hours or -1) of exceptions, each
  /// strictly ascending.
  let qualities: [(row: Int, quality: ReadQuality)]
  let exceptions: [(cell: Int, value: Int64)]

  /// - Parameter known: rows to look at, from the first on; all of them as a rule.
  init(
    _ content: UnsafeRawBufferPointer, header: BatchHeader, partitions: Int, known: Int = .max
  ) throws(EventFault) {
    let fault = EventFault(
      position: header.firstPosition, reason: "the reads batch is not laid out as it must be")
    do throws(ByteReader.Failure) {
      var reader = ByteReader(content)
      let magic = try reader.get(bytes: 4)
      let channel = Channel(rawValue: try reader.get())
      let reserved = try reader.get(UInt8.self)
      intervalMinutes = Int(try reader.get(UInt16.self))
      count = Int(try reader.get(UInt16.self))
      let reserved2 = try reader.get(UInt16.self)
      let rows = Int(try reader.get(UInt32.self))
      unit = Int64(try reader.get(UInt32.self))
      firstSlot = try reader.get()
      firstDate = try reader.get()
      firstPosition = header.firstPosition
      let marked = Int(try reader.get(UInt32.self))
      let wide = Int(try reader.get(UInt32.self))
      guard let channel, !channel.isRegister, magic.elementsEqual(ReadColumns.magic),
        reserved == 0, reserved2 == 0, EventJudgement.isDay(count, ofMinutes: intervalMinutes),
        (1...Self.largestUnit).contains(unit), rows == Int(header.count)
      else { throw .endOfBytes }
      self.channel = channel
      self.rows = min(rows, known)
      slots = try reader.get(bytes: rows * 2)
      dates = try reader.get(bytes: rows * 2)
      let lastSlot = UInt64(firstSlot) + UInt64(Self.largest(of: slots))
      let lastDate = Int64(firstDate) + Int64(Self.largest(of: dates))
      let accounts = [UInt64(firstSlot), lastSlot].map {
        ($0 + 1) * UInt64(partitions) + UInt64(header.partition)
      }
      guard header.partition < partitions, accounts[0] >= header.firstAccount,
        accounts[1] <= header.lastAccount, firstDate >= header.firstDate,
        lastDate <= header.lastDate, ServiceDate.days.contains(firstDate),
        lastDate <= ServiceDate.days.upperBound
      else { throw .endOfBytes }
      self.lastSlot = UInt32(lastSlot)
      let lowPlane = try reader.get(bytes: rows * count)
      let highPlane = try reader.get(bytes: rows * count)
      guard let lowBase = lowPlane.baseAddress, let highBase = highPlane.baseAddress,
        reader.remaining == marked * 5 + wide * 12
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
        let value: Int64 = try reader.get()
        guard cell < rows * count, cell > exceptions.last?.cell ?? -1,
          (-1...Int64(Int32.max)).contains(value), low[cell] & high[cell] == 0xFF
        else { throw .endOfBytes }
        exceptions.append((cell, value))
      }
      self.exceptions = exceptions
    } catch { throw fault }
  }

  /// Above it a count of the planes would be more watt-hours than a value holds.
  private static let largestUnit: Int64 = 32_768

  private static func largest(of column: UnsafeRawBufferPointer) -> UInt16 {
    var largest: UInt16 = 0
    for row in 0..<column.count / 2 {
      let value = column.loadUnaligned(fromByteOffset: row * 2, as: UInt16.self)
      largest = max(largest, UInt16(littleEndian: value))
    }
    return largest
  }

  @inline(__always)
  func slot(_ row: Int) -> UInt32 {
    firstSlot
      + UInt32(UInt16(littleEndian: slots.loadUnaligned(fromByteOffset: row * 2, as: UInt16.self)))
  }

  @inline(__always)
  func date(_ row: Int) -> Int32 {
    firstDate
      + Int32(UInt16(littleEndian: dates.loadUnaligned(fromByteOffset: row * 2, as: UInt16.self)))
  }

  /// Sum of a row's counts, exceptions standing for 65,535 each.
  @inline(__always)
  func sum(_ row: Int) -> UInt32 {
    let (low, high) = (low + row * count, high + row * count)
    var lows: UInt32 = 0
    var highs: UInt32 = 0
    for index in 0..<count {
      lows &+= UInt32(low[index])
      highs &+= UInt32(high[index])
    }
    return lows &+ highs << 8
  }

  /// The same for days of 24 values, whose fixed length the compiler turns into vectors.
  @inline(__always)
  func sum24(_ row: Int) -> UInt32 {
    let (low, high) = (low + row * 24, high + row * 24)
    var lows: UInt32 = 0
    var highs: UInt32 = 0
    for index in 0..<24 {
      lows &+= UInt32(low[index])
      highs &+= UInt32(high[index])
    }
    return lows &+ highs << 8
  }

  /// Sums of a day of 24 values under two masks.
  @inline(__always)
  func maskedSums24(
    _ row: Int, _ first: UnsafePointer<UInt32>, _ second: UnsafePointer<UInt32>
  ) -> (UInt32, UInt32) {
    let (low, high) = (low + row * 24, high + row * 24)
    var one: UInt32 = 0
    var two: UInt32 = 0
    for index in 0..<24 {
      let value = UInt32(low[index]) | UInt32(high[index]) << 8
      one &+= value & first[index]
      two &+= value & second[index]
    }
    return (one, two)
  }

  /// One value in counts; 65,535 where an exception stands.
  @inline(__always)
  func value(row: Int, interval: Int) -> Int64 {
    let cell = row * count + interval
    return Int64(low[cell]) | Int64(high[cell]) << 8
  }

  /// Appends the row's watt-hours, `MeterRows.gap` for a gap.
  func copy(row: Int, into values: inout [Int32]) {
    let start = values.count
    for interval in 0..<count {
      values.append(Int32(clamping: value(row: row, interval: interval) * unit))
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
