import Quantities

/// A record's months as seasons and its hours as periods.
///
/// A record numbers its periods anew in each season; a rate schedule's windows are the same all
/// year. So hours that share their number in every season are one period here.
struct URDBHours {
  struct Season {
    var name: String
    /// First and last month, 1 to 12; the first is the greater one over New Year.
    var months: (first: Int, last: Int)
    var hours: URDBRecord.Month
  }

  /// One for a record whose months are alike.
  private(set) var seasons: [Season] = []
  /// By place, for weekdays (0 to 23) and weekends (24 to 47): an index into `names`.
  private(set) var cells: [Int] = []
  /// The record's period, by index into `names` and season.
  private(set) var periods: [[Int]] = []
  private(set) var names: [String] = []

  init(_ record: URDBRecord) throws(URDBNote.Fault) {
    seasons = Self.seasons(record.months)
    // Periods of the same prices are one; the first stands for all.
    let same = record.periods.indices.map { period in
      record.periods.firstIndex { $0 == record.periods[period] } ?? period
    }
    var kinds: [[Int]] = []
    for cell in 0..<48 {
      let kind = seasons.map { season in
        same[cell < 24 ? season.hours.weekday[cell] : season.hours.weekend[cell - 24]]
      }
      let known = kinds.firstIndex(of: kind)
      if known == nil { kinds.append(kind) }
      cells.append(known ?? kinds.count - 1)
    }
    guard kinds.count <= 24, seasons.count <= 24 else {
      throw URDBNote.Fault(
        path: "energyweekdayschedule", reason: "its hours make more than 24 periods over the year")
    }
    periods = kinds
    names = Self.names(of: kinds, record)
  }

  private static func seasons(_ months: [URDBRecord.Month]) -> [Season] {
    let starts = (0..<12).filter { months[$0] != months[($0 + 11) % 12] }
    guard let first = starts.first else {
      return [Season(name: "", months: (1, 12), hours: months[0])]
    }
    var seasons: [Season] = []
    for (place, start) in starts.enumerated() {
      let next = place + 1 < starts.count ? starts[place + 1] : first
      seasons.append(
        Season(
          name: name(start, (next + 11) % 12), months: (start + 1, (next + 11) % 12 + 1),
          hours: months[start]))
    }
    func holds(_ season: Season, _ month: Int) -> Bool {
      let (from, to) = season.months
      return from <= to ? from <= month && month <= to : from <= month || month <= to
    }
    if seasons.count == 2, let summer = seasons.firstIndex(where: { holds($0, 7) }),
      !holds(seasons[summer], 1)
    {
      seasons[summer].name = "summer"
      seasons[1 - summer].name = "winter"
    }
    return seasons
  }

  private static func name(_ first: Int, _ last: Int) -> String {
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    return first == last ? months[first] : "\(months[first])-\(months[last])"
  }

  /// By their price where its order is the same in every season and tier, else by number.
  private static func names(of kinds: [[Int]], _ record: URDBRecord) -> [String] {
    let usual = [2: ["On-Peak", "Off-Peak"], 3: ["On-Peak", "Mid-Peak", "Off-Peak"]]
    guard let names = usual[kinds.count] else {
      return kinds.count == 1 ? [""] : kinds.indices.map { "Period \($0 + 1)" }
    }
    func prices(_ kind: Int) -> [Int64] {
      kinds[kind].map { record.periods[$0].map(\.millionths).max() ?? 0 }
    }
    let order = kinds.indices.sorted {
      (prices($1).reduce(0, +), $0) < (prices($0).reduce(0, +), $1)
    }
    let isOrdered = zip(order, order.dropFirst()).allSatisfy { dear, cheap in
      zip(prices(dear), prices(cheap)).allSatisfy { $0 >= $1 }
    }
    guard isOrdered else { return kinds.indices.map { "Period \($0 + 1)" } }
    var result = Array(repeating: "", count: kinds.count)
    for (rank, kind) in order.enumerated() { result[kind] = names[rank] }
    return result
  }
}

/// A record's ladders, which each period and season may have of its own, as one: a limit of any of
/// them is a limit here, with the same price below and above it where a period knows none.
struct URDBLadder {
  /// In watt-hours of a month, or of a day; ascending.
  private(set) var limits: [Int64] = []
  /// In millionths of the daily allotment, by tier but the last; empty for monthly limits.
  private(set) var parts: [Int64] = []
  /// By season, in watt-hours a day.
  private(set) var allotments: [Int64] = []
  let region: String
  /// In millionths, by season, period and tier.
  private(set) var prices: [[[Int64]]] = []
  private(set) var note: String?

  init(_ record: URDBRecord, _ hours: URDBHours, region: String?) throws(URDBNote.Fault) {
    self.region = region ?? Self.region(record.name) ?? "all"
    func ladder(_ season: Int, _ period: Int) -> [URDBRecord.Tier] {
      record.periods[hours.periods[period][season]]
    }
    let bySeason = hours.seasons.indices.map { season in
      Set(hours.names.indices.flatMap { ladder(season, $0).compactMap(\.limit) }).sorted()
    }
    for season in hours.seasons.indices {
      let used = hours.names.indices.map { hours.periods[$0][season] }
      if let other = used.first(where: {
        record.periods[$0].map(\.limit) != record.periods[used[0]].map(\.limit)
      }) {
        throw URDBNote.Fault(
          path: "energyratestructure[\(other)]",
          reason: "its tiers end elsewhere than those of period \(used[0]) in the same months, and "
            + "the record does not say whether a limit counts all hours or its own")
      }
    }
    /// The price of each tier of a season, whose limits may be the season's own.
    func steps(_ season: Int, _ limits: [Int64]) -> [[Int64]] {
      let adder = hours.seasons[season].hours.adder
      return hours.names.indices.map { period in
        let tiers = ladder(season, period)
        return (limits + [Int64.max]).map { limit in
          let tier = tiers.first { $0.limit ?? .max >= limit }
          return (tier?.millionths ?? tiers[tiers.count - 1].millionths) + adder
        }
      }
    }
    if record.isDaily, let first = bySeason.first, !first.isEmpty,
      bySeason.allSatisfy({ Self.areAlike($0, first) })
    {
      // Each season's own allotment, and the same percentages of it.
      limits = first
      allotments = bySeason.map { $0[0] }
      prices = bySeason.indices.map { steps($0, bySeason[$0]) }
    } else {
      limits = Set(bySeason.joined()).sorted()
      prices = bySeason.indices.map { steps($0, limits) }
      if record.isDaily, let lowest = limits.first {
        allotments = Array(repeating: lowest, count: bySeason.count)
      }
    }
    guard let base = limits.first, record.isDaily else { return }
    guard base > 0 else {
      throw URDBNote.Fault(path: "energyratestructure", reason: "a tier is wider than 0 kWh a day")
    }
    parts = limits.map {
      Int64(dividedHalfAwayFromZero(Int128($0) * 1_000_000, by: Int128(base)))
    }
    guard parts.allSatisfy({ $0 <= 1_000_000_000 }) else {
      throw URDBNote.Fault(
        path: "energyratestructure", reason: "a tier is more than a thousand times the first")
    }
    note =
      "the first limit a day is the baseline allotment of region \(self.region), the others are "
      + "percentages of it, to a ten-thousandth of a percent"
  }

  /// Whether two ladders are the same in percent of their first limits.
  private static func areAlike(_ left: [Int64], _ right: [Int64]) -> Bool {
    left.count == right.count
      && zip(left, right).allSatisfy {
        Int128($0) * Int128(right[0]) == Int128($1) * Int128(left[0])
      }
  }

  /// `10` of a name with `Region 10` in it.
  private static func region(_ name: String) -> String? {
    let words = name.split { !$0.isLetter && !$0.isNumber }
    guard let place = words.lastIndex(where: { $0.lowercased() == "region" }),
      place + 1 < words.count
    else { return nil }
    return String(words[place + 1])
  }
}
