import Journal

/// One run of a journal on a simulated disk, decided by its seed alone: a writer that appends, rolls,
/// publishes, dies and is opened again, readers beside it, and every fault that the disk has.
///
/// The rules of the model are in `Ledger`; what damage at rest must lead to is in `AtRestDamage`.
public final class Simulation {
  static let identity = JournalIdentity(id: "5eed5eed5eed5eed5eed5eed5eed5eed", partitions: 8)
  private static let noise: [UInt8] = {
    var random = SeededRandom(1)
    return (0..<8192).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }()

  public let seed: UInt64
  let disk: SimulatedDisk
  var random: SeededRandom
  var ledger = Ledger()
  var writer: JournalWriter?
  let sealAfter: Int
  /// Of a hundred operations of the writer, how many meet a fault.
  private var faultPercent: Int
  private let contentBytes: Int
  private var contents: UInt64 = 0
  private var shapes: [BatchShape] = []
  private(set) var journalExists = false
  /// Whether somebody was told that the journal is there.
  private(set) var isPromised = false
  /// What the small file beside the segments may hold.
  private(set) var companions: [[UInt8]?] = [nil]
  var report = SimulationReport()
  private var trace: [String]?

  private init(seed: UInt64, sabotage: Sabotage?, tracing: Bool) {
    self.seed = seed
    random = SeededRandom(seed &* 0x2545_F491_4F6C_DD1D &+ 1)
    disk = SimulatedDisk(seed: seed, sabotage: sabotage)
    sealAfter = [100, 700, 1500, 4000][random.below(4)]
    faultPercent = [0, 20, 40, 60][random.below(4)]
    contentBytes = [10, 60, 700, 3000][random.below(4)]
    let rates = DiskRates(
      partial: random.happens(50) ? 25 : 0, interrupted: random.happens(30) ? 5 : 0,
      viewed: random.happens(80) ? 50 : 0)
    disk.with { $0.rates = rates }
    trace = tracing ? [] : nil
  }

  /// Runs a seed and throws what it breaks, with the steps that led there.
  public static func run(
    seed: UInt64, sabotage: Sabotage? = nil
  ) throws(SimulationFailure) -> SimulationReport {
    let simulation = Simulation(seed: seed, sabotage: sabotage, tracing: false)
    do throws(SimulationFailure) {
      try simulation.run()
    } catch {
      try Simulation(seed: seed, sabotage: sabotage, tracing: true).run()
      throw error
    }
    return simulation.report
  }

  private func run() throws(SimulationFailure) {
    for _ in 0..<(8 + random.below(16)) { try step() }
    try finish()
    disk.with { report.add($0.counts, calls: $0.calls) }
  }

  private func step() throws(SimulationFailure) {
    guard journalExists else { return try create() }
    guard writer != nil else { return try open() }
    switch random.below(20) {
    case 0...9: try append()
    case 10: try publish()
    case 11...12: try look()
    case 13: try raceAReader()
    case 14: try readBadly()
    case 15: try meetASecondWriter()
    case 16: stop()
    case 17:
      restart(losingPower: random.happens(70))
      try look()
    case 18: fillTheDisk()
    default: try damageAtRest()
    }
  }

  func note(_ text: @autoclosure () -> String) { trace?.append(text()) }

  func fail(_ reason: String) -> SimulationFailure {
    SimulationFailure(seed: seed, reason: reason, trace: trace ?? [])
  }
}

/// A batch without its content.
private struct BatchShape {
  let kind: BatchKind
  let partition: UInt16
  let count: Int
  /// Of noise.
  let bytes: Int
}

// MARK: The writer's operations

extension Simulation {
  /// Runs an operation of the writer under the faults of this seed, with readers between its calls.
  ///
  /// - Returns: the error, if it had leave to fail; nil when it succeeded.
  private func attempt(
    _ what: String, _ body: () throws(JournalError) -> Void
  ) throws(SimulationFailure) -> JournalError? {
    if random.happens(faultPercent) {
      let kinds: [ScheduledFault.Kind] = [
        .powerCut, .powerCut, .kill, .failedWrite, .failedSync, .failedSync, .failedRead,
        .shortRead,
      ]
      let fault = ScheduledFault(
        kind: kinds[random.below(kinds.count)], calls: random.below(random.happens(50) ? 6 : 20))
      disk.with { $0.scheduled = fault }
      note("\(what), with \(fault)")
    } else {
      note(what)
    }
    let before = disk.with { disk in
      disk.acknowledged = ledger.held.count
      return disk.strikes
    }
    var failure: JournalError?
    do throws(JournalError) { try body() } catch { failure = error }
    let (strikes, isDown) = disk.with { disk in
      disk.calm()
      return (disk.strikes, disk.isDown)
    }
    try lookBetweenTheCalls()
    guard let failure else { return nil }
    note("  failed: \(failure)")
    guard strikes > before || isDown else {
      throw fail("\(what) failed without a fault: \(failure)")
    }
    if isDown { restart(losingPower: false) } else if random.happens(40) { evict() }
    return failure
  }

  private func create() throws(SimulationFailure) {
    let disk = disk
    if disk.with({ $0.names["journal.json"] != nil }) {
      // An earlier attempt failed, and made it nevertheless.
      journalExists = true
      disk.with { $0.forgetViews() }
      return
    }
    let failure = try attempt("create") { () throws(JournalError) in
      try JournalWriter.create(in: disk, identity: Self.identity)
    }
    isPromised = failure == nil
    journalExists = isPromised
    disk.with { $0.forgetViews() }
    if journalExists { try look() }
  }

  func open() throws(SimulationFailure) {
    let disk = disk
    if disk.with({ $0.names["journal.json"] == nil }), !isPromised {
      note("the journal never came to be")
      journalExists = false
      return
    }
    var opened: JournalWriter?
    let failure = try attempt("open") { () throws(JournalError) in
      opened = try JournalWriter(storage: disk, sealAfter: self.sealAfter)
    }
    guard failure == nil, let opened else {
      report.outcomes[.openFailed, default: 0] += 1
      if disk.with({ $0.free < 1 << 30 }), random.happens(50) {
        disk.with { $0.free = Int.max / 2 }
      }
      return
    }
    isPromised = true
    let hadDoubt = !ledger.doubt.isEmpty
    let before = ledger.held.count
    let found = try read(DiskView([snapshot()], seed: 0), .pass)
    if let wrong = ledger.settle(found) { throw fail("after recovery, \(wrong)") }
    if hadDoubt {
      report.outcomes[ledger.held.count > before ? .keptCommit : .cutCommit, default: 0] += 1
    }
    report.outcomes[.opened, default: 0] += 1
    guard opened.nextPosition == ledger.nextPosition else {
      throw fail("the writer goes on at \(opened.nextPosition), not \(ledger.nextPosition)")
    }
    writer = opened
  }

  private func append() throws(SimulationFailure) {
    guard let writer else { return }
    var position = ledger.nextPosition
    var commit: [HeldBatch] = []
    var batches: [PendingBatch] = []
    // Often as the commit before, so that one that was cut would fit in the place of the next.
    if shapes.isEmpty || random.happens(60) {
      shapes = (0...random.below(3)).map { _ in
        BatchShape(
          kind: random.happens(50) ? .events : .reads, partition: UInt16(random.below(8)),
          count: 1 + random.below(4),
          bytes: random.happens(50) ? contentBytes : random.below(contentBytes))
      }
    }
    for shape in shapes {
      contents += 1
      var content = ByteWriter()
      content.put(contents)
      let start = random.below(Self.noise.count - shape.bytes)
      content.bytes += Self.noise[start..<start + shape.bytes]
      batches.append(
        PendingBatch(
          kind: shape.kind, partition: shape.partition, count: shape.count, accounts: nil,
          dates: nil, content: content.bytes))
      commit.append(
        HeldBatch(first: position, count: UInt32(shape.count), content: content.bytes))
      position += UInt64(shape.count)
    }
    ledger.begin(commit)
    let pending = batches
    let failure = try attempt("append \(commit.count) batches at \(commit[0].first)") {
      () throws(JournalError) in
      try writer.append(pending, recordedAt: 1_420_070_400_000, origin: Self.origin)
    }
    if failure == nil {
      ledger.acknowledge()
      report.commits += 1
    } else {
      self.writer = nil
      do throws(JournalError) {
        try writer.append(pending, recordedAt: 0, origin: Self.origin)
      } catch {
        guard error == .writerEnded else { throw fail("an ended writer says: \(error)") }
        return
      }
      throw fail("a writer went on after a failure")
    }
  }

  private static let origin = Origin(actor: "simulation", source: "seed")

  private func publish() throws(SimulationFailure) {
    guard let writer else { return }
    contents += 1
    let bytes = Array(repeating: UInt8(truncatingIfNeeded: contents), count: 1 + random.below(2000))
    let failure = try attempt("publish \(bytes.count) bytes") { () throws(JournalError) in
      try writer.publish(bytes, as: "snapshot")
    }
    companions = failure == nil ? [bytes] : companions + [bytes]
  }

  private func meetASecondWriter() throws(SimulationFailure) {
    note("a second writer")
    disk.with { $0.count(.secondWriter) }
    do throws(JournalError) { _ = try JournalWriter(storage: disk) } catch {
      guard case .locked = error else { throw fail("a second writer is told: \(error)") }
      return
    }
    throw fail("a second writer is let in")
  }

  func stop() {
    note("the writer stops")
    writer = nil
  }

  private func restart(losingPower: Bool) {
    note(losingPower ? "power cut" : "crash")
    disk.with { $0.restart(losingPower: losingPower) }
    // After the crash, so that it does not close its files as one that stops does.
    writer = nil
  }

  private func evict() {
    note("cache dropped")
    disk.with { $0.evict() }
  }

  private func fillTheDisk() {
    let bytes = random.happens(30) ? Int.max / 2 : random.below(3000)
    note("\(bytes) bytes are free")
    disk.with { $0.free = bytes }
  }

  /// With no more faults the journal opens, holds what it must, and goes on; and all that is on the
  /// disk, not in memory.
  private func finish() throws(SimulationFailure) {
    note("the faults end")
    disk.with { disk in
      disk.rates = DiskRates()
      disk.free = Int.max / 2
    }
    faultPercent = 0
    if random.happens(50) { restart(losingPower: true) } else { stop() }
    while writer == nil {
      if journalExists { try open() } else { try create() }
    }
    for _ in 0..<2 { try append() }
    restart(losingPower: true)
    try look()
    try verify()
  }
}
