/// Account numbers by their bytes, numbered in order of first appearance.
struct AccountTable {
  static let longest = 32

  private(set) var names: [String] = []

  private var bytes: [UInt8] = []
  /// Where each account's bytes end.
  private var ends: [Int] = []
  /// Open addressing: 0 is free, else the account's index and 1.
  private var slots = [UInt32](repeating: 0, count: 64)
  private var last: UInt32?
  /// Chosen per table, so that no file can be made to collide.
  private let seed = UInt64.random(in: .min ... .max)

  /// The account's index, a new one at its first appearance; nil for text that is no account
  /// number: empty, longer than 32 bytes, or not UTF-8.
  mutating func index(of text: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
    if let last {
      if holds(last, text, range) { return last }
      // Daily files have the same accounts in the same order every day.
      if Int(last) + 1 < names.count, holds(last + 1, text, range) {
        self.last = last + 1
        return last + 1
      }
    }
    guard !range.isEmpty, range.count <= AccountTable.longest else { return nil }
    var slot = AccountTable.hash(text, range, seed) & (slots.count - 1)
    while slots[slot] != 0 {
      let account = slots[slot] - 1
      if holds(account, text, range) {
        last = account
        return account
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    guard let name = text.text(in: range) else { return nil }
    names.append(name)
    for index in range { bytes.append(text[index]) }
    ends.append(bytes.count)
    slots[slot] = UInt32(names.count)
    if names.count * 2 > slots.count { grow() }
    last = UInt32(names.count - 1)
    return last
  }

  mutating func index(of name: String) -> UInt32? {
    let text = Array(name.utf8)
    return index(of: text.span, 0..<text.count)
  }

  private func place(of account: UInt32) -> Range<Int> {
    (account == 0 ? 0 : ends[Int(account) - 1])..<ends[Int(account)]
  }

  private func holds(_ account: UInt32, _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    let place = place(of: account)
    guard place.count == range.count else { return false }
    for index in 0..<range.count
    where bytes[place.lowerBound + index] != text[range.lowerBound + index] { return false }
    return true
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    for account in 0..<UInt32(names.count) {
      var slot = AccountTable.hash(bytes.span, place(of: account), seed) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = account + 1
    }
  }

  private static func hash(_ text: Span<UInt8>, _ range: Range<Int>, _ seed: UInt64) -> Int {
    var state = seed
    for index in range {
      state = (state ^ UInt64(text[index])) &* 0x9E37_79B9_7F4A_7C15
      state ^= state >> 29
    }
    return Int(truncatingIfNeeded: state >> 1)
  }
}
