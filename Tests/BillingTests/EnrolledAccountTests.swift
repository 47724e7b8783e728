import Foundation
import TestSupport
import Testing

@testable import Billing
@testable import Journal

/// Enrolments straight from their bytes: never another meaning than the general decoder's.
struct EnrolledAccountTests {
  private func enrolment(_ random: inout SeededRandom) -> Event {
    var fact = AccountEnrolled()
    fact.number = String(UInt64.random(in: 0...UInt64.max, using: &random), radix: 36)
    fact.plan = random.pick(["D", "TOU-D-A", "EVN-SH", "", "Đ"])
    fact.region = random.pick(["", "10", "9"])
    fact.zone = random.pick(["America/Los_Angeles", "Asia/Ho_Chi_Minh"])
    fact.medical = Bool.random(using: &random)
    fact.multiFamily = Bool.random(using: &random)
    fact.households = UInt32.random(in: 0...3, using: &random)
    fact.voltage = random.pick([0, 220, 22_000, 2_000_000])
    fact.multiplier = random.pick([1, 1, 1, 40, 200_000])
    fact.readDay = UInt32.random(in: 0...33, using: &random)
    return Event(
      .accountEnrolled(fact), account: UInt32.random(in: 0...900, using: &random),
      effective: random.pick([16_495, 0, -40, 3_000_000]))
  }

  private func isSame(_ enrolled: EnrolledAccount, _ event: Event) -> Bool {
    guard case .accountEnrolled(let fact) = event.fact else { return false }
    return enrolled.account == event.account && enrolled.effective == event.effective
      && enrolled.number.elementsEqual(fact.number.utf8)
      && enrolled.plan.elementsEqual(fact.plan.utf8)
      && enrolled.region.elementsEqual(fact.region.utf8)
      && enrolled.zone.elementsEqual(fact.zone.utf8) && enrolled.isMedical == fact.medical
      && enrolled.isMultiFamily == fact.multiFamily && enrolled.households == fact.households
      && enrolled.voltage == fact.voltage && enrolled.multiplier == fact.multiplier
      && UInt32(enrolled.readDay) == fact.readDay
  }

  private var reading: StraightReading<EnrolledAccount> {
    StraightReading(event: enrolment, read: { EnrolledAccount($0) }, isSame: isSame)
  }

  @Test func `what we write is taken straight`() throws {
    let taken = try reading.takenAsWritten(seed: 7) { $0.accountEnrolled.plan != "Đ" }
    #expect(taken > 500)
  }

  @Test(arguments: [1, 2]) func `no bytes mean one thing here and another there`(
    seed: UInt64
  ) throws {
    #expect(try reading.takenDamaged(seed: seed) > 100)
  }

  @Test func `a table of texts finds each by its number`() {
    var random = SeededRandom(9)
    var (table, known): (TextTable, [String: UInt32]) = (TextTable(), [:])
    for _ in 0..<20_000 {
      let text = String(random.next() % 7000, radix: random.pick([2, 10, 36]))
      #expect(table.find(text) == known[text])
      let number = table.insert(text)
      #expect(known[text] ?? UInt32(known.count) == number)
      known[text] = number
    }
    #expect(table.count == known.count)
    #expect(known.allSatisfy { table.text($0.value) == $0.key })
  }

  @Test func `an enrolment in another account's partition is refused`() throws {
    let books = try Books(partitions: 8)
    let home = Int(partition(ofAccount: "1", of: 8))
    let other = UInt16((home + 1) % 8)
    var fact = AccountEnrolled()
    (fact.number, fact.plan, fact.zone) = ("1", "D", "America/Los_Angeles")
    (fact.households, fact.multiplier, fact.readDay) = (1, 1, 1)
    let account = AccountID(slot: 0, partition: other, of: 8).raw
    let content = try EventCodec.encode([
      Event(.accountEnrolled(fact), account: account, effective: 16_500)
    ])
    let copy = Books.freshPath()
    try FileManager.default.copyItem(atPath: books.path, toPath: copy)
    defer { try? FileManager.default.removeItem(atPath: copy) }
    let writer = try JournalWriter(path: copy, wait: .seconds(5))
    try writer.append(
      [
        PendingBatch(
          kind: .events, partition: other, count: 1, accounts: account...account,
          dates: 16_500...16_500, content: content)
      ], recordedAt: 0, origin: Books.origin)
    #expect(throws: EventFault.self) { try Replay(writer.reader()).run() }
  }
}
