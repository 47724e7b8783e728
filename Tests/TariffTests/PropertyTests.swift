import Quantities
import TestSupport
import Testing

@testable import Tariff

@Test("lines sum to the total and are rounded to the minor unit")
func linesSum() throws {
  var random = SeededRandom(1)
  for _ in 0..<2000 {
    let (_, bill) = try randomBill(&random)
    let due = bill.lines.filter { !$0.isDeferred }.reduce(.zero) { $0 + $1.amount }
    #expect(due == bill.total && bill.subtotal + bill.tax == bill.total)
    for line in bill.lines {
      #expect(line.amount.millionths % bill.currency.minorUnitMillionths == 0)
      #expect(line.amount == line.exact.rounded(to: bill.currency))
      let product = Int128(line.quantity.value) * Int128(line.price.millionthsPerUnit)
      let scale = (0..<line.quantity.decimals).reduce(Int128(1)) { value, _ in value * 10 }
      #expect(product * 1000 == line.exact.billionths * scale)
    }
  }
}

@Test("energy lines hold the usage of every segment and period, no more and no less")
func energyIsConserved() throws {
  var random = SeededRandom(2)
  for _ in 0..<2000 {
    let (segments, bill) = try randomBill(&random)
    for (index, segment) in segments.enumerated() {
      var found = Array(repeating: Energy.zero, count: segment.usage.count)
      for line in bill.energyLines where line.segment == index {
        guard case .energy(let period, _) = line.kind else { continue }
        found[period] += Energy(wattHours: line.quantity.value)
      }
      #expect(found == segment.usage)
    }
  }
}

@Test("segments of a cycle cover each of its days once")
func segmentsCoverDays() throws {
  var random = SeededRandom(3)
  for _ in 0..<500 {
    let (segments, bill) = try randomBill(&random)
    let names = Set(bill.lines.filter { $0.kind == .daily }.map(\.description))
    for name in names where segments.allSatisfy({ $0.paysDaily(name) }) {
      let days = bill.lines.filter { $0.kind == .daily && $0.description == name }
        .map(\.quantity.value).reduce(0, +)
      #expect(days == Int64(segments.map(\.period.days).reduce(0, +)))
    }
    for segment in segments {
      let seasons = Set(segment.period.dates.map { segment.schedule.season(on: $0) })
      #expect(seasons.count == 1 || segment.schedule.seasonChange == .pooled)
    }
  }
}

@Test("a cycle is cut where, day by day, the version or the season is another")
func cutsDayByDay() throws {
  var random = SeededRandom(11)
  var found = 0
  for _ in 0..<300 {
    let book = try randomBook(&random)
    let code = random.pick(book.codes)
    let first = book.versions(of: code)[0].effective
    let start = first.adding(days: .random(in: -40...900, using: &random))
    let cycle = BillingPeriod(
      start: start, end: start.adding(days: .random(in: 1...500, using: &random)))
    var current = book.version(of: code, on: start)
    var cuts: [ServiceDate] = []
    for date in cycle.dates.dropFirst() {
      let version = book.version(of: code, on: date)
      let isAnother =
        version?.versionID != current?.versionID
        && (current == nil || version == nil || version?.priceChange == .segmented)
      let before = date.adding(days: -1)
      let isSeason =
        current.map {
          $0.seasonChange == .segmented && $0.season(on: before) != $0.season(on: date)
        }
        ?? false
      if isAnother || isSeason && version != nil { cuts.append(date) }
      if isAnother { current = version }
    }
    #expect(book.boundaries(of: code, in: cycle) == cuts)
    found += cuts.count
  }
  #expect(found > 250)
}

extension BillSegment {
  fileprivate func paysDaily(_ name: String) -> Bool {
    schedule.dailyCharges.contains {
      $0.name == name && $0.price(isMultiFamily: terms.multiFamily).millionthsPerUnit != 0
    }
  }
}
