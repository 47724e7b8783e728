import Quantities

/// A bill's number: its account's, the date on which its cycle ended, and from the cycle's second
/// bill on which one of them it is: `3012345678-20150401`, then `3012345678-20150401-2`.
public struct BillNumber: Hashable, Sendable, CustomStringConvertible {
  public let account: String
  public let end: ServiceDate
  /// From 1 on.
  public let ordinal: Int

  public init(account: String, end: ServiceDate, ordinal: Int = 1) {
    self.account = account
    self.end = end
    self.ordinal = ordinal
  }

  /// Nil where the text is no bill's number.
  public init?(_ text: String) {
    var parts = text.split(separator: "-", omittingEmptySubsequences: false)
    var ordinal = 1
    // Eight digits are the date: nobody has as many bills of one cycle.
    if let last = parts.last, last.utf8.count < 8 {
      guard let number = Int(last), number > 1, String(number) == last else { return nil }
      ordinal = number
      parts.removeLast()
    }
    guard parts.count > 1, let last = parts.last, last.utf8.count == 8,
      let date = Int(last), date > 0,
      let end = ServiceDate(year: date / 10_000, month: date / 100 % 100, day: date % 100)
    else { return nil }
    self.init(
      account: parts.dropLast().joined(separator: "-"), end: end, ordinal: ordinal)
    guard description == text else { return nil }
  }

  public var description: String {
    let first = "\(account)-\(end.digits)"
    return ordinal > 1 ? "\(first)-\(ordinal)" : first
  }
}

extension [BillRecord] {
  /// Which bill of its cycle's end the one at an index is.
  func ordinal(_ index: Int) -> Int {
    self[..<index].count { $0.period.end == self[index].period.end } + 1
  }

  /// The number of the bill at an index of all bills of an account.
  func number(_ index: Int, of account: String) -> BillNumber {
    BillNumber(account: account, end: self[index].period.end, ordinal: ordinal(index))
  }

  /// The index of the bill of a number, or nil.
  func index(of number: BillNumber) -> Int? {
    indices.filter { self[$0].period.end == number.end }.dropFirst(number.ordinal - 1).first
  }

  /// The last of these that is cancelled and that a bill of a period takes the place of.
  func predecessor(of period: BillingPeriod) -> BillRecord? {
    last { $0.isCancelled && $0.period.intersection(period) != nil }
  }

  /// The first day on which a bill of some days may be dated: what stood there counts until it was
  /// cancelled.
  func earliestDate(of period: BillingPeriod) -> ServiceDate? {
    filter { $0.isCancelled && $0.period.intersection(period) != nil }.map(\.correctableFrom).max()
  }
}
