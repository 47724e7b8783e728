import Quantities
import Yams

/// Seasons, holidays and time-of-use periods of a document.
extension ScheduleReader {
  func seasons(_ node: Node?) -> [Season] {
    guard let node else { return [.wholeYear] }
    var seasons: [Season] = []
    for (name, _, value) in entries(node, "seasons", atMost: 24) {
      let keys = table(value, "season \(name)", required: ["from", "to"])
      let ends = ["from", "to"].map { end in
        self.value(keys[end], "\(end) of season \(name)", "a day like 06-01") { MonthDay($0) }
      }
      guard let from = ends[0], let to = ends[1] else { continue }
      let season = Season(name: name, from: from, to: to)
      for other in seasons {
        if let day = MonthDay.all.first(where: { season.contains($0) && other.contains($0) }) {
          refuse(value, "season \(name) overlaps season \(other.name) on \(day)")
        }
      }
      seasons.append(season)
    }
    // A season that could not be read leaves a gap of its own.
    if seasons.count == node.mapping?.count,
      let day = MonthDay.all.first(where: { day in !seasons.contains { $0.contains(day) } })
    {
      refuse(node, "no season covers \(day)")
    }
    return seasons.isEmpty ? [.wholeYear] : seasons
  }

  func holidays(_ node: Node?) -> HolidayCalendar {
    guard let node else { return .none }
    let keys = table(node, "holidays", required: ["sunday", "days"])
    let holidays = entries(keys["days"], "days of holidays").compactMap { name, _, value in
      self.value(value, "holiday \(name)", "a day like 12-25 or third monday of february") {
        Holiday.Rule($0)
      }.map { Holiday(name: name, rule: $0) }
    }
    return HolidayCalendar(
      holidays: holidays, sunday: choice(keys["sunday"], "sunday of holidays") ?? .stays)
  }

  func periods(
    _ node: Node?, registers meters: RegisterMeters?
  ) -> ([TimeOfUsePeriod], TimeOfUseClock) {
    guard let node else { return ([.everyHour], TimeOfUseClock(0)) }
    var periods: [TimeOfUsePeriod] = []
    var clock = TimeOfUseClock()
    var remainder: (index: Int, key: Node)?
    let before = errors.count
    for (index, (name, key, value)) in entries(node, "periods", atMost: 24)
      .enumerated()
    {
      let keys = table(
        value, "period \(name)", required: [], optional: ["windows", "hours", "registers"])
      let windows = list(keys["windows"], "windows of period \(name)").compactMap { node in
        window(node, of: name).map { (node, $0) }
      }
      for (node, window) in windows { claim(window, node, for: index, name, periods, &clock) }
      enum Hours: String, CaseIterable { case allOther = "all other" }
      if choice(keys["hours"], "hours of period \(name)", Hours.self) != nil {
        if remainder != nil { refuse(key, "two periods take all other hours") }
        remainder = remainder ?? (index, key)
      }
      if value.mapping != nil, (keys["windows"] == nil) == (keys["hours"] == nil) {
        refuse(value, "period \(name) needs either windows or hours: all other")
      }
      let registers = registers(keys["registers"], of: name, periods)
      switch meters {
      case .accepted where registers.isEmpty:
        refuse(key, "register-meters are accepted and period \(name) lacks registers")
      case .refused where keys["registers"] != nil:
        refuse(key, "register-meters are refused and period \(name) has registers")
      case .accepted, .refused, nil: break
      }
      periods.append(
        TimeOfUsePeriod(name: name, windows: windows.map { $0.1 }, registers: registers))
    }
    let whole = errors.count == before
    complete(&clock, node, remainder, report: whole)
    return periods.isEmpty ? ([.everyHour], TimeOfUseClock(0)) : (periods, clock)
  }

  private func window(_ node: Node, of name: String) -> TimeOfUseWindow? {
    let keys = table(node, "a window of period \(name)", required: ["days", "from", "to"])
    let days = choice(keys["days"], "days of a window", DaySet.self)
    let (from, to) = (minute(keys["from"], "from"), minute(keys["to"], "to"))
    guard let days, let from, let to else { return nil }
    guard from != to, from < 1440 else {
      refuse(node, "the window from \(clockText(from)) to \(clockText(to)) is empty")
      return nil
    }
    return TimeOfUseWindow(days: days, from: from, to: to)
  }

  private func claim(
    _ window: TimeOfUseWindow, _ node: Node, for period: Int, _ name: String,
    _ earlier: [TimeOfUsePeriod], _ clock: inout TimeOfUseClock
  ) {
    var reported = false
    for day in window.days.dayTypes {
      for minute in window.minutes.joined() {
        let holder = clock[day, minute]
        if holder == TimeOfUseClock.unclaimed {
          clock[day, minute] = period
        } else if !reported {
          let other = holder == period ? "itself" : "period \(earlier[holder].name)"
          refuse(node, "period \(name) overlaps \(other) at \(clockText(minute)) on a \(day)")
          reported = true
        }
      }
    }
  }

  /// Gives the unclaimed minutes to the period of all other hours, or reports the first of them.
  private func complete(
    _ clock: inout TimeOfUseClock, _ node: Node, _ remainder: (index: Int, key: Node)?,
    report: Bool
  ) {
    var given = 0
    for day in DayType.allCases {
      for minute in 0..<1440 where clock[day, minute] == TimeOfUseClock.unclaimed {
        if remainder == nil, given == 0, report {
          refuse(node, "no period covers \(clockText(minute)) on a \(day)")
        }
        clock[day, minute] = remainder?.index ?? 0
        given += 1
      }
    }
    if let remainder, given == 0, report {
      refuse(remainder.key, "no hour is left for the period of all other hours")
    }
  }

  private func registers(
    _ node: Node?, of name: String, _ earlier: [TimeOfUsePeriod]
  ) -> Set<Register> {
    var registers: Set<Register> = []
    for item in list(node, "registers of period \(name)") {
      guard let register = choice(item, "a register", Register.self) else { continue }
      let claimed = earlier.reduce(registers) { $0.union($1.registers) }
      if claimed.contains(register) { refuse(item, "register \(register) is named twice") }
      registers.insert(register)
    }
    return registers
  }
}
