/// What the files of a damaged journal still prove: every place that is damaged, which positions
/// it touches, and which batches are intact.
///
/// It needs neither `journal.json` nor the boundary to be readable, looks at every file with a
/// segment's name, goes on after damage wherever a header is found, and believes what the hash
/// chain binds to the journal's start or to its boundary. It changes nothing.
public struct Survey: Sendable {
  /// Nil when `journal.json` is lost or beyond mending.
  public let identity: JournalIdentity?
  public private(set) var damages: [Damage]
  /// Intact and proven, by position.
  public private(set) var intact: [BatchLocation] = []
  /// Everything else up to the journal's end, by position.
  public private(set) var lost: [LostBatch] = []
  public private(set) var notes: [String] = []
  /// Files with a segment's name that were looked at.
  public private(set) var segments = 0
  /// Batches that are proven, whole or not, and the positions in them.
  public private(set) var batches = 0
  public private(set) var events: UInt64 = 0
  /// The chain value of the last batch.
  public private(set) var head = Digest(of: [])
  /// The position after the last one that the journal had, as far as it can be told.
  public private(set) var end: UInt64 = 0
  /// Whether later commits stand behind the boundary: they are not looked at.
  public private(set) var isBoundaryStale = false
  /// Whether the boundary could be read.
  public let hasBoundary: Bool
  /// Hexadecimal digits of SHA-256 of `journal.json`, which names the journal; nil when unknown.
  public let origin: String?
  let directory: JournalDirectory

  /// Nil when nothing in the directory is a journal's.
  public init?(path: String, deep: Bool = false) throws(JournalError) {
    try self.init(JournalDirectory(path: path), deep: deep)
  }

  init?(_ directory: JournalDirectory, deep: Bool = false) throws(JournalError) {
    self.directory = directory
    guard let names = try? directory.names() else { return nil }
    let firsts = names.compactMap(SegmentName.firstPosition)
    guard
      !firsts.isEmpty || names.contains(Boundary.fileName)
        || names.contains(JournalIdentity.fileName)
    else { return nil }
    let anchors = try Anchors(directory)
    identity = anchors.identity
    damages = anchors.damages
    origin = anchors.start?.description
    let boundary = anchors.boundary
    hasBoundary = boundary != nil

    var files: [SurveyedSegment] = []
    let buffer = SegmentBuffer()
    let decoder = deep ? FrameDecoder() : nil
    for first in firsts where first <= boundary?.segment ?? .max {
      let isSealed = boundary.map { first != $0.segment } ?? (first != firsts.last)
      files.append(try scan(first, isSealed, boundary, buffer, decoder))
    }
    segments = files.count
    let found = files.flatMap(\.found)
    let proof = ChainProof(found, start: anchors.start, boundary: boundary)
    let last = proof.proven.last.map { found[$0].location }
    head = boundary?.chain ?? last?.chain ?? anchors.start ?? Digest(of: [])
    end = boundary?.nextPosition ?? last.map { $0.header.lastPosition + 1 } ?? 0

    var readable = PositionSet()
    for index in proof.proven {
      let header = found[index].location.header
      batches += 1
      events += UInt64(header.count)
      guard found[index].fault == nil, !readable.intersects(header.positions) else { continue }
      readable.insert(header.positions)
      intact.append(found[index].location)
    }
    intact.sort { $0.header.firstPosition < $1.header.firstPosition }
    var places = DamagePlaces(
      files, found, proof, end: end, head: head, missing: readable.gaps(before: end))
    damages += places.damages(last: boundary?.segment)
    lost = damages.flatMap(\.lost).sorted { $0.positions.lowerBound < $1.positions.lowerBound }
    if let boundary {
      let leftovers = Leftovers(directory, boundary)
      notes = leftovers.notes
      if let later = try leftovers.laterCommit() {
        damages.append(later)
        isBoundaryStale = true
      }
    } else {
      notes = [
        "without its boundary nothing tells whether the journal went on after its last batch"
      ]
      if let sealed = files.last, let footer = sealed.footer {
        notes.append(
          "\(sealed.name) is sealed: what came after it, in "
            + "\(SegmentName.file(firstPosition: footer.nextPosition)), is not here")
      }
    }
  }

  /// Positions that are intact, ascending.
  public var readable: [ClosedRange<UInt64>] {
    var set = PositionSet()
    for location in intact { set.insert(location.header.positions) }
    return set.ranges
  }

  private func scan(
    _ first: UInt64, _ isSealed: Bool, _ boundary: Boundary?, _ buffer: SegmentBuffer,
    _ decoder: FrameDecoder?
  ) throws(JournalError) -> SurveyedSegment {
    let file = try directory.open(SegmentName.file(firstPosition: first))
    let size = try file.size()
    let durable = boundary.map { $0.segment == first ? Int(clamping: $0.offset) : size } ?? size
    let bytes = try buffer.load(file, count: min(size, durable))
    var scanned = SurveyedSegment(
      first: first, bytes, isSealed: isSealed, identity, deep: decoder)
    if size < durable {
      scanned.faults.removeAll { $0.after == scanned.found.count }
      scanned.fault(
        size, "the file ends \(durable - size) bytes before the durable boundary")
    }
    if boundary == nil, !isSealed {
      // Where nothing tells the boundary, a crash may have left room behind it.
      scanned.faults.removeAll {
        $0.after == scanned.found.count
          && Filler.isAll(of: UnsafeRawBufferPointer(rebasing: bytes[$0.offset...]))
      }
    }
    return scanned
  }
}

/// Positions in ascending runs.
struct PositionSet {
  private(set) var ranges: [ClosedRange<UInt64>] = []

  func intersects(_ range: ClosedRange<UInt64>) -> Bool {
    ranges.contains { $0.overlaps(range) }
  }

  mutating func insert(_ range: ClosedRange<UInt64>) {
    if let last = ranges.last, last.upperBound < range.lowerBound {
      // The usual case: one after the other.
      if last.upperBound + 1 == range.lowerBound {
        ranges[ranges.count - 1] = last.lowerBound...range.upperBound
      } else {
        ranges.append(range)
      }
      return
    }
    var all = ranges + [range]
    all.sort { $0.lowerBound < $1.lowerBound }
    ranges = []
    for next in all {
      if let last = ranges.last, next.lowerBound <= last.upperBound + 1 {
        ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, next.upperBound)
      } else {
        ranges.append(next)
      }
    }
  }

  /// What is missing before an end.
  func gaps(before end: UInt64) -> PositionSet {
    var gaps = PositionSet()
    var next: UInt64 = 0
    for range in ranges where next < end {
      if range.lowerBound > next { gaps.ranges.append(next...(min(range.lowerBound, end) - 1)) }
      next = range.upperBound + 1
    }
    if next < end { gaps.ranges.append(next...(end - 1)) }
    return gaps
  }

  /// Takes out what lies in a range.
  mutating func take(_ range: ClosedRange<UInt64>) -> [ClosedRange<UInt64>] {
    var (taken, left): ([ClosedRange<UInt64>], [ClosedRange<UInt64>]) = ([], [])
    for held in ranges {
      guard held.overlaps(range) else {
        left.append(held)
        continue
      }
      let part = held.clamped(to: range)
      taken.append(part)
      if held.lowerBound < part.lowerBound { left.append(held.lowerBound...(part.lowerBound - 1)) }
      if part.upperBound < held.upperBound { left.append((part.upperBound + 1)...held.upperBound) }
    }
    ranges = left
    return taken
  }
}
