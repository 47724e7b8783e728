/// What `journal.json` says; its exact bytes start the hash chain.
public struct JournalIdentity: Hashable, Sendable {
  public static let format = 1
  public static let fileName = "journal.json"

  /// 32 hexadecimal digits.
  public let id: String
  public let partitions: Int

  public init(id: String, partitions: Int) {
    precondition((1...255).contains(partitions), "a journal has 1 to 255 partitions")
    self.id = id
    self.partitions = partitions
  }

  /// The partition of schedules, calendars, zone tables and file receipts.
  public static let system = UInt16.max

  var json: [UInt8] {
    Array(
      #"{"wattbook-journal":\#(Self.format),"id":"\#(id)","partitions":\#(partitions)}"#.utf8
        + [0x0A])
  }

  /// Reads exactly what `json` writes: any other byte is damage, not another spelling.
  init(json bytes: [UInt8]) throws(JournalError) {
    let damage = Damage(file: Self.fileName, offset: 0, reason: "is not the text that was written")
    var numbers: [Int] = []
    var texts: [String] = []
    for part in String(decoding: bytes, as: UTF8.self).split(whereSeparator: {
      "{}:,\n".contains($0)
    }) {
      if let number = Int(part) { numbers.append(number) } else { texts.append(String(part)) }
    }
    guard numbers.count == 2, texts.count == 4 else { throw .damaged(damage) }
    guard numbers[0] == Self.format else { throw .unsupportedFormat(numbers[0]) }
    let id = texts[2].filter { $0 != "\"" }
    guard (1...255).contains(numbers[1]), id.count == 32 else { throw .damaged(damage) }
    self.init(id: id, partitions: numbers[1])
    guard json == bytes else { throw .damaged(damage) }
  }

  /// The chain value before the first batch.
  public var chainStart: Digest { Digest(of: json) }
}
