/// The rate schedules that come with the package, as the files they are kept in.
public enum BuiltinSchedules: String, CaseIterable, Sendable {
  /// Southern California Edison, residential, 2013 to 2015.
  case sce
  /// Vietnam Electricity: residential, business and production, 2014 to 2025.
  case evn

  /// The file's name for messages.
  public var file: String { "\(rawValue).yaml" }

  /// The file's text: one document per version, divided by `---` lines.
  public var text: String {
    switch self {
    case .sce: String(decoding: PackageResources.sce_yaml, as: UTF8.self)
    case .evn: String(decoding: PackageResources.evn_yaml, as: UTF8.self)
    }
  }

  /// The file's versions; a test parses them, so an error here is a broken build.
  public func schedules() throws(RateScheduleErrors) -> [RateSchedule] {
    try RateSchedule.parse(text, file: file)
  }
}
