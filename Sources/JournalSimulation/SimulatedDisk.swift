import Journal
import Synchronization

/// A disk in memory that does, by a seed, what disks and kernels may do to unsynced data, and what
/// they should not do but sometimes do.
///
/// It is the writer's storage. Readers look at it through `DiskView`s, which stand still or move
/// forward by themselves.
final class SimulatedDisk: Storage {
  let path = "simulated"
  private let state: Mutex<DiskState>

  init(seed: UInt64, sabotage: Sabotage?) {
    state = Mutex(DiskState(random: SeededRandom(seed), sabotage: sabotage))
  }

  func with<Value: Sendable, Fault: Error>(
    _ body: (inout DiskState) throws(Fault) -> Value
  ) throws(Fault) -> Value {
    try state.withLock { (state: inout DiskState) throws(Fault) in try body(&state) }
  }

  func make() throws(StorageFault) {
    try with { (disk: inout DiskState) throws(StorageFault) in try disk.begin(.syncing) }
  }

  func exists(_ name: String) -> Bool { with { $0.names[name] != nil } }

  func names() throws(StorageFault) -> [String] {
    try with { (disk: inout DiskState) throws(StorageFault) in
      try disk.begin(.reading)
      return disk.names.keys.sorted()
    }
  }

  func open(
    _ name: String, writing: Bool, creating: Bool
  ) throws(StorageFault) -> any StorageFile {
    let handle = try with { (disk: inout DiskState) throws(StorageFault) in
      try disk.begin(creating ? .changing : .reading)
      if disk.names[name] == nil {
        guard creating else { throw .noSuchFile }
        disk.name(name, disk.inodes.count)
        disk.inodes.append(SimulatedInode())
      }
      disk.handles += 1
      return (inode: disk.names[name]!, number: disk.handles, boot: disk.boot)
    }
    return SimulatedFile(
      disk: self, name: name, inode: handle.inode, number: handle.number, boot: handle.boot)
  }

  func rename(_ name: String, to other: String) throws(StorageFault) {
    try with { (disk: inout DiskState) throws(StorageFault) in
      try disk.begin(.changing)
      guard let inode = disk.names[name] else { throw .noSuchFile }
      disk.name(other, inode)
      disk.name(name, nil)
    }
  }

  func remove(_ name: String) throws(StorageFault) {
    try with { (disk: inout DiskState) throws(StorageFault) in
      try disk.begin(.changing)
      guard disk.names[name] != nil else { throw .noSuchFile }
      disk.name(name, nil)
    }
  }

  func sync() throws(StorageFault) {
    try with { (disk: inout DiskState) throws(StorageFault) in
      try disk.begin(.syncing)
      if disk.sabotage != .directoryNotSynced { disk.syncNames() }
    }
  }
}

/// A file that a writer has open; dead after a crash of its process.
final class SimulatedFile: StorageFile {
  private let disk: SimulatedDisk
  private let name: String
  private let inode: Int
  private let number: Int
  private let boot: Int

  init(disk: SimulatedDisk, name: String, inode: Int, number: Int, boot: Int) {
    self.disk = disk
    self.name = name
    self.inode = inode
    self.number = number
    self.boot = boot
  }

  deinit { unlock() }

  private func call<Value: Sendable>(
    _ kind: DiskCall, _ body: (inout DiskState) throws(StorageFault) -> Value
  ) throws(StorageFault) -> Value {
    try disk.with { (disk: inout DiskState) throws(StorageFault) in
      guard disk.boot == boot else { throw .gone }
      do throws(StorageFault) { try disk.begin(kind) } catch {
        if kind == .syncing, !disk.isDown {
          disk.inodes[inode].failSync(&disk.random)
          if disk.sabotage == .failedSyncIgnored { return try body(&disk) }
        }
        throw error
      }
      return try body(&disk)
    }
  }

  func size() throws(StorageFault) -> Int {
    try call(.reading) { (disk) throws(StorageFault) in disk.inodes[inode].cached.count }
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StorageFault) -> Int {
    try call(.reading) { (disk) throws(StorageFault) in
      let count = disk.countRead(
        name, offset: offset, wanted: min(buffer.count, disk.inodes[inode].cached.count - offset))
      return copyBytes(disk.inodes[inode].cached, offset, count, into: buffer)
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageFault) -> Int {
    try call(.writing) { (disk) throws(StorageFault) in
      var count = bytes.count
      if count > 1, disk.random.happens(disk.rates.partial) {
        count = 1 + disk.random.below(count - 1)
        if disk.random.happens(30) { count = secondBatch(bytes) ?? count }
        disk.count(.partialWrite)
      }
      let growth = offset + count - disk.inodes[inode].cached.count
      if growth > disk.free {
        count -= growth - disk.free
        disk.count(.fullDisk)
        guard count > 0 else {
          if disk.sabotage == .fullDiskIgnored { return bytes.count }
          try disk.fill()
          return 0
        }
      }
      disk.free -= max(0, min(growth, disk.free))
      let part = UnsafeRawBufferPointer(rebasing: bytes[..<count])
      if disk.random.happens(10) { disk.inodes[inode].writeBack(&disk.random) }
      disk.inodes[inode].write(part, at: offset)
      if name.hasSuffix(".lz4") { disk.pastWrites.append((inode, offset, Array(part))) }
      return disk.sabotage == .partialWriteIgnored ? bytes.count : count
    }
  }

  func sync() throws(StorageFault) {
    try call(.syncing) { (disk) throws(StorageFault) in
      let isDropped =
        switch disk.sabotage {
        case .segmentNotSynced: name.hasSuffix(".lz4")
        case .boundaryNotSynced: name == "boundary"
        case .newFileNotSynced: name.hasSuffix(".new")
        default: false
        }
      if !isDropped { disk.inodes[inode].sync() }
    }
  }

  func truncate(to size: Int) throws(StorageFault) {
    try call(.writing) { (disk) throws(StorageFault) in
      if disk.sabotage == .cutIgnored, size > 0 { return }
      disk.inodes[inode].truncate(to: size)
    }
  }

  func lock() throws(StorageFault) -> Bool {
    try call(.reading) { (disk) throws(StorageFault) in
      guard disk.lockHolder == nil || disk.sabotage == .lockIgnored else { return false }
      disk.lockHolder = number
      return true
    }
  }

  func unlock() {
    disk.with { if $0.boot == boot, $0.lockHolder == number { $0.lockHolder = nil } }
  }
}

/// Where the second batch of a commit starts: a write that ends there leaves whole batches.
private func secondBatch(_ bytes: UnsafeRawBufferPointer) -> Int? {
  guard bytes.count > 8 else { return nil }
  return (4..<bytes.count - 4).first {
    bytes[$0] == 0x50 && bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self) == 0x184D_2A50
  }
}

/// Copies what stands at an offset, as far as there is any.
func copyBytes(
  _ bytes: [UInt8], _ offset: Int, _ count: Int, into buffer: UnsafeMutableRawBufferPointer
) -> Int {
  guard count > 0 else { return 0 }
  bytes.withUnsafeBytes {
    UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
  }
  return count
}
