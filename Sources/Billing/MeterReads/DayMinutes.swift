import Quantities

/// Lengths of a zone's days, computed once each.
struct DayMinutes {
  let table: ZoneTable
  private var known = [Int16](repeating: 0, count: ZoneTable.dates.count)

  init(table: ZoneTable) { self.table = table }

  /// Nil outside the years that the table speaks for.
  mutating func minutes(of date: Int32) -> Int? {
    guard ZoneTable.dates.contains(date) else { return nil }
    let index = Int(date - ZoneTable.dates.lowerBound)
    if known[index] == 0 {
      known[index] = Int16(clamping: table.day(ServiceDate(day: date)).minutes)
    }
    return Int(known[index])
  }
}
