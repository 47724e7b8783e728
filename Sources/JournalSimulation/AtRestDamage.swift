import Journal

// Damage to what lies on the disk, all of it before the boundary: one place at a time, undone when it
// has been judged.
//
// - In a segment: a pass and `verify` name the file; the index names it or gives everything; a writer
//   refuses when it is the last segment, and then changes nothing.
// - In one slot of the boundary: nobody notices, for the other copy counts.
// - In both copies of the newest generation: readers are shown the generation before it, which is one
//   commit less at most; the next writer finds that commit whole after the boundary and keeps it.
//   Where there is no generation before it, the boundary is refused by name.
// - A boundary of another length, and any change of `journal.json`: refused by name.
extension Simulation {
  private static let kinds: [SimulatedFault] = [
    .bitFlip, .zeroedSector, .misdirectedWrite, .cutFile, .lostBoundaryPair,
    // Seldom is there one that fits.
    .staleWrite, .staleWrite, .staleWrite,
  ]

  func damageAtRest() throws(SimulationFailure) {
    // What a writer keeps after the boundary goes when it closes: all that is left is checked.
    stop()
    let before = snapshot()
    let names = before.names.keys.sorted().filter(Self.isChecked)
    guard names.allSatisfy({ name in disk.with { $0.inodes[$0.names[name]!].isSynced } }) else {
      return
    }
    let kind = Self.kinds[random.below(Self.kinds.count)]
    let segments = names.filter { $0.hasSuffix(".lz4") }
    let name =
      if kind == .lostBoundaryPair { "boundary" } else if random.happens(70) {
        segments[random.below(segments.count)]
      } else { names[random.below(names.count)] }
    guard let old = before.bytes(name), let inode = before.names[name] else { return }
    let new = damaged(old, by: kind, inode: inode, in: names.compactMap(before.bytes))
    guard new != old else { return }
    note("\(kind.rawValue) in \(name)")
    disk.with { disk in
      disk.count(kind)
      disk.inodes[inode].replace(with: new)
      disk.forgetViews()
    }
    switch name {
    case "journal.json": try refusesAll(name, before)
    case "boundary" where new.count != old.count: try refusesAll(name, before)
    case "boundary" where kind == .lostBoundaryPair:
      if try fallsBack() { return }
    case "boundary":
      try expect(read(DiskView([snapshot()], seed: 0), .pass), "with one damaged copy, a reader")
      try verify()
      report.outcomes[.copySufficed, default: 0] += 1
      // What the next writer makes whole again, or the next generations.
      return
    default: try judge(name, isLast: name == segments.last)
    }
    disk.with { disk in
      disk.inodes[inode].replace(with: old)
      disk.forgetViews()
    }
  }

  private static func isChecked(_ name: String) -> Bool {
    name == "boundary" || name == "journal.json" || name.hasSuffix(".lz4")
  }

  private func damaged(
    _ old: [UInt8], by kind: SimulatedFault, inode: Int, in files: [[UInt8]]
  ) -> [UInt8] {
    var new = old
    let sectors = (old.count + SimulatedInode.sectorBytes - 1) / SimulatedInode.sectorBytes
    func sector(_ index: Int, of bytes: [UInt8]) -> Range<Int> {
      let start = index * SimulatedInode.sectorBytes
      return start..<min(start + SimulatedInode.sectorBytes, bytes.count)
    }
    switch kind {
    case .bitFlip: new[random.below(old.count)] ^= 1 << UInt8(random.below(8))
    case .zeroedSector:
      let part = sector(random.below(sectors), of: old)
      new.replaceSubrange(part, with: repeatElement(0, count: part.count))
    case .misdirectedWrite:
      let source = files[random.below(files.count)]
      let from = sector(
        random.below((source.count - 1) / SimulatedInode.sectorBytes + 1), of: source)
      let part = sector(random.below(sectors), of: old)
      let count = min(from.count, part.count)
      new.replaceSubrange(part.prefix(count), with: source[from.prefix(count)])
    case .staleWrite:
      let past = disk.with { $0.pastWrites }.filter {
        $0.inode == inode && $0.offset + $0.bytes.count <= old.count
          && !old[$0.offset...].starts(with: $0.bytes)
      }
      guard !past.isEmpty else { return old }
      let write = past[random.below(past.count)]
      new.replaceSubrange(write.offset..<write.offset + write.bytes.count, with: write.bytes)
    case .cutFile: new.removeLast(1 + random.below(old.count))
    case .lostBoundaryPair:
      let slot = 4096
      let generations = (0..<4).map { index in
        old[(index * slot + 8)..<(index * slot + 16)].reversed().reduce(UInt64(0)) {
          $0 << 8 | UInt64($1)
        }
      }
      let newest = generations.max()
      for index in 0..<4 where generations[index] == newest {
        let at = index * slot + random.below(slot)
        new[at] ^= 1 << UInt8(random.below(8))
      }
    default: preconditionFailure("\(kind) is no damage at rest")
    }
    return new
  }

  /// Readers and writers refuse the file by its name, and nothing changes.
  private func refusesAll(_ name: String, _ before: Snapshot) throws(SimulationFailure) {
    for reading in Reading.allCases {
      try refuses(name, "\(reading)") { try reading.batches(in: $0) }
    }
    try refusesToWrite(name)
  }

  private func judge(_ name: String, isLast: Bool) throws(SimulationFailure) {
    try refuses(name, "a pass") { try Reading.pass.batches(in: $0) }
    do {
      let found = try Reading.index.batches(in: DiskView([snapshot()], seed: 0))
      try expect(found, "the index of a damaged journal")
    } catch let error as SimulationFailure {
      throw error
    } catch {
      guard Self.isNamed(name, error) else {
        throw fail("the index does not name \(name): \(error)")
      }
    }
    let damages: [Damage]
    do throws(JournalError) {
      damages = try JournalReader(storage: DiskView([snapshot()], seed: 0)).verify().damages
    } catch { throw fail("verify of a damaged journal is told: \(error)") }
    guard damages.contains(where: { $0.file == name }) else {
      throw fail("verify does not name \(name): \(damages)")
    }
    if isLast { return try refusesToWrite(name) }
    do throws(JournalError) { _ = try JournalWriter(storage: disk) } catch {
      guard Self.isNamed(name, error) else {
        throw fail("a writer does not name \(name): \(error)")
      }
    }
  }

  private func refuses(
    _ name: String, _ who: String, _ body: (DiskView) throws -> [HeldBatch]
  ) throws(SimulationFailure) {
    do {
      let found = try body(DiskView([snapshot()], seed: 0))
      throw fail("\(who) believes damage in \(name) and finds \(found.count) batches")
    } catch let error as SimulationFailure {
      throw error
    } catch {
      guard Self.isNamed(name, error) else { throw fail("\(who) does not name \(name): \(error)") }
      report.outcomes[.damageNamed, default: 0] += 1
    }
  }

  private func refusesToWrite(_ name: String) throws(SimulationFailure) {
    let before = snapshot()
    do throws(JournalError) { _ = try JournalWriter(storage: disk) } catch {
      guard Self.isNamed(name, error) else {
        throw fail("a writer does not name \(name): \(error)")
      }
      let after = snapshot()
      guard before.names.keys.allSatisfy({ $0 == "lock" || before.bytes($0) == after.bytes($0) })
      else { throw fail("a writer refuses \(name), and changes something") }
      return
    }
    throw fail("a writer believes damage in \(name)")
  }

  /// Both copies of the newest generation are lost; false when there was no other.
  private func fallsBack() throws(SimulationFailure) -> Bool {
    let found: [HeldBatch]
    do { found = try Reading.pass.batches(in: DiskView([snapshot()], seed: 0)) } catch {
      // A new journal has one generation, in all four slots; and a write that failed may have torn
      // the older pair, which stays so until the next generation.
      guard Self.isNamed("boundary", error) else {
        throw fail("without the newest boundary a reader is told: \(error)")
      }
      return false
    }
    try expect(
      found, "without the newest boundary, a reader", least: ledger.commitEnds.dropLast().last ?? 0)
    disk.with { $0.free = Int.max / 2 }
    do throws(JournalError) {
      writer = try JournalWriter(storage: disk, sealAfter: sealAfter)
    } catch { throw fail("without the newest boundary a writer is told: \(error)") }
    try expect(read(DiskView([snapshot()], seed: 0), .pass), "after the fall back, a reader")
    disk.with { $0.forgetViews() }
    report.outcomes[.fellBack, default: 0] += 1
    return true
  }

  private static func isNamed(_ name: String, _ error: any Error) -> Bool {
    switch error {
    case JournalError.damaged(let damage): damage.file == name
    case JournalError.unsupportedFormat: name == "journal.json"
    default: false
    }
  }
}
