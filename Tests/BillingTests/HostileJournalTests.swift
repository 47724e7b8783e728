import Journal
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

  @Test func `what replay would refuse is not appended`() throws {
    let books = try Planted.sound()
    let position = books.position
    #expect(throws: EventFault.self) {
      try books.engine.commit([Planted.bill { $0.total = .max }], at: books.clock)
    }
    #expect(try books.reader.nextPosition == position)
    try books.pay(Planted.number, "1.00", on: "2015-01-21")
  }
}
