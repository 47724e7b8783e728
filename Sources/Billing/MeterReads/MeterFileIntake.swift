import Journal
import Quantities

/// Which file it is: the same bytes sent for another account are another file.
public struct MeterFileIdentity: Hashable, Sendable {
  public let sha256: String
  /// Whose file it is, where its layout names no account.
  public let account: String?

  public init(sha256: String, account: String? = nil) {
    self.sha256 = sha256
    self.account = account
  }

  var key: String { account.map { "\(sha256)/\($0)" } ?? sha256 }
}

/// What became of one meter file.
public struct IngestReport: Sendable {
  public var reads = 0
  public var corrected = 0
  public var duplicates = 0
  public var rejected: [RejectedLine] = []
  /// Whether the same bytes went in whole before.
  public var wasKnown = false

  public init() {}
}

/// A file of hardly anything but lines that are refused: each would be an event of the journal.
public struct TooManyRefusals: Error, Equatable, CustomStringConvertible {
  static let limit = 1_000_000
  public let file: String

  public var description: String {
    "\(file) has more than \(Self.limit) lines that are refused: it is no file for this journal; "
      + "list them with wattbook cat --kind MeterReadRejected, and send the file mended"
  }
}

extension Engine {
  /// Whether the file went in whole and nothing of it was refused: then there is nothing to look at
  /// again.
  public func knowsFile(_ identity: MeterFileIdentity) -> IngestReport? {
    guard let receipt = state.system.files[identity.key], receipt.rejected == 0 else { return nil }
    var report = IngestReport()
    report.wasKnown = true
    report.duplicates = Int(clamping: receipt.reads)
    return report
  }

  /// The zone table of an account, for who assembles days from moments.
  public func zone(ofAccount number: String) -> ZoneTable? {
    state.find(number).flatMap { state.system.zones[$0.agreement.zone] }
  }

  /// Takes a meter file in, chunk by chunk: good rows become durable with each chunk, and the
  /// file's receipt comes last, so that a file whose ingestion died is simply sent again.
  ///
  /// - Parameters:
  ///   - isCorrection: whether a value that was held before, and superseded, is to be held again.
  ///   - nextChunk: the file's next chunk, nil at its end.
  public func ingest(
    file: String, identity: MeterFileIdentity, isCorrection: Bool = false, at: Instant,
    nextChunk: () throws -> MeterFileChunk?
  ) throws -> IngestReport {
    var report = IngestReport()
    var intake = MeterIntake()
    var names: [String] = []
    var refusedByAccount: [Int: (count: Int, first: String)] = [:]
    var appended = false
    while let chunk = try nextChunk() {
      names = chunk.accountNames
      let judged = intake.judge(chunk, state)
      if !judged.batches.isEmpty {
        try commit([], reads: judged.batches, at: at)
        appended = true
      }
      report.reads += judged.reads
      var registers = chunk.registers
      while !registers.isEmpty {
        let round = intake.judgeRegisters(registers, names, state, isCorrection: isCorrection)
        appended = appended || !round.events.isEmpty
        try commit(round.events, at: at)
        report.reads += round.events.count - round.corrected
        report.corrected += round.corrected
        report.duplicates += round.duplicates
        registers = round.again
      }
      var held = judged.held
      while !held.isEmpty {
        let round = try compareHeld(held, chunk, isCorrection, &intake, &report)
        appended = appended || !round.events.isEmpty
        try commit(round.events, at: at)
        held = round.again
      }
      var events: [Event] = []
      let refusals = intake.takeRejections()
      guard report.rejected.count + refusals.count <= TooManyRefusals.limit else {
        throw TooManyRefusals(file: file)
      }
      for (line, account, reason) in refusals {
        let number = account < 0 ? "" : names[account]
        let rejected = RejectedLine(
          file: file, line: line, account: number, reason: reason.description,
          verdict: reason.verdict)
        report.rejected.append(rejected)
        let known = RejectedRead(
          file: identity.sha256, line: line, number: number, reason: rejected.reason)
        guard !state.system.rejections.contains(known) else { continue }
        var fact = MeterReadRejected()
        fact.fileSha256 = identity.sha256
        fact.file = file
        fact.line = line
        fact.number = number
        fact.reason = rejected.reason
        events.append(Event(.meterReadRejected(fact)))
        if account >= 0, state.account(number) != nil {
          let first = refusedByAccount[account]?.first ?? rejected.reason
          refusedByAccount[account] = ((refusedByAccount[account]?.count ?? 0) + 1, first)
        }
      }
      if !events.isEmpty {
        try commit(events, at: at)
        appended = true
      }
    }
    report.rejected.sort { $0.line < $1.line }
    try close(file, identity, report, refusedByAccount, names, appended, at)
    return report
  }

  private static let accountsPerRun = 512

  /// Compares rows for days that are held already with what is held. A row for a day that this
  /// round corrects comes again in the next, when that correction is recorded.
  private func compareHeld(
    _ held: [MeterIntake.HeldRow], _ chunk: MeterFileChunk, _ isCorrection: Bool,
    _ intake: inout MeterIntake, _ report: inout IngestReport
  ) throws -> (events: [Event], again: [MeterIntake.HeldRow]) {
    let reader = try writer.reader()
    let locations = try reader.locations { $0.kind == .reads }
    var opener = BatchOpener(reader)
    var events: [Event] = []
    var again: [MeterIntake.HeldRow] = []
    // By runs of accounts, so that a file of many does not fetch the days of all at once.
    let byRun = Dictionary(grouping: held) { [$0.partition, $0.index / Self.accountsPerRun] }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    for (run, rows) in byRun {
      let state = state.partitions[run[0]]
      let indices = rows.map(\.index)
      let dates = rows.map(\.date)
      guard let low = indices.min(), let high = indices.max(), let first = dates.min(),
        let last = dates.max()
      else { continue }
      let reads = try DayReads(
        low...high, dates: first..<last + 1, slots: state.slots, usage: state.usage,
        locations: locations, only: Set(rows.map { ReadDay(index: $0.index, date: $0.date) }),
        opener: &opener)
      var corrected: Set<ReadIdentity> = []
      for row in rows {
        let shape = chunk.intervals[row.shape]
        let identity = ReadIdentity(index: row.index, channel: shape.channel, date: row.date)
        guard !corrected.contains(identity) else {
          again.append(row)
          continue
        }
        let verdict = compare(
          Array(shape.values[row.row * shape.count..<(row.row + 1) * shape.count]),
          intervalMinutes: shape.intervalMinutes,
          quality: ReadQuality(rawValue: shape.qualities[row.row]) ?? .actual,
          channel: shape.channel, with: reads.everHeld(row.index, shape.channel, on: row.date),
          isCorrection: isCorrection)
        switch verdict {
        case .duplicate: report.duplicates += 1
        case .rejected(let reason):
          intake.reject(shape.lines[row.row], Int(shape.accounts[row.row]), reason)
        case .corrected(let fact):
          corrected.insert(identity)
          events.append(Event(.readCorrected(fact), account: row.account, effective: row.date))
          report.corrected += 1
        }
      }
    }
    return (events, again)
  }

  private func close(
    _ file: String, _ identity: MeterFileIdentity, _ report: IngestReport,
    _ refused: [Int: (count: Int, first: String)], _ names: [String], _ appended: Bool,
    _ at: Instant
  ) throws {
    var events: [Event] = []
    for (account, what) in refused.sorted(by: { $0.key < $1.key }) {
      guard let id = state.account(names[account]) else { continue }
      let notice = NoticeRecorded(
        .readRejected, ["count": String(what.count), "file": file, "reason": what.first])
      events.append(Event(.noticeRecorded(notice), account: id))
    }
    if appended || state.system.files[identity.key] == nil {
      var fact = MeterFileIngested()
      fact.sha256 = identity.sha256
      fact.number = identity.account ?? ""
      fact.name = file
      fact.reads = UInt64(report.reads + report.corrected)
      fact.duplicates = UInt64(report.duplicates)
      fact.rejected = UInt64(report.rejected.count)
      events.append(Event(.meterFileIngested(fact)))
    }
    try commit(events, at: at)
  }
}
