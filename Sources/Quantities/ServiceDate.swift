/// A civil date of the proleptic Gregorian calendar, as days since 1970-01-01.
public struct ServiceDate: Hashable, Comparable, Sendable {
  public var day: Int32

  public init(day: Int32) { self.day = day }

  /// The days of the years 1 to 9999: all that are ever recorded.
  public static let days: ClosedRange<Int32> = -719_162...2_932_896

  /// A date from its year, month 1...12 and day of the month; nil when there is no such date.
  public init?(year: Int, month: Int, day: Int) {
    guard (1...12).contains(month), (1...9999).contains(year) else { return nil }
    guard day >= 1, day <= ServiceDate.days(inMonth: month, of: year) else { return nil }
    self.init(unchecked: year, month, day)
  }

  /// Days from civil, counting years from March so that a leap day ends its year.
  private init(unchecked year: Int, _ month: Int, _ day: Int) {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    self.day = Int32(era * 146_097 + dayOfEra - 719_468)
  }

  /// Parses exactly `YYYY-MM-DD`.
  @inlinable
  public init?(_ text: UnsafeBufferPointer<UInt8>) {
    guard text.count == 10, text[4] == 0x2D, text[7] == 0x2D else { return nil }
    func number(_ from: Int, _ count: Int) -> Int? {
      var value = 0
      for index in from..<(from + count) {
        let digit = text[index] &- 0x30
        guard digit <= 9 else { return nil }
        value = value * 10 + Int(digit)
      }
      return value
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2) else {
      return nil
    }
    self.init(year: year, month: month, day: day)
  }

  /// Parses exactly `YYYY-MM-DD`.
  public init?(_ text: String) {
    var copy = text
    guard let date = copy.withUTF8({ ServiceDate($0) }) else { return nil }
    self = date
  }

  public var yearMonthDay: (year: Int, month: Int, day: Int) {
    let shifted = Int(day) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// 1 is Monday, 7 is Sunday (ISO 8601).
  public var weekday: Int { (Int(day) % 7 + 7 + 3) % 7 + 1 }

  public static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  public func adding(days: Int) -> ServiceDate { ServiceDate(day: day + Int32(days)) }

  /// Days from this date to a later one.
  public func days(to other: ServiceDate) -> Int { Int(other.day) - Int(day) }

  /// The given day of the month `months` later; a day past the month's end is its last day.
  public func dayOfMonth(_ wanted: Int, addingMonths months: Int = 0) -> ServiceDate {
    let (year, month, _) = yearMonthDay
    let index = year * 12 + month - 1 + months
    let (toYear, toMonth) = (index / 12, index % 12 + 1)
    let last = ServiceDate.days(inMonth: toMonth, of: toYear)
    return ServiceDate(unchecked: toYear, toMonth, min(wanted, last))
  }

  /// The same date next year; 29 February becomes 1 March.
  public var sameDateNextYear: ServiceDate {
    let (year, month, day) = yearMonthDay
    return ServiceDate(year: year + 1, month: month, day: day)
      ?? ServiceDate(unchecked: year + 1, 3, 1)
  }

  public static func < (left: ServiceDate, right: ServiceDate) -> Bool { left.day < right.day }
}

extension ServiceDate: CustomStringConvertible {
  /// `YYYY-MM-DD`.
  public var description: String { text(of: 0x2D) }

  /// `YYYYMMDD`.
  public var digits: String { text(of: nil) }

  /// - Parameter separator: ASCII, between the parts.
  private func text(of separator: UInt8?) -> String {
    let (year, month, day) = yearMonthDay
    guard (0...9999).contains(year) else { return "day \(self.day)" }
    // Ten bytes at most: such a text needs no memory of its own.
    return String(unsafeUninitializedCapacity: 10) { bytes in
      var count = 0
      func append(_ value: Int, _ unit: Int) {
        var unit = unit
        while unit > 0 {
          bytes[count] = 0x30 + UInt8(value / unit % 10)
          count += 1
          unit /= 10
        }
      }
      append(year, 1000)
      func separate() {
        guard let separator else { return }
        bytes[count] = separator
        count += 1
      }
      separate()
      append(month, 10)
      separate()
      append(day, 10)
      return count
    }
  }
}

/// A half-open run of service days: `start` is in it, `end` is not.
public struct BillingPeriod: Hashable, Sendable {
  public let start: ServiceDate
  public let end: ServiceDate

  public init(start: ServiceDate, end: ServiceDate) {
    precondition(start <= end, "a period ends after it starts")
    self.start = start
    self.end = end
  }

  public var days: Int { start.days(to: end) }

  public func contains(_ date: ServiceDate) -> Bool { start <= date && date < end }

  /// The days in both, or nil when there is none.
  public func intersection(_ other: BillingPeriod) -> BillingPeriod? {
    let (from, to) = (max(start, other.start), min(end, other.end))
    return from < to ? BillingPeriod(start: from, end: to) : nil
  }

  /// Every day, in order.
  public var dates: some Sequence<ServiceDate> {
    (start.day..<end.day).lazy.map { ServiceDate(day: $0) }
  }
}

extension BillingPeriod: CustomStringConvertible {
  public var description: String { "\(start)..<\(end)" }
}
