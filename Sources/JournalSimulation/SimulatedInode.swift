/// A file of the simulated disk: what programs see of it, and what a power cut would leave.
struct SimulatedInode: Sendable {
  static let sectorBytes = 512

  /// What a read gives.
  private(set) var cached: [UInt8] = []
  /// What the disk has; where a sync has failed it is older than the cache that calls itself clean.
  private var media: [UInt8] = []
  /// Sectors written and not yet on the disk, in the order of their first writing.
  private var dirty: [Int] = []
  /// The size on the disk, and every one that the file has had since.
  private var sizes = [0]

  var isSynced: Bool { dirty.isEmpty && sizes.count == 1 && media == cached }

  mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    let (before, end) = (cached.count, offset + bytes.count)
    if end > before {
      cached.append(contentsOf: repeatElement(0, count: end - before))
      sizes.append(end)
    }
    cached.withUnsafeMutableBytes {
      UnsafeMutableRawBufferPointer(rebasing: $0[offset..<end]).copyMemory(from: bytes)
    }
    soil(min(before, offset)..<end)
  }

  mutating func truncate(to size: Int) {
    let before = cached.count
    if size < before { cached.removeLast(before - size) }
    if size > before { cached.append(contentsOf: repeatElement(0, count: size - before)) }
    if size != before { sizes.append(size) }
    soil(min(size, before)..<max(size, before))
  }

  private mutating func soil(_ bytes: Range<Int>) {
    guard !bytes.isEmpty else { return }
    for sector in bytes.lowerBound / Self.sectorBytes...(bytes.upperBound - 1) / Self.sectorBytes
    where !dirty.contains(sector) {
      dirty.append(sector)
    }
  }

  /// Brings the first `count` bytes of a sector, or those after them, to the disk.
  private mutating func persist(_ sector: Int, _ part: Range<Int> = 0..<sectorBytes) {
    let start = sector * Self.sectorBytes
    let end = min(start + part.upperBound, cached.count)
    guard start + part.lowerBound < end else { return }
    if media.count < end {
      media.append(contentsOf: repeatElement(0, count: end - media.count))
    }
    media.replaceSubrange(
      (start + part.lowerBound)..<end, with: cached[(start + part.lowerBound)..<end])
  }

  mutating func sync() {
    for sector in dirty { persist(sector) }
    resizeMedia(to: cached.count)
    dirty = []
    sizes = [cached.count]
  }

  /// Some sectors reach the disk, and all are called clean.
  mutating func failSync(_ random: inout SeededRandom) {
    for sector in dirty where random.happens(50) { persist(sector) }
    dirty = []
  }

  /// Some sectors reach the disk on their own, as they may at any time.
  mutating func writeBack(_ random: inout SeededRandom) {
    var left: [Int] = []
    for sector in dirty {
      if random.happens(30) { persist(sector) } else { left.append(sector) }
    }
    dirty = left
  }

  /// The cache is dropped: what calls itself clean is read from the disk again.
  mutating func evict() -> Bool {
    guard dirty.isEmpty else { return false }
    var read = media
    if read.count > cached.count { read.removeLast(read.count - cached.count) }
    read.append(contentsOf: repeatElement(0, count: cached.count - read.count))
    defer { cached = read }
    return read != cached
  }

  /// What is unsynced reaches the disk, does not, or does in part and in any order.
  mutating func cutPower(
    _ random: inout SeededRandom, _ counts: inout [SimulatedFault: Int]
  ) {
    let mode = random.below(5)
    var lost = false
    for sector in dirty {
      switch mode {
      case 0: persist(sector)
      case 1: lost = true
      default:
        switch random.below(5) {
        case 0, 1:
          persist(sector)
          if lost { counts[.reorderedWrites, default: 0] += 1 }
        case 2:
          // Torn at any byte, either side first.
          let at = random.below(Self.sectorBytes + 1)
          persist(sector, random.happens(80) ? 0..<at : at..<Self.sectorBytes)
          counts[.tornSector, default: 0] += 1
        default: lost = true
        }
      }
    }
    if lost { counts[.lostWrite, default: 0] += 1 }
    let size =
      switch mode {
      case 0: cached.count
      case 1: sizes[0]
      default:
        random.happens(50)
          ? sizes[random.below(sizes.count)]
          : (sizes.min() ?? 0) + random.below((sizes.max() ?? 0) - (sizes.min() ?? 0) + 1)
      }
    if size > media.count, random.happens(20) {
      // Blocks that were given to the file and never written show what they held before.
      media.append(contentsOf: (media.count..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    }
    resizeMedia(to: size)
    cached = media
    dirty = []
    sizes = [size]
  }

  private mutating func resizeMedia(to size: Int) {
    if media.count > size { media.removeLast(media.count - size) }
    media.append(contentsOf: repeatElement(0, count: size - media.count))
  }

  /// Other bytes, on the disk and in the cache, as if nothing had been written.
  mutating func replace(with bytes: [UInt8]) {
    cached = bytes
    media = bytes
    dirty = []
    sizes = [bytes.count]
  }
}
