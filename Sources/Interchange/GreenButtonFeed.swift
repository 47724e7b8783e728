import Billing

/// A Green Button feed taken apart: its entries with their links, its blocks of readings.
///
/// Entries and the elements in them may stand in any order, so nothing is concluded before the end.
struct GreenButtonFeed {
  struct Entry {
    var selfLink = ""
    var upLink = ""
    var related: [String] = []
    var title = ""
  }

  struct UsagePoint {
    let entry: Int
    /// 0 is electricity.
    var serviceKind = 0
  }

  struct Block {
    let entry: Int
    let line: UInt32
    var readings = 0
  }

  /// An interval as it stands in its block; 48 bytes.
  struct Interval {
    var block: UInt32 = 0
    var line: UInt32 = 0
    var start: Int64?
    var duration: Int32?
    var value: Int64?
    var quality: ReadQuality?
    /// A text that is no whole number.
    var isFaulty = false

    /// Sets a field by its element's name and that of the element around it.
    mutating func set(_ name: String, in parent: String?, _ number: Int64?) {
      switch (parent, name) {
      case ("IntervalReading", "value"): value = number
      case ("timePeriod", "start"): start = number
      case ("timePeriod", "duration"): duration = number.flatMap { Int32(exactly: $0) }
      case ("ReadingQuality", "quality"):
        let stated = ReadingType.quality(number.flatMap { Int(exactly: $0) })
        quality = min(quality ?? .actual, stated)
      default: return
      }
      if number == nil { isFaulty = true }
    }
  }

  private(set) var entries: [Entry] = []
  private(set) var usagePoints: [UsagePoint] = []
  private(set) var meterReadings: [Int] = []
  private(set) var readingTypes: [(entry: Int, type: ReadingType)] = []
  private(set) var blocks: [Block] = []
  private(set) var intervals: [Interval] = []

  private var path: [String] = []

  /// Entries, links, blocks and what else is kept of a feed, so that none fills the memory.
  private static let mostParts = 500_000
  private static let longestLink = 1024
  private var parts = 0
  private static let partNames: Set = [
    "entry", "link", "UsagePoint", "MeterReading", "ReadingType", "IntervalBlock",
  ]

  init() {}

  /// Takes one token of the document, in order.
  mutating func take(_ token: XMLReader.Token, _ reader: XMLReader) throws(MeterFileError) {
    switch token {
    case .finished: return
    case .start:
      let parent = path.last
      path.append(reader.name)
      if Self.partNames.contains(reader.name) { parts += 1 }
      guard parts <= Self.mostParts, reader.href.utf8.count <= Self.longestLink else {
        throw reader.fault(
          "the feed has more than \(Self.mostParts) entries and links, or a link is longer than "
            + "\(Self.longestLink) bytes")
      }
      guard parent != nil || reader.name == "feed" || reader.name == "entry" else {
        throw .unknownLayout(firstLine: "<\(reader.name)>")
      }
      if reader.name == "entry" {
        entries.append(Entry())
      } else if !entries.isEmpty {
        try open(reader.name, in: parent, reader)
      }
    case .end:
      path.removeLast()
      if !entries.isEmpty { try close(reader.name, in: path.last, reader) }
    }
  }

  private mutating func open(
    _ name: String, in parent: String?, _ reader: XMLReader
  ) throws(MeterFileError) {
    let line = UInt32(truncatingIfNeeded: reader.line)
    switch (parent, name) {
    case ("entry", "link"):
      let link = GreenButtonFeed.normal(reader.href)
      switch reader.rel {
      case "self": entries[entries.count - 1].selfLink = link
      case "up": entries[entries.count - 1].upLink = link
      case "related": entries[entries.count - 1].related.append(link)
      default: break
      }
    case ("content", "UsagePoint"): usagePoints.append(UsagePoint(entry: entries.count - 1))
    case ("content", "MeterReading"): meterReadings.append(entries.count - 1)
    case ("content", "ReadingType"): readingTypes.append((entries.count - 1, ReadingType()))
    case (_, "IntervalBlock"):
      blocks.append(Block(entry: entries.count - 1, line: line))
    case (_, "IntervalReading") where !blocks.isEmpty:
      guard intervals.count < Reading.limit else { throw .tooManyReadings(limit: Reading.limit) }
      intervals.append(Interval(block: UInt32(blocks.count - 1), line: line))
      blocks[blocks.count - 1].readings += 1
    default: break
    }
  }

  private mutating func close(
    _ name: String, in parent: String?, _ reader: XMLReader
  ) throws(MeterFileError) {
    switch parent {
    case "entry" where name == "title":
      entries[entries.count - 1].title = String(decoding: reader.text.prefix(60), as: UTF8.self)
    case "ServiceCategory" where name == "kind" && !usagePoints.isEmpty:
      usagePoints[usagePoints.count - 1].serviceKind = Int(number(reader) ?? -1)
    case "ReadingType" where !readingTypes.isEmpty:
      let value = number(reader).flatMap { Int(exactly: $0) }
      guard readingTypes[readingTypes.count - 1].type.set(name, value) else {
        throw reader.fault("\(name) is not a whole number")
      }
    case "IntervalReading", "timePeriod", "ReadingQuality":
      guard path.contains("IntervalReading"), !intervals.isEmpty else { return }
      intervals[intervals.count - 1].set(name, in: parent, number(reader))
    default: break
    }
  }

  private func number(_ reader: XMLReader) -> Int64? {
    let bytes = reader.text
    let isText = { (byte: UInt8) in byte > 0x20 }
    guard let first = bytes.firstIndex(where: isText), let last = bytes.lastIndex(where: isText)
    else { return nil }
    return bytes.span.decimal(in: first..<(last + 1), scale: 0)
  }

  /// A link without its host and closing slash, so that absolute and relative ones compare.
  private static func normal(_ link: String) -> String {
    var rest = Substring(link)
    if let scheme = rest.firstRange(of: "://") {
      let host = rest[scheme.upperBound...]
      rest = host.firstIndex(of: "/").map { host[$0...] } ?? ""
    }
    return String(rest.last == "/" ? rest.dropLast() : rest)
  }
}
