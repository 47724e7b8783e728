import Journal

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a call does, as far as it decides what can happen to it.
enum DiskCall { case reading, changing, writing, syncing }

/// How often, in a hundred calls, something happens that a program must bear with.
struct DiskRates {
  /// Reads and writes that do only a part.
  var partial = 0
  var interrupted = 0
  /// Calls before which the readers' view is kept.
  var viewed = 0
}

/// A fault that waits for its call.
struct ScheduledFault {
  enum Kind { case powerCut, kill, failedWrite, failedSync, failedRead, shortRead }
  var kind: Kind
  /// Calls that it could strike and passes over.
  var calls: Int
}

/// The disk and the kernel's idea of it.
struct DiskState {
  var random: SeededRandom
  let sabotage: Sabotage?
  var rates = DiskRates()
  var scheduled: ScheduledFault?

  var inodes: [SimulatedInode] = []
  private(set) var names: [String: Int] = [:]
  /// What each name has stood for since the last sync of the directory; first what is on the disk.
  private var nameHistory: [String: [Int?]] = [:]
  /// Bytes that files may still grow by.
  var free = Int.max / 2
  var pastWrites: [(inode: Int, offset: Int, bytes: [UInt8])] = []

  /// Grows when the writer's process ends: its open files are gone then.
  private(set) var boot = 0
  private(set) var isDown = false
  private var losesPower = false
  var handles = 0
  var lockHolder: Int?

  private(set) var counts: [SimulatedFault: Int] = [:]
  private(set) var calls = 0
  /// Faults after which a call may fail.
  private(set) var strikes = 0
  /// What readers would have seen before some of the calls.
  private(set) var views: [Snapshot] = []
  /// What every reader must be shown that comes now; goes into the views.
  var acknowledged = 0

  init(random: SeededRandom, sabotage: Sabotage?) {
    self.random = random
    self.sabotage = sabotage
  }

  mutating func count(_ fault: SimulatedFault) { counts[fault, default: 0] += 1 }

  /// Every call starts here; may fail.
  mutating func begin(_ call: DiskCall) throws(StorageFault) {
    guard !isDown else { throw .gone }
    calls += 1
    if call != .reading, random.happens(rates.viewed) { keepView() }
    if let fault = scheduled, fault.strikes(call) {
      if fault.calls > 0 { scheduled?.calls -= 1 } else { try strike(fault.kind) }
    }
    if call != .syncing, random.happens(rates.interrupted) {
      count(.interruptedCall)
      throw .interrupted
    }
  }

  private mutating func strike(_ kind: ScheduledFault.Kind) throws(StorageFault) {
    if kind == .shortRead { return }
    scheduled = nil
    strikes += 1
    switch kind {
    case .powerCut, .kill:
      isDown = true
      losesPower = kind == .powerCut
      throw .gone
    case .failedWrite: count(.failedWrite)
    case .failedSync: count(.failedSync)
    case .failedRead: count(.failedRead)
    case .shortRead: break
    }
    throw .inputOutput
  }

  /// How much of a read is given.
  mutating func countRead(_ name: String, offset: Int, wanted: Int) -> Int {
    if scheduled?.kind == .shortRead, scheduled?.calls == 0, wanted > 0 {
      scheduled = nil
      shortened = (name, offset + random.below(wanted))
      count(.shortRead)
      strikes += 1
    }
    if let shortened, shortened.name == name {
      return max(0, min(wanted, shortened.end - offset))
    }
    guard wanted > 1, random.happens(rates.partial) else { return max(0, wanted) }
    count(.partialRead)
    return 1 + random.below(wanted - 1)
  }

  /// A file that seems to end early.
  private var shortened: (name: String, end: Int)?

  mutating func name(_ name: String, _ inode: Int?) {
    let before = names[name]
    nameHistory[name, default: [before]].append(inode)
    names[name] = inode
  }

  /// Refuses to grow a file.
  mutating func fill() throws(StorageFault) {
    strikes += 1
    throw .fullDisk
  }

  mutating func syncNames() { nameHistory = [:] }

  /// Ends the writer's process, with the power or without, if nothing has ended it yet.
  mutating func restart(losingPower: Bool) {
    if isDown ? losesPower : losingPower {
      count(.powerCut)
      for name in nameHistory.keys.sorted() {
        let values = nameHistory[name]!
        let kept = values[random.below(values.count)]
        if kept != values.last { count(.lostName) }
        names[name] = kept
      }
      nameHistory = [:]
      for index in inodes.indices { inodes[index].cutPower(&random, &counts) }
    } else {
      count(.killedWriter)
    }
    calm()
    isDown = false
    lockHolder = nil
    boot += 1
    forgetViews()
  }

  mutating func evict() {
    for index in inodes.indices where inodes[index].evict() { count(.evictedCache) }
    forgetViews()
  }

  /// No fault waits any more.
  mutating func calm() {
    scheduled = nil
    shortened = nil
  }

  private mutating func keepView() {
    if views.count == 12 { views.removeFirst() }
    views.append(snapshot())
  }

  mutating func forgetViews() { views = [] }

  func snapshot() -> Snapshot {
    Snapshot(names: names, contents: inodes.map { $0.cached }, acknowledged: acknowledged)
  }
}

extension ScheduledFault {
  func strikes(_ call: DiskCall) -> Bool {
    switch kind {
    case .powerCut, .kill: call != .reading
    case .failedWrite: call == .writing || call == .changing
    case .failedSync: call == .syncing
    case .failedRead, .shortRead: call == .reading
    }
  }
}

extension StorageFault {
  static let gone = StorageFault(code: ESHUTDOWN)
  static let interrupted = StorageFault(code: EINTR)
  static let inputOutput = StorageFault(code: EIO)
  static let fullDisk = StorageFault(code: ENOSPC)
  static let noSuchFile = StorageFault(code: ENOENT)
  static let readOnly = StorageFault(code: EROFS)
}
