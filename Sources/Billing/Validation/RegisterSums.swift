import Quantities

/// Between two indices of a register, what it counted and what the intervals add up to.
struct RegisterSum {
  var from: Int32
  /// The day of the later index: the first one not between them.
  var to: Int32
  /// Watt-hours before the multiplier.
  var counted: Int64
  var intervals: Int64 = 0
  /// Whole days that were measured.
  var days: Int32 = 0

  /// Spans between indices that were read: of the register of all energy, or of the three rates'
  /// registers where all of them were read on the same days.
  static func spans(of registers: [Channel: [RegisterIndex]]) -> [RegisterSum] {
    let channels = registers[.registerTotal] == nil ? Channel.rateRegisters : [.registerTotal]
    var total: [Int32: RegisterSum] = [:]
    for (place, channel) in channels.enumerated() {
      let read = (registers[channel] ?? []).filter { !$0.isEstimated }
      var own: [Int32: RegisterSum] = [:]
      for (from, to) in zip(read, read.dropFirst()) {
        guard let counted = registerDifference(from: from.index, to: to.index) else { continue }
        own[from.date] = RegisterSum(from: from.date, to: to.date, counted: counted)
      }
      if place == 0 {
        total = own
      } else {
        total = total.merging(own) { one, other in
          RegisterSum(from: one.from, to: other.to, counted: one.counted &+ other.counted)
        }.filter { own[$0.key]?.to == total[$0.key]?.to }
      }
    }
    return total.values.sorted { $0.from < $1.from }
  }

  /// Where the span of a date would be among those that are ascending and apart.
  static func place(of date: Int32, among spans: [RegisterSum]) -> Int? {
    var (low, high) = (0, spans.count)
    while low < high {
      let middle = (low + high) / 2
      if spans[middle].from <= date { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : low - 1
  }

  mutating func add(_ date: Int32, _ energy: Int64) {
    guard from <= date, date < to else { return }
    intervals &+= energy
    days += 1
  }

  /// The doubt about it: that the multiplier is another, or that the sums differ.
  func doubt(multiplier: Int64) -> ReadFlag? {
    guard days == to - from, counted <= Int64.max / max(multiplier, 1) / 2 else { return nil }
    let tolerance = ReadRule.sumWattHours * multiplier
    let difference = intervals - counted * multiplier
    guard difference.magnitude > tolerance.magnitude else { return nil }
    func flag(_ rule: ReadFlagged.Rule, _ found: Int64, _ limit: Int64) -> ReadFlag {
      ReadFlag(
        position: 0, rule: rule, channel: .delivered, first: from, last: to - 1, found: found,
        limit: limit, holds: rule.holds, readAfter: 0)
    }
    let factor = counted > 0 ? (intervals + counted / 2) / counted : 0
    let isFactor =
      // Beyond what any meter has nothing is a factor, and nothing overflows.
      (1...1_000_000).contains(factor) && factor != multiplier
      && (intervals - counted * factor).magnitude
        <= (ReadRule.sumWattHours * max(factor, multiplier)).magnitude
      && difference.magnitude > (tolerance * ReadRule.multiplierTolerances).magnitude
    return isFactor
      ? flag(.multiplier, factor, multiplier)
      : flag(.sumAgainstRegister, difference, tolerance)
  }
}
