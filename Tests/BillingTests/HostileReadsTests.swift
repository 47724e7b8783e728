import Journal
import Quantities
import Testing

@testable import Billing

/// Reads batches with right checksums that no meter file gives.
struct HostileReadsTests {
  @Test func `reads that no meter file gives are refused by their position`() throws {
    let books = try Planted.sound()
    let cases: [(String, (inout PlantedColumns) -> Void)] = [
      ("slots that overflow", { ($0.firstSlot, $0.slot) = (.max, 1) }),
      ("a slot of nobody", { $0.firstSlot = 400_000_000 }),
      ("a row's slot of nobody", { $0.slot = 1 }),
      ("dates that overflow", { ($0.firstDate, $0.date) = (.max, 1) }),
      ("a date before year 1", { $0.firstDate = .min }),
      ("a date after year 9999", { ($0.firstDate, $0.date) = (ServiceDate.days.upperBound, 1) }),
      ("an account outside the header's", { $0.accounts = 0...7 }),
      ("a day outside the header's", { $0.dates = 0...7 }),
      ("counts of 4 MWh", { $0.unit = .max }),
      ("counts of nothing", { $0.unit = 0 }),
      ("no minutes", { $0.minutes = 0 }),
      ("a day of 45 days", { $0.minutes = .max }),
      ("no values", { $0.count = 0 }),
      ("more rows than there are", { $0.rows = 4_000_000_000 }),
      ("a quality twice", { $0.qualities = [(0, 1), (0, 2)] }),
      ("a quality of another row", { $0.qualities = [(1, 1)] }),
      (
        "exceptions that do not ascend",
        {
          ($0.low, $0.high) = (0xFF, 0xFF)
          $0.exceptions = [(1, 1), (0, 1)]
        }
      ),
      (
        "an exception beyond 32 bits",
        {
          ($0.low, $0.high) = (0xFF, 0xFF)
          $0.exceptions = [(0, .max)]
        }
      ),
      ("an exception to a value", { $0.exceptions = [(0, 1)] }),
    ]
    let sound = try PlantedColumns().batch().appended(toCopyOf: books.path)
    defer { sound.removeFolder() }
    #expect(try Replay(sound).run().reads == 11)
    for (name, change) in cases {
      let reader = try with(PlantedColumns(), change).batch().appended(toCopyOf: books.path)
      defer { reader.removeFolder() }
      let fault = #expect(throws: EventFault.self, "\(name)") { try Replay(reader).run() }
      #expect(fault?.position == books.position, "\(name)")
      // The view looks at the batch when it is asked for reads.
      let view = try #require(try AccountView(reader, number: Planted.number))
      _ = try? view.lastReadDay()
      _ = try? view.reads(in: try period("2015-01-01", "2016-01-01"))
      var listing = EventListing(reader)
      try? listing.run(positions: 0...UInt64.max) { _ in }
    }
  }

  @Test func `values beyond 16 bits and gaps are found by their cell`() throws {
    let books = try Planted.sound()
    var columns = PlantedColumns()
    (columns.low, columns.high) = (0xFF, 0xFF)
    columns.exceptions = (0..<24).map { ($0, $0 % 3 == 0 ? -1 : Int64($0) * 100_000) }
    columns.qualities = [(0, 1)]
    let reader = try columns.batch().appended(toCopyOf: books.path)
    defer { reader.removeFolder() }
    let view = try #require(try AccountView(reader, number: Planted.number))
    let read = try #require(try view.reads(in: period("2015-01-31", "2015-02-01")).first)
    #expect(read.quality == .estimated)
    let expected: [Int32] = (0..<24).map { $0 % 3 == 0 ? MeterRows.gap : $0 * 100_000 }
    #expect(Array(read.values) == expected)
  }
}
