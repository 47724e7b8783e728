import Journal

// What readers are shown. They look at moments of the disk, never at the disk itself, so that they
// run between any two calls of the writer.
extension Simulation {
  func snapshot() -> Snapshot { disk.with { $0.snapshot() } }

  private func seedOfAView() -> UInt64 { random.next() }

  /// What a reader is shown who has no reason to be refused.
  func read(
    _ storage: DiskView, _ reading: Reading
  ) throws(SimulationFailure) -> [HeldBatch] {
    report.readings += 1
    do { return try reading.batches(in: storage) } catch {
      if case JournalError.notAJournal = error, !journalExists { return [] }
      throw fail("a reader (\(reading)) of a healthy journal is told: \(error)")
    }
  }

  func expect(
    _ found: [HeldBatch], _ who: String, least: Int? = nil
  ) throws(SimulationFailure) {
    if let wrong = ledger.check(found, least: least) { throw fail("\(who): \(wrong)") }
  }

  private func someReading() -> Reading { random.happens(50) ? .pass : .index }

  /// Looks at the journal as it is.
  func look() throws(SimulationFailure) {
    guard journalExists else { return }
    note("a reader")
    let now = snapshot()
    // Before a writer has come, a power cut may undo a creation that failed.
    guard now.names["journal.json"] != nil || isPromised else { return }
    let view = DiskView([now], seed: seedOfAView(), breaksUpReads: random.happens(50))
    try expect(read(view, someReading()), "a reader")
    let companion: [UInt8]?
    do throws(JournalError) {
      companion = try JournalReader(storage: view).companion("snapshot")
    } catch { throw fail("a reader of the file beside the segments is told: \(error)") }
    guard companions.contains(companion) else {
      throw fail("the file beside the segments holds what nobody published")
    }
  }

  /// Looks at one of the moments between the calls of the writer's last operations.
  func lookBetweenTheCalls() throws(SimulationFailure) {
    let views = disk.with { $0.views }
    guard !views.isEmpty else { return }
    let moment = views[random.below(views.count)]
    try expect(
      read(DiskView([moment], seed: 0), someReading()), "a reader between two calls",
      least: moment.acknowledged)
    if random.happens(20) { try raceAReader() }
  }

  /// A reader that the writer overtakes, by some calls or by some commits.
  func raceAReader() throws(SimulationFailure) {
    let views = disk.with { $0.views }
    guard views.count > 1 else { return }
    disk.with { $0.count(.overtakenReader) }
    let first = random.below(views.count - 1)
    let view = DiskView(Array(views[first...]), seed: seedOfAView(), breaksUpReads: true)
    try expect(
      read(view, someReading()), "a reader that the writer overtakes",
      least: views[first].acknowledged)
  }

  /// A reader whose disk fails it in one read is refused or sees everything, never less.
  func readBadly() throws(SimulationFailure) {
    guard journalExists, ledger.doubt.isEmpty else { return }
    let kind = ReadFault.Kind.allCases[random.below(3)]
    let fault = ReadFault(kind: kind, reads: random.below(random.happens(50) ? 4 : 12))
    note("a reader with \(fault)")
    disk.with {
      switch kind {
      case .fails: $0.count(.failedRead)
      case .endsEarly: $0.count(.shortRead)
      case .flipsABit: $0.count(.flippedRead)
      }
    }
    let view = DiskView([snapshot()], seed: seedOfAView(), fault: fault)
    let reading = someReading()
    guard let found = try? reading.batches(in: view) else {
      report.outcomes[.readerRefused, default: 0] += 1
      return
    }
    try expect(found, "a reader (\(reading)) whose read \(kind)")
  }

  /// The whole journal against its chain.
  func verify() throws(SimulationFailure) {
    let verification: Verification
    do throws(JournalError) {
      verification = try JournalReader(storage: DiskView([snapshot()], seed: 0)).verify(deep: true)
    } catch { throw fail("verify is told: \(error)") }
    guard verification.isIntact, verification.batches == ledger.held.count else {
      throw fail("verify finds \(verification.batches) batches and \(verification.damages)")
    }
  }
}
