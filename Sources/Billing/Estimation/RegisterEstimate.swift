import Quantities

/// An index that nobody read, from the three periods before (Decree 137/2013/NĐ-CP, article 20.3):
/// the mean daily use of them times the days of the period.
struct RegisterEstimate: Equatable {
  var index: Int64
  /// Dates of the indices that it is made of.
  var days: [Int32]
  var reason: String
  /// What the register counts in the period, before the multiplier.
  var counted: Int64

  enum Answer: Equatable {
    case estimate(RegisterEstimate)
    case not(String)
  }

  /// - Parameters:
  ///   - opening: the index that the period opens with.
  ///   - reads: the register's indices, ascending by date.
  static func index(
    _ opening: RegisterIndex, closing day: ServiceDate, _ reads: [RegisterIndex],
    _ agreement: ServiceAgreement
  ) -> Answer {
    let read = reads.filter { !$0.isEstimated }
    var period = agreement.cycle(containing: day.adding(days: -1))
    var (counted, days, found) = (Int128(0), Int128(0), 0)
    var basis: Set<Int32> = []
    var unit: Int64 = 1000
    for _ in 0..<EstimationRule.periodsWithin where period.start > agreement.start {
      period = agreement.cycle(containing: period.start.adding(days: -1))
      guard let from = RegisterUsage.nearest(read, to: period.start.day),
        let to = RegisterUsage.nearest(read, to: period.end.day), from.date < to.date,
        let used = registerDifference(from: from.index, to: to.index)
      else { continue }
      counted += Int128(used)
      days += Int128(to.date - from.date)
      basis.formUnion([from.date, to.date])
      while unit > 1, from.index % unit != 0 || to.index % unit != 0 { unit /= 10 }
      found += 1
      if found == EstimationRule.periods { break }
    }
    guard found == EstimationRule.periods else {
      return .not("\(found) whole periods before it were read, three are needed")
    }
    let elapsed = Int128(day.day) - Int128(opening.date)
    guard elapsed > 0 else {
      return .not(
        "it opens with an index of \(ServiceDate(day: opening.date)), not of a day before")
    }
    // In the register's own resolution.
    let used = rounded(counted * elapsed, by: days * Int128(unit)) * Int128(unit)
    let index = Int128(opening.index) + used
    guard index <= Int128(EventJudgement.registerLimit) else {
      return .not("the index would be beyond any dial")
    }
    guard used <= Int128(RegisterUsage.mostWattHours) / Int128(max(1, agreement.multiplier)) else {
      return .not("it would come to more than a meter measures")
    }
    return .estimate(
      RegisterEstimate(
        index: Int64(index), days: basis.sorted(),
        reason: "\(Energy(wattHours: Int64(counted)).kWh) kWh in \(days) days of the three periods "
          + "before, \(elapsed) days",
        counted: Int64(used)))
  }
}
