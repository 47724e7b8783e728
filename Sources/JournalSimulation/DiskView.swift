import Journal
import Synchronization

/// What programs would see of the disk at one moment.
struct Snapshot: Sendable {
  var names: [String: Int]
  /// By inode.
  var contents: [[UInt8]]
  /// Batches that were acknowledged before.
  var acknowledged: Int

  func bytes(_ name: String) -> [UInt8]? { names[name].map { contents[$0] } }
}

/// A fault of one read, after some that went well.
struct ReadFault: Sendable {
  enum Kind: CaseIterable { case fails, endsEarly, flipsABit }
  var kind: Kind
  var reads: Int
}

/// A reader's storage: the disk at one moment, or moving on from moment to moment between its calls
/// as when a writer overtakes the reader. Whatever a reader writes is a bug.
final class DiskView: Storage {
  let path = "simulated"
  fileprivate let state: Mutex<ViewState>

  fileprivate struct ViewState {
    var moments: [Snapshot]
    var now = 0
    var random: SeededRandom
    var breaksUpReads: Bool
    var fault: ReadFault?
    var shortened: (inode: Int, end: Int)?

    mutating func moveOn() {
      if now < moments.count - 1, random.happens(30) {
        now += 1 + random.below(moments.count - 1 - now)
      }
    }

    mutating func read(
      _ inode: Int, _ offset: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(StorageFault) -> Int {
      moveOn()
      let bytes = moments[now].contents[inode]
      var count = max(0, min(buffer.count, bytes.count - offset))
      if count > 1, breaksUpReads, random.happens(40) {
        if random.happens(20) { throw .interrupted }
        count = 1 + random.below(count - 1)
      }
      var flipped: Int?
      if let struck = fault, count > 0 {
        fault?.reads -= 1
        if struck.reads == 0 {
          switch struck.kind {
          case .fails: throw .inputOutput
          case .endsEarly: shortened = (inode, offset + random.below(count))
          case .flipsABit: flipped = random.below(count)
          }
        }
      }
      if let shortened, shortened.inode == inode {
        count = max(0, min(count, shortened.end - offset))
      }
      count = copyBytes(bytes, offset, count, into: buffer)
      if let flipped, flipped < count { buffer[flipped] ^= 1 << UInt8(random.below(8)) }
      return count
    }
  }

  init(_ moments: [Snapshot], seed: UInt64, breaksUpReads: Bool = false, fault: ReadFault? = nil) {
    state = Mutex(
      ViewState(
        moments: moments, random: SeededRandom(seed), breaksUpReads: breaksUpReads, fault: fault))
  }

  func exists(_ name: String) -> Bool {
    state.withLock {
      $0.moveOn()
      return $0.moments[$0.now].names[name] != nil
    }
  }

  func names() throws(StorageFault) -> [String] {
    state.withLock {
      $0.moveOn()
      return $0.moments[$0.now].names.keys.sorted()
    }
  }

  func open(
    _ name: String, writing: Bool, creating: Bool
  ) throws(StorageFault) -> any StorageFile {
    guard !writing, !creating else { throw .readOnly }
    let inode = state.withLock {
      $0.moveOn()
      return $0.moments[$0.now].names[name]
    }
    guard let inode else { throw .noSuchFile }
    return ViewedFile(view: self, inode: inode)
  }

  func make() throws(StorageFault) { throw .readOnly }
  func rename(_ name: String, to other: String) throws(StorageFault) { throw .readOnly }
  func remove(_ name: String) throws(StorageFault) { throw .readOnly }
  func sync() throws(StorageFault) { throw .readOnly }
}

private final class ViewedFile: StorageFile {
  let view: DiskView
  let inode: Int

  init(view: DiskView, inode: Int) {
    self.view = view
    self.inode = inode
  }

  func size() throws(StorageFault) -> Int {
    view.state.withLock {
      $0.moveOn()
      return $0.moments[$0.now].contents[inode].count
    }
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StorageFault) -> Int {
    try view.state.withLock { (state) throws(StorageFault) in
      try state.read(inode, offset, into: buffer)
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageFault) -> Int {
    throw .readOnly
  }
  func sync() throws(StorageFault) { throw .readOnly }
  func truncate(to size: Int) throws(StorageFault) { throw .readOnly }
  func lock() throws(StorageFault) -> Bool { throw .readOnly }
  func unlock() {}
}
