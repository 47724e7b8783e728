/// What `journal.json` says; its exact bytes start the hash chain.
public struct JournalIdentity: Hashable, Sendable {
  public static let format = 1
  public static let fileName = "journal.json"

  /// 32 lower-case hexadecimal digits.
  public let id: String
  public let partitions: Int

  public init(id: String, partitions: Int) {
    precondition((1...255).contains(partitions), "a journal has 1 to 255 partitions")
    precondition(Self.isID(id), "a journal's id is 32 lower-case hexadecimal digits")
    self.id = id
    self.partitions = partitions
  }

  /// The partition of schedules, calendars, zone tables and file receipts.
  public static let system = UInt16.max

  func has(_ partition: UInt16) -> Bool { partition < partitions || partition == Self.system }

  /// The bytes of `journal.json`.
  public var json: [UInt8] {
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
    guard (1...255).contains(numbers[1]), Self.isID(id) else { throw .damaged(damage) }
    self.init(id: id, partitions: numbers[1])
    guard json == bytes else { throw .damaged(damage) }
  }

  private static func isID(_ text: String) -> Bool {
    text.utf8.count == 32 && text.utf8.allSatisfy("0123456789abcdef".utf8.contains)
  }

  /// The chain value before the first batch.
  public var chainStart: Digest { Digest(of: json) }
}
