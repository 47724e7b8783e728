import Quantities

/// The rate schedules that come with the package, as the files they are kept in.
public enum BuiltinSchedules: String, CaseIterable, Sendable {
  /// Southern California Edison, residential, 2013 to 2015.
  case sce
  /// The same plans with discounts, credits, surcharges, taxes and net metering, and TOU-EV-1.
  case sceExtras = "sce-extras"
  /// Vietnam Electricity: residential, business and production, 2014 to 2026.
  case evn
  /// Vietnam Electricity's business and production prices by the hours of 2026.
  case evn963 = "evn-963"

  /// The sets that stand beside each other in one journal; each of the others takes the place of
  /// versions of these.
  public static let standard: [BuiltinSchedules] = [.sce, .evn]

  /// The file's name for messages.
  public var file: String { "\(rawValue).yaml" }

  /// The file's text: one document per version, divided by `---` lines.
  public var text: String {
    switch self {
    case .sce: String(decoding: PackageResources.sce_yaml, as: UTF8.self)
    case .sceExtras: String(decoding: PackageResources.sce_extras_yaml, as: UTF8.self)
    case .evn: String(decoding: PackageResources.evn_yaml, as: UTF8.self)
    case .evn963: String(decoding: PackageResources.evn_963_yaml, as: UTF8.self)
    }
  }

  /// The file's versions; a test parses them, so an error here is a broken build.
  public func schedules() throws(RateScheduleErrors) -> [RateSchedule] {
    try RateSchedule.parse(text, file: file)
  }
}

extension [RateSchedule] {
  /// What these versions come to when they are introduced on a day: the one of each plan that is in
  /// force on it begins with it, later ones as they say, and earlier ones are left out.
  public func introduced(on date: ServiceDate) throws(RateScheduleErrors) -> [RateSchedule] {
    var introduced: [RateSchedule] = []
    for schedule in self {
      let isFollowed = contains {
        $0.code == schedule.code && $0.effective <= date && $0.effective > schedule.effective
      }
      if schedule.effective >= date {
        introduced.append(schedule)
      } else if !isFollowed, schedule.lastDay.map({ $0 >= date }) ?? true {
        introduced += try RateSchedule.parse(
          schedule.textBeginning(on: date), file: "\(schedule.code).yaml")
      }
    }
    return introduced
  }
}

extension RateSchedule {
  /// The document with another first day, and every other byte as it was.
  fileprivate func textBeginning(on date: ServiceDate) -> String {
    let key = "effective:"
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.map { $0.hasPrefix(key) ? "\(key) \(date)" : String($0) }.joined(separator: "\n")
  }
}
