import Billing
import Quantities

/// A simulated neighbourhood's interval CSV and the enrolments that go with it.
///
/// ```swift
/// var file = SimulatedMeterFile(meters: 1000, days: 30, zone: losAngeles)
/// file.write { handle.append($0) }
/// engine.enroll(file.enrollments, ...)
/// ```
public struct SimulatedMeterFile {
  public let meters: Int
  public let days: Int
  public let intervalMinutes: Int
  public let start: ServiceDate
  /// Every value is rounded down to a multiple of this many watt-hours, as coarser meters do.
  public var resolution = 1

  private let seed: UInt64
  private let zone: ZoneTable

  public init(
    meters: Int, days: Int, intervalMinutes: Int = 60, seed: UInt64 = 1,
    start: ServiceDate = ServiceDate(year: 2015, month: 1, day: 1)!, zone: ZoneTable
  ) {
    precondition(meters > 0 && days > 0, "a neighbourhood has a meter and a day")
    self.meters = meters
    self.days = days
    self.intervalMinutes = intervalMinutes
    self.seed = seed
    self.start = start
    self.zone = zone
  }

  public var dayReads: Int { meters * days }

  /// The CSV's bytes, the header and then a day of all meters at a time.
  ///
  /// - Parameter part: gets each part with the day-reads written so far.
  public func write(_ part: ([UInt8], _ dayReads: Int) throws -> Void) rethrows {
    var homes = MeterSimulation(
      meters: meters, intervalMinutes: intervalMinutes, seed: seed, zone: zone)
    let columns = (1...(1500 / intervalMinutes)).map { "wh_\($0)" }.joined(separator: ",")
    try part(Array("account,date,interval_minutes,\(columns)\n".utf8), 0)
    let names = (0..<meters).map { Array(homes.account($0).utf8) }
    var values: [Int] = []
    var bytes: [UInt8] = []
    for day in 0..<days {
      let date = start.adding(days: day)
      let middle = Array(",\(date),\(intervalMinutes)".utf8)
      homes.startDay(date)
      bytes.removeAll(keepingCapacity: true)
      bytes.reserveCapacity(meters * 130)
      for meter in 0..<meters {
        homes.day(date, meter: meter, into: &values)
        bytes += names[meter]
        bytes += middle
        for value in values {
          bytes.append(0x2C)
          append(value / resolution * resolution, to: &bytes)
        }
        bytes.append(0x0A)
      }
      try part(bytes, (day + 1) * meters)
    }
  }

  private func append(_ value: Int, to bytes: inout [UInt8]) {
    if value >= 10 { append(value / 10, to: &bytes) }
    bytes.append(UInt8(0x30 + value % 10))
  }

  /// One enrolment a meter, on the plans and in the regions that a neighbourhood has.
  public var enrollments: [Enrollment] {
    let homes = MeterSimulation(meters: meters, intervalMinutes: 60, seed: seed, zone: zone)
    return (0..<meters).map { meter in
      var enrollment = Enrollment(
        number: homes.account(meter), plan: plan(meter), on: start,
        region: Self.regions[meter % Self.regions.count])
      enrollment.readDay = meter % 28 + 1
      return enrollment
    }
  }

  private static let regions = ["10", "9", "6", "8", "13", "14", "16", "15", "5"]

  /// Plans that have a price on the first day.
  private func plan(_ meter: Int) -> String {
    let hasTwoRates = start >= ServiceDate(year: 2015, month: 3, day: 2)!
    let hasLevels = start >= ServiceDate(year: 2015, month: 6, day: 1)!
    switch meter % 10 {
    case 6, 7: return hasTwoRates ? "TOU-D-A" : "D"
    case 8: return hasTwoRates ? "TOU-D-B" : "D"
    case 9: return hasLevels ? "TOU-D-T" : "D"
    default: return "D"
    }
  }
}
