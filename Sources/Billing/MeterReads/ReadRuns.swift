import Journal

/// Rows of a reads batch that follow each other: one account's on one day after the other, or one
/// account's after the other's on one day.
///
/// A file of one day gives batches of the second kind, a file of one account's year those of the
/// first: what depends on the account or on the day alone is done once a run.
struct ReadRun: Equatable {
  /// Of the run's first row.
  var row: Int
  var slot: UInt32
  var date: Int32
  var count: Int
  /// Whether the rows are one account's.
  var isOfOneAccount: Bool

  /// Of the run's last row.
  var lastSlot: UInt32 { isOfOneAccount ? slot : slot + UInt32(count - 1) }
  var lastDate: Int32 { isOfOneAccount ? date + Int32(count - 1) : date }

  /// Whether a row continues the run.
  fileprivate func isContinued(bySlot slot: UInt32, date: Int32) -> Bool {
    isOfOneAccount
      ? slot == self.slot && date == self.date + Int32(count)
      : date == self.date && slot == self.slot + UInt32(count)
  }
}

extension [ReadRun] {
  /// Adds the next row: to the last run where it continues that, else as a run of its own.
  ///
  /// - Parameter ofOneAccount: the kind of the runs; nil where each run may be of its own kind.
  mutating func add(slot: UInt32, date: Int32, ofOneAccount: Bool?) {
    guard !isEmpty else {
      append(
        ReadRun(
          row: 0, slot: slot, date: date, count: 1, isOfOneAccount: ofOneAccount ?? true))
      return
    }
    let last = count - 1
    if ofOneAccount == nil, self[last].count == 1 {
      self[last].isOfOneAccount = slot == self[last].slot
    }
    if self[last].isContinued(bySlot: slot, date: date) {
      self[last].count += 1
    } else {
      append(
        ReadRun(
          row: self[last].row + self[last].count, slot: slot, date: date, count: 1,
          isOfOneAccount: ofOneAccount ?? true))
    }
  }

  /// Only the first rows of them.
  mutating func truncate(toRows rows: Int) {
    while let last, last.row >= rows { removeLast() }
    if let last { self[count - 1].count = Swift.min(last.count, rows - last.row) }
  }
}
