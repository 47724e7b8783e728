import Quantities
import Tariff

/// What a register counted between two of its indices.
///
/// An index that is lower than the one before either turned over past its dial (from the last
/// tenth of the dial into the first tenth) or ran backwards. A dial has four digits or more.
///
/// - Returns: watt-hours before the multiplier; nil when the register ran backwards.
func registerDifference(from opening: Int64, to closing: Int64) -> Int64? {
  guard closing < opening else { return closing - opening }
  var dial: Int64 = 10_000_000
  while dial <= opening {
    let (next, overflow) = dial.multipliedReportingOverflow(by: 10)
    guard !overflow else { return nil }
    dial = next
  }
  guard opening >= dial / 10 * 9, closing <= dial / 10 else { return nil }
  return dial - opening + closing
}

extension [Channel: [RegisterIndex]] {
  /// Whether there is a register of energy, and not of reactive energy alone.
  var countEnergy: Bool { keys.contains { $0 != .registerReactive } }
}

/// A cycle's energy from registers, divided among its segments.
struct RegisterUsage {
  /// By segment and time-of-use period.
  var usage: [[Energy]]
  /// By segment, in varh; nil where no register counts reactive energy.
  var reactive: [Energy]?
  var spans: [RegisterSpan] = []
  /// The register reads behind each segment.
  var reads: [[RegisterIndex]]
  /// Whether the segment's energy was divided by days for want of an index at its edge.
  var isSplitByDays: [Bool]

  /// An index counts for a date within this many days of it.
  static let toleranceDays: Int32 = 3

  /// More than this in a run of segments is no energy, and sums of it would not stay in 64 bits.
  static let mostWattHours: Int64 = 100_000_000_000_000_000

  /// - Parameters:
  ///   - bills: the account's bills; those beside the cycle say where it opens and closes.
  ///   - isReactiveOnly: for a meter whose energy comes in intervals.
  init(
    _ segments: [PlannedSegment], cycle: BillingPeriod,
    registers: [Channel: [RegisterIndex]], bills: [BillRecord], multiplier: Int,
    isReactiveOnly: Bool = false
  ) throws(BillException) {
    usage = segments.map { Array(repeating: .zero, count: $0.schedule.periods.count) }
    self.reads = Array(repeating: [], count: segments.count)
    isSplitByDays = Array(repeating: false, count: segments.count)
    let hasReactive = Self.countsReactive(segments, cycle, registers)
    if hasReactive { reactive = Array(repeating: .zero, count: segments.count) }
    let channels = isReactiveOnly ? [] : try RegisterUsage.channels(segments, registers)
    for channel in channels + (hasReactive ? [.registerReactive] : []) {
      let reads = registers[channel] ?? []
      // Where the bill before closed and the one after opened, so that nothing is billed twice or
      // not at all; else the index nearest to the cycle's edge.
      let before = bills.last { $0.period.end == cycle.start }?.closings
      let after = bills.last { $0.period.start == cycle.end }?.openings
      guard
        let opening = before?.first(where: { $0.channel == channel.rawValue })?.read
          ?? RegisterUsage.nearest(reads, to: cycle.start.day)
      else { throw .missingIndex(register: channel.name, on: cycle.start) }
      guard
        let closing = after?.first(where: { $0.channel == channel.rawValue })?.read
          ?? RegisterUsage.nearest(reads, to: cycle.end.day, after: opening),
        closing.date > opening.date
      else { throw .missingIndex(register: channel.name, on: cycle.end) }
      var span = RegisterSpan()
      span.channel = UInt32(channel.rawValue)
      (span.openedOn, span.openingIndex) = (opening.date, opening.index)
      (span.closedOn, span.closingIndex) = (closing.date, closing.index)
      (span.openingPosition, span.closingPosition) = (opening.position, closing.position)
      spans.append(span)
      try divide(channel, segments, opening, closing, reads, multiplier)
    }
  }

  /// Whether a cycle's reactive energy is asked for and can be known: a plan that never asks is
  /// billed without, and so is a cycle that began before the register was first read.
  static func countsReactive(
    _ segments: [PlannedSegment], _ cycle: BillingPeriod, _ registers: [Channel: [RegisterIndex]]
  ) -> Bool {
    segments.contains { $0.schedule.reactivePower != nil }
      && (registers[.registerReactive] ?? []).contains {
        $0.date <= cycle.start.day + toleranceDays
      }
  }

  /// Which registers the plan is billed from.
  private static func channels(
    _ segments: [PlannedSegment], _ registers: [Channel: [RegisterIndex]]
  ) throws(BillException) -> [Channel] {
    for channels in [[.registerTotal], Channel.rateRegisters] {
      let fits = channels.allSatisfy { channel in
        registers[channel] != nil
          && segments.allSatisfy { $0.schedule.period(ofRegister: channel.name) != nil }
      }
      if fits { return channels }
    }
    throw .unfitRegisters(plan: segments[0].schedule.code)
  }

  /// - Parameter opening: what the cycle opens with, where its closing index is asked for: in a
  ///   cycle of a day or two that one may lie near both ends.
  static func nearest(
    _ reads: [RegisterIndex], to day: Int32, after opening: RegisterIndex? = nil
  ) -> RegisterIndex? {
    let first = opening.map { $0.date + 1 } ?? .min
    return reads.filter { first <= $0.date && abs($0.date - day) <= toleranceDays }
      // One that is read, before one that is estimated nearer by.
      .min {
        ($0.isEstimated ? 1 : 0, abs($0.date - day), $0.date)
          < ($1.isEstimated ? 1 : 0, abs($1.date - day), $1.date)
      }
  }

  /// At a segment's edge the index of that day is used where there is one; else the energy of the
  /// segments between two known indices is divided by their days, the last one taking the rest.
  private mutating func divide(
    _ channel: Channel, _ segments: [PlannedSegment], _ opening: RegisterIndex,
    _ closing: RegisterIndex, _ reads: [RegisterIndex], _ multiplier: Int
  ) throws(BillException) {
    var from = opening
    var first = 0
    for index in segments.indices {
      let isLast = index == segments.count - 1
      guard
        let to = isLast
          ? closing
          : reads.first(where: {
            $0.date == segments[index].period.end.day && opening.date < $0.date
              && $0.date < closing.date
          })
      else { continue }
      guard let counted = registerDifference(from: from.index, to: to.index) else {
        throw .registerRanBackwards(
          register: channel.name, from: Energy(wattHours: from.index),
          to: Energy(wattHours: to.index))
      }
      guard counted <= Self.mostWattHours / Int64(multiplier) else {
        throw .pricing("register \(channel.name) counted beyond all measure")
      }
      let energy = Energy(wattHours: counted) * multiplier
      let run = first...index
      let rounding = segments[first].schedule.splitRounding
      let parts = rounding.split(energy, byDays: run.map { segments[$0].period.days })
      for (segment, part) in zip(run, parts) {
        if channel == .registerReactive {
          reactive?[segment] += part
        } else if let period = segments[segment].schedule.period(ofRegister: channel.name) {
          usage[segment][period] += part
        } else {
          throw .unfitRegisters(plan: segments[segment].schedule.code)
        }
        self.reads[segment] += [from, to]
        if run.count > 1 { isSplitByDays[segment] = true }
      }
      (from, first) = (to, index + 1)
    }
  }
}
