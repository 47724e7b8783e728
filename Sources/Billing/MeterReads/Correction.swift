import Journal

/// A value that took another's place, or that of one that is missing.
struct Correction: Sendable, Hashable {
  var position: UInt64
  /// Position plus one of the value whose place it takes; 0 for none.
  var supersedesAfter: UInt64
  var intervalMinutes: Int
  /// Watt-hours per interval, `MeterRows.gap` for a gap.
  var values: [Int32]
  var quality: ReadQuality
  /// `corrected` or `estimated`.
  var source = ReadSource.corrected
}

extension Correction {
  func write(to writer: inout ByteWriter) {
    writer.put(position)
    writer.put(supersedesAfter)
    writer.put(UInt16(intervalMinutes))
    writer.put(quality.rawValue)
    writer.put(source.rawValue)
    writer.put(UInt16(values.count))
    for value in values { writer.put(value) }
  }

  init(from reader: inout ByteReader) throws {
    position = try reader.get()
    supersedesAfter = try reader.get()
    intervalMinutes = Int(try reader.get(UInt16.self))
    quality = try ReadQuality(from: &reader)
    guard let source = ReadSource(rawValue: try reader.get()), source != .recorded else {
      throw ByteReader.Failure.endOfBytes
    }
    self.source = source
    values = []
    for _ in 0..<(try reader.get(UInt16.self)) { values.append(try reader.get()) }
  }
}
