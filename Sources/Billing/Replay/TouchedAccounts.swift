import Journal

/// Account numbers by integer, as far as the enrolments of a damaged journal can still be read.
public struct AccountNumbers {
  private let partitions: Int
  private var numbers: [UInt32: String] = [:]

  /// Reads the intact events of the partitions in which something is lost.
  public init(_ survey: Survey) {
    partitions = survey.identity?.partitions ?? 0
    let touched = Set(survey.lost.compactMap { $0.told?.partition })
    var opener = BatchOpener(survey)
    for location in survey.intact
    where location.header.kind == .events && touched.contains(location.header.partition) {
      let events = try? opener.open(location) {
        try EventCodec.decode($0, header: location.header)
      }
      for recorded in events ?? [] {
        guard case .accountEnrolled(let fact) = recorded.event.fact else { continue }
        numbers[recorded.event.account] = fact.number
      }
    }
  }

  /// Accounts that some lost batches may speak of.
  public func accounts(of lost: [LostBatch]) -> TouchedAccounts {
    var touched = TouchedAccounts()
    for batch in lost {
      guard let told = batch.told else {
        touched.isTold = false
        continue
      }
      guard partitions > 0, let range = told.accounts, told.partition < partitions else { continue }
      let step = UInt32(partitions)
      let first =
        range.lowerBound &+ (UInt32(told.partition) &- range.lowerBound % step &+ step) % step
      guard first >= range.lowerBound, first <= range.upperBound else { continue }
      touched.count += Int((range.upperBound - first) / step) + 1
      for account in stride(from: first, through: range.upperBound, by: Int(step)) {
        guard touched.integers.count < TouchedAccounts.listed else { break }
        touched.integers.insert(account)
      }
      touched.first = min(touched.first ?? first, first)
      touched.last = max(touched.last ?? 0, first + (range.upperBound - first) / step * step)
    }
    touched.numbers = touched.integers.sorted().map(label)
    touched.ends = touched.first.flatMap { first in touched.last.map { (label(first), label($0)) } }
    // Several batches may speak of the same few.
    if touched.integers.count < TouchedAccounts.listed { touched.count = touched.integers.count }
    return touched
  }

  private func label(_ account: UInt32) -> String {
    numbers[account] ?? "integer \(account)"
  }
}

/// Which accounts something lost may speak of.
public struct TouchedAccounts: Sendable {
  /// So many are listed one by one; of more, the first and the last are told.
  static let listed = 20

  /// False when neither header nor footer is left to tell: then it may be any.
  public internal(set) var isTold = true
  public internal(set) var count = 0
  /// Numbers, or `integer N` where the enrolment cannot be read; by integer, the first few.
  public internal(set) var numbers: [String] = []
  public internal(set) var ends: (first: String, last: String)?
  public var areListed: Bool { numbers.count == count }
  var integers: Set<UInt32> = []
  var first: UInt32?
  var last: UInt32?
}
