import Quantities
import Yams

/// Reads the values of one document and collects what is wrong with them.
///
/// A value that cannot be read is reported once and stands as nil, so that reading goes on and
/// the analyst sees all errors at once. Scalars are read as the text they are written as: no price
/// passes through a floating-point number.
final class ScheduleReader {
  private let file: String
  private let firstLine: Int
  /// Of a version that a journal holds: it is read as it was published, whatever the bounds of names
  /// and percentages are now.
  let isPublished: Bool
  /// The first day of a trial, whatever the document says; see `RateSchedule.asIfEffective(on:)`.
  let asIfEffective: ServiceDate?
  private(set) var errors: [RateScheduleError] = []

  init(
    file: String, firstLine: Int, isPublished: Bool = false, asIfEffective: ServiceDate? = nil
  ) {
    self.file = file
    self.firstLine = firstLine
    self.isPublished = isPublished
    self.asIfEffective = asIfEffective
  }

  /// - Parameter line: line of the document, counted from 1.
  func refuse(line: Int, _ reason: String) {
    errors.append(RateScheduleError(file: file, line: firstLine + line - 1, reason: reason))
  }

  func refuse(_ node: Node?, _ reason: String) { refuse(line: node?.mark?.line ?? 1, reason) }

  /// A mapping with known keys; unknown and missing ones are reported.
  func table(
    _ node: Node?, _ what: String, required: [String], optional: [String] = []
  ) -> [String: Node] {
    var table: [String: Node] = [:]
    guard let node else { return table }
    for (name, key, value) in entries(node, what) {
      if required.contains(name) || optional.contains(name) {
        table[name] = value
      } else {
        refuse(key, "\(what) has no key \(name)")
      }
    }
    guard node.mapping != nil else { return table }
    for key in required where table[key] == nil { refuse(node, "\(what) lacks \(key)") }
    return table
  }

  /// A mapping whose keys are names of the analyst's choice, in order.
  func entries(
    _ node: Node?, _ what: String, atMost limit: Int = 1000, bytes: Int = ScheduleReader.nameBytes
  ) -> [(name: String, key: Node, value: Node)] {
    guard let node else { return [] }
    guard let mapping = node.mapping, !mapping.isEmpty else {
      refuse(node, "\(what) must be a table of key: value")
      return []
    }
    if mapping.count > limit { refuse(node, "\(what) has more than \(limit) entries") }
    return mapping.prefix(limit).compactMap { key, value in
      text(key, "a name in \(what)", atMost: bytes).map { ($0, key, value) }
    }
  }

  func list(_ node: Node?, _ what: String) -> [Node] {
    guard let node else { return [] }
    guard let sequence = node.sequence, !sequence.isEmpty else {
      refuse(node, node.sequence == nil ? "\(what) must be a list" : "\(what) are an empty list")
      return []
    }
    if sequence.count > 1000 { refuse(node, "\(what) has more than 1000 entries") }
    return Array(sequence.prefix(1000))
  }

  /// Bytes of a name: what bills and events make of names, and of who is owed a tax, fits them.
  static let nameBytes = 128
  /// Bytes of what an account's terms name: a city, a discount.
  static let termBytes = 64
  /// Bytes of a baseline region.
  static let regionBytes = 32

  /// - Parameter limit: bytes of UTF-8; nil for what stands in no event but the document itself.
  func text(_ node: Node?, _ what: String, atMost limit: Int? = nil) -> String? {
    guard let node else { return nil }
    guard let scalar = node.scalar, scalar.string.contains(where: { !$0.isWhitespace }) else {
      refuse(node, "\(what) must be a text")
      return nil
    }
    if let limit, !isPublished, scalar.string.utf8.count > limit {
      refuse(node, "\(what) has more than \(limit) bytes")
      return nil
    }
    return scalar.string
  }

  func name(_ node: Node?, _ what: String) -> String {
    text(node, what, atMost: Self.nameBytes) ?? ""
  }

  /// A text that some rule turns into a value, or the reason why it is none.
  func value<Value>(
    _ node: Node?, _ what: String, _ form: String, _ parse: (String) -> Value?
  ) -> Value? {
    guard let text = text(node, what) else { return nil }
    if let value = parse(text) { return value }
    refuse(node, "\(what) is \(text), not \(form)")
    return nil
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ node: Node?, _ what: String, _ type: Choice.Type = Choice.self
  ) -> Choice? {
    let names = type.allCases.map(\.rawValue)
    return value(node, what, "one of: \(names.joined(separator: ", "))") { type.init(rawValue: $0) }
  }

  func date(_ node: Node?, _ what: String) -> ServiceDate? {
    value(node, what, "a date like 2015-03-02") { ServiceDate($0) }
  }

  func integer(_ node: Node?, _ what: String, _ range: ClosedRange<Int>) -> Int? {
    value(node, what, "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
      Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// A price of less than a thousand million units, in millionths.
  func price(_ node: Node?, _ what: String) -> Price? {
    value(node, what, "a decimal price below 1,000,000,000 with at most 6 decimals, 0 or more") {
      text in
      Price(text).flatMap { 0..<1_000_000_000_000_000 ~= $0.millionthsPerUnit ? $0 : nil }
    }
  }

  /// Less than a million kilowatt-hours.
  func energy(_ node: Node?, _ what: String) -> Energy? {
    value(node, what, "kilowatt-hours below 1,000,000 with at most 3 decimals, 0 or more") { text in
      Energy(kWh: text).flatMap { 0..<1_000_000_000 ~= $0.wattHours ? $0 : nil }
    }
  }

  /// Percent up to 1,000 with at most 4 decimals, as millionths; up to 100,000 where it is published.
  func percent(_ node: Node?, _ what: String) -> Int64? {
    let most: Int64 = isPublished ? 1_000_000_000 : 10_000_000
    return value(
      node, what, "a percentage up to 1,000 with at most 4 decimals, without the sign"
    ) { text in
      DecimalText.parse(text, scale: 4).flatMap { 0...most ~= $0 ? $0 : nil }
    }
  }

  /// A minute of the wall clock from `HH:MM`; `24:00` is the end of the day.
  func minute(_ node: Node?, _ what: String) -> Int? {
    value(node, what, "a time like \"09:30\"") { text in
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
        parts.allSatisfy({ $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } }),
        let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60
      else { return nil }
      let time = hour * 60 + minute
      return time <= 1440 ? time : nil
    }
  }
}
