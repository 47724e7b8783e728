import Quantities
import Yams

/// A file of rate schedules as its author sees it: every version that could be read, every error,
/// and what is allowed but was probably not meant.
public struct ScheduleReview: Sendable {
  public struct Version: Sendable {
    public let schedule: RateSchedule
    /// Line of the file on which the document's first key stands.
    public let line: Int
    let firstLine: Int
  }

  public let file: String
  public private(set) var versions: [Version] = []
  /// In order of the lines.
  public private(set) var errors: [RateScheduleError] = []
  public private(set) var warnings: [RateScheduleError] = []

  public init(_ text: String, file: String, isPublished: Bool = false) {
    self.file = file
    var documents = 0
    for (document, firstLine) in RateSchedule.documentsByLine(text) {
      let reader = ScheduleReader(file: file, firstLine: firstLine, isPublished: isPublished)
      if let root = reader.compose(document) {
        documents += 1
        let schedule = RateSchedule(root, text: document, reader)
        if reader.errors.isEmpty {
          let line = firstLine + (root.mark?.line ?? 1) - 1
          versions.append(Version(schedule: schedule, line: line, firstLine: firstLine))
        }
      }
      errors += reader.errors.sorted { $0.line < $1.line }
    }
    if documents == 0, errors.isEmpty {
      errors = [RateScheduleError(file: file, line: 1, reason: "there is no rate schedule here")]
    }
  }

  /// Adds the versions to a book; what the book refuses (the same date with another text, another
  /// currency or zone) is an error of the version's line.
  public mutating func join(_ book: inout RateBook) {
    for version in versions {
      do throws(RateBookError) { try book.add(version.schedule) } catch {
        errors.append(
          RateScheduleError(file: file, line: version.line, reason: error.description))
      }
    }
    errors.sort { $0.line < $1.line }
  }

  /// Adds what keeps a version's zone from being published, as an error of its line.
  ///
  /// - Parameter fault: why there is no zone of a name; nil where there is one.
  public mutating func check(zones fault: (String) -> String?) {
    for version in versions {
      guard let reason = fault(version.schedule.zone) else { continue }
      errors.append(
        RateScheduleError(file: file, line: version.line(of: "zone"), reason: reason))
    }
    errors.sort { $0.line < $1.line }
  }

  /// Notes what is probably not meant.
  ///
  /// - Parameters:
  ///   - book: every version known, this file's too.
  ///   - published: the versions that a journal holds already.
  public mutating func warn(in book: RateBook, published: RateBook) {
    warnings = []
    for version in versions {
      let known = book.versions(of: version.schedule.code)
      let place = known.firstIndex { $0.effective >= version.schedule.effective } ?? known.count
      let found =
        ScheduleWarnings.ofDates(version.schedule, among: known, published: published)
        + (place > 0 ? ScheduleWarnings.ofChange(version.schedule, after: known[place - 1]) : [])
        + ScheduleWarnings.ofContent(version.schedule)
      warnings += found.map { warning in
        RateScheduleError(
          file: file, line: version.line(of: warning.key), reason: warning.reason)
      }.sorted { $0.line < $1.line }
    }
  }
}

extension ScheduleReview.Version {
  /// The line of a key of the document's table; of the whole document where it is not written.
  fileprivate func line(of key: String) -> Int {
    let lines = schedule.text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.firstIndex { $0.hasPrefix(key + ":") }.map { firstLine + $0 } ?? line
  }
}
