import Journal
import Quantities
import Tariff
import Testing

@testable import Billing

/// What becomes known after a bill is proposed with its difference in money, and waits for somebody.
struct RebillProposalTests {
  /// Two homes with April and May billed.
  private func books() throws -> Books {
    let books = try Books()
    try books.set("2015-06-02")
    for number in ["1", "2"] {
      try books.enroll(number, on: "2015-04-01")
      try books.ingest(days(number, from: "2015-04-01", 61, wattHours: 490))
    }
    try books.bill(through: "2015-06-01")
    return books
  }

  private func correct(
    _ books: Books, _ number: String = "1", _ wattHours: Int32 = 990, on date: String = "2015-04-10"
  ) throws {
    try books.ingest(days(number, from: date, 1, wattHours: wattHours), isCorrection: true)
  }

  @Test func `a corrected read proposes the bill of its day, with the difference in money`() throws
  {
    let books = try books()
    try correct(books)
    let cause = books.position - 2
    #expect(try books.propose().proposed == 1)
    let entry = try #require(try books.worklist().first)
    #expect(entry.bill == "1-20150501" && entry.state == .proposed)
    #expect(entry.difference == Money("2.28") && entry.reason == .correctedRead)
    #expect(entry.cause.position == cause && entry.cause.kind == "ReadCorrected")
    #expect(entry.since == (try day("2015-06-02")))
    let audit = try books.audit("1-20150501")
    #expect(audit.since.map(\.position) == [cause])
    #expect(
      try #require(audit.totalNow).millionths - audit.bill.total
        == entry.difference?.millionths)
    // Nothing new: nothing is looked at again.
    let position = books.position
    #expect(try books.propose().proposed == 0 && books.position == position)
    try books.engine.rebill(.bill("1-20150501"), at: books.clock)
    #expect(try books.worklist().isEmpty)
  }

  @Test func `whoever dies before proposing, the next command proposes`() throws {
    let books = try books()
    try correct(books)
    #expect(try books.worklist().map(\.state) == [.marked])
    try books.engine.saveSnapshot(always: true)
    try books.reopen()
    #expect(try books.propose().proposed == 1)
    #expect(try books.worklist().map(\.state) == [.proposed])
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `what changes nothing is looked at once and not proposed`() throws {
    let books = try books()
    try correct(books)
    try correct(books, "1", 490)
    #expect(try books.propose().unchanged == 1)
    #expect(try books.worklist().isEmpty)
    let position = books.position
    try books.propose()
    #expect(books.position == position)
    // Days that are not billed concern no bill.
    try books.ingest(days("1", from: "2015-06-01", 1, wattHours: 400))
    try correct(books, on: "2015-06-01")
    #expect(try books.propose().unchanged == 0)
    #expect(books.position == position + 4)
  }

  @Test func `a difference within the tolerance is billed again at once, others wait`() throws {
    let books = try books()
    try correct(books, "1", 500)
    try correct(books, "2", 990)
    let commit = try books.reader.commit
    let proposals = try books.propose(tolerance: "0.10")
    #expect(try books.reader.commit == commit + 1)
    #expect(proposals.rebilled == 1 && proposals.proposed == 1)
    let (old, new) = (try books.audit("1-20150501").bill, try books.audit("1-20150501-2").bill)
    #expect(Money(millionths: new.total - old.total) == Money("0.05"))
    #expect(try books.worklist().map(\.bill) == ["2-20150501"])
    let all = try books.engine.rebill(.all(within: Money("2.00")), at: books.clock)
    #expect(all.rebilled.isEmpty)
    let more = try books.engine.rebill(.all(within: Money("2.28")), at: books.clock)
    #expect(more.rebilled.map(\.old.bill) == ["2-20150501"])
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a proposal that is declined is gone until something else becomes known`() throws {
    let books = try books()
    try correct(books)
    try books.propose()
    let proposal = try #require(try books.worklist().first?.proposal)
    try books.engine.correct(.decline(proposal: proposal, note: "agreed"), at: books.clock)
    #expect(try books.worklist().isEmpty)
    #expect(throws: BillCorrectionRefusal.notProposed(position: proposal)) {
      try books.engine.correct(.decline(proposal: proposal, note: "again"), at: books.clock)
    }
    try books.propose()
    #expect(try books.worklist().isEmpty)
    try correct(books, on: "2015-04-11")
    try books.propose()
    #expect(try books.worklist().map(\.difference) == [Money("4.56")])
  }

  @Test func `a cycle that cannot be priced waits with the obstacle, until it can`() throws {
    let books = try books()
    let last = try #require(Books.builtin.last { $0.code == "D" })
    // A version of a few days in April, and none after it.
    let text = last.text.replacing(
      "effective: 2015-03-02", with: "effective: 2015-04-11\nlast-day: 2015-04-20")
    _ = try books.engine.publish(
      RateSchedule.parse(text, file: "april.yaml"), zone: zoneTable, at: books.clock)
    #expect(try books.propose().unpriced == 4)
    let entries = try books.worklist()
    #expect(entries.map(\.state) == Array(repeating: .unpriced, count: 4))
    #expect(entries.allSatisfy { !$0.obstacle.isEmpty && $0.difference == nil })
    #expect(entries.allSatisfy { $0.reason == .wrongPrice })
    let report = try books.rebill("1-20150501")
    #expect(report.rebilled.isEmpty && report.exceptions.count == 1)
    // The version that was missing.
    let next = last.text.replacing("effective: 2015-03-02", with: "effective: 2015-04-21")
      .replacing("0.15, 0.19", with: "0.16, 0.20")
    _ = try books.engine.publish(
      RateSchedule.parse(next, file: "next.yaml"), zone: zoneTable, at: books.clock)
    let proposals = try books.propose()
    #expect(proposals.proposed == 4 && proposals.unpriced == 0)
    #expect(try books.worklist().map(\.state) == Array(repeating: .proposed, count: 4))
    #expect(try books.worklist().allSatisfy { $0.obstacle.isEmpty && $0.difference != nil })
    #expect(try books.rebill("1-20150501").rebilled.count == 1)
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a bill whose cycle a flag holds is not made again until the flag is settled`() throws
  {
    let books = try books()
    var hours = Array(repeating: Int32?(490), count: 24)
    hours[12] = 9_000
    try books.ingest(
      [Row(account: "1", date: try day("2015-04-20"), values: hours)], isCorrection: true)
    let flag = try #require(try books.doubts().first)
    #expect(flag.holds)
    #expect(try books.propose(tolerance: "100").unpriced == 1)
    #expect(try books.rebill("1-20150501").exceptions.map(\.exception) == [.held(by: flag)])
    #expect(try books.worklist().map(\.state) == [.unpriced])
    // It is looked at again when somebody has looked at the read.
    _ = try books.engine.settle(flag: flag.position, reason: "a party", at: books.clock)
    #expect(try books.propose().proposed == 1)
    #expect(try books.rebill("1-20150501").rebilled.count == 1)
    #expect(try books.worklist().isEmpty)
    #expect(try books.audits().allSatisfy(\.isIdentical))
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a rate schedule of the plan and the days proposes, another does not`() throws {
    let books = try books()
    let last = try #require(Books.builtin.last { $0.code == "D" })
    func publish(_ text: String) throws {
      _ = try books.engine.publish(
        RateSchedule.parse(text, file: "later.yaml"), zone: zoneTable, at: books.clock)
    }
    try publish(last.text.replacing("effective: 2015-03-02", with: "effective: 2015-06-01"))
    let other = try #require(Books.builtin.last { $0.code == "TOU-D-A" })
    try publish(other.text.replacing("effective: 2015-03-02", with: "effective: 2015-04-11"))
    #expect(try books.worklist().isEmpty)
    try publish(
      last.text.replacing("effective: 2015-03-02", with: "effective: 2015-05-11")
        .replacing("0.15, 0.19", with: "0.16, 0.20"))
    let proposals = try books.propose()
    #expect(proposals.proposed == 2 && proposals.unpriced == 0)
    #expect(try books.worklist().map(\.bill) == ["1-20150601", "2-20150601"])
    #expect(try books.worklist().map(\.reason) == [.wrongPrice, .wrongPrice])
    #expect(try books.worklist().map(\.cause.kind).allSatisfy { $0 == "RateSchedulePublished" })
  }

  @Test func `energy sent out that arrives late concerns the bill of its day`() throws {
    let books = try books()
    try books.ingest(days("2", from: "2015-05-01", 31, wattHours: 100, channel: .received))
    #expect(try books.worklist().map(\.bill) == ["2-20150601"])
    #expect(try books.worklist().map(\.cause.kind) == ["MeterReadRecorded"])
    #expect(try books.propose().proposed == 1)
    #expect(try #require(try books.worklist().first?.difference) < .zero)
    let report = try books.engine.rebill(.all(within: nil), at: books.clock)
    #expect(report.rebilled.count == 1)
    #expect(try books.owed("2") == (try books.audit("2-20150601-2")).bill.totalTextAfter("54.76"))
    #expect(try books.audits().allSatisfy(\.isIdentical))
  }

  @Test func `a reinstated bill is looked at again, and stands where nothing is new`() throws {
    let books = try books()
    try books.cancel("1-20150501")
    #expect(try books.worklist().isEmpty)
    try books.reinstate("1-20150501")
    let entry = try #require(try books.worklist().first)
    #expect(entry.bill == "1-20150501" && entry.state == .marked)
    #expect(entry.cause.kind == "BillReinstated" && entry.cause.position == books.position - 1)
    let proposals = try books.propose()
    #expect(proposals.unchanged == 1 && proposals.proposed == 0)
    #expect(try books.worklist().isEmpty)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `a bill that is reinstated is proposed with the terms that changed meanwhile`() throws
  {
    let books = try books()
    try books.cancel("1-20150501")
    var changed = ChangedTerms()
    changed.medical = true
    _ = try books.engine.changeTerms(
      TermsRequest(number: "1", on: day("2015-04-01"), change: .terms(changed)), at: books.clock)
    try books.reinstate("1-20150501")
    #expect(try books.propose().proposed == 2)
    let difference = try #require(
      try books.worklist().first { $0.bill == "1-20150501" }?.difference)
    let old = try books.audit("1-20150501").bill
    let report = try books.rebill("1-20150501")
    #expect(difference < .zero && report.rebilled.map(\.difference) == [difference])
    let new = try books.audit("1-20150501-2")
    #expect(new.isIdentical && new.bill.total - old.total == difference.millionths)
  }

  @Test func `a bill that is reinstated is looked at with what was recorded meanwhile`() throws {
    let books = try books()
    try books.cancel("1-20150501")
    try correct(books)
    #expect(try books.propose().proposed == 0)
    try books.reinstate("1-20150501")
    #expect(try books.propose().proposed == 1)
    #expect(try books.worklist().map(\.difference) == [Money("2.28")])
    try books.cancel("1-20150501")
    #expect(try books.worklist().isEmpty)
    try books.reinstate("1-20150501")
    try books.propose()
    #expect(try books.worklist().map(\.difference) == [Money("2.28")])
    #expect(try books.replayed().digest == books.state.digest)
  }
}

extension BillIssuedV2 {
  /// The total and another one, in dollars.
  fileprivate func totalTextAfter(_ other: String) -> String {
    Money(millionths: total + (Money(other)?.millionths ?? 0)).text(in: .usd)
  }
}
