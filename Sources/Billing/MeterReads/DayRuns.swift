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

  @inline(__always)
  mutating func insert(_ day: Int32) {
    if day == last &+ 1, bits.isEmpty, !isEmpty {
      last = day
    } else {
      insertSlowly(day)
    }
  }

  func contains(_ day: Int32) -> Bool {
    guard first <= day, day <= last else { return false }
    guard !bits.isEmpty else { return true }
    let index = Int(day - first)
    return bits[index / 64] >> UInt64(index % 64) & 1 == 1
  }

  @inline(never)
  private mutating func insertSlowly(_ day: Int32) {
    guard !isEmpty else {
      first = day
      last = day
      return
    }
    guard !contains(day) else { return }
    if bits.isEmpty, day == first - 1 {
      first = day
      return
    }
    if bits.isEmpty {
      for run in first...last { set(run) }
    }
    if day < first {
      // Whole words, so that the bits that are there keep their places in them.
      let words = (Int(first - day) + 63) / 64
      bits.insert(contentsOf: repeatElement(0, count: words), at: 0)
      first -= Int32(words * 64)
    }
    last = max(last, day)
    set(day)
    trim()
  }

  private mutating func set(_ day: Int32) {
    let index = Int(day - first)
    while bits.count <= index / 64 { bits.append(0) }
    bits[index / 64] |= 1 << UInt64(index % 64)
  }

  /// Moves `first` to the first day that is set and forgets the bits when the holes are filled, so
  /// that equal sets are equal however they came about.
  private mutating func trim() {
    let days = days
    guard let head = days.first else { return }
    var trimmed = DayRuns()
    trimmed.first = head
    trimmed.last = last
    if days.count != Int(last - head) + 1 {
      for day in days { trimmed.set(day) }
    }
    self = trimmed
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
