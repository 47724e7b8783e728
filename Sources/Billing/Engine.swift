import Journal
import Quantities
import Tariff

/// The main path: decide, append, apply.
///
/// Every command is a pure decision over the state; what it decides is appended to the journal,
/// and only then folded into the state, by the same code that replay uses.
public final class Engine {
  let writer: EngineJournal
  public private(set) var state: BillingState
  public var origin: Origin
  /// Cycles that a part of a bill run makes, beside those that end on the same day as its last.
  var cyclesPerWork = 8192
  /// Where the snapshot beside the journal stands; 0 without one.
  var snapshotPosition: UInt64

  /// Opens a journal for writing and rebuilds its state.
  ///
  /// - Parameter wait: seconds to wait for another writer to finish.
  public init(
    path: String, origin: Origin, wait: Int = 0, threads: Int = 2,
    progress: @escaping @Sendable (UInt64) -> Void = { _ in }
  ) throws {
    writer = .recorded(try JournalWriter(path: path, wait: .seconds(wait)))
    self.origin = origin
    let reader = try writer.reader()
    state = try Replay(reader, threads: threads, usesSnapshot: true).run(progress: progress)
    snapshotPosition = state.restoredAt
  }

  /// Opens a journal as it stands for trials, which record nothing: beside another writer, or where
  /// nobody may write.
  public init(
    forTrials path: String, threads: Int = 2,
    progress: @escaping @Sendable (UInt64) -> Void = { _ in }
  ) throws {
    let reader = try JournalReader(path: path)
    writer = .looked(reader)
    origin = Origin(actor: "", source: "")
    state = try Replay(reader, threads: threads, usesSnapshot: true).run(progress: progress)
    snapshotPosition = state.restoredAt
  }

  /// The moment that events get: the clock's, or the journal's last where that is later.
  func recordedAt(_ at: Instant) -> Instant {
    max(at, Instant(milliseconds: writer.recordedAt))
  }

  /// Appends events and reads as one commit and folds them in.
  ///
  /// - Returns: the position of each event, in the order given.
  @discardableResult
  func commit(_ events: [Event], reads: [PendingBatch] = [], at: Instant) throws -> [UInt64] {
    try judge(events)
    return try append(events, reads: reads, at: at)
  }

  /// What replay would refuse is not appended, nor what would rest on a history with a hole.
  func judge(_ events: [Event]) throws {
    var commit = CommitJudgement(at: writer.nextPosition)
    for event in events {
      do throws(EventFault) { try commit.judge(event, state) } catch {
        throw UnrecordableEvent(
          kind: event.kind, account: state.agreement(of: event.account)?.number,
          reason: error.reason)
      }
      if event.isDecision, let loss = state.loss(touching: event.account) {
        throw LostHistory(loss)
      }
    }
  }

  /// The same for events that have been judged.
  func append(
    _ events: [Event], reads: [PendingBatch] = [], at: Instant
  ) throws -> [UInt64] {
    let (batches, order) = try eventBatches(events)
    guard !batches.isEmpty || !reads.isEmpty else { return [] }
    let headers = try writer.append(reads + batches, recordedAt: at.milliseconds, origin: origin)
    for (batch, header) in zip(reads, headers) {
      try batch.content.withUnsafeBytes {
        try state.apply($0, header: header, known: batch.count)
      }
    }
    var positions = [UInt64](repeating: 0, count: events.count)
    for (index, header) in headers.dropFirst(reads.count).enumerated() {
      var recorded: [RecordedEvent] = []
      recorded.reserveCapacity(order[index].count)
      for place in order[index] {
        let position = header.firstPosition + UInt64(recorded.count)
        recorded.append(RecordedEvent(position: position, event: events[place]))
        positions[place] = position
      }
      // The events themselves, because to decode them again costs as much as all the rest.
      assert(batches[index].decodes(to: recorded, header), "what is read back is what was meant")
      try state.apply(recorded, header: header)
    }
    return positions
  }

  /// Appends batches of accounts' events, which have been judged, as one commit and folds them in.
  func append(_ batches: [PendingBatch], at: Instant) throws {
    guard !batches.isEmpty else { return }
    let headers = try writer.append(batches, recordedAt: at.milliseconds, origin: origin)
    try state.apply(zip(batches, headers).map { ($0.content, $1) })
  }

  /// Events in batches of one partition each, the system partition first, sorted by account.
  private func eventBatches(_ events: [Event]) throws -> ([PendingBatch], [[Int]]) {
    let partitions = state.identity.partitions
    var groups: [[Int]] = Array(repeating: [], count: partitions + 1)
    let accounts = events.map(\.account)
    for (index, account) in accounts.enumerated() {
      let group = account == 0 ? 0 : Int(AccountID(raw: account).partition(of: partitions)) + 1
      groups[group].append(index)
    }
    var batches: [PendingBatch] = []
    var order: [[Int]] = []
    for (group, members) in groups.enumerated() where !members.isEmpty {
      // One account's events keep their order.
      let sorted = members.sorted { (accounts[$0], $0) < (accounts[$1], $1) }
      for start in stride(from: 0, to: sorted.count, by: Self.eventsPerBatch) {
        let part = Array(sorted[start..<min(start + Self.eventsPerBatch, sorted.count)])
        var dates = events[part[0]].effective...events[part[0]].effective
        for index in part {
          let day = events[index].effective
          dates = min(dates.lowerBound, day)...max(dates.upperBound, day)
        }
        batches.append(
          PendingBatch(
            kind: .events, partition: group == 0 ? JournalIdentity.system : UInt16(group - 1),
            count: part.count,
            accounts: group == 0 ? nil : accounts[part[0]]...accounts[part[part.count - 1]],
            dates: dates, content: try EventCodec.encode(part.lazy.map { events[$0] })))
        order.append(part)
      }
    }
    return (batches, order)
  }

  private static let eventsPerBatch = 1024
}

extension PendingBatch {
  fileprivate func decodes(to events: [RecordedEvent], _ header: BatchHeader) -> Bool {
    let decoded = content.withUnsafeBytes { try? EventCodec.decode($0, header: header) }
    return decoded.map {
      $0.map(\.position) == events.map(\.position) && $0.map(\.event) == events.map(\.event)
    } ?? false
  }
}

extension Engine {
  /// Publishes rate schedules and their zones' tables.
  ///
  /// - Parameter zone: the table of a zone by name, from the system's time-zone database.
  /// - Returns: the versions that are new.
  public func publish(
    _ schedules: [RateSchedule], zone: (String) throws -> ZoneTable, at: Instant
  ) throws -> [RateSchedule] {
    var events: [Event] = []
    var book = state.system.book
    var added: [RateSchedule] = []
    for schedule in schedules where try book.add(schedule) {
      var fact = RateSchedulePublished()
      fact.code = schedule.code
      fact.effectiveFrom = schedule.effective.day
      fact.text = schedule.text
      events.append(Event(.rateSchedulePublished(fact), effective: schedule.effective.day))
      added.append(schedule)
    }
    for name in Set(added.map(\.zone)).sorted() where state.system.zones[name] == nil {
      events.append(Event(.zoneTablePublished(try zone(name).fact)))
    }
    try commit(events, at: at)
    return added
  }

  /// Enrolls accounts in order; each is decided on what the ones before it left.
  ///
  /// - Parameter zone: the table of a zone by name, nil of one that does not exist.
  /// - Returns: for each request its outcome or its refusal.
  public func enroll(
    _ requests: [Enrollment], zone: (String) throws -> ZoneTable?, at: Instant
  ) throws -> [Result<Outcome, EnrollmentRefusal>] {
    var results: [Result<Outcome, EnrollmentRefusal>] = []
    // Decided in runs: a run is committed when a number of it comes again.
    var events: [Event] = []
    var pending: [Int] = []
    var numbers: Set<String> = []
    var joining: [String: Int] = [:]
    var slots = state.partitions.map(\.agreements.count)
    func flush() throws {
      let positions = try commit(events, at: at)
      for (index, result) in pending.enumerated() {
        results[result] = .success(
          .recorded(position: positions[positions.count - pending.count + index]))
      }
      (events, pending, numbers, joining) = ([], [], [], [:])
      slots = state.partitions.map(\.agreements.count)
    }
    for request in requests {
      let schedule = state.system.book.version(of: request.plan, on: request.on)
      if numbers.contains(request.number) || events.count >= 100_000 { try flush() }
      let zoneName = request.zone ?? schedule?.zone
      var table: ZoneTable?
      if let zoneName, state.system.zones[zoneName] == nil { table = try zone(zoneName) }
      do throws(EnrollmentRefusal) {
        let before = joining[request.plan] ?? 0
        guard let fact = try state.enroll(request, zone: table, joining: before) else {
          results.append(.success(.repeated))
          continue
        }
        if let table {
          if !events.contains(where: { $0.zoneTablePublished.name == table.name }) {
            events.insert(Event(.zoneTablePublished(table.fact)), at: 0)
          }
        }
        let partition = partition(ofAccount: fact.number, of: state.identity.partitions)
        let id = AccountID(
          slot: UInt32(slots[Int(partition)]), partition: partition, of: state.identity.partitions)
        slots[Int(partition)] += 1
        events.append(
          Event(.accountEnrolled(fact), account: id.raw, effective: request.on.day))
        pending.append(results.count)
        numbers.insert(fact.number)
        joining[fact.plan] = before + 1
        results.append(.success(.repeated))
      } catch { results.append(.failure(error)) }
    }
    try flush()
    return results
  }
}
