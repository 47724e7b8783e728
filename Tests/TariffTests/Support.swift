import Quantities
import Testing

@testable import Tariff

func day(_ text: String) throws -> ServiceDate { try #require(ServiceDate(text)) }

func kWh(_ text: String) throws -> Energy { try #require(Energy(kWh: text)) }

let builtinBook: RateBook = {
  var book = RateBook()
  do {
    for set in BuiltinSchedules.standard {
      for schedule in try set.schedules() { try book.add(schedule) }
    }
  } catch {
    Issue.record("\(error)")
  }
  return book
}()

func builtin(_ code: String, on date: String) throws -> RateSchedule {
  try #require(builtinBook.version(of: code, on: day(date)))
}

/// A built-in version with parts of its text replaced; every part must be there.
func changed(
  _ schedule: RateSchedule, _ replacements: KeyValuePairs<String, String>
) throws -> RateSchedule {
  var text = schedule.text
  for (old, new) in replacements {
    try #require(text.contains(old), "\(old) is not in the document")
    text = text.replacing(old, with: new)
  }
  return try #require(try RateSchedule.parse(text, file: "changed.yaml").first)
}

/// A segment of its own cycle, an ordinary month unless said otherwise.
func segment(
  _ schedule: RateSchedule, from start: String, days: Int, _ usage: [String],
  _ terms: ServiceTerms = ServiceTerms(region: "10"), cycle: BillingPeriod? = nil,
  scheduledDays: Int? = nil
) throws -> BillSegment {
  let start = try day(start)
  let period = BillingPeriod(start: start, end: start.adding(days: days))
  let cycle = cycle ?? period
  return BillSegment(
    schedule: schedule, period: period, terms: terms, usage: try usage.map(kWh), cycle: cycle,
    scheduledDays: scheduledDays ?? cycle.days)
}

extension PricedBill {
  var energyLines: [ChargeLine] { lines.filter { $0.unit == "kWh" && $0.kind != .baselineCredit } }

  func exact(_ lines: [ChargeLine]) -> ExactCharge { lines.reduce(.zero) { $0 + $1.exact } }

  /// `quantity price` of each line, for comparison with a table.
  var table: [String] { lines.map { "\($0.quantity.text) \($0.unit) at \($0.price.text)" } }
}

extension RateBook {
  /// The interior dates at which a cycle is cut.
  func boundaries(of code: String, in cycle: BillingPeriod) -> [ServiceDate] {
    parts(of: code, in: cycle).dropFirst().map(\.from)
  }
}
