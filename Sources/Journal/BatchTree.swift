/// The Merkle tree over the headers of a journal's durable batches.
///
/// A header has the SHA-256 of its data frame, so the root stands for every byte of every event.
/// Only headers and footers are read, and checked as the chain demands.
public struct BatchTree: Sendable {
  /// A batch that was asked for.
  public struct Leaf: Sendable {
    /// Its place in the tree: batches before it in the journal.
    public let index: Int
    public let location: BatchLocation
    public let header: [UInt8]
  }

  public let identity: JournalIdentity
  public private(set) var kept: [Leaf] = []
  /// Where the headers could be followed no further; nil when they were to the boundary.
  public private(set) var damage: Damage?
  private var tree = MerkleTree()
  /// The first position of each batch, and at the end the one after the last.
  private var positions: [UInt64] = [0]

  /// - Parameter isWanted: which batches to keep at hand.
  public init(
    _ reader: JournalReader, keeping isWanted: (BatchHeader) -> Bool = { _ in false }
  ) throws(JournalError) {
    identity = reader.identity
    do throws(JournalError) {
      try reader.forEachHeader { location, header in
        if isWanted(location.header) {
          kept.append(Leaf(index: tree.size, location: location, header: header))
        }
        tree.append(header)
        positions.append(location.header.lastPosition + 1)
      }
    } catch {
      guard case .damaged(let damage) = error else { throw error }
      self.damage = damage
    }
  }

  /// Batches.
  public var size: Int { tree.size }
  var nextPosition: UInt64 { positions[size] }

  func root(of size: Int) -> Digest { tree.root(of: size) }

  /// The hashes that lead from a batch's header to the root over the first `size` batches.
  public func inclusionPath(of index: Int, in size: Int) -> [Digest] {
    tree.inclusionPath(of: index, in: size)
  }

  /// The hashes by which, without the journal, a later checkpoint is seen to continue an earlier.
  public func consistencyProof(from old: Int) -> [Digest] {
    tree.consistencyProof(from: old, to: size)
  }

  /// What there is to sign of the journal now.
  public func checkpoint() throws(JournalError) -> Checkpoint {
    if let damage { throw .damaged(damage) }
    return Checkpoint(identity, size: size, root: root(of: size), nextPosition: nextPosition)
  }

  func positions(of batches: Range<Int>) -> ClosedRange<UInt64> {
    positions[batches.lowerBound]...(positions[batches.upperBound] - 1)
  }
}

extension JournalReader {
  /// Hands on every durable batch's place and header in order. Headers, positions, commits, chain,
  /// footers and boundary are checked; data frames are not touched.
  func forEachHeader(
    _ body: (BatchLocation, [UInt8]) -> Void
  ) throws(JournalError) {
    var state = ChainState(chain: identity.chainStart)
    for segment in segments {
      guard state.position == segment else {
        throw .damaged(missing(state.position, before: segment))
      }
      let file = try directory.open(SegmentName.file(firstPosition: segment))
      let end = try durableBytes(of: segment, in: file)
      var window = FileWindow(segment: segment, end: end)
      guard try window.startsWell(in: file) else {
        throw window.damage(file, 0, "the file does not start with an empty LZ4 frame")
      }
      let footer = try segment == boundary.segment ? nil : window.footer(in: file)
      let batchesEnd = end - (footer.map { $0.encoded.count + 8 } ?? 0)
      var offset = Frame.empty.count
      var entries: [Footer.Entry] = []
      while offset < batchesEnd {
        let location = try window.batch(at: offset, in: file)
        if let reason = state.advance(over: location) ?? faultOfPartition(location.header) {
          throw .damaged(
            Damage(
              file: file.name, offset: offset, positions: location.header.positions,
              reason: reason))
        }
        body(location, window.header(of: location))
        if footer != nil { entries.append(Footer.Entry(location)) }
        offset = location.end
      }
      if let footer {
        guard offset == batchesEnd, footer.entries == entries, footer.chain == state.chain,
          footer.nextPosition == state.position
        else { throw window.damage(file, batchesEnd, Footer.faultReason) }
      } else {
        guard state.position == boundary.nextPosition, state.chain == boundary.chain else {
          throw window.damage(
            file, offset, "the last batch is not the one that the boundary names")
        }
      }
    }
  }

  private func faultOfPartition(_ header: BatchHeader) -> String? {
    identity.has(header.partition)
      ? nil : "the journal has no partition \(header.partition)"
  }

  /// A batch's data frame as it is stored, its SHA-256 checked.
  public func frame(of location: BatchLocation) throws(JournalError) -> [UInt8] {
    let file = try directory.open(SegmentName.file(firstPosition: location.segment))
    var frame = [UInt8](repeating: 0, count: Int(location.header.storedBytes))
    let result = frame.withUnsafeMutableBytes { buffer -> Result<Void, JournalError> in
      do throws(JournalError) {
        let found = try file.read(into: buffer, at: location.frameOffset)
        let stored = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<found])
        return .success(try location.check(stored, hashing: true))
      } catch { return .failure(error) }
    }
    try result.get()
    return frame
  }
}
