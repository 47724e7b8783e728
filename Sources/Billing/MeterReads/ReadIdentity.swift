import Journal

/// An account, a channel and a day: what a read is a read of.
struct ReadIdentity: Hashable, Comparable, Sendable {
  var index: Int
  var channel: Channel
  var date: Int32

  static func < (left: ReadIdentity, right: ReadIdentity) -> Bool {
    (left.index, left.channel.rawValue, left.date)
      < (right.index, right.channel.rawValue, right.date)
  }
}

extension ReadIdentity {
  func write(to writer: inout ByteWriter) {
    writer.put(UInt32(index))
    writer.put(channel.rawValue)
    writer.put(date)
  }

  init(from reader: inout ByteReader) throws {
    index = Int(try reader.get(UInt32.self))
    channel = try Channel(from: &reader)
    date = try reader.get()
  }
}
