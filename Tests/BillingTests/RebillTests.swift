import Journal
import Quantities
import Tariff
import Testing

@testable import Billing

extension Books {
  @discardableResult
  func cancel(
    _ bill: String, _ reason: BillCancelled.CancellationReason = .other, note: String = "",
    on: String? = nil
  ) throws -> Outcome {
    try engine.correct(.cancel(bill: bill, reason, note: note, on: on.map(day)), at: clock)
  }

  @discardableResult
  func reinstate(_ bill: String, on: String? = nil) throws -> Outcome {
    try engine.correct(.reinstate(bill: bill, note: "", on: on.map(day)), at: clock)
  }

  @discardableResult
  func rebill(_ bill: String, on: String? = nil, isDryRun: Bool = false) throws -> RebillReport {
    try engine.rebill(.bill(bill), on: on.map(day), isDryRun: isDryRun, at: clock)
  }

  @discardableResult
  func propose(tolerance: String? = nil) throws -> RebillProposals {
    try engine.proposeRebills(tolerance: tolerance.flatMap { Money($0) }, at: clock)
  }

  func worklist() throws -> [WorklistEntry] { try Worklist(state, reader).entries }

  /// What an account owes, in the currency's decimals.
  func owed(_ number: String) throws -> String {
    try balance(number).owed.text(in: number.hasPrefix("V") ? .vnd : .usd)
  }

  /// Lets the clock show a day's noon.
  func set(_ date: String) throws {
    clock = Instant(seconds: Int64(try day(date).day) * 86_400 + 72_000)
  }

  /// How many bills stand on each day of each account, from nothing but the events; at the end, or
  /// as the books have it through a date.
  func coverage(through last: ServiceDate? = nil) throws -> [ReadDay: Int] {
    var bills: [UInt64: (account: UInt32, period: BillingPeriod)] = [:]
    var coverage: [ReadDay: Int] = [:]
    func count(_ bill: UInt64, _ change: Int) {
      guard let (account, period) = bills[bill] else { return }
      for day in period.dates {
        coverage[ReadDay(index: Int(account), date: day.day), default: 0] += change
      }
    }
    for recorded in try events()
    where last.map({ recorded.event.effective <= $0.day }) ?? true {
      switch recorded.event.fact {
      case .billIssuedV2(let fact):
        bills[recorded.position] = (recorded.event.account, fact.period)
        count(recorded.position, 1)
      case .billCancelled(let fact): count(fact.position, -1)
      case .billReinstated(let fact): count(fact.position, 1)
      default: break
      }
    }
    return coverage
  }
}

/// Bills that are taken back, billed again, and let stand again.
struct RebillTests {
  /// A home with two months billed at $54.76 and $56.59, read once more since.
  private func books() throws -> Books {
    let books = try Books()
    try books.set("2015-06-02")
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(days("1", from: "2015-04-01", 61, wattHours: 490))
    try books.bill(through: "2015-06-01")
    return books
  }

  /// 12 kWh more on one day of April.
  private func correct(_ books: Books, _ date: String = "2015-04-10") throws {
    try books.ingest(days("1", from: date, 1, wattHours: 990))
  }

  private func bill(_ books: Books, at position: UInt64) throws -> BillIssuedV2 {
    try #require(try books.view("1").bill(at: position)).bill
  }

  @Test func `a cancellation takes each line back, and what was owed is owed no more`() throws {
    let books = try books()
    let before = try books.balance("1")
    try books.cancel("1-20150501", .meterFault, note: "stuck", on: "2015-06-03")
    let record = try #require(try books.view("1").bills.first)
    #expect(record.isCancelled)
    let old = try bill(books, at: record.position)
    let cancelled = try #require(try books.view("1").cancellations(of: record.position).first)
    #expect(cancelled.lines.count == old.lines.count && cancelled.negates(old))
    for (line, negated) in zip(old.lines, cancelled.lines) {
      #expect(negated.amount == -line.amount && negated.quantity == -line.quantity)
      #expect(negated.price == line.price && negated.text == line.text)
    }
    #expect(cancelled.reason == .meterFault && cancelled.note == "stuck")
    #expect(try books.balance("1").open == Array(before.open.dropFirst()))
    try books.reinstate("1-20150501", on: "2015-06-04")
    #expect(try Set(books.balance("1").open) == Set(before.open))
    #expect(try books.balance("1").owed == before.owed)
    #expect(try books.audits().allSatisfy(\.isIdentical))
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a bill stands again on no day on which another of its days does`() throws {
    let books = try books()
    try books.cancel("1-20150501")
    try books.bill(through: "2015-06-01", on: "2015-06-02")
    try books.cancel("1-20150501-2", on: "2016-05-01")
    let tooEarly = BillCorrectionRefusal.tooEarly(
      try day("2016-04-30"), allowed: try day("2016-05-01"))
    #expect(throws: tooEarly) { try books.reinstate("1-20150501", on: "2016-04-30") }
    try books.reinstate("1-20150501")
    for date in try Set(books.events().map(\.event.effective)) {
      let coverage = try books.coverage(through: ServiceDate(day: date))
      #expect(coverage.values.allSatisfy { (0...1).contains($0) }, "\(ServiceDate(day: date))")
    }
  }

  @Test func `what may not be cancelled or reinstated is refused with the reason`() throws {
    let books = try books()
    typealias Refusal = BillCorrectionRefusal
    for number in ["1-20150502", "2-20150501", "1", "1-20150501-2", "1-20150501-1"] {
      #expect(throws: Refusal.unknownBill(number)) { try books.cancel(number) }
      #expect(throws: Refusal.unknownBill(number)) { try books.reinstate(number) }
      #expect(throws: Refusal.unknownBill(number)) { try books.rebill(number) }
    }
    #expect(throws: Refusal.notCancelled("1-20150501")) { try books.reinstate("1-20150501") }
    let tooEarly = Refusal.tooEarly(try day("2015-05-31"), allowed: try day("2015-06-01"))
    #expect(throws: tooEarly) {
      try books.cancel("1-20150501", on: "2015-05-31")
    }
    #expect(throws: Refusal.noteTooLong(bytes: 5000)) {
      try books.cancel("1-20150501", note: String(repeating: "n", count: 5000))
    }
    let position = books.position
    try books.cancel("1-20150501")
    #expect(throws: Refusal.alreadyCancelled("1-20150501", at: position)) {
      try books.cancel("1-20150501")
    }
    #expect(throws: Refusal.alreadyCancelled("1-20150501", at: position)) {
      try books.rebill("1-20150501")
    }
    #expect(try books.bill(through: "2015-06-01").bills.map(\.draft.fact.bill) == ["1-20150501-2"])
    #expect(throws: Refusal.billedAgain(by: "1-20150501-2")) { try books.reinstate("1-20150501") }
  }

  @Test
  func `a bill is cancelled and billed again in one commit, and its payment pays the new one`()
    throws
  {
    let books = try books()
    try books.pay("1", "54.76", on: "2015-06-02")
    try books.pay("1", "56.59", on: "2015-06-02")
    #expect(try books.owed("1") == "0.00")
    try correct(books)
    let dry = try books.rebill("1-20150501", on: "2015-06-10", isDryRun: true)
    let commit = try books.reader.commit
    let report = try books.rebill("1-20150501", on: "2015-06-10")
    #expect(try books.reader.commit == commit + 1)
    let rebilled = try #require(report.rebilled.first)
    #expect(rebilled.draft.fact == dry.rebilled.first?.draft.fact)
    // 12 kWh more at 19 cents: 13.2 of them fit below 130 percent of the baseline.
    #expect(rebilled.difference == Money("2.28"))
    #expect(rebilled.draft.fact.bill == "1-20150501-2")
    #expect(rebilled.draft.fact.due == (try day("2015-06-29")).day)
    #expect(rebilled.cancelled.reason == .correctedRead)
    let balance = try books.balance("1")
    #expect(balance.open.map(\.remaining) == [2_280_000] && balance.credit == 0)
    let notice = try #require(try AccountSummary(books.view("1")).notices.last).notice
    #expect(notice.text(in: .english).contains("takes the place of bill 1-20150501, which"))
    let audit = try books.audit("1-20150501-2")
    #expect(audit.isIdentical && audit.replaces == "1-20150501", "\(audit.differences)")
    let old = try books.audit("1-20150501")
    #expect(old.isIdentical && old.replacedBy == "1-20150501-2")
    #expect(old.corrections.map(\.reason) == [.correctedRead])
    #expect(try old.corrections.map(\.on) == [day("2015-06-10")])
    // As known before: no correction, no replacement.
    let then = try books.audit("1-20150501", knownAt: .position(old.corrections[0].position - 1))
    #expect(then.isIdentical && then.corrections.isEmpty && then.replacedBy == nil)
    // Of the period, the bill that stands.
    let standing = try BillAudit(books.reader, .period(account: "1", start: day("2015-04-01")))
    #expect(standing.number == "1-20150501-2")
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }

  @Test func `bills that are handed out one by one are durable by then, and are not kept`() throws {
    let books = try books()
    try correct(books)
    try correct(books, "2015-05-10")
    for isDryRun in [true, false] {
      let before = books.position
      var numbers: [String] = []
      let report = try books.engine.rebill(
        .account("1"), isDryRun: isDryRun, at: books.clock
      ) { bill in
        numbers.append(bill.draft.fact.bill)
        #expect(isDryRun == (books.position == before))
      }
      #expect(numbers == ["1-20150501-2", "1-20150601-2"])
      #expect(report.rebilled.isEmpty && report.rebilledCount == 2)
    }
  }

  @Test func `a bill that would come to the same lines stands`() throws {
    let books = try books()
    let position = books.position
    #expect(try books.rebill("1-20150501").unchanged == ["1-20150501"])
    #expect(books.position == position)
  }

  @Test func `a cycle is billed for the third time under the third number`() throws {
    let books = try books()
    for (wattHours, number) in [(Int32(600), "1-20150501-2"), (700, "1-20150501-3")] {
      try books.ingest(days("1", from: "2015-04-10", 1, wattHours: wattHours))
      let standing = try #require(books.state.find("1")).state.bills.standing(0)
      #expect(standing.count == 2)
      let report = try books.engine.rebill(.account("1"), at: books.clock)
      #expect(report.rebilled.map(\.draft.fact.bill) == [number])
    }
    #expect(try books.audits().map(\.isIdentical) == [true, true, true, true])
    #expect(try books.audit("1-20150501-3").replaces == "1-20150501-2")
    #expect(try books.worklist().isEmpty)
  }

  @Test func `an account's number may look like a bill's`() throws {
    for text in ["1-20150501", "a-b-20150501-12", "1-20150501-20150601", "X-1-20150501-2"] {
      let number = try #require(BillNumber(text))
      #expect("\(number)" == text)
    }
    #expect(BillNumber("1-20150501-20150601")?.account == "1-20150501")
    #expect(BillNumber("1-20150501-2")?.account == "1")
    for text in [
      "", "-", "1", "20150501", "1-2015050", "1-20150532", "1-20150501-1", "1-20150501-02",
      "1-20150501--2", "1-20150501-", "1-2", "1-00000000",
    ] { #expect(BillNumber(text) == nil, "\(text)") }
  }

  @Test func `bills that share an index which was replaced are billed again together`() throws {
    let books = try Books()
    try books.set("2024-05-01")
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    let indices = [("01-01", "0"), ("02-01", "100"), ("03-01", "200"), ("04-01", "300")]
    for (date, kWh) in indices { try books.ingest([index("V", "2024-\(date)", kWh)]) }
    try books.bill(through: "2024-04-01")
    try books.ingest([index("V", "2024-03-01", "230")])
    #expect(try books.propose().proposed == 2)
    let report = try books.rebill("V-20240301")
    #expect(report.rebilled.map(\.draft.fact.bill) == ["V-20240301-2", "V-20240401-2"])
    let standing = try books.view("V").bills.filter { !$0.isCancelled }
    let energy = try standing.reduce(Int64(0)) { sum, record in
      let bill = try #require(try books.view("V").bill(at: record.position)).bill
      return bill.registers.reduce(sum) { $0 + $1.closingIndex - $1.openingIndex }
    }
    // All that the register counted, once.
    #expect(energy == 300_000)
    #expect(try books.audits().allSatisfy(\.isIdentical))
    #expect(try books.worklist().isEmpty)
  }

  @Test func `no later bill of another index is touched`() throws {
    let books = try Books()
    try books.set("2024-05-01")
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    for (date, kWh) in [("01-01", "0"), ("02-01", "100"), ("03-01", "200"), ("04-01", "300")] {
      try books.ingest([index("V", "2024-\(date)", kWh)])
    }
    try books.bill(through: "2024-04-01")
    try books.cancel("V-20240301")
    // The bills beside it keep their indices, and the cycle is billed between them.
    let again = try books.bill(through: "2024-04-01")
    let fact = try #require(again.facts["V-20240301-2"])
    #expect(fact.registers.map(\.openingIndex) == [100_000])
    #expect(fact.registers.map(\.closingIndex) == [200_000])
    #expect(fact.replacesAfter > 0)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }
}
