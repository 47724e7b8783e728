import Journal

/// A set of service days, as one run where it is one and as bits where it has holes.
struct DayRuns: Sendable, Hashable {
  private(set) var first: Int32 = 0
  /// Last day of the set; before `first` when it is empty.
  private(set) var last: Int32 = -1
  /// Bit i stands for day `first + i`; empty while there are no holes.
  private var bits: [UInt64] = []

  var isEmpty: Bool { last < first }
  /// The last day, nil when there is none.
  var latest: Int32? { isEmpty ? nil : last }

  /// Adds days that follow each other: on the set's end as a rule.
  @inline(__always)
  mutating func insert(_ days: ClosedRange<Int32>) {
    if days.lowerBound == last &+ 1, bits.isEmpty, !isEmpty {
      last = days.upperBound
    } else {
      insertSlowly(days)
    }
  }

  func contains(_ day: Int32) -> Bool {
    guard first <= day, day <= last else { return false }
    guard !bits.isEmpty else { return true }
    let index = Int(day - first)
    return bits[index / 64] >> UInt64(index % 64) & 1 == 1
  }

  @inline(never)
  private mutating func insertSlowly(_ days: ClosedRange<Int32>) {
    if isEmpty {
      (first, last) = (days.lowerBound, days.upperBound)
    } else {
      for day in days { insert(day) }
    }
  }

  private mutating func insert(_ day: Int32) {
    guard !contains(day) else { return }
    if bits.isEmpty, day == last &+ 1 {
      last = day
      return
    }
    if bits.isEmpty, day == first - 1 {
      first = day
      return
    }
    if bits.isEmpty { for run in first...last { set(run) } }
    if day < first {
      let older = days
      bits = []
      first = day
      for day in older { set(day) }
    }
    last = max(last, day)
    set(day)
    // Without holes the run alone says it all, so equal sets are equal however they came about.
    let count = bits.reduce(0) { $0 + $1.nonzeroBitCount }
    if count == Int(last - first) + 1 { bits = [] }
  }

  private mutating func set(_ day: Int32) {
    let index = Int(day - first)
    while bits.count <= index / 64 { bits.append(0) }
    bits[index / 64] |= 1 << UInt64(index % 64)
  }

  /// Every day, ascending.
  var days: [Int32] {
    guard !isEmpty else { return [] }
    guard !bits.isEmpty else { return Array(first...last) }
    return (first...last).filter { contains($0) }
  }

  func write(to writer: inout ByteWriter) {
    writer.put(first)
    writer.put(last)
    writer.put(UInt32(bits.count))
    for word in bits { writer.put(word) }
  }

  init() {}

  init(from reader: inout ByteReader) throws {
    first = try reader.get()
    last = try reader.get()
    for _ in 0..<(try reader.get(UInt32.self)) { bits.append(try reader.get()) }
    guard bits.isEmpty || bits.count * 64 > Int(last) - Int(first) else {
      throw ByteReader.Failure.endOfBytes
    }
  }
}
