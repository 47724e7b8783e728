import Foundation
import Journal

@testable import Billing

/// Events under right checksums that no decision makes, to be appended to a sound journal.
struct Planted: Sendable {
  let name: String
  let events: [Event]
  /// Which of the batch's events is the one refused; the last, as a rule.
  var place: UInt64
  var partitionNumber = Planted.home
  /// Whether the account's view sees it; what belongs to another account it passes over.
  var isSeen = true
  /// What is wrong with the batch around the events.
  var change: @Sendable (inout PendingBatch) -> Void = { _ in }

  init(_ name: String, _ events: Event..., isSeen: Bool = true) {
    self.name = name
    self.events = events
    self.isSeen = isSeen
    place = UInt64(events.count - 1)
  }

  func batch() throws -> PendingBatch {
    with(try PendingBatch(of: events, partitionNumber), change)
  }

  static func all() throws -> [Planted] {
    try reads + bills + cancellations(from: sound().position) + money + persons + agreements
      + others + system + misplaced()
  }
}

// The journal at whose end they are planted.
extension Planted {
  static let number = "S1"
  static let partitions = 8
  static let home = partition(ofAccount: number, of: partitions)
  /// The account's integer: the first of its partition.
  static let account = UInt32(partitions) + UInt32(home)
  static let start: Int32 = 16_436

  /// One account with ten days of reads, a bill and a payment.
  static func sound() throws -> Books {
    let books = try Books(partitions: partitions, Books.builtin.filter { $0.code == "D" })
    try books.enroll(number, on: "2015-01-01", readDay: 11)
    try books.ingest(days(number, from: "2015-01-01", 10, wattHours: 500))
    try books.bill(through: "2015-01-11")
    try books.pay(number, "1.00", on: "2015-01-20")
    return books
  }

  static func event(_ fact: Event.OneOf_Fact, on day: Int32 = start + 40) -> Event {
    Event(fact, account: account, effective: day)
  }
}

extension PendingBatch {
  init(of events: [Event], _ partition: UInt16 = Planted.home) throws {
    self.init(
      kind: .events, partition: partition, count: events.count, accounts: 0...UInt32.max,
      dates: nil, content: try EventCodec.encode(events))
  }

  /// A copy of a journal with the batch at its end.
  func appended(toCopyOf path: String) throws -> JournalReader {
    let copy = Books.freshPath()
    try FileManager.default.copyItem(atPath: path, toPath: copy)
    let writer = try JournalWriter(path: copy, wait: .seconds(5))
    try writer.append([self], recordedAt: 0, origin: Books.origin)
    return try writer.reader()
  }
}

extension JournalReader {
  func removeFolder() { try? FileManager.default.removeItem(atPath: path) }
}
