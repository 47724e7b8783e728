/// What has come to a bill or charge beside money. It is known when the item is no longer open, too,
/// because a bill that is cancelled may stand again.
struct ItemPast: Hashable, Sendable {
  /// Position of the `BillIssuedV2` or `ChargeAssessed` event.
  var item: UInt64
  /// What is written off of it, in millionths.
  var writtenOff: Int64 = 0
  /// What was, until it was no longer owed.
  var reversed: Int64 = 0
  /// Whether a late charge has been assessed on it, waived since or not: there is no second one.
  var hasLateCharge = false
  /// The one that stands.
  var lateCharge: LateCharge?

  struct LateCharge: Hashable, Sendable {
    /// Of its `ChargeAssessed` event.
    var position: UInt64
    var amount: Int64
    /// Its day, since 1970.
    var on: Int32
  }
}

/// Write-offs are of items, so that a loss lasts as long as the debt it is the loss of: nobody has
/// paid what was written off of a cancelled bill, and it is no credit to give back.
///
/// Somebody has decided to give the debt up, and no cancellation says otherwise. So what stands
/// again, or in a cancelled bill's place, is written off again as far as it is open after all that
/// was paid: not to do it would send a bill that was given up to collection by a correction of a
/// cent.
extension AccountBalance {
  func past(of item: UInt64) -> ItemPast {
    pasts.first { $0.item == item } ?? ItemPast(item: item)
  }

  mutating func changePast(of item: UInt64, _ change: (inout ItemPast) -> Void) {
    let place = pasts.firstIndex { $0.item == item } ?? pasts.count
    if place == pasts.count { pasts.append(ItemPast(item: item)) }
    change(&pasts[place])
  }

  /// Gives up open items by due date.
  ///
  /// - Parameter amount: no more than what is open.
  mutating func writeOff(_ amount: Int64, _ entry: inout LedgerEntry) {
    var left = amount
    while left > 0, let item = open.first?.bill {
      let part = take(left, from: 0)
      changePast(of: item) { $0.writtenOff += part }
      left -= part
    }
    entry.move(amount - left, from: .receivable, to: .writeOffs)
  }

  /// Adds a bill, and gives up what was given up of the one whose place it takes.
  mutating func issue(
    _ total: Int64, at position: UInt64, due: Int32, replacesAfter: UInt64,
    _ entry: inout LedgerEntry
  ) {
    book(total, of: position, due: due, &entry)
    guard replacesAfter > 0 else { return }
    writeOffAgain(past(of: replacesAfter - 1).reversed, of: position, &entry)
  }

  /// Gives up what is open of a bill, up to an amount that was given up before.
  mutating func writeOffAgain(_ amount: Int64, of bill: UInt64, _ entry: inout LedgerEntry) {
    guard amount > 0 else { return }
    let item = open.firstIndex { $0.bill == bill }
    let part = item.map { take(amount, from: $0) } ?? 0
    changePast(of: bill) { ($0.writtenOff, $0.reversed) = (part, 0) }
    entry.move(part, from: .receivable, to: .writeOffs)
  }

  /// Takes back the loss of a debt that is none.
  ///
  /// - Returns: how much it was.
  mutating func reverseWriteOff(of bill: UInt64, _ entry: inout LedgerEntry) -> Int64 {
    let loss = past(of: bill).writtenOff
    guard loss > 0 else { return 0 }
    changePast(of: bill) { ($0.writtenOff, $0.reversed) = (0, loss) }
    entry.post(-loss, to: .writeOffs)
    return loss
  }

  /// Takes money for what was given up, the oldest item first.
  ///
  /// - Returns: how much of the amount.
  mutating func recover(_ amount: Int64) -> Int64 {
    var left = amount
    for index in pasts.indices.sorted(by: { pasts[$0].item < pasts[$1].item }) where left > 0 {
      let part = min(left, pasts[index].writtenOff)
      pasts[index].writtenOff -= part
      left -= part
    }
    return amount - left
  }

  /// Undoes what a bill's cancellation has done to the loss on it.
  ///
  /// - Parameter isOwed: whether the bill is, and not its cancellation.
  /// - Returns: how much more is lost.
  mutating func restoreWriteOff(of bill: UInt64, isOwed: Bool) -> Int64 {
    let past = past(of: bill)
    let moved = isOwed ? past.reversed : past.writtenOff
    guard moved > 0 else { return 0 }
    changePast(of: bill) {
      ($0.writtenOff, $0.reversed) = isOwed ? (moved, 0) : (0, moved)
    }
    return isOwed ? moved : -moved
  }
}
