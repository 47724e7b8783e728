import Billing
import Quantities

/// Green Button: ESPI resources in an Atom feed.
///
/// The document is read as a stream; its intervals are held, 48 bytes each, until its end tells
/// what they mean. Blocks whose reading type cannot be billed are malformed at the block's line;
/// usage summaries and costs are passed over.
struct GreenButton: MeterLayout {
  let namesNoAccount = true

  private var reader: XMLReader
  private var feed = GreenButtonFeed()
  private var days: DayAssembly?

  init(_ source: ByteSource, account: String?) throws(MeterFileError) {
    guard account != nil else { throw .accountNeeded(layout: "Green Button") }
    reader = XMLReader(source)
  }

  mutating func fill(
    _ chunk: inout MeterChunkBuilder, zone: (String) -> ZoneTable?
  ) throws(MeterFileError) -> Bool {
    if days == nil {
      var token = XMLReader.Token.start
      repeat {
        token = try reader.next()
        try feed.take(token, reader)
      } while token != .finished
      days = DayAssembly(try readings(&chunk))
      feed = GreenButtonFeed()
    }
    return days?.fill(&chunk, zone: zone) ?? false
  }

  /// The intervals of all blocks that can be billed, in watt-hours.
  private func readings(_ chunk: inout MeterChunkBuilder) throws(MeterFileError) -> [Reading] {
    let links = GreenButtonLinks(feed)
    var points: Set<Int?> = []
    var types: [ReadingType?] = []
    for block in feed.blocks {
      let point = links.usagePoint(of: block)
      let type = links.readingType(of: block)
      let kind = point.map { feed.usagePoints[$0].serviceKind } ?? 0
      var refusal = type?.refusal
      if kind != 0 { refusal = "service kind \(kind) is not electricity (0)" }
      if type == nil { refusal = "no link tells which reading type the values have" }
      if let refusal, block.readings > 0 {
        chunk.reject(block.line, "\(refusal): \(block.readings) readings refused")
      }
      if refusal == nil, block.readings > 0 { points.insert(point) }
      types.append(refusal == nil ? type : nil)
    }
    guard points.count <= 1 else {
      throw .severalUsagePoints(
        points.sorted { ($0 ?? -1) < ($1 ?? -1) }.map { point in
          guard let point else { return "one without a link" }
          let entry = feed.entries[feed.usagePoints[point].entry]
          return entry.selfLink.isEmpty ? entry.title : entry.selfLink
        })
    }
    var readings: [Reading] = []
    for interval in feed.intervals {
      guard let type = types[Int(interval.block)] else { continue }
      switch reading(interval, type) {
      case .success(let reading): readings.append(reading)
      case .failure(let fault): chunk.reject(interval.line, fault.reason)
      }
    }
    return readings
  }

  private struct Fault: Error { let reason: String }

  private func reading(
    _ interval: GreenButtonFeed.Interval, _ type: ReadingType
  ) -> Result<Reading, Fault> {
    guard !interval.isFaulty else {
      return .failure(Fault(reason: "a number of the interval reading is not whole"))
    }
    guard let moment = interval.start, let start = Reading.start(moment) else {
      return .failure(Fault(reason: "the start is missing or not in the years 1970 to 2040"))
    }
    guard let seconds = interval.duration.map(Int.init) ?? type.intervalLength,
      (1...86_400).contains(seconds)
    else {
      return .failure(Fault(reason: "the duration is missing or not within a day"))
    }
    var value = MeterRows.gap
    if let stated = interval.value {
      guard let wattHours = type.wattHours(stated) else {
        return .failure(
          Fault(
            reason: "value \(stated) with power of ten multiplier \(type.powerOfTenMultiplier) is "
              + "not in whole Wh below 2^31"))
      }
      value = wattHours
    }
    return .success(
      Reading(
        start: start, seconds: UInt32(seconds), value: value, line: interval.line, account: 0,
        channel: type.channel,
        quality: interval.quality ?? ReadingType.quality(type.defaultQuality)))
  }
}
