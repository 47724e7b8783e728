import Journal
import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// The index between two bills: whichever comes when, both close and open at the one nearest to
/// the cycle's edge in the end.
struct SharedIndexTests {
  private func books(_ indices: [(date: String, kWh: String)]) throws -> Books {
    let books = try Books()
    try books.set("2024-05-01")
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    for (date, kWh) in indices { try books.ingest([index("V", "2024-\(date)", kWh)]) }
    return books
  }

  private func edges(_ books: Books) throws -> [[Int64]] {
    try books.view("V").bills.filter { !$0.isCancelled }.sorted {
      $0.period.start < $1.period.start
    }
    .map { [$0.openings[0].index, $0.closings[0].index] }
  }

  @Test func `a nearer index that comes after both bills marks both, and they are billed together`()
    throws
  {
    let books = try books([("01-01", "0"), ("01-30", "90"), ("03-01", "200")])
    try books.bill(through: "2024-03-01")
    #expect(try edges(books) == [[0, 90_000], [90_000, 200_000]])
    try books.ingest([index("V", "2024-02-01", "110")])
    let proposals = try books.propose()
    #expect(proposals.proposed == 2 && proposals.unpriced == 0)
    #expect(try books.worklist().map(\.bill) == ["V-20240201", "V-20240301"])
    let report = try books.rebill("V-20240301")
    #expect(report.rebilled.map(\.draft.fact.bill) == ["V-20240201-2", "V-20240301-2"])
    #expect(try edges(books) == [[0, 110_000], [110_000, 200_000]])
    #expect(try books.worklist().isEmpty)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `of two bills that are made again together none is beyond the limit`() throws {
    let books = try books([("01-01", "0"), ("01-30", "90"), ("03-01", "600")])
    try books.bill(through: "2024-03-01")
    try books.ingest([index("V", "2024-02-01", "110")])
    try books.propose()
    let sizes = try books.worklist().map { try #require($0.difference).millionths.magnitude }
    let (low, high) = (try #require(sizes.min()), try #require(sizes.max()))
    try #require(sizes.count == 2 && low < high)
    func rebilled(within limit: UInt64) throws -> Int {
      let limit = Money(millionths: Int64(limit))
      return try books.engine.rebill(.all(within: limit), at: books.clock).rebilled.count
    }
    #expect(try rebilled(within: low) == 0)
    #expect(try books.worklist().count == 2)
    #expect(try rebilled(within: high) == 2)
    #expect(try books.worklist().isEmpty)
  }

  @Test func `a bill that is reinstated beside one made again without it is proposed`() throws {
    let books = try books([("01-01", "0"), ("01-30", "90"), ("03-01", "200")])
    try books.bill(through: "2024-03-01")
    try books.ingest([index("V", "2024-02-01", "110")])
    try books.propose()
    let wanted = try #require(try books.worklist().first)
    for proposal in try books.worklist().compactMap(\.proposal) {
      try books.engine.correct(.decline(proposal: proposal, note: ""), at: books.clock)
    }
    try books.cancel("V-20240201")
    try books.rebill("V-20240301")
    try books.reinstate("V-20240201")
    // 20 kWh that nobody has billed.
    #expect(try edges(books) == [[0, 90_000], [110_000, 200_000]])
    #expect(try books.worklist().map(\.state) == [.marked, .marked])
    #expect(try books.propose().proposed == 1)
    let entry = try #require(try books.worklist().first)
    #expect(entry.bill == "V-20240201" && entry.difference == wanted.difference)
    #expect(entry.cause.kind == "BillReinstated")
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(try edges(books) == [[0, 110_000], [110_000, 200_000]])
    #expect(try books.worklist().isEmpty)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a bill that takes a cancelled one's place beside a former index is looked at`() throws
  {
    let books = try books([("01-01", "0"), ("02-01", "100")])
    try books.bill(through: "2024-02-01")
    try books.ingest([index("V", "2024-02-01", "140")], isCorrection: true)
    try books.ingest([index("V", "2024-03-01", "400")])
    try books.bill(through: "2024-03-01")
    try books.propose()
    // Not rebilled, but cancelled and billed again: between the neighbour's index and its own.
    try books.cancel("V-20240201")
    try books.bill(through: "2024-03-01")
    #expect(try edges(books) == [[0, 100_000], [100_000, 400_000]])
    try books.propose()
    #expect(try books.worklist().map(\.bill) == ["V-20240201-2", "V-20240301"])
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(try edges(books) == [[0, 140_000], [140_000, 400_000]])
    #expect(try books.worklist().isEmpty)
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }

  @Test func `an index that is farther off than the one billed changes nothing`() throws {
    let books = try books([("01-01", "0"), ("01-31", "90"), ("03-01", "200")])
    try books.bill(through: "2024-03-01")
    try books.ingest([index("V", "2024-02-03", "110")])
    let proposals = try books.propose()
    #expect(proposals.unchanged == 2 && proposals.proposed == 0)
    #expect(try books.rebill("V-20240201").unchanged == ["V-20240201"])
    #expect(try books.worklist().isEmpty)
  }

  @Test func `an index that is read near the edge takes the place of one estimated on it`() throws {
    let books = try books([
      ("01-01", "0"), ("02-01", "100"), ("03-01", "200"), ("04-01", "300"),
    ])
    try books.estimate(through: "2024-05-01")
    try books.ingest([index("V", "2024-06-01", "480")])
    try books.bill(through: "2024-06-01")
    #expect(try edges(books).suffix(2) == [[300_000, 399_000], [399_000, 480_000]])
    try books.ingest([index("V", "2024-05-03", "380")])
    #expect(try books.propose().proposed == 2)
    try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(try edges(books).suffix(2) == [[300_000, 380_000], [380_000, 480_000]])
    #expect(try books.view("V").bills.filter { !$0.isCancelled }.allSatisfy { !$0.isEstimated })
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  /// Indices of a meter that counts whole kilowatt-hours, several at each edge of its cycles.
  private func indices(_ number: String, readDay: Int, _ random: inout SeededRandom) throws -> [Row]
  {
    let first = try day("2024-01-01")
    var counted = [0]
    for _ in 0..<200 {
      counted.append(counted[counted.count - 1] + .random(in: 1...9, using: &random))
    }
    var dates: Set<Int32> = [first.day]
    for month in 0..<6 {
      let edge = try day("2024-01-\(readDay < 10 ? "0" : "")\(readDay)")
        .dayOfMonth(readDay, addingMonths: month)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        // A first cycle of few days has no edges of its own.
        let date = max(edge.day + .random(in: -3...3, using: &random), first.day)
        dates.insert(date)
      }
    }
    return try dates.sorted().map { date in
      try index(number, "\(ServiceDate(day: date))", "\(counted[Int(date - first.day)])")
    }
  }

  private func made(_ readDays: [String: Int]) throws -> Books {
    let books = try Books(partitions: 2)
    try books.set("2024-08-01")
    for (number, readDay) in readDays.sorted(by: { $0.key < $1.key }) {
      try books.enroll(number, "EVN-SH", on: "2024-01-01", readDay: readDay)
    }
    return books
  }

  /// What customers read of the bills that stand, and where their registers opened and closed.
  private func standing(_ books: Books, _ number: String) throws -> [[String]] {
    let view = try books.view(number)
    return try view.bills.filter { !$0.isCancelled }.sorted { $0.period.start < $1.period.start }
      .map { record in
        let bill = try #require(view.bill(at: record.position)).bill
        let registers = bill.registers.map {
          "\(ServiceDate(day: $0.openedOn)) to \(ServiceDate(day: $0.closedOn))"
        }
        return ["\(record.period.start) to \(record.period.end)", bill.totalText] + bill.table
          + bill.lines.map(\.text) + registers
      }
  }

  @Test(arguments: [102, 107, 108, 109, 112, 119] as [UInt64])
  func `the order in which indices arrive changes no bill, whatever is billed in between`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed)
    let numbers = ["V", "W", "X"]
    let readDays = Dictionary(
      uniqueKeysWithValues: numbers.map { ($0, Int.random(in: 12...28, using: &random)) })
    var rows = try numbers.flatMap { try indices($0, readDay: readDays[$0] ?? 1, &random) }
    let straight = try made(readDays)
    try straight.ingest(rows)
    #expect(try straight.bill(through: "2024-06-29", on: "2024-07-01").exceptions.isEmpty)
    let crooked = try made(readDays)
    rows.shuffle(using: &random)
    while !rows.isEmpty {
      let count = Int.random(in: 1...6, using: &random)
      #expect(try crooked.ingest(Array(rows.prefix(count))).rejected.isEmpty)
      rows = Array(rows.dropFirst(count))
      let month = Int.random(in: 2...6, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0...2: try crooked.bill(through: "2024-0\(month)-29", on: "2024-07-01")
      case 3: try crooked.propose(tolerance: random.pick(["0", "20000", "1000000"]))
      case 4: try crooked.engine.rebill(.all(within: nil), at: crooked.clock)
      case 5: try crooked.estimate(through: "2024-0\(month)-29")
      default: break
      }
    }
    let last = try crooked.bill(through: "2024-06-29", on: "2024-07-01")
    #expect(last.exceptions.map { "\($0.account) \($0.exception)" } == [])
    try crooked.propose()
    #expect(try crooked.engine.rebill(.all(within: nil), at: crooked.clock).exceptions.isEmpty)
    for number in numbers {
      let (one, other) = (try standing(straight, number), try standing(crooked, number))
      #expect(one == other, "\(number)")
      #expect(try straight.balance(number).owed == crooked.balance(number).owed)
    }
    #expect(try crooked.worklist().isEmpty)
    let differences = try crooked.audits().flatMap(\.differences)
    #expect(differences.isEmpty, "\(differences)")
    #expect(try crooked.replayed(threads: 2).digest == crooked.state.digest)
  }
}
