import Journal

@testable import Billing

/// A reads batch of one row; what is changed in it is wrong.
struct PlantedColumns {
  var minutes: UInt16 = 60
  var count: UInt16 = 24
  var rows: UInt32 = 1
  var unit: UInt32 = 10
  var firstSlot: UInt32 = 0
  var firstDate: Int32 = Planted.start + 30
  var slot: UInt16 = 0
  var date: UInt16 = 0
  var low: UInt8 = 5
  var high: UInt8 = 0
  var qualities: [(UInt32, UInt8)] = []
  var exceptions: [(UInt32, Int64)] = []
  var accounts: ClosedRange<UInt32> = 0...UInt32.max
  var dates: ClosedRange<Int32> = Int32.min...Int32.max

  func batch() -> PendingBatch {
    var writer = ByteWriter()
    writer.put("WBR1".utf8)
    writer.put(UInt16(0))
    writer.put(minutes)
    writer.put(count)
    writer.put(UInt16(0))
    writer.put(rows)
    writer.put(unit)
    writer.put(firstSlot)
    writer.put(firstDate)
    writer.put(UInt32(qualities.count))
    writer.put(UInt32(exceptions.count))
    writer.put(slot)
    writer.put(date)
    writer.put(repeatElement(low, count: Int(count)))
    writer.put(repeatElement(high, count: Int(count)))
    for (row, quality) in qualities {
      writer.put(row)
      writer.put(quality)
    }
    for (cell, value) in exceptions {
      writer.put(cell)
      writer.put(value)
    }
    return PendingBatch(
      kind: .reads, partition: Planted.home, count: Int(rows), accounts: accounts,
      dates: dates, content: writer.bytes)
  }
}
