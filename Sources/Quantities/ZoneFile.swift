/// Reads a compiled zone file (RFC 8536, version 2 or later) into a table from 1970 to 2040.
public enum ZoneFileError: Error, Equatable {
  case notAZoneFile
  case truncated
  case footer(String)
  /// Transitions that do not ascend, or offsets of more than a day.
  case implausible
}

extension ZoneTable {
  /// - Parameter bytes: a whole file such as `/usr/share/zoneinfo/America/Los_Angeles`.
  public init(name: String, zoneFile bytes: [UInt8]) throws(ZoneFileError) {
    var reader = ZoneFileReader(bytes: bytes)
    self = try reader.table(name: name)
  }
}

private struct ZoneFileReader {
  let bytes: [UInt8]
  var index = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func integer(_ size: Int) throws(ZoneFileError) -> Int64 {
    guard index + size <= bytes.count else { throw .truncated }
    var value: Int64 = bytes[index] >= 0x80 ? -1 : 0
    for byte in bytes[index..<index + size] { value = value << 8 | Int64(byte) }
    index += size
    return value
  }

  /// A count of things that follow, none of which is smaller than a byte.
  mutating func count() throws(ZoneFileError) -> Int {
    let count = Int(try integer(4))
    guard (0...bytes.count).contains(count) else { throw .truncated }
    return count
  }

  struct Counts { var leap = 0, times = 0, types = 0, characters = 0, standard = 0, universal = 0 }

  mutating func header() throws(ZoneFileError) -> Counts {
    guard index + 44 <= bytes.count, bytes[index..<index + 4].elementsEqual("TZif".utf8) else {
      throw .notAZoneFile
    }
    guard bytes[index + 4] >= 0x32 else { throw .notAZoneFile }
    index += 20
    var counts = Counts()
    counts.universal = try count()
    counts.standard = try count()
    counts.leap = try count()
    counts.times = try count()
    counts.types = try count()
    counts.characters = try count()
    return counts
  }

  mutating func table(name: String) throws(ZoneFileError) -> ZoneTable {
    let old = try header()
    index +=
      old.times * 5 + old.types * 6 + old.characters + old.leap * 8 + old.standard + old.universal
    let counts = try header()
    var times: [Int64] = []
    for _ in 0..<counts.times { times.append(try integer(8)) }
    var kinds: [Int] = []
    for _ in 0..<counts.times { kinds.append(Int(try integer(1)) & 0xFF) }
    var offsets: [Int32] = []
    for _ in 0..<counts.types {
      offsets.append(Int32(try integer(4)))
      index += 2
    }
    guard !offsets.isEmpty, kinds.allSatisfy({ $0 < offsets.count }) else { throw .truncated }
    index += counts.characters + counts.leap * 12 + counts.standard + counts.universal
    guard index < bytes.count, bytes[index] == 0x0A,
      let end = bytes[(index + 1)...].firstIndex(of: 0x0A)
    else { throw .truncated }
    let footer = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)

    var all = zip(times, kinds).map { ZoneTable.Transition(at: $0, offset: offsets[$1]) }
    if !footer.isEmpty {
      guard let rule = ZoneRule(footer) else { throw .footer(footer) }
      let last = all.last?.at ?? .min
      for year in ZoneTable.years {
        all += rule.transitions(in: year).filter { $0.at > last }
      }
    }
    let epoch = Int64(ServiceDate(year: ZoneTable.years.lowerBound, month: 1, day: 1)!.day) * 86_400
    let limit = Int64(ServiceDate(year: ZoneTable.years.upperBound, month: 1, day: 2)!.day) * 86_400
    let initial = all.last { $0.at <= epoch }?.offset ?? offsets[0]
    var kept: [ZoneTable.Transition] = []
    for transition in all where transition.at > epoch && transition.at < limit {
      if transition.offset != kept.last?.offset ?? initial { kept.append(transition) }
    }
    guard let table = ZoneTable(checking: name, initialOffset: initial, transitions: kept) else {
      throw .implausible
    }
    return table
  }
}

/// The rule at the end of a zone file, as POSIX writes it: `PST8PDT,M3.2.0,M11.1.0`.
private struct ZoneRule {
  struct Change {
    var month = 0, week = 0, weekday = 0, second = 7200
  }
  var standard: Int32 = 0
  var daylight: Int32?
  var starts = Change()
  var ends = Change()

  init?(_ text: String) {
    var rest = Substring(text)
    guard ZoneRule.name(&rest), let west = ZoneRule.time(&rest) else { return nil }
    standard = Int32(-west)
    guard !rest.isEmpty else { return }
    guard ZoneRule.name(&rest) else { return nil }
    daylight = standard + 3600
    if rest.first != "," {
      guard let west = ZoneRule.time(&rest) else { return nil }
      daylight = Int32(-west)
    }
    guard let first = ZoneRule.change(&rest), let second = ZoneRule.change(&rest), rest.isEmpty
    else { return nil }
    (starts, ends) = (first, second)
  }

  static func name(_ rest: inout Substring) -> Bool {
    if rest.first == "<" {
      guard let close = rest.firstIndex(of: ">") else { return false }
      rest = rest[rest.index(after: close)...]
      return true
    }
    let letters = rest.prefix { $0.isLetter }
    rest = rest.dropFirst(letters.count)
    return letters.count >= 3
  }

  static func number(_ rest: inout Substring, in range: ClosedRange<Int>) -> Int? {
    let digits = rest.prefix { $0.isNumber }
    rest = rest.dropFirst(digits.count)
    return Int(digits).flatMap { range.contains($0) ? $0 : nil }
  }

  static func time(_ rest: inout Substring) -> Int? {
    let sign = rest.first == "-" ? -1 : 1
    if rest.first == "-" || rest.first == "+" { rest = rest.dropFirst() }
    // RFC 8536 allows a week, for changes told from another day.
    guard var seconds = number(&rest, in: 0...167).map({ $0 * 3600 }) else { return nil }
    for unit in [60, 1] where rest.first == ":" {
      rest = rest.dropFirst()
      guard let value = number(&rest, in: 0...59) else { return nil }
      seconds += value * unit
    }
    return sign * seconds
  }

  static func change(_ rest: inout Substring) -> Change? {
    guard rest.hasPrefix(",M") else { return nil }
    rest = rest.dropFirst(2)
    guard let month = number(&rest, in: 1...12), rest.first == "." else { return nil }
    rest = rest.dropFirst()
    guard let week = number(&rest, in: 1...5), rest.first == "." else { return nil }
    rest = rest.dropFirst()
    guard let weekday = number(&rest, in: 0...6) else { return nil }
    var change = Change(month: month, week: week, weekday: weekday)
    if rest.first == "/" {
      rest = rest.dropFirst()
      guard let second = time(&rest) else { return nil }
      change.second = second
    }
    return change
  }

  func transitions(in year: Int) -> [ZoneTable.Transition] {
    guard let daylight else { return [] }
    let pair = [
      ZoneTable.Transition(at: moment(starts, in: year) - Int64(standard), offset: daylight),
      ZoneTable.Transition(at: moment(ends, in: year) - Int64(daylight), offset: standard),
    ]
    return pair.sorted { $0.at < $1.at }
  }

  /// The wall-clock second of a change; weekday 0 is Sunday, week 5 is the last.
  private func moment(_ change: Change, in year: Int) -> Int64 {
    let first = ServiceDate(year: year, month: change.month, day: 1)!
    var day = (change.weekday - first.weekday % 7 + 7) % 7 + 7 * (change.week - 1)
    if day >= ServiceDate.days(inMonth: change.month, of: year) { day -= 7 }
    return (Int64(first.day) + Int64(day)) * 86_400 + Int64(change.second)
  }
}
