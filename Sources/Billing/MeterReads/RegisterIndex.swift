import Journal

/// A register's index as it is held now.
struct RegisterIndex: Sendable, Hashable {
  var date: Int32
  var index: Int64
  var quality: ReadQuality
  var position: UInt64

  var isEstimated: Bool { quality == .estimated }
}

extension [RegisterIndex] {
  /// Puts a read in its place by date; the one that it replaces, if any.
  mutating func replace(with read: RegisterIndex) -> RegisterIndex? {
    let place = firstIndex { $0.date >= read.date } ?? count
    guard place < count, self[place].date == read.date else {
      insert(read, at: place)
      return nil
    }
    defer { self[place] = read }
    return self[place]
  }
}

extension RegisterIndex {
  func write(to writer: inout ByteWriter) {
    writer.put(date)
    writer.put(index)
    writer.put(quality.rawValue)
    writer.put(position)
  }

  init(from reader: inout ByteReader) throws {
    date = try reader.get()
    index = try reader.get()
    quality = try ReadQuality(from: &reader)
    position = try reader.get()
  }
}
