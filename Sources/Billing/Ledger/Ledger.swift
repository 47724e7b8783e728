import Journal
import Quantities

/// Account balances and the books in double entry: what every account owes or has too much, and the
/// other side of every posting.
struct Ledger: Projector {
  static let name = "balances"
  static let version: UInt16 = 8

  private(set) var balances: [AccountBalance] = []
  private(set) var totals = LedgerTotals()
  /// What has moved money under the caller's key: for comparison on a repeat.
  private(set) var keys: [String: KeyUse] = [:]
  /// Of the keys; not part of the state.
  private var filter = KeyFilter()
  /// The last event's, whose room the next one's takes; not part of the state.
  private var entry = LedgerEntry()
  /// Every event that was booked since somebody last looked, with its entry; nil where nobody does.
  /// Not part of the state.
  var booked: [(recorded: RecordedEvent, entry: LedgerEntry)]?

  struct KeyUse: Hashable, Sendable {
    var account: UInt32
    var amount: Int64
    var on: Int32
    var purpose: KeyPurpose
    var position: UInt64
  }

  init() {}

  subscript(_ index: Int) -> AccountBalance {
    balances.indices.contains(index) ? balances[index] : AccountBalance()
  }

  mutating func apply(_ events: [RecordedEvent], _ slots: SlotMap) {
    for recorded in events {
      let event = recorded.event
      guard let index = slots.index(of: event.account) else { continue }
      if case .noticeRecorded(let notice) = event.fact {
        note(notice, of: index)
        continue
      }
      makeRoom(index)
      guard balances[index].book(event, at: recorded.position, &entry) else { continue }
      addEntry()
      if booked != nil { booked?.append((recorded, entry)) }
      guard let (key, amount, purpose) = event.keyedSum, !key.isEmpty else { continue }
      use(
        key,
        KeyUse(
          account: event.account, amount: amount, on: event.effective, purpose: purpose,
          position: recorded.position))
    }
  }

  /// Books a bill straight from its message, where nobody looks at entries.
  mutating func book(_ bill: IssuedBill, at position: UInt64, _ index: Int) {
    makeRoom(index)
    balances[index].book(bill, at: position, &entry)
    addEntry()
  }

  private mutating func makeRoom(_ index: Int) {
    while balances.count <= index { balances.append(AccountBalance()) }
  }

  private mutating func addEntry() {
    precondition(entry.sum == 0, "the debits of an event equal its credits")
    totals.add(entry)
  }

  private mutating func note(_ notice: NoticeRecorded, of index: Int) {
    guard notice.template == .pastDue, balances.indices.contains(index) else { return }
    for item in balances[index].open.indices {
      let bill = String(balances[index].open[item].bill)
      if notice.parameters.contains(where: { $0.name == "position" && $0.value == bill }) {
        balances[index].open[item].isNoticed = true
      }
    }
  }

  /// - Parameter hash: the key's, from `KeyFilter`.
  func use(of key: String, _ hash: UInt64) -> KeyUse? {
    filter.mayHold(hash) ? keys[key] : nil
  }

  private mutating func use(_ key: String, _ use: KeyUse) {
    keys[key] = use
    if filter.isFull {
      filter = KeyFilter(room: keys.count * 4)
      for key in keys.keys { filter.insert(KeyFilter.hash(key)) }
    } else {
      filter.insert(KeyFilter.hash(key))
    }
  }

  func write(to writer: inout ByteWriter) {
    writer.put(UInt32(balances.count))
    for balance in balances { balance.write(to: &writer) }
    totals.write(to: &writer)
    writer.put(UInt32(keys.count))
    for (key, use) in keys.sorted(by: { $0.key < $1.key }) {
      writer.put(text: key)
      writer.put(use.account)
      writer.put(use.amount)
      writer.put(use.on)
      writer.put(use.purpose.rawValue)
      writer.put(use.position)
    }
  }

  init(from reader: inout ByteReader) throws {
    for _ in 0..<(try reader.get(UInt32.self)) {
      balances.append(try AccountBalance(from: &reader))
    }
    totals = try LedgerTotals(from: &reader)
    for _ in 0..<(try reader.get(UInt32.self)) {
      let key = try reader.getText()
      use(
        key,
        KeyUse(
          account: try reader.get(), amount: try reader.get(), on: try reader.get(),
          purpose: KeyPurpose(rawValue: try reader.get()), position: try reader.get()))
    }
  }
}

extension AccountBalance {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.put(currency)
    writer.put(credit)
    writer.put(deposit)
    Self.write(open, to: &writer)
    writer.put(UInt8(cancellations.count))
    for cancellation in cancellations {
      writer.put(cancellation.bill)
      writer.put(cancellation.credit)
      Self.write(cancellation.open, to: &writer)
    }
    writer.put(UInt32(pasts.count))
    for past in pasts {
      writer.put(past.item)
      writer.put(past.writtenOff)
      writer.put(past.reversed)
      writer.put(UInt8(past.hasLateCharge ? 1 : 0))
      writer.put(past.lateCharge?.position ?? .max)
      writer.put(past.lateCharge?.amount ?? 0)
      writer.put(past.lateCharge?.on ?? 0)
    }
  }

  private static func write(_ items: [OpenItem], to writer: inout ByteWriter) {
    writer.put(UInt16(items.count))
    for item in items {
      writer.put(item.bill)
      writer.put(item.due.day)
      writer.put(item.remaining)
      writer.put(UInt8(item.isNoticed ? 1 : 0))
    }
  }

  fileprivate init(from reader: inout ByteReader) throws {
    currency = try reader.get()
    credit = try reader.get()
    deposit = try reader.get()
    open = try Self.items(from: &reader)
    for _ in 0..<(try reader.get(UInt8.self)) {
      let bill: UInt64 = try reader.get()
      let credit: Int64 = try reader.get()
      cancellations.append(
        Cancellation(bill: bill, open: try Self.items(from: &reader), credit: credit))
    }
    for _ in 0..<(try reader.get(UInt32.self)) {
      var past = ItemPast(
        item: try reader.get(), writtenOff: try reader.get(), reversed: try reader.get(),
        hasLateCharge: try reader.get(UInt8.self) == 1)
      let charge = ItemPast.LateCharge(
        position: try reader.get(), amount: try reader.get(), on: try reader.get())
      if charge.position != .max { past.lateCharge = charge }
      pasts.append(past)
    }
  }

  private static func items(from reader: inout ByteReader) throws -> [OpenItem] {
    var items: [OpenItem] = []
    for _ in 0..<(try reader.get(UInt16.self)) {
      var item = OpenItem(
        bill: try reader.get(), due: ServiceDate(day: try reader.get()),
        remaining: try reader.get())
      item.isNoticed = try reader.get(UInt8.self) == 1
      items.append(item)
    }
    return items
  }
}
