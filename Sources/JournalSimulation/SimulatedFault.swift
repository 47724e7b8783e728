/// What the simulator does to a journal; the figures of a run count each kind.
public enum SimulatedFault: String, CaseIterable, Sendable {
  case powerCut = "power cut"
  case killedWriter = "killed writer"
  case tornSector = "torn sector"
  case lostWrite = "lost unsynced write"
  case reorderedWrites = "reordered unsynced sectors"
  case lostName = "lost unsynced name"
  case failedWrite = "failed write"
  case failedSync = "failed fsync"
  case fullDisk = "full disk"
  case evictedCache = "cache dropped after a failed fsync"
  case interruptedCall = "interrupted call"
  case partialRead = "partial read"
  case partialWrite = "partial write"
  case failedRead = "failed read"
  case shortRead = "short read"
  case flippedRead = "bit flipped in a read"
  case bitFlip = "bit flip"
  case zeroedSector = "zeroed sector"
  case misdirectedWrite = "misdirected write"
  case staleWrite = "an older write come back"
  case cutFile = "file cut short"
  case lostBoundaryPair = "both copies of the newest boundary"
  case secondWriter = "second writer"
  case overtakenReader = "reader overtaken by the writer"
}

/// A bug of the writer, planted by a disk that leaves out or makes up what the bug would.
public enum Sabotage: String, CaseIterable, Sendable {
  case segmentNotSynced = "segment not synced before the boundary"
  case boundaryNotSynced = "boundary not synced before the acknowledgement"
  case newFileNotSynced = "new file not synced before its renaming"
  case directoryNotSynced = "directory not synced after a new name"
  case failedSyncIgnored = "going on after a failed fsync"
  case fullDiskIgnored = "full disk leaves a half-written file"
  case partialWriteIgnored = "partial write taken for a whole one"
  case cutIgnored = "recovery leaves the torn tail in the file"
  case lockIgnored = "second writer let in"
}

/// Reproducible randomness (SplitMix64).
struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  /// 0 up to `limit`, which it never is; `limit` is at least 1.
  mutating func below(_ limit: Int) -> Int { Int(truncatingIfNeeded: next() >> 1) % limit }

  mutating func happens(_ percent: Int) -> Bool { below(100) < percent }
}
