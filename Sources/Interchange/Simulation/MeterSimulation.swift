import Quantities

/// A repeatable source of numbers (SplitMix64): one seed, one neighbourhood, on any machine.
struct SimulationRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  /// A whole number in a range, both ends included.
  mutating func next(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(truncatingIfNeeded: next() >> 33) % (range.count)
  }
}

/// Homes that use electricity as homes do: a daily shape with an evening peak, weekends, heating
/// and cooling that follow a weather of several days, a level of its own for each home, and noise.
///
/// Everything is whole numbers, so that a seed gives the same bytes everywhere.
public struct MeterSimulation: Sendable {
  private struct Home {
    /// Watts that never go off, and the watt-hours of an ordinary day above them.
    var standby: Int
    var level: Int
    /// Thousandths of the level that full heat or full cold add.
    var cooling: Int
    var heating: Int
    /// Thousandths of a weekday that a Saturday or a Sunday uses.
    var weekend: Int
    /// Hours by which the day is shifted.
    var shift: Int
  }

  private let homes: [Home]
  private let intervalMinutes: Int
  private let zone: ZoneTable
  private var random: SimulationRandom
  /// Thousandths: -1000 is the coldest weather for the day of the year, 1000 the hottest.
  private var weather = 0

  /// Thousandths of the day's level by hour of the clock; they sum to 1,000.
  private static let weekday = [
    18, 15, 14, 14, 15, 21, 38, 50, 44, 34, 31, 31, 33, 33, 34, 38, 50, 67, 83, 88, 84, 74, 55, 36,
  ]
  private static let weekendDay = [
    21, 17, 15, 14, 14, 16, 23, 35, 48, 54, 54, 53, 52, 50, 48, 49, 54, 63, 72, 74, 69, 58, 45, 32,
  ]
  /// Thousandths of full heat and full cold by month.
  private static let heat = [0, 0, 20, 60, 180, 450, 850, 1000, 700, 250, 40, 0]
  private static let cold = [1000, 850, 550, 260, 80, 0, 0, 0, 0, 120, 480, 900]

  public init(meters: Int, intervalMinutes: Int, seed: UInt64, zone: ZoneTable) {
    var random = SimulationRandom(seed: seed)
    homes = (0..<meters).map { _ in
      let size = random.next(in: 40...110) * random.next(in: 60...160)
      return Home(
        standby: random.next(in: 40...220), level: size + random.next(in: 1000...4000),
        cooling: random.next(in: 0...3) == 0 ? 0 : random.next(in: 200...1600),
        heating: random.next(in: 0...2) == 0
          ? random.next(in: 300...1400) : random.next(in: 0...150),
        weekend: random.next(in: 920...1250), shift: random.next(in: -1...1))
    }
    self.intervalMinutes = intervalMinutes
    self.zone = zone
    self.random = random
  }

  public var meters: Int { homes.count }

  /// Account numbers of ten digits in ascending order.
  public func account(_ meter: Int) -> String { String(3_000_000_001 + meter) }

  /// Starts a day: the weather changes slowly, and all homes share it.
  public mutating func startDay(_ date: ServiceDate) {
    weather = weather * 7 / 10 + random.next(in: -320...320)
  }

  /// One home's watt-hours per interval, in elapsed order from local midnight.
  public mutating func day(_ date: ServiceDate, meter: Int, into values: inout [Int]) {
    values.removeAll(keepingCapacity: true)
    let home = homes[meter]
    let day = zone.day(date)
    let (_, month, _) = date.yearMonthDay
    let heat = max(
      0, Self.heat[month - 1] + min(weather, 600) * (Self.heat[month - 1] + 150) / 1000)
    let cold = max(0, Self.cold[month - 1] - weather * (Self.cold[month - 1] + 100) / 1000)
    let isWeekend = date.weekday >= 6
    var level = home.level * (1000 + heat * home.cooling / 1000 + cold * home.heating / 1000) / 1000
    level = level * (isWeekend ? home.weekend : 1000) / 1000 * random.next(in: 780...1220) / 1000
    let shape = isWeekend ? Self.weekendDay : Self.weekday
    let perHour = 60 / min(60, intervalMinutes)
    for index in 0..<(day.minutes / intervalMinutes) {
      let elapsed = index * intervalMinutes
      let moment = day.start + Int64(elapsed * 60)
      let hour =
        day.minutes == 1440
        ? elapsed / 60
        : Int((moment + Int64(zone.offset(at: moment))) / 3600 % 24)
      let noise = random.next(in: 550...1450)
      var wattHours = level * shape[(hour + home.shift + 24) % 24] / 1000 * noise / 1000
      // Now and then an oven, a dryer or a car.
      if noise % 41 == 0 { wattHours += 900 + noise }
      values.append((home.standby + wattHours) / perHour)
    }
  }
}
