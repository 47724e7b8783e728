import Journal

/// A part of a bill run: accounts of one partition, whose bills one thread makes.
struct BillWork: Sendable {
  struct Account: Sendable {
    let index: Int
    /// Cycles that end on it, or before, have been gone through.
    var after = Int32.min
  }
  let partition: Int
  /// Ascending by index.
  let accounts: [Account]
  /// How many accounts it stands for: what is left of a part stands for fewer than it has.
  let weight: Int
}

/// What became of it.
struct BilledWork: Sendable {
  var billCount = 0
  /// The bills, or what is shown of them where nobody keeps drafts.
  var bills: [BilledCycle] = []
  var summaries: [BillSummary] = []
  var exceptions: [UnbilledCycle] = []
  /// What is left when this is on record: cycles that close a year of net metering, whose bills name
  /// those of the year, and cycles that are too many for one part.
  var rest: BillWork?
  /// The bills and their notices, ready to be appended; none of a dry run.
  var batches: [PendingBatch] = []
}
