import Foundation
import Quantities
import TestSupport
import Testing

@testable import Billing
@testable import Journal

/// Bills and notices straight from their bytes: never another meaning than the general decoder's.
struct IssuedBillTests {
  private func bill(_ random: inout SeededRandom) -> Event {
    func number(_ random: inout SeededRandom) -> Int64 {
      let limit = Int64(EventJudgement.moneyLimit)
      return random.pick([0, 1, -1, 120_000, -5_550_000, limit, limit + 1, .min])
    }
    var fact = BillIssuedV2()
    fact.bill = random.pick(["1-20150201", "", String(repeating: "9", count: 65)])
    fact.start = random.pick([16_436, 0, -3, 16_467])
    fact.end = random.pick([16_467, 16_467, 4_000_000])
    (fact.dated, fact.due) = (16_467, random.pick([16_486, 16_486, -2_000_000]))
    fact.currency = random.pick(["USD", "USD", "VND", "AUD", "", "usd"])
    fact.total = random.pick([0, 12_340_000, -7, number(&random)])
    fact.tax = random.pick([0, 120_000])
    fact.knownBefore = random.pick([0, 17, 300, UInt64(1) << 61])
    fact.pricingRules = 1
    fact.replacesAfter = random.pick([0, 0, 9])
    fact.estimated = random.next() % 16 == 0
    fact.lines = (0..<Int.random(in: 0...4, using: &random)).map { _ in
      var line = BillLine()
      line.text = random.pick(["Tier 1", "Bậc 1", ""])
      (line.unit, line.schedule) = (random.pick(["kWh", "day"]), "D@2015-01-01")
      line.quantity = random.pick([0, 312_000, -40])
      line.quantityDecimals = random.pick([0, 3, 3, 6, 18, 19])
      (line.price, line.amount) = (143_500, random.pick([44_770_000, number(&random)]))
      line.evidence = [0, 1, random.pick([2, 3, 130])]
      line.kind = random.pick([.energy, .energy, .tax, .daily, .unknown, .trueUp])
      line.authority = random.pick(["", "California"])
      line.deferred = random.next() % 4 == 0
      return line
    }
    fact.evidence = (0..<Int.random(in: 0...2, using: &random)).map { _ in
      var item = Evidence()
      item.kind = "MeterReadRecorded"
      (item.first, item.last) = (random.pick([4, 90]), random.pick([90, 88, 91]))
      item.steps = random.pick([[], [7, 2], [1, 300, 70_000], [3, 0]])
      return item
    }
    if random.next() % 16 == 0 { fact.registers = [RegisterSpan()] }
    return Event(
      .billIssuedV2(fact), account: UInt32.random(in: 0...900, using: &random),
      effective: random.pick([16_467, -40, 3_000_000]))
  }

  private func notice(_ random: inout SeededRandom) -> Event {
    var fact = NoticeRecorded()
    fact.template = random.pick([.billReady, .pastDue, .lateCharge, .unknown])
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      fact.add(random.pick(["bill", "due"]), random.pick(["1-20150201", "đồng", ""]))
    }
    return Event(
      .noticeRecorded(fact), account: UInt32.random(in: 0...900, using: &random),
      effective: random.pick([16_467, 3_000_000]))
  }

  private func isSame(_ bill: IssuedBill, _ event: Event) -> Bool {
    guard case .billIssuedV2(let fact) = event.fact else { return false }
    var lines: [BillLine] = []
    bill.forEachLine { line in
      var known = BillLine()
      (known.kind, known.amount, known.deferred) = (line.kind, line.amount, line.isDeferred)
      known.authority = String(decoding: line.authority, as: UTF8.self)
      lines.append(known)
    }
    let wanted = fact.lines.map { line in
      var known = BillLine()
      (known.kind, known.amount, known.deferred) = (line.kind, line.amount, line.deferred)
      known.authority = line.authority
      return known
    }
    return bill.account == event.account && bill.effective == event.effective
      && BillRecord(bill, at: 5) == BillRecord(fact, at: 5) && lines == wanted
      && Currency.known[bill.currencyIndex].code == fact.currency
      && bill.replacesAfter == fact.replacesAfter
  }

  private var reading: StraightReading<IssuedBill> {
    StraightReading(event: bill, read: { IssuedBill($0) }, isSame: isSame)
  }

  @Test func `bills of intervals are taken straight, within the bounds of all`() throws {
    let taken = try reading.takenAsWritten(seed: 7) { event in
      let fact = event.billIssuedV2
      return !fact.estimated && fact.registers.isEmpty
        && fact.lines.allSatisfy { $0.evidence.allSatisfy { $0 < 128 } }
    }
    #expect(taken > 100)
  }

  @Test(arguments: [1, 2]) func `no bytes mean one bill here and another there`(
    seed: UInt64
  ) throws {
    #expect(try reading.takenDamaged(seed: seed) > 20)
  }

  @Test(arguments: [1, 2]) func `no bytes are a notice here and something else there`(
    seed: UInt64
  ) throws {
    func isSame(_ known: RecordedNotice, _ event: Event) -> Bool {
      guard case .noticeRecorded(let fact) = event.fact else { return false }
      return fact.template != .pastDue && known.account == event.account
        && known.effective == event.effective
    }
    let notices = StraightReading(event: notice, read: { RecordedNotice($0) }, isSame: isSame)
    #expect(try notices.takenDamaged(seed: seed) > 100)
  }

  @Test(arguments: [3, 4]) func `a draft is written as the general encoder would write it`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed)
    let books = try Books()
    try books.enroll("1", on: "2015-01-01")
    try books.enroll("2", "TOU-D-A", on: "2015-03-10")
    for (account, start) in [("1", "2015-01-01"), ("2", "2015-03-10")] {
      try books.ingest(
        days(account, from: start, 60, wattHours: Int32.random(in: 0...900, using: &random)))
    }
    let drafts = try books.bill(through: "2015-05-01", isDryRun: true).bills.map(\.draft)
    #expect(drafts.count > 2)
    for draft in drafts {
      let general: [UInt8] = try draft.fact.serializedBytes()
      #expect(draft.message == general, "seed \(seed)")
      #expect(draft.fact.lines.reduce(0) { $0 + $1.amount } == draft.total.millionths)
      #expect(draft.plainRecord(at: 3) == BillRecord(draft.fact, at: 3))
    }
  }
}
