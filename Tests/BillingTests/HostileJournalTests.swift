import Foundation
import Journal
import Quantities
import Tariff
import Testing

@testable import Billing

/// Journals with right checksums that no decision of ours wrote: they are refused by position, by
/// the whole fold and by an account's view, and nothing traps.
struct HostileJournalTests {
  @Test func `an event that no decision makes is refused by its position`() throws {
    let books = try Planted.sound()
    for planted in try Planted.all() {
      let reader = try planted.batch().appended(toCopyOf: books.path)
      defer { reader.removeFolder() }
      let position = books.position + planted.place
      let fault = #expect(throws: EventFault.self, "\(planted.name)") {
        try Replay(reader, threads: 2).run()
      }
      #expect(fault?.position == position, "\(planted.name): \(fault as Any)")
      if planted.isSeen {
        let fault = #expect(throws: EventFault.self, "\(planted.name)") {
          try AccountView(reader, number: Planted.number)
        }
        #expect(fault?.position == position, "\(planted.name)")
      } else {
        let view = try #require(try AccountView(reader, number: Planted.number))
        #expect(view.events.last?.position == books.position - 1, "\(planted.name)")
      }
      var listing = EventListing(reader)
      try? listing.run(positions: 0...UInt64.max) { _ in }
    }
  }

  @Test func `a past-due notice before the first bill marks nothing`() throws {
    let books = try Books(partitions: Planted.partitions)
    try books.enroll(Planted.number, on: "2015-01-01")
    let notice = with(NoticeRecorded()) { $0.template = .pastDue }
    let reader = try PendingBatch(of: [Planted.event(.noticeRecorded(notice))])
      .appended(toCopyOf: books.path)
    defer { reader.removeFolder() }
    #expect(try Replay(reader).run().events == books.position + 1)
    #expect(try AccountView(reader, number: Planted.number)?.balance.open.isEmpty == true)
  }

  @Test func `what replay would refuse is not appended, and the journal goes on`() throws {
    let sound = try Planted.sound()
    let next = sound.position
    sound.close()
    let planted =
      Planted.bills + Planted.cancellations(from: next) + Planted.money + Planted.persons
      + Planted.agreements
    for planted in planted {
      // An enrolment is of an account that is not there yet: its decision alone knows.
      if case .accountEnrolled = planted.events[0].fact { continue }
      let copy = Books.freshPath()
      try FileManager.default.copyItem(atPath: sound.path, toPath: copy)
      defer { try? FileManager.default.removeItem(atPath: copy) }
      let engine = try Engine(path: copy, origin: Books.origin, wait: 5)
      let clock = sound.clock
      for event in planted.events.prefix(Int(planted.place)) {
        try engine.commit([event], at: clock)
      }
      let position = engine.writer.nextPosition
      #expect(throws: UnrecordableEvent.self, "\(planted.name)") {
        try engine.commit([planted.events[Int(planted.place)]], at: clock)
      }
      #expect(engine.writer.nextPosition == position, "\(planted.name)")
      #expect(try Replay(engine.writer.reader()).run().digest == engine.state.digest)
    }
  }

  @Test func `a bill that the balance cannot bear is told as an exception, and others are issued`()
    throws
  {
    let last = try #require(Books.builtin.last { $0.code == "D" })
    let dear = try RateSchedule.parse(
      last.text.replacing("[0.15,", with: "[999999999,"), file: "dear.yaml")
    let books = try Books(dear)
    for number in ["1", "2"] {
      try books.enroll(number, on: "2015-04-01")
      try books.ingest(days(number, from: "2015-04-01", 61, wattHours: number == "1" ? 900 : 1))
    }
    for amount: Int64 in [
      4_000_000_000_000_000_000, 4_000_000_000_000_000_000, 1_200_000_000_000_000_000,
    ] {
      var charge = ChargeAssessed()
      (charge.kind, charge.amount) = (.reconnection, amount)
      (charge.currency, charge.due) = ("USD", 16_600)
      try books.record(.chargeAssessed(charge), of: "1")
    }
    let report = try books.bill(through: "2015-06-01")
    #expect(report.bills.map(\.account).contains("2"))
    #expect(!report.exceptions.isEmpty)
    for exception in report.exceptions {
      #expect("\(exception.exception)".contains("beyond all measure"), "\(exception)")
    }
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
  }

  @Test func `what several events of a commit come to together is judged too`() throws {
    let books = try Planted.sound()
    let position = books.position
    let deposit = with(DepositReceived()) {
      ($0.amount, $0.currency) = (4_000_000_000_000_000_000, "USD")
    }
    let deposits = Array(repeating: Planted.event(.depositReceived(deposit)), count: 3)
    #expect(throws: UnrecordableEvent.self) { try books.engine.commit(deposits, at: books.clock) }
    #expect(books.position == position)
  }

  @Test func `a proposal that a command before has closed is declined in no commit with it`() throws
  {
    let books = try Books()
    try books.enroll("1", on: "2015-04-01")
    try books.ingest(days("1", from: "2015-04-01", 30, wattHours: 500))
    try books.bill(through: "2015-05-01")
    try books.ingest(days("1", from: "2015-04-10", 1, wattHours: 900), isCorrection: true)
    try books.propose()
    let proposal = try #require(try books.worklist().first?.proposal)
    let commands: [Command] = [
      .correct(.cancel(bill: "1-20150501", .other, note: "", on: nil)),
      .correct(.decline(proposal: proposal, note: "")),
    ]
    #expect(try books.engine.record(commands[...], at: books.clock).count == 1)
    #expect(throws: BillCorrectionRefusal.notProposed(position: proposal)) {
      try books.engine.correct(.decline(proposal: proposal, note: ""), at: books.clock)
    }
    #expect(try books.replayed().digest == books.state.digest)
  }
}
