import Quantities

/// What a document may say and its author probably did not mean.
enum ScheduleWarnings {
  /// The document's key that it is about, and what is odd.
  struct Warning {
    let key: String
    let reason: String
  }

  /// Days without a price, and versions that cut one another short.
  ///
  /// - Parameter known: every version of the code, ascending, this one among them.
  static func ofDates(
    _ schedule: RateSchedule, among known: [RateSchedule], published: RateBook
  ) -> [Warning] {
    var found: [Warning] = []
    let earlier = known.last { $0.effective < schedule.effective }
    let later = known.first { $0.effective > schedule.effective }
    if let earlier, let last = earlier.lastDay {
      let next = last.adding(days: 1)
      if next < schedule.effective {
        let days = BillingPeriod(start: next, end: schedule.effective)
        found.append(
          Warning(
            key: "effective",
            reason: "\(schedule.code) has no price on \(ServiceDate.range(days)): "
              + "\(earlier.versionID) ends before"))
      } else if next > schedule.effective {
        found.append(
          Warning(
            key: "effective",
            reason: "\(earlier.versionID) says it holds to \(last); from \(schedule.effective) on "
              + "this version holds instead"))
      }
    }
    if let last = schedule.lastDay, later == nil {
      found.append(
        Warning(
          key: "last-day", reason: "after \(last) nobody on \(schedule.code) can be billed"))
    }
    let versions = published.versions(of: schedule.code)
    if let next = versions.first(where: { $0.effective > schedule.effective }),
      !versions.contains(where: { $0.effective == schedule.effective })
    {
      found.append(
        Warning(
          key: "effective",
          reason: "\(next.versionID) is published for later: these prices hold to "
            + "\(next.effective.adding(days: -1))"))
    }
    return found
  }

  /// What differs from the version before more than prices usually do.
  static func ofChange(_ schedule: RateSchedule, after old: RateSchedule) -> [Warning] {
    var found: [Warning] = []
    let prices = old.namedPrices
    let jumps = schedule.namedPrices.compactMap { name, price -> String? in
      guard let before = prices[name]?.millionthsPerUnit, before > 0 else { return nil }
      let now = price.millionthsPerUnit
      guard now > before + before / 2 || now < before - before / 2 else { return nil }
      return "\(name) \(now > before ? "rises" : "falls") from "
        + "\(Price(millionthsPerUnit: before).text) to \(price.text)"
    }.sorted()
    if let first = jumps.first {
      let more = jumps.count > 1 ? "; so do \(jumps.count - 1) more" : ""
      found.append(
        Warning(
          key: "energy", reason: "against \(old.versionID), by more than half: \(first)\(more)"))
    }
    let left = (old.baseline?.regions.keys.map(\.self) ?? [])
      .filter { !schedule.knows(region: $0) }.sorted()
    if schedule.needsRegion, !left.isEmpty {
      found.append(
        Warning(
          key: "baseline",
          reason: "regions of \(old.versionID) that are no more, whose accounts cannot be billed: "
            + left.joined(separator: ", ")))
    }
    return found
  }

  /// What is odd in a document by itself.
  static func ofContent(_ schedule: RateSchedule) -> [Warning] {
    idleHolidays(schedule) + lostHolidays(schedule) + prices(schedule) + exclusions(schedule)
  }

  private static func exclusions(_ schedule: RateSchedule) -> [Warning] {
    let known = Set(schedule.discounts.map(\.name))
    return schedule.discounts.flatMap { discount in
      discount.excludes.subtracting(known).sorted().map { name in
        Warning(
          key: "discounts",
          reason: "discount \(discount.name) excludes \(name), not a discount of this document")
      }
    }
  }

  private static func idleHolidays(_ schedule: RateSchedule) -> [Warning] {
    let isIdle = (0..<1440).allSatisfy { minute in
      let holiday = schedule.period(on: .holiday, minute: minute)
      return [DayType.weekday, .saturday].allSatisfy {
        schedule.period(on: $0, minute: minute) == holiday
      }
    }
    guard isIdle, !schedule.holidays.holidays.isEmpty else { return [] }
    return [Warning(key: "holidays", reason: "no hour of a holiday is unlike other days'")]
  }

  private static func lostHolidays(_ schedule: RateSchedule) -> [Warning] {
    guard idleHolidays(schedule).isEmpty else { return [] }
    let year = BillingPeriod(
      start: schedule.effective, end: schedule.effective.adding(days: 365))
    var lost: [String] = []
    for date in year.dates where date.weekday >= 6 {
      guard date.weekday == 6 || schedule.holidays.sunday == .stays else { continue }
      let names = schedule.holidays.holidays.filter { $0.falls(on: date) }.map(\.name)
      lost += names.map { "\($0) (\(date.weekday == 6 ? "Saturday" : "Sunday") \(date))" }
    }
    guard !lost.isEmpty else { return [] }
    return [
      Warning(
        key: "holidays",
        reason: "in the first year no day off work moves for \(lost.joined(separator: ", "))")
    ]
  }

  private static func prices(_ schedule: RateSchedule) -> [Warning] {
    var found: [Warning] = []
    let finer = schedule.namedPrices.filter { $0.value.millionthsPerUnit % 10_000 != 0 }
    if schedule.precision == "cents",
      let energy = finer.filter({ !$0.key.hasPrefix("charge ") }).keys.min()
    {
      found.append(
        Warning(
          key: "precision",
          reason: "precision is cents, but \(energy) costs \(finer[energy]?.text ?? "")"))
    }
    guard let tiers = schedule.tiers else { return found }
    let steps = schedule.energyNames.indices.filter { ($0 + 1) % tiers.count != 0 }
    if let step = steps.first(where: { schedule.energyPrices[$0 + 1] < schedule.energyPrices[$0] })
    {
      let (below, above) = (schedule.energyPrices[step], schedule.energyPrices[step + 1])
      found.append(
        Warning(
          key: "energy",
          reason: "\(schedule.energyNames[step + 1]) at \(above.text) is cheaper than "
            + "\(schedule.energyNames[step]) at \(below.text)"))
    }
    return found
  }
}

extension ServiceDate {
  /// `2015-03-01`, or `2015-03-01 to 2015-03-05`.
  static func range(_ period: BillingPeriod) -> String {
    period.days == 1 ? "\(period.start)" : "\(period.start) to \(period.end.adding(days: -1))"
  }
}

extension RateSchedule {
  /// Every price by what a bill calls it: `Tier 4, summer`; fixed charges as `charge Basic charge`.
  var namedPrices: [String: Price] {
    var prices: [String: Price] = [:]
    for (index, name) in energyNames.enumerated() { prices[name] = energyPrices[index] }
    for charge in dailyCharges + monthlyCharges {
      prices["charge \(charge.name)"] = charge.singleFamily
    }
    return prices
  }
}
