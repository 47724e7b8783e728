/// Which meter reading, reading type and usage point a block of intervals belongs to, by the
/// links of their entries; where links are missing, the only candidate of the file.
struct GreenButtonLinks {
  private let feed: GreenButtonFeed
  private let meterReadings: Targets
  private let readingTypes: Targets
  private let usagePoints: Targets

  init(_ feed: GreenButtonFeed) {
    self.feed = feed
    meterReadings = Targets(feed, feed.meterReadings)
    readingTypes = Targets(feed, feed.readingTypes.map(\.entry))
    usagePoints = Targets(feed, feed.usagePoints.map(\.entry))
  }

  /// Index in the feed's usage points, nil when it has none or they cannot be told apart.
  func usagePoint(of block: GreenButtonFeed.Block) -> Int? {
    if let reading = meterReadings.above(feed.entries[block.entry]) {
      let entry = feed.entries[feed.meterReadings[reading]]
      if let found = usagePoints.above(entry) { return found }
    }
    return usagePoints.above(feed.entries[block.entry])
  }

  /// The type of a block's values; the default when the file has none, nil when several could be.
  func readingType(of block: GreenButtonFeed.Block) -> ReadingType? {
    guard !feed.readingTypes.isEmpty else { return ReadingType() }
    let entry = feed.entries[block.entry]
    if let index = readingTypes.named(by: entry) { return feed.readingTypes[index].type }
    if let reading = meterReadings.above(entry),
      let index = readingTypes.named(by: feed.entries[feed.meterReadings[reading]])
    {
      return feed.readingTypes[index].type
    }
    return feed.readingTypes.count == 1 ? feed.readingTypes[0].type : nil
  }

  /// Entries of one kind, by the links that lead to them.
  private struct Targets {
    private var bySelf: [String: Int] = [:]
    /// By what the entries say is related to them.
    private var byRelated: [String: Int] = [:]
    private let count: Int

    init(_ feed: GreenButtonFeed, _ entries: [Int]) {
      count = entries.count
      for (index, entry) in entries.enumerated() {
        let link = feed.entries[entry].selfLink
        if !link.isEmpty { bySelf[link] = index }
        for related in feed.entries[entry].related where !related.isEmpty {
          byRelated[related] = index
        }
      }
    }

    /// The target that an entry relates to, or that relates to the entry.
    func named(by entry: GreenButtonFeed.Entry) -> Int? {
      for link in entry.related {
        if let index = bySelf[link] { return index }
      }
      return byRelated[entry.selfLink]
    }

    /// The same, or the target above the entry in the tree of links, or the only one.
    func above(_ entry: GreenButtonFeed.Entry) -> Int? {
      if let index = named(by: entry) ?? byRelated[entry.upLink] { return index }
      for link in [entry.upLink, entry.selfLink] {
        var rest = Substring(link)
        while !rest.isEmpty {
          if let index = bySelf[String(rest)] { return index }
          rest = rest[..<(rest.lastIndex(of: "/") ?? rest.startIndex)]
        }
      }
      return count == 1 ? 0 : nil
    }
  }
}
