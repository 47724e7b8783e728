import Journal
import Quantities
import TestSupport
import Testing

@testable import Billing

/// Random lives of bills: whatever is done, each day is billed once at most, and what is taken back
/// is taken back whole.
struct CorrectionPropertyTests {
  private static let numbers = ["1", "2", "3", "V"]

  private func start() throws -> Books {
    let books = try Books(partitions: 2)
    try books.set("2015-08-01")
    for (place, number) in Self.numbers.enumerated() {
      let isRegister = number == "V"
      try books.enroll(
        number, isRegister ? "EVN-SH" : place == 1 ? "TOU-D-A" : "D", on: "2015-04-01",
        readDay: isRegister ? 1 : place * 5 + 1)
      if isRegister {
        for month in 4...7 {
          try books.ingest([index(number, "2015-0\(month)-01", "\(month * 100)")])
        }
      } else {
        let zone = try zoneTable("America/Los_Angeles")
        try books.ingest(
          days(number, from: "2015-04-01", to: "2015-07-20", in: zone, wattHours: 400))
      }
    }
    return books
  }

  /// Something that somebody does; refusals are part of life.
  private func act(_ books: Books, _ random: inout SeededRandom) throws {
    let number = random.pick(Self.numbers)
    let bills = try books.view(number).bills
    let bill = bills.indices.randomElement(using: &random).map {
      "\(bills.number($0, of: number))"
    }
    let month = Int.random(in: 4...6, using: &random)
    let date = random.pick([nil, "2015-07-25", "2015-08-20", "2015-09-10"])
    do {
      switch Int.random(in: 0..<10, using: &random) {
      case 0, 1: try books.bill(through: "2015-0\(month + 1)-15", on: "2015-07-20")
      case 2:
        let value = Int.random(in: 0...40, using: &random)
        let row =
          number == "V"
          ? try index(number, "2015-0\(month)-01", "\(month * 100 + value)")
          : Row(
            account: number, date: try day("2015-0\(month)-1\(value % 10)"),
            values: Array(repeating: Int32(value * 50), count: 24))
        try books.ingest([row], isCorrection: true)
      case 3:
        try books.ingest(
          days("1", from: "2015-0\(month)-01", 30, wattHours: 90, channel: .received))
      case 4: try bill.map { _ = try books.cancel($0, on: date) }
      case 5: try bill.map { _ = try books.reinstate($0, on: date) }
      case 6: try bill.map { _ = try books.rebill($0, on: date) }
      case 7: _ = try books.engine.rebill(.all(within: nil), at: books.clock)
      case 8: try books.propose(tolerance: random.pick(["0", "1.00", "20000"]))
      default: try books.pay(number, number == "V" ? "10000" : "20.00", on: "2015-07-21")
      }
    } catch is BillCorrectionRefusal {}
  }

  /// Payments less what stands, from the events alone.
  private func owed(_ books: Books) throws -> [UInt32: Int64] {
    var owed: [UInt32: Int64] = [:]
    for recorded in try books.events() {
      switch recorded.event.fact {
      case .billIssuedV2(let fact): owed[recorded.event.account, default: 0] += fact.total
      case .billCancelled(let fact): owed[recorded.event.account, default: 0] += fact.total
      case .billReinstated(let fact): owed[recorded.event.account, default: 0] += fact.total
      case .paymentRecordedV2(let fact): owed[recorded.event.account, default: 0] -= fact.amount
      default: break
      }
    }
    return owed
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6])
  func `each day is on one bill that stands at most, and all that is taken back is as it was`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed)
    let books = try start()
    for _ in 0..<40 {
      try act(books, &random)
      #expect(try books.coverage().values.allSatisfy { (0...1).contains($0) })
    }
    // On no day of the books either, whatever date somebody gave.
    for date in try Set(books.events().map(\.event.effective)) {
      let coverage = try books.coverage(through: ServiceDate(day: date))
      #expect(coverage.values.allSatisfy { (0...1).contains($0) }, "\(ServiceDate(day: date))")
    }
    let owed = try owed(books)
    for number in Self.numbers {
      let account = try #require(books.state.account(number))
      #expect(try books.balance(number).owed.millionths == owed[account] ?? 0)
    }
    let differences = try books.audits().flatMap(\.differences)
    #expect(differences.isEmpty, "\(differences)")
    for threads in [1, 2] {
      #expect(try books.replayed(threads: threads).digest == books.state.digest)
    }
    try books.engine.saveSnapshot(always: true)
    #expect(try Replay(books.reader, usesSnapshot: true).run().digest == books.state.digest)
    // Taken back, newest first, nothing is owed but what was paid is given back.
    for number in Self.numbers {
      let bills = try books.view(number).bills
      for index in bills.indices.reversed() where !bills[index].isCancelled {
        try books.cancel("\(bills.number(index, of: number))")
      }
      let paid = try books.events().reduce(Int64(0)) { sum, recorded in
        guard case .paymentRecordedV2(let fact) = recorded.event.fact,
          recorded.event.account == books.state.account(number)
        else { return sum }
        return sum + fact.amount
      }
      let balance = try books.balance(number)
      #expect(balance.owed.millionths == -paid && balance.open.isEmpty)
    }
    #expect(try books.coverage().values.allSatisfy { $0 == 0 })
    #expect(try books.worklist().isEmpty)
  }
}
