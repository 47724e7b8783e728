import Journal
import Quantities
import Tariff

/// A meter file that went in whole.
struct FileReceipt: Hashable, Sendable {
  /// Reads that went in or were there already.
  var reads: UInt64
  var rejected: UInt64
  var position: UInt64
}

/// A refusal of a meter file's line; a file in one line may have many.
struct RejectedRead: Hashable, Comparable, Sendable {
  /// SHA-256 of the file.
  var file: String
  var line: UInt32
  var number: String
  var reason: String

  static func < (left: RejectedRead, right: RejectedRead) -> Bool {
    (left.file, left.line, left.number, left.reason)
      < (right.file, right.line, right.number, right.reason)
  }
}

/// What the system partition says: rate schedules, zone tables, file receipts, refused lines.
public struct SystemState: Projector {
  static let name = "system"
  static let version: UInt16 = 2

  public internal(set) var book = RateBook()
  /// Position of each schedule's event, by version.
  private(set) var schedulePositions: [String: UInt64] = [:]
  public private(set) var zones: [String: ZoneTable] = [:]
  private(set) var zonePositions: [String: UInt64] = [:]
  /// By `MeterFileIdentity.key`.
  private(set) var files: [String: FileReceipt] = [:]
  private(set) var rejections: Set<RejectedRead> = []
  /// Positions that a salvage could not copy. Not part of the canonical form: a snapshot is not
  /// written beside them.
  var losses: [LostBatch] = []
  /// Masks of the time-of-use versions, for the fold of reads.
  private(set) var windows = WindowSets()

  public init() {}

  mutating func apply(_ events: [RecordedEvent]) throws(EventFault) {
    for recorded in events {
      try EventJudgement(position: recorded.position).judgeFields(of: recorded.event)
      switch recorded.event.fact {
      case .rateSchedulePublished(let fact): try publish(fact, at: recorded.position)
      case .zoneTablePublished(let fact):
        let table = try ZoneTable(fact, at: recorded.position)
        let from = ServiceDate(day: recorded.event.effective)
        zones[fact.name] = zones[fact.name]?.followed(by: table, from: from) ?? table
        zonePositions[fact.name] = recorded.position
      case .meterFileIngested(let fact):
        let identity = MeterFileIdentity(
          sha256: fact.sha256, account: fact.number.isEmpty ? nil : fact.number)
        files[identity.key] = FileReceipt(
          reads: fact.reads + fact.duplicates, rejected: fact.rejected,
          position: recorded.position)
      case .meterReadRejected(let fact):
        rejections.insert(
          RejectedRead(
            file: fact.fileSha256, line: fact.line, number: fact.number, reason: fact.reason))
      case .accountEnrolled, .accountMovedOut, .planSwitched, .planSwitchCancelled,
        .readCorrected, .registerRead, .billIssued, .paymentRecorded, .paymentRecordedV2,
        .termsChanged, .discountGranted, .discountEnded, .netMeteringStarted, .netMeteringEnded,
        .readEstimated, .readFlagged, .flagSettled, .billIssuedV2, .billCancelled, .billReinstated,
        .rebillProposed, .rebillDeclined, .chargeAssessed, .depositReceived, .depositReturned,
        .creditRefunded, .debtWrittenOff, .lateChargeWaived, .moveOutCancelled, .noticeRecorded,
        .personDetailsRecorded, .personErased, nil:
        throw EventFault(
          position: recorded.position,
          reason: "\(recorded.event.kind) does not belong in the system partition")
      }
    }
  }

  private mutating func publish(
    _ fact: RateSchedulePublished, at position: UInt64
  ) throws(EventFault) {
    do {
      for schedule in try RateSchedule.parse(fact.text, file: fact.code, isPublished: true) {
        try book.add(schedule)
        schedulePositions[schedule.versionID] = position
        windows.add(schedule)
      }
    } catch {
      throw EventFault(position: position, reason: "the rate schedule is not valid: \(error)")
    }
  }

  func write(to writer: inout ByteWriter) {
    let schedules = book.codes.flatMap { book.versions(of: $0) }
      .sorted { (schedulePositions[$0.versionID] ?? 0) < (schedulePositions[$1.versionID] ?? 0) }
    writer.put(UInt32(schedules.count))
    for schedule in schedules {
      writer.put(schedulePositions[schedule.versionID] ?? 0)
      writer.put(UInt32(schedule.text.utf8.count))
      writer.put(schedule.text.utf8)
    }
    writer.put(UInt32(zones.count))
    for (name, table) in zones.sorted(by: { $0.key < $1.key }) {
      writer.put(text: name)
      writer.put(zonePositions[name] ?? 0)
      writer.put(table.initialOffset)
      writer.put(UInt32(table.transitions.count))
      for transition in table.transitions {
        writer.put(transition.at)
        writer.put(transition.offset)
      }
    }
    writer.put(UInt32(files.count))
    for (name, receipt) in files.sorted(by: { $0.key < $1.key }) {
      writer.put(text: name)
      writer.put(receipt.reads)
      writer.put(receipt.rejected)
      writer.put(receipt.position)
    }
    writer.put(UInt32(rejections.count))
    for rejected in rejections.sorted() {
      writer.put(text: rejected.file)
      writer.put(rejected.line)
      writer.put(text: rejected.number)
      writer.put(text: rejected.reason)
    }
  }

  init(from reader: inout ByteReader) throws {
    for _ in 0..<(try reader.get(UInt32.self)) {
      let position: UInt64 = try reader.get()
      let size = Int(try reader.get(UInt32.self))
      var fact = RateSchedulePublished()
      fact.text = String(decoding: try reader.get(bytes: size), as: UTF8.self)
      try publish(fact, at: position)
    }
    for _ in 0..<(try reader.get(UInt32.self)) {
      let name = try reader.getText()
      zonePositions[name] = try reader.get()
      let initial: Int32 = try reader.get()
      var transitions: [ZoneTable.Transition] = []
      for _ in 0..<(try reader.get(UInt32.self)) {
        transitions.append(
          ZoneTable.Transition(at: try reader.get(), offset: try reader.get()))
      }
      guard
        let table = ZoneTable(
          checking: name, initialOffset: initial, transitions: transitions)
      else { throw ByteReader.Failure.endOfBytes }
      zones[name] = table
    }
    for _ in 0..<(try reader.get(UInt32.self)) {
      let name = try reader.getText()
      files[name] = FileReceipt(
        reads: try reader.get(), rejected: try reader.get(), position: try reader.get())
    }
    for _ in 0..<(try reader.get(UInt32.self)) {
      let file = try reader.getText()
      let line: UInt32 = try reader.get()
      let number = try reader.getText()
      rejections.insert(
        RejectedRead(file: file, line: line, number: number, reason: try reader.getText()))
    }
  }
}

extension ZoneTable {
  init(_ fact: ZoneTablePublished, at position: UInt64) throws(EventFault) {
    guard fact.moments.count == fact.offsets.count,
      let table = ZoneTable(
        checking: fact.name, initialOffset: fact.initialOffset,
        transitions: zip(fact.moments, fact.offsets).map { Transition(at: $0, offset: $1) })
    else { throw EventFault(position: position, reason: "the zone table is none") }
    self = table
  }

  var fact: ZoneTablePublished {
    var fact = ZoneTablePublished()
    fact.name = name
    fact.initialOffset = initialOffset
    fact.moments = transitions.map(\.at)
    fact.offsets = transitions.map(\.offset)
    return fact
  }
}
