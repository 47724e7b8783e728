import Quantities

/// Every known version of every rate schedule.
public struct RateBook: Sendable {
  /// By code, in ascending order of the effective date.
  private var versions: [String: [RateSchedule]] = [:]

  public init() {}

  /// The codes with at least one version, in ascending order.
  public var codes: [String] { versions.keys.sorted() }

  /// The versions of a code in ascending order of the effective date.
  public func versions(of code: String) -> [RateSchedule] { versions[code] ?? [] }

  /// A plan's currency, which all its versions have; nil for a code that is not known.
  public func currency(of code: String) -> Currency? { versions[code]?.first?.currency }

  /// Adds a version; false when the same text is here already.
  @discardableResult
  public mutating func add(_ schedule: RateSchedule) throws(RateBookError) -> Bool {
    let known = versions(of: schedule.code)
    if let same = known.first(where: { $0.effective == schedule.effective }) {
      guard same.text == schedule.text else { throw .otherText(version: schedule.versionID) }
      return false
    }
    if let first = known.first {
      guard first.currency == schedule.currency, first.zone == schedule.zone else {
        throw .otherCurrencyOrZone(version: schedule.versionID, known: first.versionID)
      }
    }
    let index = known.firstIndex { $0.effective > schedule.effective } ?? known.count
    versions[schedule.code, default: []].insert(schedule, at: index)
    return true
  }

  /// The book in which a version's prices hold from a day on, whatever was known for later days.
  public func superseded(by schedule: RateSchedule, from date: ServiceDate) -> RateBook {
    var book = self
    book.versions[schedule.code, default: []].removeAll { $0.effective >= date }
    book.versions[schedule.code, default: []].append(schedule.asIfEffective(on: date))
    return book
  }

  /// The version in force on a date; nil before the first one and after a last day without
  /// successor.
  public func version(of code: String, on date: ServiceDate) -> RateSchedule? {
    version(in: versions(of: code), on: date)
  }

  /// The first day of the version after a date; nil where none follows.
  public func nextVersion(of code: String, after date: ServiceDate) -> ServiceDate? {
    versions(of: code).first { $0.effective > date }?.effective
  }

  private func version(in versions: [RateSchedule], on date: ServiceDate) -> RateSchedule? {
    guard let latest = versions.last(where: { $0.effective <= date }) else { return nil }
    guard let lastDay = latest.lastDay, date > lastDay else { return latest }
    return nil
  }

  /// The parts that a cycle is cut into, each from its first day on, with the version that prices
  /// it; nil where there is none. It is cut on the first day of a version, unless that version
  /// pools price changes and so leaves the cycle to the one before; of a season, unless the version
  /// in force pools seasons; and of a gap between versions.
  public func parts(
    of code: String, in cycle: BillingPeriod
  ) -> [(from: ServiceDate, schedule: RateSchedule?)] {
    let versions = versions(of: code)
    var current = version(in: versions, on: cycle.start)
    var parts = [(from: cycle.start, schedule: current)]
    var date = cycle.start
    while true {
      // Nothing can change before the next first or last day of a version, or end of a season.
      var next = ServiceDate(day: .max)
      if let current, current.seasonChange == .segmented { next = current.endOfSeason(date) }
      for version in versions {
        if version.effective > date { next = min(next, version.effective) }
        if let last = version.lastDay, last >= date { next = min(next, last.adding(days: 1)) }
      }
      guard next < cycle.end else { return parts }
      date = next
      let version = version(in: versions, on: date)
      if let version, let known = current {
        if version.effective == date, version.priceChange == .segmented {
          current = version
          parts.append((date, current))
        } else if known.seasonChange == .segmented,
          known.season(on: date) != known.season(on: date.adding(days: -1))
        {
          parts.append((date, current))
        }
      } else if version != nil || current != nil {
        current = version
        parts.append((date, current))
      }
    }
  }
}

/// Why a version cannot join the book.
public enum RateBookError: Error, Equatable {
  /// The same code and effective date were published with another text.
  case otherText(version: String)
  /// A plan keeps its currency and its zone.
  case otherCurrencyOrZone(version: String, known: String)
}

extension RateBookError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .otherText(let version):
      "\(version) is known with another text: give the change its own effective date, or publish "
        + "it for a later day (wattbook tariff publish --from DATE)"
    case .otherCurrencyOrZone(let version, let known):
      "\(version) has another currency or zone than \(known)"
    }
  }
}
